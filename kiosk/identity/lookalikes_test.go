package identity

import (
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity/decision"
)

// beside is a descriptor at a distance from the one of a seed.
func beside(seed uint64, distance float64) face.Descriptor {
	d, other := looks(seed), looks(seed+9000)
	var dot float64
	for i := range d {
		dot += float64(d[i]) * float64(other[i])
	}
	var n float64
	for i := range other { // the part that is at a right angle
		other[i] -= float32(dot) * d[i]
		n += float64(other[i]) * float64(other[i])
	}
	angle := 2 * math.Asin(distance/2)
	for i := range d {
		d[i] = float32(math.Cos(angle))*d[i] + float32(math.Sin(angle)/math.Sqrt(n))*other[i]
	}
	return d
}

func twin(track uint64, d face.Descriptor) face.Face {
	f := someone(track, 1)
	f.Descriptor = d
	return f
}

// TestTwins: the second twin is enrolled once a staff member has seen them both;
// from then on neither passes by his face alone, and both do with a card or a PIN.
func TestTwins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		h.enrol(t, li, liFace, "gate")
		other := beside(liFace, 0.2)
		h.put(twin(1, other))
		o := h.enrolling(kiosk.EnrolRequest{Person: wang, Purposes: []string{"gate"}, Consent: consentNow()})
		time.Sleep(5 * time.Second)
		for _, tt := range []struct{ staff, pin, say string }{{teacher, "0000", "号码或密码不对"}, {li, "1234", "这不是工作人员"}} {
			h.screen.touch(actionOK, fieldStaff, tt.staff, fieldPIN, tt.pin)
			if o.over() || !h.screen.says(tt.say) {
				t.Errorf("confirmed by %s: %+v, page %+v", tt.staff, o.err, h.screen.page())
			}
		}
		h.screen.touch(actionOK, fieldStaff, "0042", fieldPIN, "9999")
		if !o.over() || o.err != nil || !o.value.Alike || o.value.By != teacher {
			t.Fatalf("Enrol = %+v, %v", o.value, o.err)
		}

		for round := range 2 {
			for who, d := range map[string]face.Descriptor{li: looks(liFace), wang: other} {
				h.put(twin(uint64(10*round+len(who)), d))
				w := h.watch(t)
				time.Sleep(2 * time.Second)
				want(t, who+" at the gate", w.since(0), "lookalike")
				w.close()
			}
			h.put(twin(uint64(100+round), looks(liFace)))
			o := h.identify(t.Context(), kiosk.IdentifyRequest{})
			time.Sleep(2 * time.Second)
			if o.over() || !h.screen.says("长得很像") || h.screen.says("王") || h.screen.says("李") {
				t.Fatalf("by the face alone: %+v, page %+v", o.value, h.screen.page())
			}
			h.screen.touch(actionOK, fieldPIN, "0000")
			if o.over() {
				t.Fatalf("a wrong PIN: %+v, %v", o.value, o.err)
			}
			h.screen.touch(actionOK, fieldPIN, "1234")
			mustPerson(t, o, li, kiosk.WayPIN, "")

			o = h.identify(t.Context(), kiosk.IdentifyRequest{})
			time.Sleep(2 * time.Second)
			h.Card("0004711")
			mustPerson(t, o, li, kiosk.WayCard, "")
			h.put()
			h.restart(t)
		}

		// Once the other is gone a face is enough again.
		if err := h.Forget(t.Context(), visit, wang, nil); err != nil {
			t.Fatal(err)
		}
		h.put(twin(500, looks(liFace)))
		w := h.watch(t)
		defer w.close()
		want(t, "the twin has withdrawn", w.since(2*time.Second), "recognised 李小明 by face")
	})
}

