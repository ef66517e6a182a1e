package host_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/kiosk/view"
)

var morning = time.Date(2026, 3, 2, 7, 42, 0, 0, time.UTC)

// TestNobodyIsNotCounted is a terminal with one module, whose visit stands
// whether somebody is there or not.
func TestNobodyIsNotCounted(t *testing.T) {
	t.Parallel()
	clock := kiosktest.NewClock(morning)
	tm := start(t, func(c *host.Config) { c.Clock = clock }, module(t, "desk"))
	asked := tm.wantPage("desk", shown{})
	clock.Advance(time.Hour)
	if left, counting := tm.IdleLeft(); counting {
		t.Errorf("nobody has touched anything, and %v are left", left)
	}
	tm.Touch()
	if left, counting := tm.IdleLeft(); !counting || left != time.Minute {
		t.Errorf("after the first touch %v are left (%v)", left, counting)
	}
	clock.Advance(time.Minute)
	tm.wantPage("desk", asked) // a new visit
	if _, counting := tm.IdleLeft(); counting {
		t.Error("the next visit counts before its first touch")
	}
}

func TestWhoFillsInAFormKeepsIt(t *testing.T) {
	t.Parallel()
	clock := kiosktest.NewClock(morning)
	pages := make(chan view.Page, 8)
	tm := start(t, func(c *host.Config) {
		c.Clock = clock
		c.Services.Screen = screenFunc(func(s shown) { pages <- s.page })
	}, module(t, "form"))
	for p := range pages {
		if p.ID == "form" {
			break
		}
	}
	for range 5 { // he types slowly, and does nothing else
		clock.Advance(9 * time.Second)
		tm.Touch()
	}
	select {
	case p := <-pages:
		t.Fatalf("page %s came while he typed", p.ID)
	default:
	}
	clock.Advance(10 * time.Second)
	if p := <-pages; p.ID != "form-over" {
		t.Errorf("page %s", p.ID)
	}
}

// seeing is an identity that sees the visitor for as long as a test wants.
type seeing struct {
	host.Identity
	see chan struct{}
}

func (i seeing) Enrol(ctx context.Context, _ kiosk.Visit, a host.Asker, _ kiosk.EnrolRequest) (kiosk.Enrolment, error) {
	for {
		select {
		case _, more := <-i.see:
			if !more {
				return kiosk.Enrolment{}, nil
			}
			a.(host.Presence).StillHere()
			i.see <- struct{}{}
		case <-ctx.Done():
			return kiosk.Enrolment{}, ctx.Err()
		}
	}
}

// own is a visit of the terminal's own.
type own struct {
	permissions []kiosk.Permission
	serve       func(context.Context, kiosk.Session) error
}

func (o own) Manifest() kiosk.Manifest {
	return kiosk.Manifest{ID: "ting", Version: "1", Permissions: o.permissions, Records: []kiosk.RecordKind{{Name: "ting.noted", Version: 1}}}
}

func (o own) Serve(ctx context.Context, s kiosk.Session) error { return o.serve(ctx, s) }

// TestWhoIsSeenIsStillHere is a long wait before the camera, without a touch.
func TestWhoIsSeenIsStillHere(t *testing.T) {
	t.Parallel()
	clock := kiosktest.NewClock(morning)
	see := make(chan struct{})
	tm := start(t, func(c *host.Config) { c.Clock, c.Services.Identity = clock, seeing{see: see} }, module(t, "gate"))
	gate := tm.wantPage("gate", shown{})
	tm.Attend(own{[]kiosk.Permission{kiosk.PermEnrol}, func(ctx context.Context, s kiosk.Session) error {
		if err := s.Show(ctx, page("enrolling", "")); err != nil {
			return err
		}
		_, err := s.Enrol(ctx, kiosk.EnrolRequest{Person: "1"})
		return err
	}})
	enrolling := tm.wantPage("enrolling", gate)
	for range 5 {
		see <- struct{}{}
		<-see
		clock.Advance(50 * time.Second)
		if tm.Visiting() != "ting" {
			t.Fatal("the visit ended while the visitor was seen")
		}
	}
	clock.Advance(10 * time.Second)
	tm.wantPage("gate", enrolling)
}

func TestAttend(t *testing.T) {
	t.Parallel()
	tm := start(t, nil, module(t, "gate"))
	gate := tm.wantPage("gate", shown{})
	desk := own{[]kiosk.Permission{kiosk.PermRecord}, behaviours["desk"]}
	tm.Attend(desk)
	asked := tm.wantPage("desk", gate)
	if left, counting := tm.IdleLeft(); !counting || left <= 0 {
		t.Errorf("the visit does not count down: %v", left)
	}
	tm.touch(asked, "ok")
	thanks := tm.wantPage("thanks", asked)
	tm.touch(thanks, "ok")
	gate = tm.wantPage("gate", thanks)

	tm.Attend(desk)
	asked = tm.wantPage("desk", gate)
	tm.Home()
	gate = tm.wantPage("gate", asked)

	tm.Attend(own{nil, func(context.Context, kiosk.Session) error { panic("as told") }})
	sorry := tm.wantPage("ting.sorry", gate)
	tm.touch(sorry, "any")
	gate = tm.wantPage("gate", sorry)

	locked := view.T("请 5 分钟后再试", "Try again in 5 minutes")
	tm.Attend(own{nil, func(context.Context, kiosk.Session) error {
		return &kiosk.Error{Code: kiosk.CodeLocked, Visitor: locked, Cause: errors.New("too many")}
	}})
	sorry = tm.wantPage("ting.sorry", gate)
	if n, ok := sorry.page.Body[0].(view.Notice); !ok || n.Text != locked {
		t.Errorf("the reason is not told: %+v", sorry.page.Body)
	}
	if !strings.Contains(tm.logged(), "a visit panicked") {
		t.Error("the panic is not in the log")
	}
}
