package triage

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/triage/rules"
)

var (
	card = kiosk.IDCard{Number: "330106195603210019", Name: "林知远", Sex: "1", Birth: time.Date(1956, 3, 21, 0, 0, 0, 0, time.UTC)}
	good = kiosk.VitalSigns{Temperature: 36.6, Systolic: 124, Diastolic: 78, Pulse: 72}
)

func begin(t *testing.T, opts ...kiosktest.Option) *kiosktest.Terminal {
	t.Helper()
	tm := kiosktest.New(t, New(), opts...)
	tm.Start()
	tm.WantPage("triage-begin")
	return tm
}

// touch answers the page with that ID, once it stands.
func touch(tm *kiosktest.Terminal, page, action string, fields map[string]string) {
	tm.WantPage(page)
	tm.Answer(action, fields)
}

// choose answers the page with several choices.
func choose(tm *kiosktest.Terminal, page, field string, chosen ...string) {
	tm.WantPage(page)
	tm.AnswerWith(actionNext, map[string]view.Value{field: {Chosen: chosen}})
}

// safe comes past the dangers.
func safe(tm *kiosktest.Terminal) {
	touch(tm, "triage-begin", actionSelf, nil)
	touch(tm, "triage-dangers-1", actionNone, nil)
	touch(tm, "triage-dangers-2", actionNone, nil)
}

func answers(r *rules.Rules, complaint, value, pain string) map[string]string {
	m := map[string]string{fieldPain: pain}
	for _, q := range r.Complaint(complaint).Questions {
		m[q.ID] = value
	}
	return m
}

// assessed is the visit's one record.
func assessed(t *testing.T, tm *kiosktest.Terminal) Assessed {
	t.Helper()
	all := kiosktest.Records[Assessed](tm)
	if len(all) != 1 {
		t.Fatalf("%d cases were recorded", len(all))
	}
	return all[0]
}

func receipt(t *testing.T, p view.Page) view.Receipt {
	t.Helper()
	for _, n := range p.Body {
		if r, ok := n.(view.Receipt); ok {
			return r
		}
	}
	t.Fatalf("page %s has no receipt", p.ID)
	return view.Receipt{}
}

func TestVisit(t *testing.T) {
	tm := begin(t)
	r := rules.Default()
	safe(tm)
	touch(tm, "triage-who", actionIDCard, nil)
	tm.LayIDCard(card)
	touch(tm, "triage-complaint", "tooth", nil)
	touch(tm, "triage-questions", actionNext, answers(r, "tooth", no, "4"))
	tm.Measured(kiosk.VitalSigns{Temperature: 36.6})
	tm.Measured(kiosk.VitalSigns{Systolic: 124, Diastolic: 78, Pulse: 72})
	p := tm.WantPage("triage-result")
	a := assessed(t, tm)
	if a.Level != rules.Urgent || a.Department != "dental" || a.Name != "林*远" || a.Known != "id-card" || a.Told.AgeMonths != 69*12+11 {
		t.Errorf("recorded %+v", a)
	}
	got := receipt(t, p)
	if got.Number != "D-"+a.Code || len(a.Code) != codeLen {
		t.Errorf("the ticket is %q", got.Number)
	}
	slips := tm.Printed()
	if len(slips) != 1 || receipt(t, slips[0]).Number != got.Number {
		t.Errorf("%d slips", len(slips))
	}
	if len(kiosktest.Records[Called](tm)) != 0 || len(tm.Spoken()) != 0 {
		t.Error("a nurse was called")
	}
	if !says(p, "不作诊断") {
		t.Error("the page does not say that it makes no diagnosis")
	}
	tm.Answer(actionDone, nil)
	if err := tm.WantEnd(); err != nil {
		t.Error(err)
	}
	for _, record := range tm.Records() {
		if strings.Contains(string(record.JSON), card.Number) || strings.Contains(string(record.JSON), card.Name) {
			t.Errorf("a record names the patient: %s", record.JSON)
		}
	}
}

