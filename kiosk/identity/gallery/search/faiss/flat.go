//go:build faiss

package faiss

/*
#cgo CXXFLAGS: -std=gnu++17 -O2
#cgo LDFLAGS: -lfaiss -lopenblas -fopenmp
#include "flat.h"
*/
import "C"

import (
	"unsafe"

	"github.com/luohu/ting/devices/face"
)

// Flat is an IndexFlatL2.
type Flat struct{ p *C.ting_flat }

// New makes an index of the shots.
func New(shots []face.Descriptor) *Flat {
	return &Flat{C.ting_flat_new((*C.float)(unsafe.Pointer(&shots[0])), C.int64_t(len(shots)))}
}

// Nearest returns the numbers of the k shots nearest to d, nearest first, and
// their squared distances.
func (f *Flat) Nearest(d *face.Descriptor, k int) ([]int64, []float32) {
	rows, squares := make([]int64, k), make([]float32, k)
	C.ting_flat_nearest(f.p, (*C.float)(unsafe.Pointer(d)), C.int64_t(k), (*C.int64_t)(&rows[0]), (*C.float)(&squares[0]))
	return rows, squares
}

// Close frees the index.
func (f *Flat) Close() { C.ting_flat_free(f.p) }
