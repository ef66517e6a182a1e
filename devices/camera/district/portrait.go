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
