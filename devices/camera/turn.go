package camera

import (
	"context"
	"fmt"
)

// Turn is how a camera is mounted.
type Turn struct {
	Degrees int  // clockwise, by which its pictures are turned upright: 0, 90, 180 or 270
	Mirror  bool // left and right are changed: what mirrors faces is the display, not the camera
}

// Turned is cam with upright pictures. With the zero Turn it is cam itself.
func Turned(cam Camera, t Turn) (Camera, error) {
	switch t.Degrees {
	case 0, 90, 180, 270:
	default:
		return nil, fmt.Errorf("pictures are turned by 0, 90, 180 or 270 degrees, not by %d", t.Degrees)
	}
	if t == (Turn{}) {
		return cam, nil
	}
	return &turned{cam, t}, nil
}

type turned struct {
	Camera
	turn Turn
}

// Next implements Camera.
func (c *turned) Next(ctx context.Context) (*Frame, error) {
	f, err := c.Camera.Next(ctx)
	if err != nil {
		return nil, err
	}
	return c.turn.apply(f), nil
}

// MeterFace implements Metered.
func (c *turned) MeterFace(mean uint8) {
	if m, ok := c.Camera.(Metered); ok {
		m.MeterFace(mean)
	}
}

// apply makes a new frame: nobody writes to one that was delivered. What it costs says
// BenchmarkTurn.
func (t Turn) apply(f *Frame) *Frame {
	w, h := f.W, f.H
	if t.Degrees%180 != 0 {
		w, h = h, w
	}
	g := &Frame{Pix: make([]byte, 3*w*h), W: w, H: h, Stride: 3 * w, Seq: f.Seq, Time: f.Time}
	// Where the first pixel of the result comes from, and the way from one to the
	// next along a row and from row to row.
	var from, right, down int
	last, bottom := 3*(f.W-1), f.Stride*(f.H-1)
	switch t.Degrees {
	case 0:
		from, right, down = 0, 3, f.Stride
	case 90:
		from, right, down = bottom, -f.Stride, 3
	case 180:
		from, right, down = bottom+last, -3, -f.Stride
	case 270:
		from, right, down = last, f.Stride, -3
	}
	if t.Mirror {
		from, right = from+right*(w-1), -right
	}
	out := g.Pix
	for y := range h {
		at := from + y*down
		for range w {
			out[0], out[1], out[2] = f.Pix[at], f.Pix[at+1], f.Pix[at+2]
			out = out[3:]
			at += right
		}
	}
	return g
}
