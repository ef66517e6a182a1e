package network

// #include "network.h"
import "C"

import "golang.org/x/sys/cpu"

// Supported reports whether this processor can run the path.
func (p Path) Supported() bool {
	switch p {
	case Portable:
		return true
	case AVX2:
		return cpu.X86.HasAVX2 && cpu.X86.HasFMA
	case AVX512:
		return cpu.X86.HasAVX512F && cpu.X86.HasAVX2 && cpu.X86.HasFMA
	}
	return false
}

func (p Path) c() *C.ting_path {
	switch p {
	case AVX2:
		return &C.ting_path_avx2
	case AVX512:
		return &C.ting_path_avx512
	}
	return &C.ting_path_portable
}
