//go:build cgo

package search

/*
#cgo CFLAGS: -O3
#include "native.h"
*/
import "C"

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

// Supported reports whether this processor can run the path.
func (p Path) Supported() bool {
	switch p {
	case Portable:
		return true
	case AVX2:
		return cpu.X86.HasAVX2
	case AVX512VNNI:
		return cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VNNI
	}
	return false
}

// native is candidates on the paths in C; it returns how many there are.
func (c *chunk) native(path Path, p *probe, first, n int, limit float32, out *[lastBlock]int32) int {
	rows := (*C.uint8_t)(unsafe.Pointer(&c.bytes[first]))
	scales, bases := (*C.float)(unsafe.Pointer(&c.scales[first])), (*C.float)(unsafe.Pointer(&c.bases[first]))
	to := (*C.int32_t)(unsafe.Pointer(out))
	if path == AVX2 {
		return int(C.ting_candidates_avx2(rows, scales, bases, C.int(n),
			(*C.int16_t)(&p.whole[0]), C.int32_t(p.offset), C.float(p.scale2), C.float(limit), to))
	}
	return int(C.ting_candidates_vnni(rows, scales, bases, C.int(n),
		(*C.int8_t)(&p.high[0]), (*C.int8_t)(&p.low[0]), C.int32_t(p.offset), C.float(p.scale2), C.float(limit), to))
}