func says(p view.Page, text string) bool {
	for _, n := range p.Body {
		switch n := n.(type) {
		case view.TextNode:
			if strings.Contains(n.Text.ZH, text) {
				return true
			}
		case view.Notice:
			if strings.Contains(n.Text.ZH, text) {
				return true
			}
		}
	}
	return false
}

// TestCriticalCallsFirst names a danger that cannot wait: the nurse is called before
// anything else is asked, and nothing else is.
func TestCriticalCallsFirst(t *testing.T) {
	for _, f := range rules.Default().RedFlags {
		if f.Page != 1 {
			continue
		}
		tm := begin(t)
		touch(tm, "triage-begin", actionOther, nil)
		choose(tm, "triage-dangers-1", fieldDangers, f.ID)
		p := tm.WantPage("triage-result")
		calls, a := kiosktest.Records[Called](tm), assessed(t, tm)
		if len(calls) != 1 || calls[0].Level != rules.Critical || len(tm.Spoken()) != 1 {
			t.Errorf("%s: called %+v, spoken %v", f.ID, calls, tm.Spoken())
		}
		if kinds := tm.Records(); kinds[0].Kind != KindCalled {
			t.Errorf("%s: the first record is %v", f.ID, kinds[0].Kind)
		}
		if a.Level != rules.Critical || a.Department != "resus" || !says(p, "已经呼叫护士") {
			t.Errorf("%s: %v to %s", f.ID, a.Level, a.Department)
		}
		tm.End()
	}
}

// TestBrokenOffAfterADanger has the patient walk away: the call stands.
func TestBrokenOffAfterADanger(t *testing.T) {
	tm := begin(t)
	touch(tm, "triage-begin", actionSelf, nil)
	touch(tm, "triage-dangers-1", actionNone, nil)
	choose(tm, "triage-dangers-2", fieldDangers, "chest-pain")
	p := tm.WantPage("triage-who")
	if !says(p, "已经呼叫护士") {
		t.Error("the page does not say that a nurse was called")
	}
	tm.End()
	if c := kiosktest.Records[Called](tm); len(c) != 1 || c[0].Level != rules.Emergency || !slices.Equal(c[0].Flags, []string{"chest-pain"}) {
		t.Errorf("called %+v", c)
	}
	if a := kiosktest.Records[Assessed](tm); len(a) != 0 {
		t.Errorf("recorded %+v", a)
	}
}

// TestAbandoned leaves each page of a harmless visit: nothing is recorded.
func TestAbandoned(t *testing.T) {
	r := rules.Default()
	walk := []func(*kiosktest.Terminal){
		func(tm *kiosktest.Terminal) { touch(tm, "triage-begin", actionSelf, nil) },
		func(tm *kiosktest.Terminal) { touch(tm, "triage-dangers-1", actionNone, nil) },
		func(tm *kiosktest.Terminal) { touch(tm, "triage-dangers-2", actionNone, nil) },
		func(tm *kiosktest.Terminal) { touch(tm, "triage-who", actionAnonymous, nil) },
		func(tm *kiosktest.Terminal) {
			touch(tm, "triage-about", actionNext, map[string]string{fieldAge: "480", fieldSex: "1", fieldPregnant: no})
		},
		func(tm *kiosktest.Terminal) { touch(tm, "triage-complaint", "skin", nil) },
		func(tm *kiosktest.Terminal) { touch(tm, "triage-questions", actionNext, answers(r, "skin", no, "0")) },
		func(tm *kiosktest.Terminal) { tm.WantPage("triage-vitals") },
	}
	for n := range walk {
		tm := begin(t)
		for _, step := range walk[:n] {
			step(tm)
		}
		tm.End()
		if got := tm.Records(); len(got) != 0 {
			t.Errorf("after %d pages %d records are left", n, len(got))
		}
	}
}

