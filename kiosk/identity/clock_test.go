package identity

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk"
)

// year is by how much a terminal's clock may be set at once: an empty battery, or a
// mistyped date.
const year = 365 * 24 * time.Hour

// withClock gives a house a clock that the test sets.
func withClock(t *testing.T, h *house) (set func(ahead time.Duration)) {
	t.Helper()
	var ahead atomic.Int64
	h.cfg.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	h.restart(t)
	return func(d time.Duration) { ahead.Store(int64(d)) }
}

// TestClockSetDuringWatch: whoever comes after the clock was set is recognised, and
// whoever stood there is not told of twice in one look.
func TestClockSetDuringWatch(t *testing.T) {
	for _, by := range []time.Duration{-year, year} {
		synctest.Test(t, func(t *testing.T) {
			h := build(t, t.TempDir())
			set := withClock(t, h)
			h.enrol(t, li, liFace, "gate")
			h.enrol(t, wang, wangFace, "gate")
			w := h.watch(t)
			defer w.close()
			h.put(someone(1, liFace))
			want(t, "before", w.since(2*time.Second), "recognised 李小明 by face")
			set(by)
			h.put()
			w.since(3 * time.Second)
			h.put(someone(2, wangFace))
			want(t, "another, after the clock was set", w.since(3*time.Second), "recognised 王芳 by face")
			h.put()
			w.since(3 * time.Second)
			h.put(someone(3, liFace))
			want(t, "the first once more", w.since(3*time.Second), "recognised 李小明 by face")
			h.put()
			w.since(3 * time.Second)
			h.put(someone(4, 99))
			want(t, "a stranger", w.since(3*time.Second), "stranger")
		})
	}
}

// TestClockSetDuringEnrol: the shots taken so far stay, and the enrolment ends.
func TestClockSetDuringEnrol(t *testing.T) {
	for _, by := range []time.Duration{-year, year} {
		synctest.Test(t, func(t *testing.T) {
			h := build(t, t.TempDir())
			set := withClock(t, h)
			h.put(someone(1, 50))
			o := h.enrolling(visitorRequest())
			time.Sleep(700 * time.Millisecond)
			set(by)
			time.Sleep(5 * time.Second)
			if !o.over() || o.err != nil || o.value.Shots != enrolShots {
				t.Errorf("set by %v: %+v, %v", by, o.value, o.err)
			}
		})
	}
}

// TestThousandFaces: a crowd, or a poster of one, opens nothing and harms nothing;
// who stands alone afterwards is recognised.
func TestThousandFaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		h.enrol(t, li, liFace, "gate")
		w := h.watch(t)
		defer w.close()
		crowd := make([]face.Face, 1000)
		for i := range crowd {
			crowd[i] = someone(uint64(1000+i), liFace) // each of them the member
		}
		h.put(crowd...)
		want(t, "a thousand faces", w.since(3*time.Second), "two-faces")
		o := h.identify(t.Context(), kiosk.IdentifyRequest{})
		time.Sleep(2 * time.Second)
		if o.over() || !h.screen.says("一个一个来") {
			t.Errorf("a thousand faces: %+v, page %+v", o.value, h.screen.page())
		}
		h.put()
		w.since(3 * time.Second)
		h.put(someone(1, liFace))
		time.Sleep(2 * time.Second)
		mustPerson(t, o, li, kiosk.WayFace, "")
	})
}
