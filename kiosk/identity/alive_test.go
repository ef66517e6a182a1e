package identity

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity/liveness"
	"github.com/luohu/ting/kiosk/identity/liveness/livenesstest"
	"github.com/luohu/ting/kiosk/view"
)

// facing is a good view of the person of a seed, the head turned by yaw; on paper it
// is a print of him that is turned.
func facing(track, seed uint64, yaw float64, paper bool) face.Face {
	f := someone(track, seed, func(q *face.Quality) { q.Yaw = yaw })
	f.HasLandmarks, f.Landmarks = true, livenesstest.Head(yaw)
	if paper {
		f.Landmarks = livenesstest.Print(yaw)
	}
	return f
}

// acts plays a turn, ten frames a second, and waits until it is judged.
func (h *house) acts(track, seed uint64, to float64, paper bool) {
	h.put(facing(track, seed, 0, paper))
	time.Sleep(700 * time.Millisecond)
	for i := range 10 {
		h.put(facing(track, seed, to*float64(i+1)/10, paper))
		time.Sleep(100 * time.Millisecond)
	}
	synctest.Wait()
}

// alive builds a house whose sides are not drawn but given.
func alive(t *testing.T, sides ...liveness.Side) *house {
	h := build(t, t.TempDir())
	h.cfg.Liveness = Liveness{Challenge: true, Passive: true}
	h.restart(t)
	n := 0
	h.side = func() liveness.Side {
		n++
		return sides[(n-1)%len(sides)]
	}
	return h
}

func live() kiosk.IdentifyRequest { return kiosk.IdentifyRequest{Purpose: "gate", Live: true} }

func TestIdentifyLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := alive(t, liveness.Left)
		h.enrol(t, li, liFace, "gate")
		o := h.identify(t.Context(), live())
		h.put(facing(1, liFace, 0, false))
		time.Sleep(time.Second)
		if p := h.screen.page(); p.ID != pageTurn || o.over() || !h.screen.says("您的左边") {
			t.Fatalf("a face is recognised: over %t, page %+v", o.over(), p)
		}
		h.acts(1, liFace, 0.65, false)
		mustPerson(t, o, li, kiosk.WayFace, "")
	})
}

// TestIdentifyPrint: a print is asked twice, and then only the other ways stand.
func TestIdentifyPrint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := alive(t, liveness.Left, liveness.Right)
		h.enrol(t, li, liFace, "gate")
		o := h.identify(t.Context(), live())
		h.acts(1, liFace, 0.9, true)
		time.Sleep(11 * time.Second)
		if p := h.screen.page(); p.ID != pageTurn || !h.screen.says("再试一次") && !h.screen.says("您的右边") {
			t.Fatalf("after the first try: %+v", p)
		}
		h.acts(1, liFace, -0.9, true)
		time.Sleep(11 * time.Second)
		if p := h.screen.page(); p.ID != pageWays || !h.screen.says("请用其他方式") || o.over() {
			t.Fatalf("after the second: over %t, %+v", o.over(), p)
		}
		for _, n := range h.screen.page().Body {
			if _, ok := n.(view.Viewfinder); ok {
				t.Error("the face is still offered")
			}
		}
		h.acts(1, liFace, 0.65, false) // too late
		if o.over() {
			t.Error("a turn after the end counts")
		}
		h.Card("0004711")
		synctest.Wait()
		mustPerson(t, o, li, kiosk.WayCard, "")
	})
}

// TestIdentifyAnotherTurns: the print was recognised, and somebody else turns the head.
func TestIdentifyAnotherTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := alive(t, liveness.Left)
		h.enrol(t, li, liFace, "gate")
		o := h.identify(t.Context(), live())
		h.put(facing(1, liFace, 0, true))
		time.Sleep(time.Second)
		for range 2 {
			h.acts(2, 77, 0.65, false)
		}
		time.Sleep(12 * time.Second)
		if p := h.screen.page(); o.over() || p.ID != pageWays {
			t.Errorf("over %t, page %+v", o.over(), p)
		}
	})
}

