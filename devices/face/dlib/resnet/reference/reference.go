// Package reference is dlib's own forward pass of the face recognition network,
// about half as fast as devices/face/network. Tests hold that one against it; no
// program needs it, so it stands apart from what programs compile.
//
// Test with `go test ./devices/face/dlib/...`.
package reference

/*
#cgo CXXFLAGS: -std=gnu++17 -O3 -DNDEBUG
#cgo amd64 CXXFLAGS: -march=x86-64-v3
#cgo LDFLAGS: -ldlib -lblas -llapack
#include <stdlib.h>
#include "reference.h"
*/
import "C"

import (
	"errors"
	"unsafe"
)

// failure turns the C side's message into an error and frees it.
func failure(message *C.char) error {
	if message == nil {
		return nil
	}
	defer C.free(unsafe.Pointer(message))
	return errors.New(C.GoString(message))
}

// Network is dlib's network. One goroutine at a time may use it.
type Network struct{ p *C.ting_reference }

// Read reads the network from a dlib-compatible .dat. The caller closes it.
func Read(dat []byte) (*Network, error) {
	if len(dat) == 0 {
		return nil, errors.New("the file is empty")
	}
	r := new(Network)
	if err := failure(C.ting_reference_read((*C.uint8_t)(unsafe.Pointer(&dat[0])), C.size_t(len(dat)), &r.p)); err != nil {
		return nil, err
	}
	return r, nil
}

// Describe returns the raw descriptor: not normalised, not averaged.
func (r *Network) Describe(chip *[3 * 150 * 150]byte) (d [128]float32, err error) {
	err = failure(C.ting_reference_describe(r.p, (*C.uint8_t)(unsafe.Pointer(chip)), (*C.float)(unsafe.Pointer(&d))))
	return d, err
}

// Close frees the network.
func (r *Network) Close() {
	C.ting_reference_free(r.p)
	r.p = nil
}
