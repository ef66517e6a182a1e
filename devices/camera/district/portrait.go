package district

import (
	"time"

	"github.com/luohu/ting/devices/camera"
)

// Portraits renders n pictures of somebody as taken for enrolment: close to the
// camera, by day, in several poses and lights. No live scene shows the same
// picture: the seeds of the two are apart.
func Portraits(id *Identity, n int) []*camera.Frame {
	s := newStage(640, 480)
	frames := make([]*camera.Frame, n)
	for i := range frames {
		k := walk{seed: id.Seed<<20&^liveSeeds | uint64(i), length: time.Hour, still: true, near: 100}
		t := time.Duration(i)*700*time.Millisecond + 300*time.Millisecond
		st, l, _ := k.at(t, s.w, s.h)
		st.eyes = neutral
		frames[i] = &camera.Frame{
			Pix: s.picture([]actor{{id, st, l}}, false, k.seed+1),
			W:   s.w, H: s.h, Stride: 3 * s.w, Seq: uint64(i + 1),
			Time: time.Unix(0, 0).Add(t),
		}
	}
	return frames
}

// Attitude is how somebody holds the head before the camera, for one frame.
type Attitude struct {
	Yaw, Pitch, Roll float64 // radians; 0 looks straight into the camera; to the picture's right and down are positive
	X, Y             float64 // pixels right of and below where he stands for a portrait, in a picture 480 high
	Scale            float64 // 1, or 0, is a portrait's size
	Blink            bool
	Dark             bool
}

// Sequence renders frames of somebody who holds the head as told, one frame after
// the other, in one light and before one background. seed chooses the light and the
// sensor's noise, which differs from frame to frame.
func Sequence(id *Identity, seed uint64, w, h int, attitudes []Attitude) []*camera.Frame {
	s := newStage(w, h)
	k := walk{seed: seed &^ liveSeeds, length: time.Hour, still: true, near: 100}
	unit := float64(h) / 480
	frames := make([]*camera.Frame, len(attitudes))
	for i, a := range attitudes {
		k.dark = a.Dark
		st, l, _ := k.at(0, w, h)
		st.eyes = neutral
		if a.Blink {
			st.eyes = blink
		}
		st.head = newPose(a.Yaw, a.Pitch, a.Roll)
		st.x += a.X * unit
		st.y += a.Y * unit
		if a.Scale > 0 {
			st.scale *= a.Scale
		}
		frames[i] = &camera.Frame{
			Pix: append([]byte(nil), s.picture([]actor{{id, st, l}}, a.Dark, seed*0x9e3779b9+uint64(i)+1)...),
			W:   w, H: h, Stride: 3 * w, Seq: uint64(i + 1),
			Time: time.Unix(0, 0).Add(time.Duration(i) * 100 * time.Millisecond),
		}
	}
	return frames
}