func TestBackOnePage(t *testing.T) {
	tm := begin(t)
	safe(tm)
	touch(tm, "triage-who", actionIDCard, nil)
	tm.LayIDCard(card)
	// Age and sex are known: Back leads to who the patient is, not past it.
	tm.WantPage("triage-complaint")
	tm.Back()
	tm.WantPage("triage-who")
	tm.Back()
	tm.WantPage("triage-dangers-2")
	tm.Back()
	tm.WantPage("triage-dangers-1")
	tm.Back()
	tm.WantPage("triage-begin")
	tm.Back()
	if err := tm.WantEnd(); err != nil {
		t.Error(err)
	}
}

// TestOwnWords describes the case instead of choosing from the list.
func TestOwnWords(t *testing.T) {
	tm := begin(t)
	safe(tm)
	touch(tm, "triage-who", actionAnonymous, nil)
	touch(tm, "triage-about", actionNext, map[string]string{fieldAge: "480", fieldSex: "2", fieldPregnant: no})
	touch(tm, "triage-complaint", actionWords, nil)
	touch(tm, "triage-words", actionNext, map[string]string{fieldWords: "头痛三天,恶心"})
	p := tm.WantPage("triage-found")
	var offered []string
	for _, item := range p.Body[0].(view.List).Items {
		offered = append(offered, item.ID)
	}
	if diff := cmp.Diff([]string{"headache", "abdomen", "other"}, offered); diff != "" {
		t.Error(diff)
	}
	tm.Answer("headache", nil)
	touch(tm, "triage-questions", actionNext, answers(rules.Default(), "headache", no, "2"))
	touch(tm, "triage-vitals", actionSkip, nil)
	tm.WantPage("triage-result")
	if a := assessed(t, tm); a.Told.Text != "头痛三天,恶心" || a.Level != rules.Urgent || a.Known != "anonymous" {
		t.Errorf("recorded %+v", a)
	}
}

// TestMeasuredDanger looks well, and is not.
func TestMeasuredDanger(t *testing.T) {
	tm := begin(t)
	safe(tm)
	touch(tm, "triage-who", actionAnonymous, nil)
	touch(tm, "triage-about", actionNext, map[string]string{fieldAge: "900", fieldSex: "2", fieldPregnant: no})
	touch(tm, "triage-complaint", "prescription", nil)
	touch(tm, "triage-questions", actionNext, answers(rules.Default(), "prescription", no, "0"))
	tm.Measured(kiosk.VitalSigns{Systolic: 68, Diastolic: 40, Pulse: 124})
	tm.WantPageAfter(tm.Page().Rev-1, "triage-vitals")
	tm.Measured(kiosk.VitalSigns{Temperature: 36})
	tm.WantPage("triage-result")
	if a := assessed(t, tm); a.Level != rules.Critical || a.Reasons[0].Leg != rules.LegMeasured {
		t.Errorf("recorded %v, %+v", a.Level, a.Reasons)
	}
	if c := kiosktest.Records[Called](tm); len(c) != 1 {
		t.Errorf("called %+v", c)
	}
}

func TestDoubtfulMeasurementIsTakenAgain(t *testing.T) {
	tm := begin(t)
	safe(tm)
	touch(tm, "triage-who", actionAnonymous, nil)
	touch(tm, "triage-about", actionNext, map[string]string{fieldAge: "480", fieldSex: "1", fieldPregnant: no})
	touch(tm, "triage-complaint", "skin", nil)
	touch(tm, "triage-questions", actionNext, answers(rules.Default(), "skin", no, "0"))
	rev := tm.WantPage("triage-vitals").Rev
	tm.Measured(kiosk.VitalSigns{Systolic: 220, Diastolic: 130, Pulse: 150, Doubts: []string{"moved"}})
	p := tm.WantPageAfter(rev, "triage-vitals")
	if !says(p, "再测一次") {
		t.Errorf("the page does not say what to do: %+v", p.Body)
	}
	tm.Measured(good)
	tm.WantPage("triage-result")
	if a := assessed(t, tm); a.Level != rules.LessUrgent || a.Told.Vitals.Systolic != 124 {
		t.Errorf("recorded %v, %+v", a.Level, a.Told.Vitals)
	}
}

