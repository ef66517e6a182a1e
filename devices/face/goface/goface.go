// Package goface is a face.Engine made of github.com/Kagami/go-face, for whoever has
// that module and wants its recogniser in the place of ting-face. The README beside
// this says what it lacks, and how to build it.
package goface

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"slices"
	"sync"

	goface "github.com/Kagami/go-face"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/face"
)

// Model names the descriptors that this engine makes: those of dlib's network on
// go-face's chips, without the mirror image's. They match no others.
const Model = "go-face/dlib-resnet-29"

// quality of the JPEG that go-face wants: it takes nothing else.
const quality = 95

// Engine is a face.Engine. go-face runs in this very process: a crash of dlib is a
// crash of the terminal.
type Engine struct {
	mu         sync.Mutex // a recogniser is for one goroutine at a time
	recogniser *goface.Recognizer
	tracks     uint64
}

var _ face.Engine = (*Engine)(nil)

// ErrClosed is returned by Analyze after Close.
var ErrClosed = errors.New("face engine is closed")

// New loads go-face's three models from a folder.
func New(models string) (*Engine, error) {
	r, err := goface.NewRecognizer(models)
	if err != nil {
		return nil, fmt.Errorf("go-face models in %s: %w", models, err)
	}
	return &Engine{recogniser: r}, nil
}

// Analyze implements face.Engine. Every face of every frame is described, whatever
// the request says, and gets a track of its own: go-face follows nobody.
func (e *Engine) Analyze(ctx context.Context, r face.Request) ([]face.Face, error) {
	picture, err := encode(r.Frame)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.recogniser == nil {
		return nil, ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	found, err := e.recogniser.Recognize(picture)
	if err != nil {
		return nil, fmt.Errorf("go-face: %w", err)
	}
	faces := make([]face.Face, 0, len(found))
	for i := range found {
		e.tracks++
		faces = append(faces, e.face(r.Frame, &found[i]))
	}
	slices.SortStableFunc(faces, func(a, b face.Face) int { return cmp.Compare(b.Quality.Size, a.Quality.Size) })
	return faces, nil
}

// Close frees the models.
func (e *Engine) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.recogniser != nil {
		e.recogniser.Close()
		e.recogniser = nil
	}
	return nil
}

// face is one of go-face's as ours: the descriptor at length 1, light and sharpness
// measured on the frame, for want of a chip.
func (e *Engine) face(f *camera.Frame, g *goface.Face) face.Face {
	b := g.Rectangle.Intersect(image.Rect(0, 0, f.W, f.H))
	found := face.Face{
		Rect:      face.Rect{Left: b.Min.X, Top: b.Min.Y, Right: b.Max.X, Bottom: b.Max.Y},
		Track:     e.tracks,
		Quality:   measure(f, b),
		Described: true,
	}
	found.Quality.Size = g.Rectangle.Dx()
	var square float64
	for _, x := range g.Descriptor {
		square += float64(x) * float64(x)
	}
	for i, x := range g.Descriptor {
		found.Descriptor[i] = float32(float64(x) / math.Sqrt(square))
	}
	found.Described = square > 0
	return found
}

// measure is what can be said of a part of a frame without landmarks. The mouth's
// contrast is the whole face's, so that nobody is said to wear a mask.
func measure(f *camera.Frame, b image.Rectangle) (q face.Quality) {
	luma := func(x, y int) float64 {
		p := f.Pix[y*f.Stride+3*x:]
		return float64(77*int(p[0])+151*int(p[1])+28*int(p[2])) / 256
	}
	var n, sum, squares, edges float64
	for y := b.Min.Y + 1; y < b.Max.Y-1; y++ {
		for x := b.Min.X + 1; x < b.Max.X-1; x++ {
			v := luma(x, y)
			edge := luma(x-1, y) + luma(x+1, y) + luma(x, y-1) + luma(x, y+1) - 4*v
			n, sum, squares, edges = n+1, sum+v, squares+v*v, edges+edge*edge
		}
	}
	if n == 0 {
		return q
	}
	q.Brightness = sum / n
	q.Contrast = math.Sqrt(max(0, squares/n-q.Brightness*q.Brightness))
	q.Sharpness = edges / n
	q.MouthContrast = q.Contrast
	return q
}

// encode makes the JPEG that go-face reads.
func encode(f *camera.Frame) ([]byte, error) {
	if f == nil || f.W < 1 || f.H < 1 || f.Stride < 3*f.W || len(f.Pix) < (f.H-1)*f.Stride+3*f.W {
		return nil, errors.New("go-face: the request has no usable frame")
	}
	m := image.NewRGBA(image.Rect(0, 0, f.W, f.H))
	for y := range f.H {
		for x := range f.W {
			copy(m.Pix[y*m.Stride+4*x:], f.Pix[y*f.Stride+3*x:][:3])
			m.Pix[y*m.Stride+4*x+3] = 255
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("go-face: %w", err)
	}
	return b.Bytes(), nil
}