// TestIdentifyLeavesTheTurn: a card ends it at once, and so does the button.
func TestIdentifyLeavesTheTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := alive(t, liveness.Right)
		h.enrol(t, li, liFace, "gate")
		o := h.identify(t.Context(), live())
		h.put(facing(1, liFace, 0, false))
		time.Sleep(time.Second)
		h.Card("0004711")
		synctest.Wait()
		mustPerson(t, o, li, kiosk.WayCard, "")

		h.put()
		time.Sleep(time.Second)
		o = h.identify(t.Context(), live())
		h.put(facing(2, liFace, 0, false))
		time.Sleep(time.Second)
		h.screen.touch(actionOther)
		if p := h.screen.page(); p.ID != pageWays || o.over() {
			t.Fatalf("another way: over %t, %+v", o.over(), p)
		}
		h.screen.touch(actionPIN)
		if p := h.screen.page(); p.ID != pageForm {
			t.Errorf("the PIN: %+v", p)
		}
	})
}

// TestNoLivenessNoFace: a terminal that cannot check offers the other ways alone.
func TestNoLivenessNoFace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		h.enrol(t, li, liFace, "gate")
		o := h.identify(t.Context(), live())
		h.put(facing(1, liFace, 0, false))
		time.Sleep(2 * time.Second)
		if p := h.screen.page(); o.over() || p.ID != pageWays || h.screen.says("请看镜头") {
			t.Errorf("over %t, page %+v", o.over(), p)
		}
		h.Card("0004711")
		synctest.Wait()
		mustPerson(t, o, li, kiosk.WayCard, "")
	})
}

func TestEnrolLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := alive(t, liveness.Right)
		o := h.enrolling(visitorRequest())
		h.put(facing(1, 50, 0, false))
		time.Sleep(3 * time.Second)
		if p := h.screen.page(); p.ID != pageTurn || o.over() {
			t.Fatalf("after the shots: over %t, %+v", o.over(), p)
		}
		h.acts(1, 50, -0.65, false)
		if !o.over() || o.err != nil {
			t.Fatalf("Enrol = %v, page %+v", o.err, h.screen.page())
		}
	})
}

// TestEnrolPrint stores nothing.
func TestEnrolPrint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := alive(t, liveness.Right, liveness.Left)
		o := h.enrolling(visitorRequest())
		h.put(facing(1, 50, 0, true))
		time.Sleep(3 * time.Second)
		for range 2 {
			h.acts(1, 50, -0.9, true)
			time.Sleep(11 * time.Second)
		}
		if !o.over() || kiosk.CodeOf(o.err) != kiosk.CodeUnavailable || h.Enrolled() != 0 {
			t.Errorf("over %t, Enrol = %v, %d enrolled", o.over(), o.err, h.Enrolled())
		}
	})
}

// TestFrozenCamera: a picture that stands still is no camera, until it moves again.
func TestFrozenCamera(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := alive(t, liveness.Left)
		h.enrol(t, li, liFace, "gate")
		w := h.watch(t)
		defer w.close()
		h.set(func(s *stage) { s.pix = func(n int) byte { return byte(n) } })
		h.put(facing(1, liFace, 0, false))
		want(t, "a living picture", w.since(5*time.Second), "recognised 李小明 by face")
		h.set(func(s *stage) { s.pix = func(int) byte { return 7 } })
		want(t, "it stands still", w.since(5*time.Second), "no-camera")
		if o := h.Overlay(""); o.Trouble.ZH == "" || o.Trouble.EN == "" {
			t.Errorf("overlay %+v", o)
		}
		h.set(func(s *stage) { s.pix = func(n int) byte { return byte(n) } })
		want(t, "it moves again", w.since(5*time.Second), "recognised 李小明 by face")
	})
}
