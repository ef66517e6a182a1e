package identity

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

func want(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: told %q, want %q", what, got, want)
	}
}

func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		h.enrol(t, li, liFace, "gate")
		h.enrol(t, wang, wangFace, "canteen")
		w := h.watch(t)
		defer w.close()

		h.put(someone(1, liFace))
		want(t, "a member", w.since(time.Second), "recognised 李小明 by face")
		h.put()
		want(t, "he goes", w.since(2*time.Second), "no-face")
		h.put(someone(2, liFace))
		want(t, "he comes again", w.since(time.Second), "recognised 李小明 by face")
		h.put(someone(3, wangFace))
		want(t, "the next, without consent for the gate", w.since(time.Second), "withdrawn")
		h.put(someone(4, 99))
		want(t, "a stranger", w.since(time.Second), "stranger")
		h.put(someone(5, liFace, inTheDark))
		want(t, "in the dark", w.since(time.Second), "too-dark")
		h.put(someone(6, liFace, farAway))
		want(t, "far away, as anybody who walks up", w.since(time.Second))
		want(t, "he stays there", w.since(2*time.Second), "too-far")
		h.put(someone(7, liFace), someone(8, 99))
		want(t, "two", w.since(time.Second), "two-faces")
	})
}

// TestIdleCostsNothing: no frame is read or analysed while nobody watches.
func TestIdleCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		h.put(someone(1, liFace))
		counts := func() (taken, analysed, readers int) {
			h.set(func(s *stage) { taken, analysed, readers = s.taken, s.analysed, s.readers })
			return taken, analysed, readers
		}
		idle := func(when string) {
			t.Helper()
			taken, analysed, _ := counts()
			time.Sleep(time.Minute)
			synctest.Wait()
			taken2, analysed2, readers := counts()
			if taken2 != taken || analysed2 != analysed || readers != 0 {
				t.Errorf("%s: %d frames read, %d analysed in a minute, %d readers open", when, taken2-taken, analysed2-analysed, readers)
			}
		}
		idle("before the first watch")
		a, b := h.watch(t), h.watch(t)
		time.Sleep(time.Second)
		if _, analysed, readers := counts(); analysed < 8 || analysed > 11 || readers != 1 {
			t.Errorf("two watches: %d frames analysed in a second, %d readers; want each frame once, 1 reader", analysed, readers)
		}
		a.close()
		if got := b.since(time.Second); !slices.Equal(got, []string{"stranger"}) {
			t.Errorf("the watch that goes on: %q", got)
		}
		b.close()
		idle("after the last watch")
		if o := h.Overlay(""); o.W != 0 || len(o.Boxes) != 0 {
			t.Errorf("overlay of an idle camera: %+v", o)
		}
		c := h.watch(t)
		if got := c.since(time.Second); !slices.Equal(got, []string{"stranger"}) {
			t.Errorf("a new watch: %q", got)
		}
		c.close()
	})
}

func TestTroubleComesAndGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		h.enrol(t, li, liFace, "gate")
		w := h.watch(t)
		defer w.close()

		h.set(func(s *stage) { s.away = errors.Join(camera.ErrUnplugged) })
		want(t, "unplugged", w.since(3*time.Second), "no-camera")
		if o := h.Overlay(""); o.Trouble.IsZero() || o.Trouble.EN == "" {
			t.Errorf("overlay says nothing of the camera: %+v", o)
		}
		h.set(func(s *stage) { s.away = nil })
		want(t, "plugged in again", w.since(3*time.Second), "no-face")

		h.put(someone(1, liFace))
		want(t, "works again", w.since(time.Second), "recognised 李小明 by face")
		h.set(func(s *stage) { s.broken = face.ErrRestarting })
		want(t, "engine killed", w.since(time.Second), "no-engine")
		h.set(func(s *stage) { s.broken = nil })
		want(t, "engine back", w.since(time.Second), "recognised 李小明 by face")

		h.set(func(s *stage) { s.hung = true })
		want(t, "engine hangs", w.since(5*time.Second), "no-engine")
		h.set(func(s *stage) { s.hung = false })
		want(t, "engine answers", w.since(5*time.Second), "recognised 李小明 by face")
		if o := h.Overlay(""); !o.Trouble.IsZero() {
			t.Errorf("overlay still says %v", o.Trouble)
		}
	})
}

