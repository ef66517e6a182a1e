package main

import (
	"context"
	"errors"
	"image"
	"sync/atomic"
	"time"

	"github.com/luohu/ting/app/shell"
	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/kiosk/identity"
	"github.com/luohu/ting/kiosk/view"
)

// viewfinder lends the shell the camera's newest frame with what identity found
// in it. It reads the camera only while the shell asks for pictures.
type viewfinder struct {
	hub     *camera.Hub
	overlay func() identity.Overlay

	frame atomic.Pointer[camera.Frame]
	away  atomic.Bool
	asked atomic.Int64 // when the shell asked last, Unix ms
	wake  chan struct{}
	seq   atomic.Uint64 // rises with every change that is worth drawing
	boxes bool          // the picture of seq had faces; read's alone
	moved camera.Motion // ditto
}

// unwatched is how long after the shell's last question the camera is let go.
const unwatched = 2 * time.Second

// restPause is the pause after a frame that shows nothing new.
const restPause = 100 * time.Millisecond

// run reads the camera until ctx ends.
func (v *viewfinder) run(ctx context.Context) {
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			return
		case <-v.wake:
		}
		v.read(ctx)
	}
}

// read follows the camera until the shell has not asked for a while.
func (v *viewfinder) read(ctx context.Context) {
	reader := v.hub.Reader()
	defer func() { _ = reader.Close() }()
	for time.Since(time.UnixMilli(v.asked.Load())) < unwatched {
		waiting, cancel := context.WithTimeout(ctx, unwatched)
		f, err := reader.Next(waiting)
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, context.DeadlineExceeded):
		case err != nil:
			if !v.away.Swap(true) {
				v.seq.Add(1)
			}
		default:
			back := v.away.Swap(false)
			if v.worthDrawing(f) || back {
				v.frame.Store(f)
				v.seq.Add(1)
				continue
			}
			select { // nobody is there: every frame looked at wakes the processor
			case <-ctx.Done():
			case <-time.After(restPause):
			}
		}
	}
}

// worthDrawing reports whether a frame shows anything new: a repaint of the
// whole window for the noise of an empty yard would cost half a core.
func (v *viewfinder) worthDrawing(f *camera.Frame) bool {
	boxes := len(v.overlay().Boxes) > 0
	had := v.boxes
	v.boxes = boxes
	return v.moved.Moved(f) || boxes || had
}

// Latest implements shell.Viewfinder.
func (v *viewfinder) Latest(after uint64) (shell.Picture, bool) {
	v.asked.Store(time.Now().UnixMilli())
	select {
	case v.wake <- struct{}{}:
	default:
	}
	seq := v.seq.Load()
	if seq == after || seq == 0 {
		return shell.Picture{}, false
	}
	if v.away.Load() {
		return shell.Picture{Seq: seq, Message: view.T("摄像头没有画面,请检查连接", "No picture from the camera; please check its cable")}, true
	}
	f := v.frame.Load()
	p := shell.Picture{Seq: seq, Pix: f.Pix, W: f.W, H: f.H, Stride: f.Stride}
	o := v.overlay()
	for _, b := range o.Boxes {
		p.Faces = append(p.Faces, shell.FaceBox{
			Rect:  image.Rect(b.Rect.Left, b.Rect.Top, b.Rect.Right, b.Rect.Bottom),
			Tone:  b.Tone,
			Label: b.Label,
		})
	}
	return p, true
}
