package dlib

// #include "shim.h"
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/devices/face/network"
)

// ReadWeights reads the recognition network's weights from a dlib-compatible
// .dat (uncompressed), folding its affine layers into the convolutions.
func ReadWeights(dat []byte) (*network.Weights, error) {
	if len(dat) == 0 {
		return nil, errors.New("the file is empty")
	}
	var p *C.ting_weights
	if err := failure(C.ting_weights_read((*C.uint8_t)(unsafe.Pointer(&dat[0])), C.size_t(len(dat)), &p)); err != nil {
		return nil, fmt.Errorf("not the weights of dlib's face recognition network: %w", err)
	}
	defer C.ting_weights_free(p)
	w := &network.Weights{Projection: floats(C.ting_weights_projection(p), C.TING_FEATURES*C.TING_DIM)}
	for i := range C.TING_CONVOLUTIONS {
		var c C.ting_convolution
		C.ting_weights_convolution(p, C.int(i), &c)
		w.Convolutions = append(w.Convolutions, network.Convolution{
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

// Reference is dlib's own forward pass of the recognition network, about half as
// fast as network.Network. Tests hold that one against it; nothing else needs it.
type Reference struct{ p *C.ting_reference }

// ReadReference reads the network that ReadWeights reads. The caller closes it.
func ReadReference(dat []byte) (*Reference, error) {
	if len(dat) == 0 {
		return nil, errors.New("the file is empty")
	}
	r := new(Reference)
	if err := failure(C.ting_reference_read((*C.uint8_t)(unsafe.Pointer(&dat[0])), C.size_t(len(dat)), &r.p)); err != nil {
		return nil, err
	}
	return r, nil
}

// Describe returns the raw descriptor: not normalised, not averaged.
func (r *Reference) Describe(c *Chip) (d [face.Dim]float32, err error) {
	err = failure(C.ting_reference_describe(r.p, (*C.uint8_t)(unsafe.Pointer(c)), (*C.float)(unsafe.Pointer(&d))))
	return d, err
}

// Close frees the network.
func (r *Reference) Close() {
	C.ting_reference_free(r.p)
	r.p = nil
}