func TestOverlay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		h.enrol(t, li, liFace, "gate")
		w := h.watch(t)
		defer w.close()
		h.put(someone(1, liFace))
		w.since(time.Second)
		o := h.Overlay("")
		if o.W != 640 || o.H != 480 || len(o.Boxes) != 1 {
			t.Fatalf("overlay %+v", o)
		}
		wantBox := Box{Rect: face.Rect{Left: 200, Top: 100, Right: 360, Bottom: 260}, Tone: view.Success, Label: view.Same("李*明")}
		if o.Boxes[0] != wantBox {
			t.Errorf("box %+v, want %+v", o.Boxes[0], wantBox)
		}
		h.put(someone(2, 99))
		w.since(time.Second)
		if b := h.Overlay("").Boxes[0]; b.Tone != view.Refusal || !b.Label.IsZero() {
			t.Errorf("a stranger's box: %+v", b)
		}
		h.put(someone(3, liFace, masked))
		w.since(time.Second)
		if b := h.Overlay("").Boxes[0]; b.Tone != view.Success || b.Label != view.Same("李*明") {
			t.Errorf("a mask that hides little enough: %+v", b)
		}
		for track, test := range map[uint64]struct {
			says   string
			change func(*face.Quality)
		}{
			10: {"请靠近一点", farAway},
			11: {"光线太暗", inTheDark},
			12: {"请正对镜头", func(q *face.Quality) { q.Yaw = 0.9 }},
			13: {"请摘下口罩", masked},
		} {
			h.put(someone(track, 99, test.change))
			w.since(time.Second)
			if b := h.Overlay("").Boxes[0]; !strings.Contains(b.Label.ZH, test.says) || b.Label.EN == "" {
				t.Errorf("%s: the box says %q", test.says, b.Label.ZH)
			}
		}
		if o := h.Overlay("another"); o.Trouble.IsZero() {
			t.Error("a camera that does not exist has no trouble")
		}
	})
}

func TestCards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		h.Card("0004711") // nobody listens
		synctest.Wait()
		w := h.watch(t)
		defer w.close()
		want(t, "a card from before", w.since(time.Second))
		h.Card(" 0004711\r\n")
		want(t, "a member's card", w.since(0), "recognised 李小明 by card")
		h.Card("666")
		want(t, "an unknown card", w.since(0), "card-unknown")
		h.Card("")
		want(t, "nothing", w.since(0))
		h.feeds.set(kiosk.FeedPeople, wang, kiosk.PersonRow{ID: wang, Name: "王芳", Role: "pupil", Cards: []string{"666"}})
		h.PeopleChanged()
		h.Card("666")
		want(t, "the card is given out", w.since(0), "recognised 王芳 by card")
	})
}

// TestGoneFromTheSite: a template whose owner left the people feed opens nothing.
func TestGoneFromTheSite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		h.enrol(t, "2010-0001", liFace, "gate")
		w := h.watch(t)
		defer w.close()
		h.put(someone(1, liFace))
		want(t, "not in the feed", w.since(time.Second), "stranger")
		h.feeds.set(kiosk.FeedPeople, "2010-0001", kiosk.PersonRow{ID: "2010-0001", Name: "孙回来", Role: "pupil"})
		h.put()
		w.since(2 * time.Second)
		h.put(someone(2, liFace))
		want(t, "in the feed", w.since(time.Second), "recognised 孙回来 by face")
	})
}

// TestBeforeTheFirstFeed: a terminal that has never had the people feed knows
// those enrolled on it by the names they enrolled with.
func TestBeforeTheFirstFeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		h.feeds.rows = nil
		h.enrol(t, li, liFace, "gate")
		w := h.watch(t)
		defer w.close()
		h.put(someone(1, liFace))
		want(t, "no feed yet", w.since(time.Second), "recognised 照片上的名字 by face")
	})
}

