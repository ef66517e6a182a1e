package host_test

import (
	"testing"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/kiosk/view"
)

// side is a further stage with the pages that its screen got.
type side struct {
	*host.Stage
	pages chan shown
}

func open(t *testing.T, tm *terminal) *side {
	t.Helper()
	s := &side{pages: make(chan shown, 16)}
	g, err := tm.Open(screenFunc(func(p shown) { s.pages <- p }))
	if err != nil {
		t.Fatal(err)
	}
	s.Stage = g
	return s
}

// page waits until the page with that ID stands on the stage.
func (s *side) page(t *testing.T, id string) shown {
	t.Helper()
	late := time.After(deadline)
	for {
		select {
		case p := <-s.pages:
			if p.page.ID == id {
				return p
			}
		case <-late:
			t.Fatalf("page %s did not come", id)
		}
	}
}

func TestVisitsSideBySide(t *testing.T) {
	t.Parallel()
	clock := kiosktest.NewClock(time.Date(2026, 3, 2, 7, 42, 0, 0, time.UTC))
	tm := start(t, func(c *host.Config) { c.Clock = clock }, module(t, "desk", kiosk.PermRecord), module(t, "desk2", kiosk.PermRecord))
	tm.wantPage("ting.home", shown{})
	one, two := open(t, tm), open(t, tm)
	one.page(t, "ting.home")
	two.page(t, "ting.home")
	for _, s := range []*side{one, two} {
		if err := s.Begin("desk"); err != nil {
			t.Fatal(err)
		}
	}
	a, b := one.page(t, "desk"), two.page(t, "desk")
	if a.visit.ID == b.visit.ID {
		t.Error("two visits of one name")
	}
	// No visit takes another's answers, whichever stage they are handed to.
	if two.Answer(view.Answer{PageID: "desk", Rev: a.page.Rev, Action: "stray"}) || tm.Answer(view.Answer{PageID: "desk", Rev: a.page.Rev, Action: "stray"}) {
		t.Error("an answer reached another visit")
	}
	clock.Advance(50 * time.Second)
	if !one.Answer(view.Answer{PageID: "desk", Rev: a.page.Rev, Action: "one"}) {
		t.Fatal("the first visit takes no answer")
	}
	one.page(t, "thanks")
	clock.Advance(20 * time.Second) // the second has been left alone for 70 s, the first for 20
	two.page(t, "ting.home")
	if one.Visiting() != "desk" || two.Visiting() != "" {
		t.Errorf("visiting %q and %q", one.Visiting(), two.Visiting())
	}
	if left, ok := one.IdleLeft(); !ok || left != 40*time.Second {
		t.Errorf("the first is left for %v, %v", left, ok)
	}
	one.Close()
	one.Close() // twice is no matter
	if one.Visiting() != "" {
		t.Error("a closed stage has a visit")
	}
	tm.mu.Lock()
	defer tm.mu.Unlock()
	if len(tm.records) != 1 || tm.records[0] != `desk.noted {"text":"one"}` {
		t.Errorf("records %q", tm.records)
	}
}

func TestUnattendedModulesKeepToTheTerminalsOwnStage(t *testing.T) {
	t.Parallel()
	tm := start(t, nil, module(t, "gate"), module(t, "desk"))
	tm.wantPage("gate", shown{})
	open(t, tm).page(t, "ting.home")
}

func TestStagesWithoutEndAreRefused(t *testing.T) {
	t.Parallel()
	tm := start(t, nil, module(t, "desk"))
	for range 11 {
		open(t, tm)
	}
	_, err := tm.Open(screenFunc(func(shown) {}))
	if kiosk.CodeOf(err) != kiosk.CodeUnavailable || kiosk.VisitorText(err).ZH == "" {
		t.Errorf("the thirteenth: %v", err)
	}
}
