package hall

import (
	"strings"
	"testing"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/kiosk/view"
)

// TestRefusals: why somebody cannot go on, and what he can do then.
func TestRefusals(t *testing.T) {
	t.Run("not yet half a year", func(t *testing.T) {
		tm := begin(t)
		toResidence(tm)
		touch(tm, "guide", actionApply)
		touch(tm, "question-half-year", "no")
		p := tm.WantPage("turned-away")
		if !strings.Contains(p.Body[0].(view.Notice).Text.ZH, "居住登记") {
			t.Errorf("%+v", p.Body)
		}
		tm.Answer(actionDone, nil)
		tm.WantPage("question-half-year")
	})
	t.Run("a counter", func(t *testing.T) {
		tm := begin(t)
		touch(tm, "start", actionPerson)
		touch(tm, "events", "birth")
		touch(tm, "services", "birth-registration")
		touch(tm, "guide", actionApply)
		touch(tm, "question-married", "yes")
		touch(tm, "question-abroad", "abroad")
		touch(tm, "turned-away", actionTicket)
		touch(tm, "priority", actionOrdinary)
		tm.WantPage("ticket")
		if got := kiosktest.Records[TicketTaken](tm); len(got) != 1 || got[0].Service != "birth-registration" {
			t.Errorf("tickets %+v", got)
		}
	})
	t.Run("counter only", func(t *testing.T) {
		tm := begin(t)
		touch(tm, "start", actionPerson)
		touch(tm, "events", "marriage")
		touch(tm, "services", "marriage-registration")
		p := tm.WantPage("guide")
		if offersAction(p, actionApply) || p.Body[0].(view.Notice).Detail.IsZero() {
			t.Errorf("%+v", p)
		}
		touch(tm, "guide", actionMaterials)
		touch(tm, "materials-list", actionDone)
		tm.WantPage("guide")
	})
	t.Run("an expired card", func(t *testing.T) {
		tm := begin(t)
		toResidence(tm)
		answered(tm)
		tm.Answer(actionIDCard, nil)
		tm.WantPage("id-card")
		old := linCard
		old.ValidUntil = morning.AddDate(0, 0, -2)
		tm.LayIDCard(old)
		touch(tm, "expired", actionDone)
		tm.WantPage("identity")
	})
	t.Run("not identified", func(t *testing.T) {
		tm := begin(t)
		toResidence(tm)
		answered(tm)
		tm.Answer(actionOther, nil)
		rev := tm.WantPage(kiosktest.PageIdentify).Rev
		tm.IdentifyFails(kiosk.CodeCancelled)
		p := tm.WantPageAfter(rev, "identity")
		tm.Answer(actionOther, nil)
		tm.IdentifyFails(kiosk.CodeLocked)
		touch(tm, "trouble", actionDone)
		tm.WantPageAfter(p.Rev, "identity")
	})
	t.Run("no room", func(t *testing.T) {
		tm := begin(t)
		toResidence(tm)
		answered(tm)
		tm.Answer(actionOther, nil)
		tm.Identifies(lin)
		touch(tm, "materials", actionNext)
		photograph(tm, "photo-lease-0", actionNext, sheet(80, 80, false))
		tm.WantPage("contact")
		tm.DiskFull()
		sign(tm, "")
		touch(tm, "not-stored", actionDone)
		if err := tm.WantEnd(); err != nil || len(tm.Records()) > 0 {
			t.Errorf("Serve = %v, records %v", err, tm.Records())
		}
	})
	t.Run("not granted", func(t *testing.T) {
		tm := kiosktest.New(t, New(), options(t, kiosktest.WithGrants(kiosk.PermRecord))...)
		tm.Start()
		if err := tm.WantEnd(); kiosk.CodeOf(err) != kiosk.CodeDenied {
			t.Errorf("Serve = %v", err)
		}
	})
}

// TestLeavingLeavesNothing: wherever somebody walks away before he has signed,
// nothing of him is kept.
func TestLeavingLeavesNothing(t *testing.T) {
	steps := []struct {
		page string
		do   func(tm *kiosktest.Terminal)
	}{
		{"start", func(tm *kiosktest.Terminal) { tm.Answer(actionPerson, nil) }},
		{"events", func(tm *kiosktest.Terminal) { tm.Answer("residence", nil) }},
		{"services", func(tm *kiosktest.Terminal) { tm.Answer("residence-permit", nil) }},
		{"guide", func(tm *kiosktest.Terminal) { tm.Answer(actionApply, nil) }},
		{"question-half-year", func(tm *kiosktest.Terminal) { tm.Answer("yes", nil) }},
		{"question-basis", func(tm *kiosktest.Terminal) { tm.Answer("home", nil) }},
		{"question-home", func(tm *kiosktest.Terminal) { tm.Answer("rent", nil) }},
		{"identity", func(tm *kiosktest.Terminal) { tm.Answer(actionIDCard, nil) }},
		{"id-card", func(tm *kiosktest.Terminal) { tm.LayIDCard(linCard) }},
		{kiosktest.PageIdentify, func(tm *kiosktest.Terminal) { tm.Identifies(lin) }},
		{"materials", func(tm *kiosktest.Terminal) { tm.Answer(actionNext, nil) }},
		{"photo-lease-0", func(tm *kiosktest.Terminal) {
			tm.AnswerWith(actionNext, map[string]view.Value{fieldPhoto: {Image: sheet(80, 80, false)}})
		}},
		{"contact", func(tm *kiosktest.Terminal) { tm.Answer(actionNext, nil) }},
		{"sign", nil},
	}
	for n := range steps {
		t.Run(steps[n].page, func(t *testing.T) {
			tm := begin(t)
			for _, s := range steps[:n] {
				tm.WantPage(s.page)
				s.do(tm)
			}
			tm.WantPage(steps[n].page)
			tm.End()
			if len(tm.Records())+len(tm.Printed()) > 0 {
				t.Errorf("left at %s: %d records", steps[n].page, len(tm.Records()))
			}
		})
	}
}

func TestWithoutAList(t *testing.T) {
	tm := kiosktest.New(t, New(), kiosktest.WithFeed(FeedServices, kiosktest.Row("broken", map[string]string{"id": "broken"})))
	tm.Start()
	p := tm.WantPage("start")
	if n, ok := p.Body[0].(view.Notice); !ok || n.Tone != view.Warning {
		t.Errorf("nothing says that there is no list: %+v", p.Body)
	}
}
