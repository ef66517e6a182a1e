// Package camera is a source of pictures: the Camera interface, its Frame and
// the Hub that lets several readers share one camera. Drivers are in the
// folders below: v4l2 for USB cameras, ffmpeg for cameras on the network and
// recordings, folder for a folder of pictures, district for the procedurally
// rendered people of the demo (URL scheme sim).
//
// A frame is packed RGB and immutable once delivered; readers that fall behind
// see the newest frame, never a queue of old ones.
package camera

import (
	"context"
	"errors"
	"image"
	"time"
)

// Frame is one picture: W×H pixels of 3 bytes (R, G, B), rows Stride bytes
// apart, top row first. Nobody writes to Pix after the camera delivered it.
type Frame struct {
	Pix    []byte
	W, H   int
	Stride int
	Seq    uint64    // rising by one with every frame the camera made
	Time   time.Time // when it was taken
}

// Camera delivers frames, one reader at a time (share it with a Hub).
type Camera interface {
	// Next waits for a frame newer than the one it returned last. It returns
	// ErrUnplugged (wrapped, with what to do) while the device is away; calling
	// again waits for it to come back, trying at least every 2 s.
	Next(ctx context.Context) (*Frame, error)
	// Name is what people call it: "USB camera /dev/video0".
	Name() string
	Close() error
}

// Metered is a camera that can be told how bright the faces in its pictures are, and
// exposes for them. A Hub's Readers and Turned pass it on; other cameras ignore it.
type Metered interface {
	// MeterFace takes the mean brightness of a face, from 0 to 255. It returns at once.
	MeterFace(mean uint8)
}

// Brightness is the mean of a part of a frame, from 0 to 255, by green, which is nearest
// to what the eye and the engine see; false for a part that is not in it. At most some
// thousand pixels are looked at.
func (f *Frame) Brightness(r image.Rectangle) (mean uint8, ok bool) {
	r = r.Intersect(image.Rect(0, 0, f.W, f.H))
	if r.Empty() || len(f.Pix) < (f.H-1)*f.Stride+3*f.W {
		return 0, false
	}
	const samples = 48 // each way
	dx, dy := max(1, r.Dx()/samples), max(1, r.Dy()/samples)
	sum, n := 0, 0
	for y := r.Min.Y; y < r.Max.Y; y += dy {
		line := f.Pix[y*f.Stride:]
		for x := r.Min.X; x < r.Max.X; x += dx {
			sum += int(line[3*x+1])
			n++
		}
	}
	return uint8(sum / n), true
}

// ErrUnplugged is wrapped by Next's error while the device is away.
var ErrUnplugged = errors.New("camera is away")
