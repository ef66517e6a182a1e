package triage

import (
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/triage/rules"
)

var nurse = kiosk.Person{ID: "T-0101", Name: "方静宜", Role: "staff", Way: kiosk.WayPIN}

func ago(m int) time.Time { return kiosktest.Morning.Add(-time.Duration(m) * time.Minute) }

var queue = []Waiting{
	{Case: "c-1", Code: "AAAAA", Name: "林*远", Level: rules.Urgent, Department: "em", Since: ago(40), Looked: ago(40),
		Told: rules.Case{AgeMonths: 600, Complaint: "cough"}, Reasons: []rules.Reason{{Level: rules.Urgent, Rule: "cough", Text: view.T("来看:咳嗽", "Comes for: cough")}}},
	{Case: "c-2", Code: "BBBBB", Level: rules.Emergency, Department: "resus", Since: ago(2), Looked: ago(2), Called: true, Told: rules.Case{AgeMonths: -1}},
	{Case: "c-3", Code: "CCCCC", Level: rules.LessUrgent, Department: "derm", Since: ago(10), Looked: ago(10), Told: rules.Case{AgeMonths: 300}},
}

func desk(t *testing.T) *kiosktest.Terminal {
	t.Helper()
	var rows []kiosk.Row
	for _, w := range queue {
		rows = append(rows, kiosktest.Row(w.Code, w))
	}
	tm := kiosktest.New(t, NewDesk(), kiosktest.WithFeed(FeedWaiting, rows...))
	tm.Start()
	r := tm.Identifies(nurse)
	if len(r.Roles) != 1 || r.Roles[0] != "staff" {
		t.Fatalf("%v may sign in", r.Roles)
	}
	return tm
}

// rows are the queue as it is drawn.
func rows(tm *kiosktest.Terminal) [][]string {
	p := tm.WantPage("triage-queue")
	for _, n := range p.Body {
		if table, ok := n.(view.Table); ok {
			return table.Rows
		}
	}
	return nil
}

func TestQueue(t *testing.T) {
	tm := desk(t)
	got := rows(tm)
	if len(got) != 3 || got[0][1] != "R-BBBBB" || got[0][5] != "呼叫护士" || got[1][1] != "E-AAAAA" || got[1][5] != "超时 须复评" || got[2][5] != "待确认" {
		t.Errorf("the queue is %v", got)
	}
	// It is drawn anew by itself; somebody has come meanwhile.
	rev := tm.Page().Rev
	tm.SetFeed(FeedWaiting, kiosktest.Row("CCCCC", queue[2]))
	tm.Advance(lookAgain)
	tm.WantPageAfter(rev, "triage-queue")
	if got := rows(tm); len(got) != 1 {
		t.Errorf("the queue is %v", got)
	}
	tm.Answer(actionDone, nil)
	if err := tm.WantEnd(); err != nil {
		t.Error(err)
	}
}

func TestDecisions(t *testing.T) {
	for _, c := range []struct {
		code    string
		decide  func(*kiosktest.Terminal)
		want    Decided
		waiting int
	}{
		{"BBBBB", func(tm *kiosktest.Terminal) { tm.Answer(Confirm, nil) }, Decided{Case: "c-2", Decision: Confirm, From: 2, Level: 2}, 3},
		{"BBBBB", func(tm *kiosktest.Terminal) { tm.Answer(Seen, nil) }, Decided{Case: "c-2", Decision: Seen, From: 2, Level: 2}, 2},
		{"AAAAA", func(tm *kiosktest.Terminal) {
			tm.Answer(Left, nil)
			touch(tm, "triage-left", actionNext, nil)
		}, Decided{Case: "c-1", Decision: Left, From: 3, Level: 3}, 2},
		{"AAAAA", func(tm *kiosktest.Terminal) {
			tm.Answer(actionOtherLevel, nil)
			touch(tm, "triage-level", actionNext, map[string]string{fieldLevel: "1", fieldReason: ""})
		}, Decided{Case: "c-1", Decision: Raise, From: 3, Level: 1}, 3},
		{"BBBBB", func(tm *kiosktest.Terminal) {
			tm.Answer(actionOtherLevel, nil)
			rev := tm.WantPage("triage-level").Rev
			tm.Answer(actionNext, map[string]string{fieldLevel: "4", fieldReason: "  "})
			p := tm.WantPageAfter(rev, "triage-level") // not without a reason
			if p.Body[1].(view.Form).Fields[1].Error.IsZero() {
				t.Error("a level is lowered without a reason")
			}
			tm.Answer(actionNext, map[string]string{fieldLevel: "4", fieldReason: "复测正常"})
		}, Decided{Case: "c-2", Decision: Lower, From: 2, Level: 4, Reason: "复测正常"}, 3},
		{"AAAAA", func(tm *kiosktest.Terminal) {
			tm.Answer(actionOtherLevel, nil)
			touch(tm, "triage-level", actionNext, map[string]string{fieldLevel: "3", fieldReason: ""})
		}, Decided{Case: "c-1", Decision: Confirm, From: 3, Level: 3}, 3},
	} {
		tm := desk(t)
		rev := tm.WantPage("triage-queue").Rev
		tm.Answer(c.code, nil)
		tm.WantPage("triage-case")
		c.decide(tm)
		tm.WantPageAfter(rev, "triage-queue")
		got := kiosktest.Records[Decided](tm)
		c.want.Code, c.want.By, c.want.At = c.code, nurse.ID, tm.Now()
		if len(got) != 1 || !got[0].At.Equal(c.want.At) {
			t.Fatalf("%s: recorded %+v", c.want.Decision, got)
		}
		got[0].At = c.want.At
		if got[0] != c.want {
			t.Errorf("recorded %+v, want %+v", got[0], c.want)
		}
		if n := len(rows(tm)); n != c.waiting {
			t.Errorf("%s: %d wait", c.want.Decision, n)
		}
		tm.End()
	}
}

