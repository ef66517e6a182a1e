package identity

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

func (h *house) enrolling(r kiosk.EnrolRequest) *outcome[kiosk.Enrolment] {
	return begin(func() (kiosk.Enrolment, error) { return h.Enrol(context.Background(), visit, &h.screen, r) })
}

func visitorRequest() kiosk.EnrolRequest {
	return kiosk.EnrolRequest{Name: "访客小周", Purposes: []string{"gate"}, Consent: consentNow()}
}

// TestEnrolVisitor: somebody no center knows is known at once, by name, and after a restart.
func TestEnrolVisitor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		o := h.enrolling(visitorRequest())
		if !h.screen.says("请正对镜头") {
			t.Errorf("the page is %+v", h.screen.page())
		}
		h.put(someone(1, 50))
		time.Sleep(5 * time.Second)
		if !o.over() || o.err != nil {
			t.Fatalf("Enrol = %+v, %v", o.value, o.err)
		}
		e := o.value
		if e.Shots != enrolShots || e.Template == "" || e.Person.Name != "访客小周" || e.Person.Role != RoleVisitor || !strings.HasPrefix(e.Person.ID, "V-") {
			t.Errorf("enrolment %+v", e)
		}
		for range 2 {
			w := h.watch(t)
			want(t, "the new visitor", w.since(time.Second), "recognised 访客小周 by face")
			w.close()
			h.restart(t)
		}
	})
}

func TestEnrolSaysWhatIsMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		o := h.enrolling(visitorRequest())
		stands := func(zh string, faces ...face.Face) {
			t.Helper()
			h.put(faces...)
			time.Sleep(time.Second)
			if !h.screen.says(zh) || o.over() {
				t.Errorf("page %+v, want %q; over: %t, %v", h.screen.page(), zh, o.over(), o.err)
			}
		}
		stands("请站到镜头前")
		stands("请靠近一点", someone(1, 50, farAway))
		stands("光线太暗", someone(1, 50, inTheDark))
		stands("光线太亮", someone(1, 50, func(q *face.Quality) { q.Brightness = 250 }))
		stands("画面模糊", someone(1, 50, func(q *face.Quality) { q.Sharpness = 0 }))
		stands("请正对镜头", someone(1, 50, func(q *face.Quality) { q.Yaw = 0.5 }))
		stands("请平视镜头", someone(1, 50, func(q *face.Quality) { q.Pitch = 0.8 }))
		stands("请摘下口罩", someone(1, 50, masked))
		stands("请摘下墨镜", someone(1, 50, func(q *face.Quality) { q.EyeShade, q.EyeContrast = 50, 70 }))
		stands("只留一人", someone(1, 50), someone(2, 51))
		stands("很好", someone(1, 50))
		if !h.screen.says("已采集") {
			t.Error("no progress")
		}
		h.put(someone(3, 51)) // somebody else steps in
		time.Sleep(450 * time.Millisecond)
		if !h.screen.says("两次拍到的不一样") {
			t.Errorf("another face: %+v", h.screen.page())
		}
		h.put()
		h.set(func(s *stage) { s.broken = face.ErrRestarting })
		stands("恢复")
		h.set(func(s *stage) { s.broken = nil })
		stands("很好", someone(3, 51)) // the first person is given up
		time.Sleep(5 * time.Second)
		if !o.over() || o.err != nil {
			t.Fatalf("Enrol = %v", o.err)
		}
		w := h.watch(t)
		defer w.close()
		h.put(someone(4, 50))
		want(t, "the one who stepped aside", w.since(time.Second), "stranger")
	})
}

func TestEnrolDuplicate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		h.enrol(t, li, liFace, "gate")
		h.put(someone(1, liFace))
		o := h.enrolling(kiosk.EnrolRequest{Person: wang, Purposes: []string{"gate"}, Consent: consentNow()})
		time.Sleep(5 * time.Second)
		if o.over() || h.screen.page().ID != pageTwins || h.screen.says("李") {
			t.Errorf("another's face: the page is %+v, %v", h.screen.page(), o.err)
		}
		h.screen.touch(actionCancel)
		if !o.over() || kiosk.CodeOf(o.err) != kiosk.CodeInvalid || !strings.Contains(kiosk.VisitorText(o.err).ZH, "已经登记") || !errors.Is(o.err, ErrDuplicate) {
			t.Errorf("another's face: %+v, %v", o.value, o.err)
		}
		if h.Has(wang) || h.Enrolled() != 1 {
			t.Error("it was stored")
		}
		o = h.enrolling(kiosk.EnrolRequest{Person: li, Purposes: []string{"gate", "canteen"}, Consent: consentNow()})
		time.Sleep(5 * time.Second)
		if !o.over() || o.err != nil || o.value.Person.Name != "李小明" {
			t.Errorf("the same person again: %+v, %v", o.value, o.err)
		}
	})
}

func TestEnrolEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		for _, action := range []string{actionCancel, view.ActionBack} {
			o := h.enrolling(visitorRequest())
			h.screen.touch(action)
			if !o.over() || kiosk.CodeOf(o.err) != kiosk.CodeCancelled {
				t.Errorf("%s: %v", action, o.err)
			}
		}
		o := h.enrolling(visitorRequest())
		time.Sleep(enrolWithin)
		if !o.over() || kiosk.CodeOf(o.err) != kiosk.CodeUnavailable {
			t.Errorf("nobody comes: %v", o.err)
		}
		if h.Enrolled() != 0 {
			t.Error("somebody was stored")
		}
	})
}

func TestEnrolWantsConsent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		for name, change := range map[string]func(*kiosk.EnrolRequest){
			"no purpose":      func(r *kiosk.EnrolRequest) { r.Purposes = nil },
			"an empty one":    func(r *kiosk.EnrolRequest) { r.Purposes = []string{""} },
			"no text version": func(r *kiosk.EnrolRequest) { r.Consent.TextVersion = "" },
			"nobody gave it":  func(r *kiosk.EnrolRequest) { r.Consent.GivenBy = "" },
			"no way":          func(r *kiosk.EnrolRequest) { r.Consent.Way = "" },
			"no time":         func(r *kiosk.EnrolRequest) { r.Consent.Time = time.Time{} },
			"no name":         func(r *kiosk.EnrolRequest) { r.Name = "" },
		} {
			r := visitorRequest()
			change(&r)
			if _, err := h.Enrol(t.Context(), visit, &h.screen, r); kiosk.CodeOf(err) != kiosk.CodeInvalid {
				t.Errorf("%s: Enrol = %v, want CodeInvalid", name, err)
			}
			if _, err := h.EnrolFrames(t.Context(), kiosk.Person{ID: li}, nil, r.Consent, r.Purposes); kiosk.CodeOf(err) != kiosk.CodeInvalid {
				t.Errorf("%s: EnrolFrames = %v, want CodeInvalid", name, err)
			}
		}
		if _, err := h.Enrol(t.Context(), visit, &h.screen, kiosk.EnrolRequest{Person: "31415", Purposes: []string{"gate"}, Consent: consentNow()}); kiosk.CodeOf(err) != kiosk.CodeNotFound {
			t.Errorf("somebody nobody knows: %v", err)
		}
	})
}

func TestEnrolFramesRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		frames := func(seeds ...uint64) (fs []*camera.Frame) {
			for _, s := range seeds {
				fs = append(fs, portrait(s))
			}
			return fs
		}
		try := func(fs []*camera.Frame) error {
			_, err := h.EnrolFrames(t.Context(), kiosk.Person{ID: li}, fs, consentNow(), []string{"gate"})
			return err
		}
		if err := try(frames(1, 2)); kiosk.CodeOf(err) != kiosk.CodeInvalid {
			t.Errorf("two persons' portraits: %v", err)
		}
		if err := try([]*camera.Frame{{W: 640, H: 480}}); kiosk.CodeOf(err) != kiosk.CodeInvalid {
			t.Errorf("an empty picture: %v", err)
		}
		if err := try(frames(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)); err != nil {
			t.Errorf("many portraits: %v", err)
		}
	})
}

// TestRevocations: the rows of the feed, from partial to all, mid-track, offline
// and over restarts.
func TestRevocations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		h.enrol(t, li, liFace, "gate", "canteen")
		apply := func(rows ...kiosk.RevocationRow) {
			t.Helper()
			if err := h.ApplyRevocations(t.Context(), rows); err != nil {
				t.Fatal(err)
			}
		}
		gate := kiosk.RevocationRow{Person: li, Purposes: []string{"gate"}, Time: time.Now()}

		w := h.watch(t)
		h.put(someone(1, liFace))
		want(t, "before", w.since(time.Second), "recognised 李小明 by face")
		apply(gate)
		want(t, "withdrawn while he stands there", w.since(200*time.Millisecond), "withdrawn")
		w.close()
		h.restart(t)

		w = h.watch(t)
		want(t, "after a restart", w.since(time.Second), "withdrawn")
		h.enrol(t, li, liFace, "gate")
		apply(gate) // still in the feed: the center has not heard of the new consent
		h.put()
		w.since(2 * time.Second)
		h.put(someone(2, liFace))
		want(t, "consented anew", w.since(time.Second), "recognised 李小明 by face")
		apply(gate, kiosk.RevocationRow{Person: li, Time: time.Now()})
		if h.Has(li) {
			t.Error("all is withdrawn, and the template is still there")
		}
		h.put()
		w.since(2 * time.Second)
		h.put(someone(3, liFace))
		want(t, "a stranger, by law", w.since(2*time.Second), "stranger")
		w.close()
	})
}