// TestGalleryOfAnotherTerminal: the face is out, the card is not.
func TestGalleryOfAnotherTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		h := build(t, dir)
		h.enrol(t, li, liFace, "gate")
		h.Identity.Close()
		h.cfg.Terminal = "gate-2"
		h.start(t)
		if len(h.Problems()) != 1 {
			t.Fatalf("problems: %v", h.Problems())
		}
		w := h.watch(t)
		defer w.close()
		h.put(someone(1, liFace))
		want(t, "face", w.since(time.Second), "no-engine")
		h.Card("0004711")
		want(t, "card", w.since(0), "recognised 李小明 by card")
		if _, err := h.Enrol(t.Context(), visit, &h.screen, kiosk.EnrolRequest{Person: li, Purposes: []string{"gate"}, Consent: consentNow()}); kiosk.CodeOf(err) != kiosk.CodeUnavailable {
			t.Errorf("Enrol = %v, want CodeUnavailable", err)
		}
		if err := h.Forget(t.Context(), visit, li, nil); err == nil {
			t.Error("Forget says done though nothing could be erased")
		}
	})
}

// TestOtherWeights: a template made with other weights matches nobody.
func TestOtherWeights(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		h.cfg.Model = func() string { return "weights of last year" }
		h.restart(t)
		h.enrol(t, li, liFace, "gate")
		h.put(someone(1, liFace))
		for model, verdict := range map[string]string{"weights of last year": "recognised 李小明 by face", "new weights": "stranger"} {
			h.cfg.Model = func() string { return model }
			h.restart(t)
			w := h.watch(t)
			want(t, model, w.since(time.Second), verdict)
			w.close()
		}
	})
}

// TestSlowReader: what a reader misses is older sightings of the same person,
// never the newest, and the camera does not wait for him.
func TestSlowReader(t *testing.T) {
	s := newSubscription(nil)
	for n := range uint64(3) {
		s.tell(kiosk.Sighting{Verdict: kiosk.Recognised, Person: kiosk.Person{ID: li}, Track: n})
		s.tell(kiosk.Sighting{Verdict: kiosk.Recognised, Person: kiosk.Person{ID: wang}, Track: n})
		s.tell(kiosk.Sighting{Verdict: kiosk.NoFace})
	}
	for _, id := range []string{li, wang, ""} {
		sg, err := s.next(t.Context())
		if err != nil || sg.Person.ID != id || id != "" && sg.Track != 2 {
			t.Errorf("next = %+v, %v; want the newest of %q", sg, err, id)
		}
	}
	for n := range 10 * maxPending {
		s.tell(kiosk.Sighting{Person: kiosk.Person{ID: string(rune(n))}})
	}
	if len(s.pending) > maxPending {
		t.Errorf("%d pending", len(s.pending))
	}
	s.end()
	if _, err := s.next(t.Context()); kiosk.CodeOf(err) != kiosk.CodeCancelled {
		t.Errorf("next after the end = %v", err)
	}
}

func TestCloseEndsWatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		w := h.watch(t)
		time.Sleep(time.Second)
		h.Identity.Close()
		<-w.done
		h.start(t)
	})
}

func TestOpenRefuses(t *testing.T) {
	for name, cfg := range map[string]Config{
		"no directory": {Terminal: "t", Site: "s"}, "no terminal": {Dir: t.TempDir(), Site: "s"}, "no site": {Dir: t.TempDir(), Terminal: "t"},
	} {
		if _, err := Open(t.Context(), cfg); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	i, err := Open(t.Context(), Config{Dir: file, Terminal: "t", Site: "s", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("a gallery that cannot be made ends the terminal: %v", err)
	}
	if len(i.Problems()) == 0 {
		t.Error("and nothing is said of it")
	}
	i.Close()
}