// TestMeasuredAtTheDesk: bad signs raise a level, good ones do not lower it.
func TestMeasuredAtTheDesk(t *testing.T) {
	for _, c := range []struct {
		code   string
		fields map[string]string
		want   rules.Level
		news2  int
	}{
		{"AAAAA", map[string]string{"temperature": "38.4", "pulse": "118", "respiration": "26", "systolic": "96", "diastolic": "60", "spo2": "91", fieldMind: "A", fieldOxygen: no}, rules.Emergency, 11},
		{"BBBBB", map[string]string{"temperature": "36.6", "pulse": "70", "respiration": "14", "systolic": "124", "diastolic": "80", "spo2": "98", fieldMind: "A", fieldOxygen: no}, rules.Emergency, 0},
	} {
		tm := desk(t)
		touch(tm, "triage-queue", c.code, nil)
		rev := tm.WantPage("triage-case").Rev
		tm.Answer(actionMeasure, nil)
		touch(tm, "triage-signs", actionNext, c.fields)
		p := tm.WantPageAfter(rev, "triage-case")
		got := kiosktest.Records[deskAssessed](tm)
		if len(got) != 1 || got[0].Level != c.want || got[0].By != nurse.ID || got[0].NEWS2 == nil || got[0].NEWS2.Score != c.news2 {
			t.Errorf("%s: recorded %+v", c.code, got)
		}
		if !strings.Contains(receipt(t, p).Facts[3].Value.ZH, c.want.String()) {
			t.Errorf("the page says %v", receipt(t, p).Facts)
		}
		tm.End()
	}
}

func TestDeskAbandoned(t *testing.T) {
	tm := desk(t)
	touch(tm, "triage-queue", "AAAAA", nil)
	touch(tm, "triage-case", actionOtherLevel, nil)
	tm.WantPage("triage-level")
	tm.Back()
	touch(tm, "triage-queue", "AAAAA", nil)
	touch(tm, "triage-case", Left, nil)
	tm.WantPage("triage-left")
	tm.End()
	if got := tm.Records(); len(got) != 0 {
		t.Errorf("recorded %+v", got)
	}
}

func TestDeskDiskFull(t *testing.T) {
	tm := desk(t)
	tm.DiskFull()
	touch(tm, "triage-queue", "BBBBB", nil)
	touch(tm, "triage-case", Seen, nil)
	touch(tm, "triage-not-stored", actionNext, nil)
	if got := rows(tm); len(got) != 3 {
		t.Errorf("the queue has changed: %v", got)
	}
}

func TestNobodyElse(t *testing.T) {
	tm := kiosktest.New(t, NewDesk())
	tm.Start()
	tm.IdentifyFails(kiosk.CodeCancelled)
	if err := tm.WantEnd(); err != nil {
		t.Error(err)
	}
	for _, p := range tm.Pages() {
		if p.ID == "triage-queue" {
			t.Error("the queue is shown to nobody")
		}
	}
}
