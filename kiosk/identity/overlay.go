package identity

import (
	"context"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity/decision"
	"github.com/luohu/ting/kiosk/view"
)

// Overlay is what a shell draws over a camera's picture.
type Overlay struct {
	W, H    int    // of the frame the boxes belong to, in pixels; 0 when nobody looks
	Frame   uint64 // its number
	Boxes   []Box
	Trouble view.Text // why there is nothing to see; empty when all is well
}

// Box is one face.
type Box struct {
	Rect  face.Rect // in pixels of the frame
	Tone  view.Tone
	Label view.Text // a masked name, what to do to be recognised, or empty
}

// Overlay is the newest snapshot of a camera by its name in terminal.toml ("" is
// the terminal's own). It is the caller's to read, not to change.
func (i *Identity) Overlay(cameraName string) Overlay {
	w := i.watchers[cameraName]
	if w == nil {
		return Overlay{Trouble: troubleText[kiosk.NoCamera]}
	}
	return *w.overlay.Load()
}

var troubleText = map[kiosk.Verdict]view.Text{
	kiosk.NoCamera: view.T("摄像头没有画面,请检查连接", "No picture from the camera; please check its cable"),
	kiosk.NoEngine: view.T("人脸识别正在恢复", "Face recognition is coming back"),
}

var boxTone = map[kiosk.Verdict]view.Tone{
	kiosk.Recognised: view.Success,
	kiosk.Withdrawn:  view.Refusal,
	kiosk.Stranger:   view.Refusal,
	kiosk.TooDark:    view.Warning,
	kiosk.TwoFaces:   view.Warning,
}

// draw publishes a frame's boxes. Names are looked up once per person and look.
func (w *watcher) draw(ctx context.Context, d *decision.Decider, frame *camera.Frame, faces []face.Face) {
	o := &Overlay{W: frame.W, H: frame.H, Frame: frame.Seq, Boxes: make([]Box, len(faces))}
	for i, f := range faces {
		o.Boxes[i].Rect = f.Rect
		if d == nil {
			continue
		}
		v, person := d.Standing(f.Track)
		o.Boxes[i].Tone = boxTone[v]
		if v == kiosk.Recognised {
			o.Boxes[i].Label = w.label(ctx, person)
		} else {
			o.Boxes[i].Label = kiosk.Advice(d.Lacks(f.Track))
		}
	}
	w.overlay.Store(o)
}

// label is the masked name of somebody recognised. It remembers the last one:
// the same person stands there for many frames.
func (w *watcher) label(ctx context.Context, person string) view.Text {
	if w.labelled.person != person {
		w.labelled.person, w.labelled.label = person, view.Text{}
		if p, err := w.id.person(ctx, person); err == nil {
			w.labelled.label = view.Same(view.MaskName(p.Name))
		}
	}
	return w.labelled.label
}