// TestSameStepsWithoutAFace counts the pages of every way to say who one is.
func TestSameStepsWithoutAFace(t *testing.T) {
	ways := map[string]func(*kiosktest.Terminal){
		"id card": func(tm *kiosktest.Terminal) { tm.Answer(actionIDCard, nil); tm.LayIDCard(card) },
		"face":    func(tm *kiosktest.Terminal) { tm.Answer(actionMember, nil); tm.Identifies(member(kiosk.WayFace)) },
		"card":    func(tm *kiosktest.Terminal) { tm.Answer(actionMember, nil); tm.Identifies(member(kiosk.WayCard)) },
		"pin":     func(tm *kiosktest.Terminal) { tm.Answer(actionMember, nil); tm.Identifies(member(kiosk.WayPIN)) },
		"number": func(tm *kiosktest.Terminal) {
			tm.Answer(actionNumber, nil)
			touch(tm, "triage-number", actionNext, map[string]string{fieldNumber: card.Number, fieldName: card.Name})
		},
		"nobody": func(tm *kiosktest.Terminal) { tm.Answer(actionAnonymous, nil) },
	}
	for name, say := range ways {
		tm := begin(t)
		safe(tm)
		tm.WantPage("triage-who")
		say(tm)
		if name == "face" || name == "card" || name == "pin" || name == "nobody" {
			touch(tm, "triage-about", actionNext, map[string]string{fieldAge: "480", fieldSex: "1", fieldPregnant: no})
		}
		touch(tm, "triage-complaint", "skin", nil)
		touch(tm, "triage-questions", actionNext, answers(rules.Default(), "skin", no, "0"))
		touch(tm, "triage-vitals", actionSkip, nil)
		tm.WantPage("triage-result")
		a := assessed(t, tm)
		want := map[string]string{"id card": "id-card", "face": "member", "card": "member", "pin": "member", "number": "number", "nobody": "anonymous"}[name]
		if a.Known != want {
			t.Errorf("%s: known as %q", name, a.Known)
		}
	}
}

func member(w kiosk.Way) kiosk.Person {
	return kiosk.Person{ID: "P-7", Name: "王小明", Role: "citizen", Way: w}
}

// TestRefusals: a reader that is away, an identification that fails, no printer, no
// devices, a full disk. None of them keeps a patient from being triaged.
func TestRefusals(t *testing.T) {
	tm := begin(t, kiosktest.WithGrants(kiosk.PermRecord, kiosk.PermIdentify))
	safe(tm)
	touch(tm, "triage-who", actionIDCard, nil)
	touch(tm, "triage-trouble", actionNext, nil) // no reader granted
	touch(tm, "triage-who", actionMember, nil)
	tm.IdentifyFails(kiosk.CodeLocked)
	touch(tm, "triage-trouble", actionNext, nil)
	touch(tm, "triage-who", actionAnonymous, nil)
	touch(tm, "triage-about", actionNext, map[string]string{fieldAge: "480", fieldSex: "1", fieldPregnant: no})
	touch(tm, "triage-complaint", "skin", nil)
	touch(tm, "triage-questions", actionNext, answers(rules.Default(), "skin", no, "0"))
	p := tm.WantPage("triage-result") // no devices: the nurse measures
	if a := assessed(t, tm); a.Level != rules.Urgent {
		t.Errorf("without a measurement: %v", a.Level)
	}
	if !says(p, "没有打出小票") {
		t.Error("the page does not say that there is no slip")
	}
}

func TestDiskFull(t *testing.T) {
	tm := begin(t)
	tm.DiskFull()
	touch(tm, "triage-begin", actionSelf, nil)
	choose(tm, "triage-dangers-1", fieldDangers, "airway")
	p := tm.WantPage("triage-not-recorded")
	if !says(p, "请直接找护士") || len(tm.Spoken()) != 1 {
		t.Errorf("the patient is not told to go to a nurse: %+v", p.Body)
	}
}

