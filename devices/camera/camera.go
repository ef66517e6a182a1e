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

// ErrUnplugged is wrapped by Next's error while the device is away.
var ErrUnplugged = errors.New("camera is away")
