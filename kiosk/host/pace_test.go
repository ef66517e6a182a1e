package host_test

import (
	"testing"
	"time"

	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/kiosk/view"
)

func TestPaceMakesTheIdleTimeLonger(t *testing.T) {
	t.Parallel()
	clock := kiosktest.NewClock(time.Date(2026, 3, 2, 7, 42, 0, 0, time.UTC))
	tm := start(t, func(c *host.Config) { c.Clock = clock }, module(t, "desk"), module(t, "desk2"))
	home := tm.wantPage("ting.home", shown{})
	tm.touch(home, "desk")
	asked := tm.wantPage("desk", home)
	clock.Advance(50 * time.Second)
	tm.SetPace(2) // the visitor chose large type: his time begins anew
	if left, _ := tm.IdleLeft(); left != 2*time.Minute {
		t.Errorf("idle left %v", left)
	}
	clock.Advance(2*time.Minute - time.Second)
	if tm.Visiting() != "desk" {
		t.Fatal("the visit ended at the usual pace")
	}
	clock.Advance(time.Second)
	tm.wantPage("ting.home", asked)
}

func TestPaceMakesPagesStayLonger(t *testing.T) {
	t.Parallel()
	clock := kiosktest.NewClock(time.Date(2026, 3, 2, 7, 42, 0, 0, time.UTC))
	pages := make(chan view.Page, 4)
	tm := start(t, func(c *host.Config) {
		c.Clock = clock
		c.Services.Screen = screenFunc(func(s shown) { pages <- s.page })
	}, module(t, "slow"))
	for p := range pages {
		if p.ID == "slow" { // it ends by itself after 10 s, in a visit again
			break
		}
	}
	tm.SetPace(2)
	clock.Advance(19 * time.Second)
	select {
	case p := <-pages:
		t.Fatalf("page %s came at the usual pace", p.ID)
	default:
	}
	clock.Advance(time.Second)
	if p := <-pages; p.ID != "slow-over" {
		t.Errorf("page %s", p.ID)
	}
}