// TestAgain is assessed a second time: what was given before does not fall.
func TestAgain(t *testing.T) {
	row := Waiting{Case: "case-1", Code: "7K2MP", Name: "林*远", Level: rules.Emergency, Department: "em",
		Told: rules.Case{AgeMonths: 600, Complaint: "cough", Flags: []string{"breathing"}}, Since: kiosktest.Morning.Add(-20 * time.Minute), Looked: kiosktest.Morning.Add(-20 * time.Minute)}
	for _, scan := range []bool{true, false} {
		tm := begin(t, kiosktest.WithFeed(FeedWaiting, kiosktest.Row(row.Code, row)))
		tm.Answer(actionAgain, nil)
		p := tm.WantPage("triage-ticket")
		if scan {
			tm.Scan(row.Code)
		} else {
			tm.Answer(actionNext, map[string]string{fieldTicket: "E-99999"})
			if p = tm.WantPageAfter(p.Rev, "triage-ticket"); p.Body[1].(view.Form).Fields[0].Error.IsZero() {
				t.Error("a number nobody has is not refused")
			}
			tm.Answer(actionNext, map[string]string{fieldTicket: "e-7k2mp"})
		}
		touch(tm, "triage-dangers-1", actionNone, nil)
		if p := tm.WantPage("triage-dangers-2"); !slices.Equal(p.Body[0].(view.Form).Fields[0].Chosen, []string{"breathing"}) {
			t.Error("what was named before is not offered again")
		}
		tm.Answer(actionNone, nil)
		touch(tm, "triage-complaint", "skin", nil)
		touch(tm, "triage-questions", actionNext, answers(rules.Default(), "skin", no, "0"))
		tm.Measured(good)
		tm.WantPage("triage-result")
		a := assessed(t, tm)
		if a.Case != "case-1" || a.Code != row.Code || a.Level != rules.Emergency || !a.Again || a.Name != row.Name {
			t.Errorf("recorded %+v", a)
		}
		tm.End()
	}
}

// TestWithoutTheCenter goes through with the feed missing: nobody is known to wait.
func TestWithoutTheCenter(t *testing.T) {
	tm := begin(t, kiosktest.WithGrants(kiosk.PermRecord))
	touch(tm, "triage-begin", actionAgain, nil)
	p := tm.WantPage("triage-ticket")
	tm.Answer(actionNext, map[string]string{fieldTicket: "E-7K2MP"})
	tm.WantPageAfter(p.Rev, "triage-ticket")
	tm.Back()
	if err := tm.WantEnd(); err != nil {
		t.Error(err)
	}
}

func TestManifests(t *testing.T) {
	for _, m := range []kiosk.Module{New(), NewDesk()} {
		if s, ok := m.(kiosk.Starter); !ok {
			t.Errorf("%T is no Starter", m)
		} else {
			err := s.Start(t.Context(), kiosk.Setup{Settings: map[string]string{SettingRules: "/nowhere"}, Dir: t.TempDir()})
			var e *kiosk.Error
			if !errors.As(err, &e) || e.Code != kiosk.CodeInvalid || !strings.Contains(e.Hint, "ting-module triage check") {
				t.Errorf("%T starts without its rules: %v", m, err)
			}
		}
	}
}

func BenchmarkVisit(b *testing.B) {
	tm := kiosktest.New(b, New())
	r := rules.Default()
	for b.Loop() {
		tm.Start()
		safe(tm)
		touch(tm, "triage-who", actionAnonymous, nil)
		touch(tm, "triage-about", actionNext, map[string]string{fieldAge: "480", fieldSex: "1", fieldPregnant: no})
		touch(tm, "triage-complaint", "skin", nil)
		touch(tm, "triage-questions", actionNext, answers(r, "skin", no, "0"))
		touch(tm, "triage-vitals", actionSkip, nil)
		touch(tm, "triage-result", actionDone, nil)
		if err := tm.WantEnd(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(60/b.Elapsed().Seconds()*float64(b.N), "visits/min")
}
