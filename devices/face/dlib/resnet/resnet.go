// Package resnet reads the weights of dlib's face recognition network, which
// devices/face/network runs.
//
// It is apart from package dlib because it is the dearest to compile, and changes
// least. The same holds for both: C++ exceptions come back as errors, only
// app/ting-face may import it, and dlib.Supported must have been asked before.
// Test with `go test ./devices/face/dlib/...`.
package resnet

/*
#cgo CXXFLAGS: -std=gnu++17 -O3 -DNDEBUG
#cgo amd64 CXXFLAGS: -march=x86-64-v3
#cgo LDFLAGS: -ldlib -lblas -llapack
#include <stdlib.h>
#include "resnet.h"
*/
import "C"

import (
	"errors"
	"fmt"
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

// Convolution is one convolution of the network, its affine layer folded in.
type Convolution struct {
	Outputs, Inputs, Size int
	Weights               []float32 // [Outputs][Inputs][Size][Size]
	Biases                []float32 // [Outputs]
}

// Weights is what the network has learnt.
type Weights struct {
	Convolutions []Convolution // in order of use
	Projection   []float32     // [256][128]
}

// Read reads the recognition network's weights from a dlib-compatible
// .dat (uncompressed), folding its affine layers into the convolutions.
func Read(dat []byte) (*Weights, error) {
	if len(dat) == 0 {
		return nil, errors.New("the file is empty")
	}
	var p *C.ting_weights
	if err := failure(C.ting_weights_read((*C.uint8_t)(unsafe.Pointer(&dat[0])), C.size_t(len(dat)), &p)); err != nil {
		return nil, fmt.Errorf("not the weights of dlib's face recognition network: %w", err)
	}
	defer C.ting_weights_free(p)
	w := &Weights{Projection: floats(C.ting_weights_projection(p), C.TING_FEATURES*C.TING_DIM)}
	for i := range C.TING_CONVOLUTIONS {
		var c C.ting_convolution
		C.ting_weights_convolution(p, C.int(i), &c)
		w.Convolutions = append(w.Convolutions, Convolution{
			Outputs: int(c.outputs), Inputs: int(c.inputs), Size: int(c.size),
			Weights: floats(c.weights, int(c.outputs*c.inputs*c.size*c.size)),
			Biases:  floats(c.biases, int(c.outputs)),
		})
	}
	return w, nil
}

// floats copies n numbers of C's.
func floats(p *C.float, n int) []float32 {
	return append([]float32(nil), unsafe.Slice((*float32)(unsafe.Pointer(p)), n)...)
}
