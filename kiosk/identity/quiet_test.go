package identity

import (
	"testing"
	"time"

	"github.com/luohu/ting/devices/camera"
)

func TestQuiet(t *testing.T) {
	grey := func(level byte) *camera.Frame {
		f := &camera.Frame{W: 64, H: 48, Stride: 64 * 3, Pix: make([]byte, 64*48*3)}
		for i := range f.Pix {
			f.Pix[i] = level
		}
		return f
	}
	now := time.Unix(1000, 0)
	after := func(d time.Duration) time.Time { now = now.Add(d); return now }
	var q quiet
	if q.holds(grey(90), now) {
		t.Error("the first frame is to be looked at")
	}
	q.looked(0, now)
	if !q.holds(grey(90), after(80*time.Millisecond)) {
		t.Error("nothing moved and nobody was there: the engine may rest")
	}
	if q.holds(grey(120), after(80*time.Millisecond)) {
		t.Error("something moved")
	}
	q.looked(1, now)
	if q.holds(grey(120), after(80*time.Millisecond)) {
		t.Error("somebody stands still before the camera")
	}
	q.looked(0, now)
	if q.holds(grey(120), after(lookAnyway)) {
		t.Error("a look is due though nothing moved")
	}
	q.looked(0, now)
	if q.holds(grey(120), after(-time.Hour)) {
		t.Error("the clock was set back: look, rather than wait an hour")
	}
}
