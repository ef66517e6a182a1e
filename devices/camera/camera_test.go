package camera

import (
	"context"
	"image"
	"testing"
)

func TestBrightness(t *testing.T) {
	f := &Frame{Pix: make([]byte, 3*200*100), W: 200, H: 100, Stride: 600}
	for y := 20; y < 60; y++ {
		for x := 50; x < 90; x++ {
			f.Pix[y*600+3*x+1] = 180
		}
	}
	for r, want := range map[image.Rectangle]int{
		image.Rect(50, 20, 90, 60):     180,
		image.Rect(0, 0, 50, 100):      0,
		image.Rect(50, 20, 130, 60):    90, // half of it
		image.Rect(-50, -50, 500, 500): 14, // as much of it as is in the picture
		image.Rect(200, 0, 300, 50):    -1, // beside it
		image.Rect(10, 10, 10, 20):     -1,
	} {
		mean, ok := f.Brightness(r)
		if ok != (want >= 0) || ok && (int(mean) < want-3 || int(mean) > want+3) {
			t.Errorf("%v: %d, %v; want %d", r, mean, ok, want)
		}
	}
	if _, ok := (&Frame{W: 200, H: 100, Stride: 600}).Brightness(image.Rect(0, 0, 10, 10)); ok {
		t.Error("a frame without pixels is bright")
	}
}

// told is a camera that can be told how bright faces are.
type told struct{ means chan uint8 }

func (c told) MeterFace(mean uint8) { c.means <- mean }
func (told) Name() string           { return "told" }
func (told) Close() error           { return nil }
func (told) Next(ctx context.Context) (*Frame, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// deaf is one that cannot.
type deaf struct{ Camera }

// TestMeterFace_ReachesTheCamera through all that stands before it.
func TestMeterFace_ReachesTheCamera(t *testing.T) {
	cam := told{make(chan uint8, 1)}
	upright, err := Turned(cam, Turn{Degrees: 90})
	if err != nil {
		t.Fatal(err)
	}
	hub := NewHub(upright)
	defer hub.Close()
	r := hub.Reader()
	defer r.Close()
	r.MeterFace(42)
	if mean := <-cam.means; mean != 42 {
		t.Errorf("the camera was told %d", mean)
	}
	other := NewHub(deaf{cam})
	defer other.Close()
	q := other.Reader()
	defer q.Close()
	q.MeterFace(43)
	if len(cam.means) != 0 {
		t.Error("a camera that cannot be told was")
	}
}
