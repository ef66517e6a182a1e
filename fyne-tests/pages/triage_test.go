package pages

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"github.com/luohu/ting/app/shell"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/triage"
	"github.com/luohu/ting/plugins/triage/rules"
)

// TestTriagePages draws what triage's modules show, led there by a script.
func TestTriagePages(t *testing.T) {
	needTypeface(t)
	touch := func(tm *kiosktest.Terminal, page, action string, fields map[string]string) {
		tm.WantPage(page)
		tm.Answer(action, fields)
	}
	open := func() *kiosktest.Terminal {
		tm := kiosktest.New(t, triage.New())
		tm.Start()
		return tm
	}
	safe := func() *kiosktest.Terminal {
		tm := open()
		touch(tm, "triage-begin", "self", nil)
		touch(tm, "triage-dangers-1", "none", nil)
		return tm
	}
	anonymous := func() *kiosktest.Terminal {
		tm := safe()
		touch(tm, "triage-dangers-2", "none", nil)
		touch(tm, "triage-who", "anonymous", nil)
		touch(tm, "triage-about", "next", map[string]string{"age": "480", "sex": "2", "pregnant": "no"})
		return tm
	}
	fever := func() *kiosktest.Terminal {
		tm := anonymous()
		touch(tm, "triage-complaint", "fever", nil)
		touch(tm, "triage-questions", "next", map[string]string{"rash": "no", "rigor": "no", "immune": "no", "travel": "yes", "pain": "2"})
		return tm
	}
	ago := func(m int) time.Time { return kiosktest.Morning.Add(-time.Duration(m) * time.Minute) }
	desk := func() *kiosktest.Terminal {
		var rows []kiosk.Row
		for _, w := range []triage.Waiting{
			{Case: "c-1", Code: "7K2MP", Name: "林*远", Level: rules.Urgent, Department: "em", Since: ago(40), Looked: ago(40),
				Told:    rules.Case{AgeMonths: 840, Complaint: "cough", Text: "咳嗽三天,有痰", Vitals: rules.Vitals{Temperature: 38.2, Pulse: 97}},
				Reasons: []rules.Reason{{Level: rules.Urgent, Rule: "cough/fever", Text: view.T("同时发热吗 有", "With a fever? Yes")}}},
			{Case: "c-2", Code: "X4QDN", Level: rules.Emergency, Department: "resus", Since: ago(2), Looked: ago(2), Called: true, Told: rules.Case{AgeMonths: -1}},
			{Case: "c-3", Code: "B8TWJ", Name: "邵*桐", Level: rules.LessUrgent, Department: "derm", Since: ago(10), Looked: ago(5), Confirmed: true, Told: rules.Case{AgeMonths: 300}},
		} {
			rows = append(rows, kiosktest.Row(w.Code, w))
		}
		tm := kiosktest.New(t, triage.NewDesk(), kiosktest.WithFeed(triage.FeedWaiting, rows...))
		tm.Start()
		tm.Identifies(kiosk.Person{ID: "N-0108", Name: "陶然", Role: "staff", Way: kiosk.WayPIN})
		tm.WantPage("triage-queue")
		return tm
	}
	kioskSize, deskSize := fyne.NewSize(1080, 1920), fyne.NewSize(1280, 720)
	for _, tt := range []struct {
		name string
		size fyne.Size
		page func() view.Page
	}{
		{"begin", kioskSize, func() view.Page { return open().WantPage("triage-begin") }},
		{"dangers", kioskSize, func() view.Page { return safe().WantPage("triage-dangers-2") }},
		{"complaint", kioskSize, func() view.Page { return anonymous().WantPage("triage-complaint") }},
		{"vitals", kioskSize, func() view.Page { return fever().WantPage("triage-vitals") }},
		{"result", kioskSize, func() view.Page {
			tm := fever()
			touch(tm, "triage-vitals", "skip", nil)
			return numbered(tm.WantPage("triage-result"))
		}},
		{"critical", kioskSize, func() view.Page {
			tm := open()
			touch(tm, "triage-begin", "for-other", nil)
			tm.WantPage("triage-dangers-1")
			tm.AnswerWith("next", map[string]view.Value{"dangers": {Chosen: []string{"airway"}}})
			return numbered(tm.WantPage("triage-result"))
		}},
		{"desk", deskSize, func() view.Page { return desk().Page() }},
		{"desk-case", deskSize, func() view.Page {
			tm := desk()
			tm.Answer("7K2MP", nil)
			return tm.WantPage("triage-case")
		}},
		{"desk-signs", deskSize, func() view.Page {
			tm := desk()
			tm.Answer("7K2MP", nil)
			touch(tm, "triage-case", "measure", nil)
			return tm.WantPage("triage-signs")
		}},
	} {
		for _, lang := range []view.Lang{view.ZH, view.EN} {
			t.Run(tt.name+"-"+string(lang), func(t *testing.T) {
				hold(t, draw(t, tt.page(), lang, tt.size, shell.Status{Network: shell.Online}))
			})
		}
	}
}
