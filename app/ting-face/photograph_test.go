package main

import (
	"image"
	"testing"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/camera/district"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/devices/face/dlib"
	"github.com/luohu/ting/devices/face/engine"
)

// TestEnlarge holds the enlargement to what it says: the size, the border, edges
// continued, and the picture's own values in the middle of its pixels.
func TestEnlarge(t *testing.T) {
	from := &dlib.Luma{W: 8, H: 4, Pix: make([]byte, 32)}
	for i := range from.Pix {
		from.Pix[i] = byte(8 * i)
	}
	for _, k := range []int{1, 2, 3, 4} {
		var to dlib.Luma
		border := enlarge(&to, from, k)
		if border != k || to.W != 8*k+2*border || to.H != 4*k+2*border || len(to.Pix) != to.W*to.H {
			t.Fatalf("%d times: %d×%d, border %d", k, to.W, to.H, border)
		}
		if to.Pix[0] != from.Pix[0] || to.Pix[len(to.Pix)-1] != from.Pix[31] {
			t.Errorf("%d times: corners %d and %d", k, to.Pix[0], to.Pix[len(to.Pix)-1])
		}
		if k%2 == 1 { // a pixel has a middle
			for y := range 4 {
				for x := range 8 {
					if got := to.Pix[(border+y*k+k/2)*to.W+border+x*k+k/2]; got != from.Pix[8*y+x] {
						t.Errorf("%d times: (%d,%d) is %d, want %d", k, x, y, got, from.Pix[8*y+x])
					}
				}
			}
		}
	}
	for _, size := range [][2]int{{1, 1}, {1, 9}, {9, 1}, {2, 2}} {
		one := &dlib.Luma{W: size[0], H: size[1], Pix: make([]byte, size[0]*size[1])}
		enlarge(new(dlib.Luma), one, 3) // does not reach beyond
	}
}

// TestPhotographs finds rendered people in photographs that a detector of faces from
// 80 pixels on, whole heads only, would miss, at the right place; and nobody in a
// picture of nobody.
func TestPhotographs(t *testing.T) {
	e := launch(t, engine.Options{})
	ready(t, e)
	for n := range 4 {
		frame := district.Portraits(district.Person(n+1), 1)[0]
		whole := analyze(t, e, face.Request{Frame: frame, Describe: face.DescribeAll})
		if len(whole) != 1 {
			t.Fatalf("person %d: %d faces", n, len(whole))
		}
		r := whole[0].Rect
		size := r.Right - r.Left
		for name, test := range map[string]struct {
			frame *camera.Frame
			near  float64 // distance of the descriptors
		}{
			"cut close":            {part(frame, image.Rect(r.Left, r.Top, r.Right, r.Bottom)), 0.35},
			"on a card":            {shrunk(frame, size/60+1), 0.35},
			"small, and cut close": {shrunk(part(frame, image.Rect(r.Left-size/8, r.Top-size/8, r.Right+size/8, r.Bottom+size/8)), size/70+1), 0.4},
		} {
			found := analyze(t, e, face.Request{Frame: test.frame, Describe: face.DescribeAll})
			if len(found) != 1 {
				t.Errorf("person %d, %s (%d×%d): %d faces", n, name, test.frame.W, test.frame.H, len(found))
				continue
			}
			if d := found[0].Descriptor.Distance(&whole[0].Descriptor); d > test.near {
				t.Errorf("person %d, %s: %.3f from the whole picture's", n, name, d)
			}
		}
	}
	if found := analyze(t, e, face.Request{Frame: flat(250, 250, 128)}); len(found) != 0 {
		t.Errorf("%d faces in a picture of nobody", len(found))
	}
}

// part is a part of a picture.
func part(f *camera.Frame, r image.Rectangle) *camera.Frame {
	r = r.Intersect(image.Rect(0, 0, f.W, f.H))
	p := flat(r.Dx(), r.Dy(), 0)
	for y := range p.H {
		copy(p.Pix[y*p.Stride:][:p.Stride], f.Pix[(r.Min.Y+y)*f.Stride+3*r.Min.X:])
	}
	return p
}

// shrunk is a picture at one k-th of its size.
func shrunk(f *camera.Frame, k int) *camera.Frame {
	s := flat(f.W/k, f.H/k, 0)
	for y := range s.H {
		for x := range s.W {
			for c := range 3 {
				sum := 0
				for j := range k {
					for i := range k {
						sum += int(f.Pix[(y*k+j)*f.Stride+3*(x*k+i)+c])
					}
				}
				s.Pix[y*s.Stride+3*x+c] = byte(sum / (k * k))
			}
		}
	}
	return s
}