// TestConsentAfterRevocation: somebody withdraws and agrees anew before the row
// of his withdrawal has come down. The later word counts, as it does at the center.
func TestConsentAfterRevocation(t *testing.T) {
	for name, tt := range map[string]struct {
		purposes []string
		after    time.Duration // from the withdrawal to the consent
		stays    bool
	}{
		"agreed a second later":        {nil, time.Second, true},
		"agreed to that purpose later": {[]string{"gate"}, time.Second, true},
		"withdrew in the same moment":  {nil, 0, false},
		"withdrew later":               {nil, -time.Second, false},
		"withdrew that purpose later":  {[]string{"gate"}, -time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := build(t, t.TempDir())
				h.enrol(t, li, liFace, "gate")
				e, _ := h.gallery.Entry(li)
				row := kiosk.RevocationRow{Person: li, Purposes: tt.purposes, Time: e.Consent.Time.Add(-tt.after)}
				for range 2 { // however often it comes
					if err := h.ApplyRevocations(t.Context(), []kiosk.RevocationRow{row}); err != nil {
						t.Fatal(err)
					}
					if h.gallery.Covers(li, "gate") != tt.stays {
						t.Errorf("covered: %t, want %t", !tt.stays, tt.stays)
					}
				}
				h.feeds.set(kiosk.FeedRevocations, li, row)
				h.restart(t)
				if h.gallery.Covers(li, "gate") != tt.stays {
					t.Errorf("after a restart covered: %t, want %t", !tt.stays, tt.stays)
				}
			})
		})
	}
}

// TestRevocationsAtStart: what came down while the terminal was off holds before
// the first frame.
func TestRevocationsAtStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		h.enrol(t, li, liFace, "gate")
		h.enrol(t, wang, wangFace, "gate")
		h.feeds.set(kiosk.FeedRevocations, li, kiosk.RevocationRow{Person: li, Time: time.Now()})
		h.feeds.set(kiosk.FeedRevocations, wang, "not a row")
		h.restart(t)
		if h.Has(li) || h.Has(wang) {
			t.Error("a revocation of the feed is not applied at start")
		}
		raw, err := os.ReadFile(h.cfg.Dir + "/" + revocationsFile)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), li) {
			t.Error("the file of applied revocations names people")
		}
	})
}

// TestNothingKeptForItsOwnSake: being recognised in order to withdraw justifies no
// template once everything else is withdrawn, in whichever steps and from wherever.
func TestNothingKeptForItsOwnSake(t *testing.T) {
	forget := func(h *house, purposes ...string) error { return h.Forget(context.Background(), visit, li, purposes) }
	revoke := func(h *house, purposes ...string) error {
		return h.ApplyRevocations(context.Background(), []kiosk.RevocationRow{{Person: li, Purposes: purposes, Time: time.Now()}})
	}
	for name, tt := range map[string]struct {
		withdraw func(*house) error
		kept     bool
	}{
		"one of two":                   {func(h *house) error { return forget(h, "gate") }, true},
		"one after the other":          {func(h *house) error { return errors.Join(forget(h, "gate"), forget(h, "canteen")) }, false},
		"both":                         {func(h *house) error { return forget(h, "canteen", "gate") }, false},
		"from the center, in part":     {func(h *house) error { return revoke(h, "gate") }, true},
		"from the center, both":        {func(h *house) error { return revoke(h, "canteen", "gate") }, false},
		"here and from the center":     {func(h *house) error { return errors.Join(forget(h, "gate"), revoke(h, "canteen")) }, false},
		"something he never agreed to": {func(h *house) error { return forget(h, "library") }, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := build(t, t.TempDir())
				h.enrol(t, li, liFace, kiosk.PurposeEnrolment, "gate", "canteen")
				if err := tt.withdraw(h); err != nil {
					t.Fatal(err)
				}
				if h.Has(li) != tt.kept {
					t.Errorf("the template is kept: %t, want %t", !tt.kept, tt.kept)
				}
			})
		})
	}
}

func TestForget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		h.enrol(t, li, liFace, "gate", "canteen")
		h.feeds.err = &kiosk.Error{Code: kiosk.CodeUnavailable} // no network, no feed
		w := h.watch(t)
		defer w.close()
		h.put(someone(1, liFace))
		want(t, "before", w.since(time.Second), "recognised 照片上的名字 by face")
		if err := h.Forget(t.Context(), visit, li, []string{"gate"}); err != nil {
			t.Fatal(err)
		}
		want(t, "the gate forgotten", w.since(200*time.Millisecond), "withdrawn")
		if !h.Has(li) {
			t.Error("the canteen's consent is gone too")
		}
		if err := h.Forget(t.Context(), visit, li, nil); err != nil || h.Has(li) {
			t.Errorf("Forget = %v, still there: %t", err, h.Has(li))
		}
		if err := h.Forget(t.Context(), visit, li, nil); err != nil {
			t.Errorf("nothing left to forget: %v", err)
		}
		if err := h.Forget(t.Context(), visit, "", nil); kiosk.CodeOf(err) != kiosk.CodeInvalid {
			t.Errorf("nobody: %v", err)
		}
	})
}