// TestSibling: less alike than one person is to himself, more than strangers are:
// nobody is asked, both are marked.
func TestSibling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		h.enrol(t, li, liFace, "gate")
		for distance, alike := range map[float64]bool{0.35: true, 0.45: false} {
			h.put(twin(1, beside(liFace, distance)))
			o := h.enrolling(kiosk.EnrolRequest{Person: wang, Purposes: []string{"gate"}, Consent: consentNow()})
			time.Sleep(5 * time.Second)
			if !o.over() || o.err != nil || o.value.Alike != alike || o.value.By != "" {
				t.Errorf("at %g: %+v, %v", distance, o.value, o.err)
			}
			if got := len(h.gallery.Alike(li)) > 0; got != alike {
				t.Errorf("at %g the one enrolled before is marked: %t", distance, got)
			}
			if err := h.Forget(t.Context(), visit, wang, nil); err != nil {
				t.Fatal(err)
			}
		}
		// From pictures there is no staff member to ask.
		h.put()
		_, err := h.EnrolFrames(t.Context(), kiosk.Person{ID: wang}, []*camera.Frame{portrait(liFace)}, consentNow(), []string{"gate"})
		if kiosk.CodeOf(err) != kiosk.CodeInvalid {
			t.Errorf("the same face from a picture: %v", err)
		}
	})
}

// TestLikenessFallsWithTheGallery: strangers within the bound stay as rare.
func TestLikenessFallsWithTheGallery(t *testing.T) {
	l := decision.Defaults()
	var before float64 = 2
	for _, people := range []int{0, 10, 100, 1000, 10_000, 100_000} {
		alike, same := likeness(l, people)
		if alike > before || alike > l.Threshold || same >= alike || same < 0.1 {
			t.Errorf("%d people: alike %g, same %g", people, alike, same)
		}
		before = alike
	}
	if first, _ := likeness(l, 10); first != l.Threshold {
		t.Errorf("among ten the bound is %g", first)
	}
}

// TestStrangersGiveUpTheFace: whoever holds one picture after the other before the
// camera has five tries; the next visitor has the face again at once.
func TestStrangersGiveUpTheFace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		h.enrol(t, li, liFace, "gate")
		o := h.identify(t.Context(), kiosk.IdentifyRequest{})
		for n := range uint64(mostStrangers) {
			if h.screen.says("多次没有认出") {
				t.Fatalf("given up after %d", n)
			}
			h.put(someone(20+n, 300+n))
			time.Sleep(2 * time.Second)
		}
		if !h.screen.says("多次没有认出") {
			t.Errorf("after %d: %+v", mostStrangers, h.screen.page())
		}
		h.put(someone(99, liFace))
		time.Sleep(2 * time.Second)
		if o.over() {
			t.Errorf("the face is still a way: %+v", o.value)
		}
		h.Card("0004711")
		mustPerson(t, o, li, kiosk.WayCard, "")
		o = h.identify(t.Context(), kiosk.IdentifyRequest{})
		time.Sleep(2 * time.Second)
		mustPerson(t, o, li, kiosk.WayFace, "")
	})
}

// TestFaceCoolsDown: somebody's face that did not prove itself three times is no way
// for a while, for him; others do not notice.
func TestFaceCoolsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		h.enrol(t, li, liFace, "gate")
		h.enrol(t, wang, wangFace, "gate")
		for range failuresPerFace {
			h.attempts.faceFailed(li)
		}
		o := h.identify(t.Context(), kiosk.IdentifyRequest{})
		h.put(someone(1, liFace))
		time.Sleep(2 * time.Second)
		if o.over() || !h.screen.says("请用其他方式") {
			t.Errorf("he is let in: %+v, page %+v", o.value, h.screen.page())
		}
		h.put(someone(2, wangFace))
		time.Sleep(2 * time.Second)
		mustPerson(t, o, wang, kiosk.WayFace, "")
		h.put()
		time.Sleep(lockFor)
		o = h.identify(t.Context(), kiosk.IdentifyRequest{})
		h.put(someone(3, liFace))
		time.Sleep(2 * time.Second)
		mustPerson(t, o, li, kiosk.WayFace, "")
	})
}

// TestLimitsAndClocks: a clock that is set a year back, or ahead, ends a limit.
func TestLimitsAndClocks(t *testing.T) {
	for _, years := range []int{-1, 1} {
		now := time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
		a := newAttempts(func() time.Time { return now })
		for n := range wrongInAll {
			a.wrong(fmt.Sprint(n % 3))
		}
		if kiosk.CodeOf(a.check("1")) != kiosk.CodeLocked || a.pause() == 0 {
			t.Fatal("not limited")
		}
		now = now.AddDate(years, 0, 0)
		if err := a.check("1"); err != nil || a.pause() != 0 {
			t.Errorf("after %d years: %v, %v", years, err, a.pause())
		}
	}
}
