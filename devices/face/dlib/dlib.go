// Package dlib binds the parts of dlib that find and cut out faces: the HOG
// detector, the 68 landmarks and the 150×150 chip. What reads the recognition
// network's weights is in the folder resnet; devices/face/network runs them.
//
// C++ exceptions come back as errors. A native library may still crash, so only
// app/ting-face may import this package; a terminal talks to that process.
// On amd64 the C++ is compiled for x86-64-v3 as a whole (files compiled for
// different processors would share dlib's inline functions, and the linker keeps
// any one of the copies): call Supported before anything else.
//
// dlib is templates, dear to compile. Go compiles a package's C++ again when any
// package changes that it imports: this one and those below it import none of
// ours. They are tested through app/ting-face and by `go test ./devices/face/dlib/...`.
package dlib

/*
#cgo CXXFLAGS: -std=gnu++17 -O3 -DNDEBUG
#cgo amd64 CXXFLAGS: -march=x86-64-v3
#cgo LDFLAGS: -ldlib -lblas -llapack
#include <stdlib.h>
#include "shim.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"image"
	"runtime"
	"unsafe"
)

// MaxSide is the largest width and height of a picture, in pixels.
const MaxSide = 4096

// maxFaces bounds the faces found in one picture.
const maxFaces = 64

// failure turns the shim's message into an error and frees it.
func failure(message *C.char) error {
	if message == nil {
		return nil
	}
	defer C.free(unsafe.Pointer(message))
	return errors.New(C.GoString(message))
}

// RGB is a picture of packed RGB pixels, rows Stride bytes apart. The pixels
// need not be Go's memory.
type RGB struct {
	Pix          []byte
	W, H, Stride int
}

// Check says what is wrong with a picture's shape, if anything.
func (p RGB) Check() error {
	switch {
	case p.W < 1 || p.H < 1 || p.W > MaxSide || p.H > MaxSide:
		return fmt.Errorf("a picture of %d×%d pixels: from 1×1 to %d×%d can be read", p.W, p.H, MaxSide, MaxSide)
	case p.Stride < 3*p.W:
		return fmt.Errorf("rows of %d bytes cannot hold %d pixels of 3", p.Stride, p.W)
	case len(p.Pix) < (p.H-1)*p.Stride+3*p.W:
		return fmt.Errorf("%d bytes cannot hold %d rows of %d", len(p.Pix), p.H, p.Stride)
	}
	return nil
}

func (p RGB) pixels() *C.uint8_t { return (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(p.Pix))) }

func (p RGB) shape() C.ting_shape {
	return C.ting_shape{width: C.int32_t(p.W), height: C.int32_t(p.H), stride: C.int32_t(p.Stride)}
}

// Luma is a picture of 8-bit luma, rows W bytes apart.
type Luma struct {
	Pix  []byte
	W, H int
}

// Shrunk writes the luma of a part of p into l, one pixel for each shrink×shrink
// of p, reusing l's memory. The part is cut to the picture first; what it really
// covers is returned.
func (l *Luma) Shrunk(p RGB, part image.Rectangle, shrink int) (image.Rectangle, error) {
	if err := p.Check(); err != nil {
		return image.Rectangle{}, err
	}
	part = part.Intersect(image.Rect(0, 0, p.W, p.H))
	if shrink < 1 || part.Dx() < shrink || part.Dy() < shrink {
		l.W, l.H = 0, 0
		return image.Rectangle{}, fmt.Errorf("no pixel of %v is in a picture of %d×%d shrunk by %d", part, p.W, p.H, shrink)
	}
	l.W, l.H = part.Dx()/shrink, part.Dy()/shrink
	if n := l.W * l.H; cap(l.Pix) < n {
		l.Pix = make([]byte, n)
	} else {
		l.Pix = l.Pix[:n]
	}
	box := cbox(part)
	out := C.ting_shape{width: C.int32_t(l.W), height: C.int32_t(l.H), stride: C.int32_t(l.W)}
	C.ting_luma(p.pixels(), p.shape(), &box, C.int(shrink), (*C.uint8_t)(unsafe.Pointer(&l.Pix[0])), out)
	return part, nil
}

func cbox(r image.Rectangle) C.ting_box {
	return C.ting_box{left: C.int32_t(r.Min.X), top: C.int32_t(r.Min.Y), right: C.int32_t(r.Max.X), bottom: C.int32_t(r.Max.Y)}
}

// Detection is a face found: where, and how sure the detector is (0 is its own threshold).
type Detection struct {
	Rect  image.Rectangle
	Score float64
}

// Detector finds frontal faces of at least 80×80 pixels. One goroutine at a time may use it.
type Detector struct {
	p     *C.ting_detector
	boxes [maxFaces]C.ting_box
}

// AllLevels is the pyramid that finds faces of every size.
const AllLevels = 1000

// NewDetector makes a detector that searches levels of the image pyramid (each
// 5/6 of the one before), leaving out the first skip: 1 and 0 finds faces of 80
// to 95 pixels, AllLevels and 1 those from 96 up.
func NewDetector(levels, skip int) (*Detector, error) {
	d := new(Detector)
	if err := failure(C.ting_detector_new(C.int(levels), C.int(skip), &d.p)); err != nil {
		return nil, fmt.Errorf("face detector: %w", err)
	}
	runtime.AddCleanup(d, func(p *C.ting_detector) { C.ting_detector_free(p) }, d.p)
	return d, nil
}

// Detect returns the faces in l, surest first. Rectangles may reach beyond the picture.
func (d *Detector) Detect(l *Luma) ([]Detection, error) { return d.DetectAbove(l, 0) }

// DetectAbove is Detect with another threshold for the score than the detector's
// own: below 0 finds more faces, and more that are none.
func (d *Detector) DetectAbove(l *Luma, threshold float64) ([]Detection, error) {
	if l.W < 1 || l.H < 1 {
		return nil, nil
	}
	shape := C.ting_shape{width: C.int32_t(l.W), height: C.int32_t(l.H), stride: C.int32_t(l.W)}
	var n C.int
	err := failure(C.ting_detect(d.p, (*C.uint8_t)(unsafe.Pointer(&l.Pix[0])), shape, C.double(threshold), &d.boxes[0], maxFaces, &n))
	runtime.KeepAlive(d)
	if err != nil {
		return nil, fmt.Errorf("detect faces in %d×%d pixels: %w", l.W, l.H, err)
	}
	found := make([]Detection, n)
	for i, b := range d.boxes[:n] {
		found[i] = Detection{
			Rect:  image.Rect(int(b.left), int(b.top), int(b.right), int(b.bottom)),
			Score: float64(b.score),
		}
	}
	return found, nil
}

// Predictor places landmarks. It is safe for several goroutines.
type Predictor struct{ p *C.ting_predictor }

// LoadPredictor reads a shape predictor of 68 points, as Debian's libdlib-data has it.
func LoadPredictor(path string) (*Predictor, error) {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	p := new(Predictor)
	if err := failure(C.ting_predictor_load(name, &p.p)); err != nil {
		return nil, err
	}
	runtime.AddCleanup(p, func(p *C.ting_predictor) { C.ting_predictor_free(p) }, p.p)
	return p, nil
}

// Point is a place in a picture, in pixels.
type Point struct{ X, Y float32 }

// Landmarks are the places of a face in iBUG 300-W order.
type Landmarks [C.TING_LANDMARKS]Point

// Landmarks places the landmarks of the face in r.
func (s *Predictor) Landmarks(p RGB, r image.Rectangle) (points Landmarks, err error) {
	if err := p.Check(); err != nil {
		return points, err
	}
	box := cbox(r)
	var xy [2 * len(points)]C.float
	err = failure(C.ting_landmarks(s.p, p.pixels(), p.shape(), &box, &xy[0]))
	runtime.KeepAlive(s)
	if err != nil {
		return points, fmt.Errorf("place landmarks: %w", err)
	}
	for i := range points {
		points[i] = Point{X: float32(xy[2*i]), Y: float32(xy[2*i+1])}
	}
	return points, nil
}

// ChipSide is the width and height of a chip.
const ChipSide = C.TING_CHIP

// Chip is an upright face, ChipSide×ChipSide packed RGB: what the network reads.
type Chip [3 * ChipSide * ChipSide]byte

// Cut writes the chip of the face with these landmarks.
func (c *Chip) Cut(p RGB, points *Landmarks) error {
	if err := p.Check(); err != nil {
		return err
	}
	var xy [2 * len(points)]C.float
	for i, q := range points {
		xy[2*i], xy[2*i+1] = C.float(q.X), C.float(q.Y)
	}
	if err := failure(C.ting_chip(p.pixels(), p.shape(), &xy[0], (*C.uint8_t)(unsafe.Pointer(c)))); err != nil {
		return fmt.Errorf("cut the face's chip: %w", err)
	}
	return nil
}
