// Package network computes face descriptors: the forward pass of dlib's face
// recognition network, 29 convolutions from a chip of 150×150 pixels to 128 numbers.
//
// It does what dlib's own pass does (the tests hold one against the other) in
// less than half the time, because affine layers are folded into convolutions
// beforehand and convolutions run directly over a layout that fits the vector
// registers. The instruction set is chosen when the program runs; the package
// has no dependency on dlib. Weights come from devices/face/dlib/resnet.
//
// Only app/ting-face may import this package. It imports none of ours, so that its C++
// is seldom compiled again. Test with `go test ./devices/face/dlib/resnet`.
package network

/*
#cgo CXXFLAGS: -std=gnu++17 -O3 -fno-exceptions -fno-rtti
#include <stdlib.h>
#include <string.h>
#include "network.h"

static void *zeroed(size_t size) {
	void *p = NULL;
	if (posix_memalign(&p, 64, size)) return NULL;
	return memset(p, 0, size);
}
*/
import "C"

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"unsafe"
)

// ChipSide is the width and height of the picture that the network reads.
const ChipSide = 150

// Dim is the number of dimensions of a descriptor.
const Dim = 128

// features is the number of means that the last layer projects to Dim.
const features = 256

// Convolution is one convolution of the network, its affine layer folded in.
type Convolution struct {
	Outputs, Inputs, Size int
	Weights               []float32 // [Outputs][Inputs][Size][Size]
	Biases                []float32 // [Outputs]
}

// Weights is what the network has learnt.
type Weights struct {
	Convolutions []Convolution // in order of use
	Projection   []float32     // [256][Dim]
}

// shapes are the convolutions' outputs, inputs and size, in order of use.
var shapes = func() [][3]int {
	s := [][3]int{{32, 3, 7}}
	in := 32
	for _, stage := range []struct{ channels, convolutions int }{{32, 6}, {64, 8}, {128, 6}, {256, 6}, {256, 2}} {
		for range stage.convolutions {
			s = append(s, [3]int{stage.channels, in, 3})
			in = stage.channels
		}
	}
	return s
}()

// check says what is wrong with the weights, if anything.
func (w *Weights) check() error {
	if len(w.Convolutions) != len(shapes) {
		return fmt.Errorf("%d convolutions, there must be %d", len(w.Convolutions), len(shapes))
	}
	for i, c := range w.Convolutions {
		if got := [3]int{c.Outputs, c.Inputs, c.Size}; got != shapes[i] {
			return fmt.Errorf("convolution %d is %v (outputs, inputs, size), it must be %v", i+1, got, shapes[i])
		}
		if len(c.Weights) != c.Outputs*c.Inputs*c.Size*c.Size || len(c.Biases) != c.Outputs {
			return fmt.Errorf("convolution %d has %d weights and %d biases", i+1, len(c.Weights), len(c.Biases))
		}
		if !finite(c.Weights) || !finite(c.Biases) {
			return fmt.Errorf("convolution %d holds a number that is none", i+1)
		}
	}
	if len(w.Projection) != features*Dim || !finite(w.Projection) {
		return fmt.Errorf("the projection of %d numbers is not of %d, all finite", len(w.Projection), features*Dim)
	}
	return nil
}

func finite(s []float32) bool {
	for _, f := range s {
		if math.IsNaN(float64(f)) || math.IsInf(float64(f), 0) {
			return false
		}
	}
	return true
}

// Network is the network ready to run on one path. It is immutable and safe for
// several goroutines, each with a Scratch of its own.
type Network struct {
	path   Path
	packed unsafe.Pointer
}

// New lays the weights out for a path (Best, unless a test wants another). It
// copies them: w may be dropped afterwards.
func New(w *Weights, path Path) (*Network, error) {
	if err := w.check(); err != nil {
		return nil, fmt.Errorf("network weights: %w", err)
	}
	if !path.Supported() {
		return nil, fmt.Errorf("network: this processor cannot run the path %s", path)
	}
	c := path.c()
	n := &Network{path: path, packed: C.zeroed(c.packed_size)}
	if n.packed == nil {
		return nil, errors.New("network: out of memory for the weights")
	}
	runtime.AddCleanup(n, func(p unsafe.Pointer) { C.free(p) }, n.packed)
	for i, l := range w.Convolutions {
		layer := C.ting_layer{outputs: C.int32_t(l.Outputs), inputs: C.int32_t(l.Inputs), size: C.int32_t(l.Size)}
		C.ting_pack(c, n.packed, C.int(i), layer, floats(l.Weights), floats(l.Biases))
	}
	C.ting_pack_projection(c, n.packed, floats(w.Projection))
	return n, nil
}

func floats(s []float32) *C.float { return (*C.float)(unsafe.Pointer(unsafe.SliceData(s))) }

// Path is the path the network runs on.
func (n *Network) Path() Path { return n.path }

// Scratch is the memory of one computation at a time, about 2 MB.
type Scratch struct {
	path   Path
	memory unsafe.Pointer
}

// NewScratch makes the memory that Describe wants.
func (n *Network) NewScratch() (*Scratch, error) {
	s := &Scratch{path: n.path, memory: C.zeroed(n.path.c().scratch_size)}
	if s.memory == nil {
		return nil, errors.New("network: out of memory for a computation")
	}
	runtime.AddCleanup(s, func(p unsafe.Pointer) { C.free(p) }, s.memory)
	return s, nil
}

// Raw computes the descriptor of a chip of ChipSide×ChipSide packed RGB pixels
// as dlib does: not normalised, not averaged.
func (n *Network) Raw(s *Scratch, chip *[3 * ChipSide * ChipSide]byte) (d [Dim]float32) {
	if s.path != n.path {
		panic("network: the scratch memory is another path's")
	}
	C.ting_describe(n.path.c(), n.packed, s.memory, (*C.uint8_t)(unsafe.Pointer(chip)), (*C.float)(unsafe.Pointer(&d)))
	runtime.KeepAlive(n)
	runtime.KeepAlive(s)
	return d
}

// Mirror writes the mirror image of a chip.
func Mirror(to, chip *[3 * ChipSide * ChipSide]byte) {
	for y := range ChipSide {
		row := chip[3*ChipSide*y : 3*ChipSide*(y+1)]
		out := to[3*ChipSide*y : 3*ChipSide*(y+1)]
		for x := range ChipSide {
			copy(out[3*(ChipSide-1-x):][:3], row[3*x:][:3])
		}
	}
}

// Average is the descriptor that two raw ones make: their mean, of length 1. It
// fails when there is no such thing, which only weights that learnt nothing bring about.
func Average(a, b *[Dim]float32) (d [Dim]float32, err error) {
	var square float64
	for i := range d {
		d[i] = a[i] + b[i]
		square += float64(d[i]) * float64(d[i])
	}
	length := math.Sqrt(square)
	if !(length > 1e-6) || math.IsInf(length, 0) {
		return [Dim]float32{}, errors.New("network: the weights give a descriptor without direction; install others")
	}
	for i := range d {
		d[i] = float32(float64(d[i]) / length)
	}
	return d, nil
}
