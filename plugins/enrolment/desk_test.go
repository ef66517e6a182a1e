package enrolment

import (
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/kiosk/view"
)

// school is the people feed of the tests.
func school() kiosktest.Option {
	row := func(p kiosk.PersonRow) kiosk.Row { return kiosktest.Row(p.ID, p) }
	return kiosktest.WithFeed(kiosk.FeedPeople,
		row(kiosk.PersonRow{ID: li.ID, Name: li.Name, Group: li.Group, Role: li.Role, PIN: "secret", Cards: []string{"0004711"}}),
		row(kiosk.PersonRow{ID: "2019-0318", Name: "王芳", Group: "三年二班", Role: "pupil"}),
		row(kiosk.PersonRow{ID: "2019-0401", Name: "李小茗", Group: "四年一班", Role: "pupil"}),
		kiosk.Row{Key: "broken", JSON: []byte("{")},
		row(kiosk.PersonRow{ID: teacher.ID, Name: teacher.Name, Role: "staff"}))
}

func startDesk(t *testing.T, options ...kiosktest.Option) *kiosktest.Terminal {
	t.Helper()
	tm := kiosktest.New(t, New(), append([]kiosktest.Option{school()}, options...)...)
	tm.Start()
	touch(tm, "start", actionDesk, nil)
	return tm
}

// find searches for somebody, and returns the page with what was found.
func find(tm *kiosktest.Terminal, typed string) (view.Page, view.List) {
	p := tm.WantPage("find")
	tm.Answer(view.ActionChange, map[string]string{fieldSearch: typed})
	p = tm.WantPageAfter(p.Rev, "find")
	return p, p.Body[1].(view.List)
}

// TestDeskEnrols: the staff signs in, finds the child by pinyin, the guardian reads and
// signs, and who conducted the visit is the witness without being asked again.
func TestDeskEnrols(t *testing.T) {
	tm := startDesk(t)
	r := tm.Identifies(teacher)
	if len(r.Roles) != 1 || r.Roles[0] != "staff" {
		t.Errorf("the desk is open to %v", r.Roles)
	}
	p := tm.WantPage("find")
	if l := p.Body[1].(view.List); len(l.Items) != 0 {
		t.Errorf("before anything is typed %d people are listed", len(l.Items))
	}
	_, hits := find(tm, "lxm")
	if len(hits.Items) != 2 || strings.Contains(hits.Items[0].Title.ZH, "小") || !strings.Contains(hits.Items[0].Detail.ZH, li.ID) {
		t.Errorf("found %+v", hits.Items)
	}
	tm.Answer(pick(0), nil)
	text := tm.WantPage("consent")
	if n := text.Body[0].(view.Notice); !strings.Contains(n.Text.ZH, view.MaskName(li.Name)) {
		t.Errorf("whose text is it: %+v", n)
	}
	tm.Answer(actionAgree, nil)
	touch(tm, "age", actionChild, nil)
	guardianSigns(tm, "母亲", "陈静")
	e := tm.Enrols(kiosk.Enrolment{Person: li, Template: "t1"})
	if e.Person != li.ID || e.Consent.GivenBy != "陈静(母亲)" {
		t.Errorf("enrolled %+v", e)
	}
	tm.WantPage("enrolled")
	c := kiosktest.Records[Consented](tm)
	if len(c) != 1 || c[0].Witness != teacher.ID || !c[0].Desk || c[0].Signature != signature(t, tm) || c[0].TextSHA256 == "" {
		t.Errorf("records %+v", c)
	}
}

func TestDeskFinds(t *testing.T) {
	tm := startDesk(t)
	tm.Identifies(teacher)
	for typed, want := range map[string][]string{
		"0317":      {"2019-0317"},
		"2019-03":   {"2019-0317", "2019-0318"},
		"王芳":        {"2019-0318"},
		"wangf":     {"2019-0318"},
		"三年二班":      {"2019-0317", "2019-0318"},
		"t-0042":    {"T-0042"},
		"nobody":    nil,
		"   ":       nil,
		"李小明":       {"2019-0317"},
		"2019-0401": {"2019-0401"},
	} {
		_, hits := find(tm, typed)
		var got []string
		for _, i := range hits.Items {
			got = append(got, strings.Fields(i.Detail.ZH)[0])
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%q finds %v, want %v", typed, got, want)
		}
	}
}

// TestDeskRefuses: at every point where something is missing nobody is enrolled, and
// the page says what is missing.
func TestDeskRefuses(t *testing.T) {
	read := func(tm *kiosktest.Terminal) {
		tm.Identifies(teacher)
		find(tm, li.ID)
		tm.Answer(pick(0), nil)
		touch(tm, "consent", actionAgree, nil)
	}
	start := func(tm *kiosktest.Terminal) { tm.WantPage("start") }
	for name, tt := range map[string]struct {
		to   func(tm *kiosktest.Terminal)
		ends func(tm *kiosktest.Terminal)
	}{
		"no staff": {func(tm *kiosktest.Terminal) { tm.IdentifyFails(kiosk.CodeCancelled) }, start},
		"the person does not agree": {func(tm *kiosktest.Terminal) {
			tm.Identifies(teacher)
			find(tm, li.ID)
			tm.Answer(pick(0), nil)
			touch(tm, "consent", actionDecline, nil)
		}, start},
		"the guardian does not agree": {func(tm *kiosktest.Terminal) {
			read(tm)
			touch(tm, "age", actionChild, nil)
			touch(tm, "guardian", actionDecline, nil)
		}, start},
		"no guardian's name": {func(tm *kiosktest.Terminal) {
			read(tm)
			touch(tm, "age", actionChild, nil)
			rev := tm.WantPage("guardian").Rev
			tm.AnswerWith(actionAgree, map[string]view.Value{fieldRelation: {Text: "母亲"}, fieldSignature: penned()})
			p := tm.WantPageAfter(rev, "guardian")
			if f := p.Body[1].(view.Form).Fields; f[1].Error.IsZero() || f[0].Value != "母亲" {
				t.Errorf("the page does not say that the name is missing, or forgot the relation: %+v", f)
			}
		}, func(*kiosktest.Terminal) {}},
		"no guardian's signature": {func(tm *kiosktest.Terminal) {
			read(tm)
			touch(tm, "age", actionChild, nil)
			rev := tm.WantPage("guardian").Rev
			tm.Answer(actionAgree, map[string]string{fieldRelation: "母亲", fieldGuardian: "陈静"})
			p := tm.WantPageAfter(rev, "guardian")
			if f := p.Body[1].(view.Form).Fields; f[2].Error.IsZero() || f[1].Value != "陈静" {
				t.Errorf("the page does not say that the signature is missing, or forgot the name: %+v", f)
			}
		}, func(*kiosktest.Terminal) {}},
		"no signature": {func(tm *kiosktest.Terminal) {
			read(tm)
			touch(tm, "age", actionAdult, nil)
			for _, bad := range []view.Value{{}, {Image: blank(1200, 400)}} {
				rev := tm.WantPage("sign").Rev
				tm.AnswerWith(actionAgree, map[string]view.Value{fieldSignature: bad})
				p := tm.WantPageAfter(rev, "sign")
				if p.Body[0].(view.Form).Fields[0].Error.IsZero() {
					t.Error("a signature that is none is not explained")
				}
			}
		}, func(*kiosktest.Terminal) {}},
		"no face": {func(tm *kiosktest.Terminal) {
			read(tm)
			touch(tm, "age", actionAdult, nil)
			sign(tm)
			tm.EnrolFails(kiosk.CodeUnavailable)
		}, func(tm *kiosktest.Terminal) { tm.WantPage("not-enrolled") }},
		"somebody else's face": {func(tm *kiosktest.Terminal) {
			read(tm)
			touch(tm, "age", actionAdult, nil)
			sign(tm)
			tm.EnrolFails(kiosk.CodeInvalid)
		}, func(tm *kiosktest.Terminal) { tm.WantPage("not-enrolled") }},
	} {
		t.Run(name, func(t *testing.T) {
			tm := startDesk(t)
			tt.to(tm)
			tt.ends(tm)
			if len(tm.Records()) > 0 {
				t.Errorf("records %v", tm.Records())
			}
		})
	}
}

// TestDeskPaper: a form that was signed at home stays with the staff.
func TestDeskPaper(t *testing.T) {
	tm := startDesk(t)
	tm.Identifies(teacher)
	find(tm, li.ID)
	tm.Answer(pick(0), nil)
	touch(tm, "consent", actionAgree, nil)
	touch(tm, "age", actionChild, nil)
	touch(tm, "guardian", actionPaper, map[string]string{fieldRelation: "父亲", fieldGuardian: "李强"})
	tm.Enrols(kiosk.Enrolment{Person: li})
	tm.WantPage("enrolled")
	c := kiosktest.Records[Consented](tm)
	if len(c) != 1 || c[0].Way != "paper" || c[0].GivenBy != "李强(父亲)" || c[0].Signature != "" || len(kiosktest.Records[Signed](tm)) != 0 {
		t.Errorf("records %+v", c)
	}
}

// TestCannotSign: whoever cannot sign agrees before a witness, at the kiosk too.
func TestCannotSign(t *testing.T) {
	tm := start(t, New())
	agree(tm)
	tm.Answer(actionVisitor, nil)
	touch(tm, "name", actionNext, nil)
	touch(tm, "age", actionAdult, nil)
	touchSign := tm.WantPage("sign")
	if len(touchSign.Actions) != 2 {
		t.Errorf("the page offers %v", touchSign.Actions)
	}
	tm.Answer(actionUnable, nil)
	tm.Identifies(teacher)
	tm.Enrols(kiosk.Enrolment{})
	tm.WantPage("enrolled")
	if c := kiosktest.Records[Consented](tm); len(c) != 1 || c[0].Way != "witness" || c[0].Witness != teacher.ID {
		t.Errorf("records %+v", c)
	}
}

// TestMine: somebody sees what he agreed to and which terminals hold a template, is told
// of a newer text, and may withdraw from there.
func TestMine(t *testing.T) {
	at := time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
	row := func(version string) kiosktest.Option {
		return kiosktest.WithFeed(FeedConsents, kiosktest.Row(li.ID, ConsentsRow{Person: li.ID,
			Said:      []Said{{Purpose: "gate", Given: true, TextVersion: version, GivenBy: "陈静(母亲)", Consented: at}, {Purpose: "canteen", Withdrawn: at.Add(time.Hour)}},
			Templates: []TemplateHeld{{Terminal: "gate-east-1", Stored: at}, {Terminal: "gate-west-1", Stored: at, Erased: at.Add(time.Hour)}}}))
	}
	open := func(o ...kiosktest.Option) (*kiosktest.Terminal, view.Page) {
		tm := kiosktest.New(t, New(), o...)
		tm.Start()
		touch(tm, "start", actionMine, nil)
		tm.Identifies(li)
		return tm, tm.WantPage("mine")
	}
	words := func(p view.Page) string {
		b, err := view.Encode(p)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	tm, p := open(row(TextVersion))
	for _, want := range []string{li.ID, "进出校门", "同意,", TextVersion, "由监护人同意", "食堂就餐", "已撤回", "gate-east-1", "保存人脸模板", "gate-west-1", "删除", view.MaskName(li.Name)} {
		if !strings.Contains(words(p), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(words(p), "陈静") || strings.Contains(words(p), li.Name) || strings.Contains(words(p), "同意书已更新") {
		t.Error("the page names people in full, or speaks of a newer text")
	}
	tm.Answer(actionWithdraw, nil)
	touch(tm, "confirm", actionWithdraw, nil)
	tm.WantPage("withdrawn")
	wantRecords(t, tm, Withdrawn{Person: li.ID, At: tm.Now()})

	tm, p = open(row("face-2020-01"))
	if !strings.Contains(words(p), "同意书已更新") {
		t.Error("an older text is not told of")
	}
	tm.Answer(actionEnrol, nil)
	touch(tm, "consent", actionAgree, nil)
	touch(tm, "age", actionAdult, nil)
	sign(tm)
	if e := tm.Enrols(kiosk.Enrolment{Person: li}); e.Person != li.ID || e.Consent.TextVersion != TextVersion {
		t.Errorf("enrolled %+v", e)
	}
	tm.WantPage("enrolled")

	tm, p = open()
	if s := words(p); !strings.Contains(s, "没有同意过") || !strings.Contains(s, "没有终端") || strings.Contains(s, `"withdraw"`) {
		t.Errorf("somebody without a row: %s", s)
	}
	tm.Answer(actionDone, nil)
	if err := tm.WantEnd(); err != nil {
		t.Error(err)
	}
	tm, p = open(kiosktest.WithGrants(kiosk.PermIdentify, kiosk.PermEnrol, kiosk.PermRecord))
	if !strings.Contains(words(p), "暂时查不到") {
		t.Error("what cannot be read is shown as nothing")
	}
	tm.Answer(actionDone, nil)
}

// TestTextVersion pins the words to their version: who changes them has to name them
// anew, and everybody is asked anew.
func TestTextVersion(t *testing.T) {
	const version, digest = "face-2025-06", "03936b3d32c64fe2687e9b7fc0373d5155e554b90af9beecd410ab9000c5ce4a"
	if w := wording([]Purpose{Gate}); w.Version != version || w.Digest() != digest {
		t.Errorf("the consent text has changed: give it a new TextVersion, and pin %s = %s here", w.Version, w.Digest())
	}
	if wording([]Purpose{Gate}).Digest() == wording([]Purpose{Gate, canteen}).Digest() {
		t.Error("two purposes read as one")
	}
}

func TestPurposesNamed(t *testing.T) {
	e := New().(*Enrolment)
	for named, want := range map[string]int{"gate": 1, " gate , library,canteen": 3, "": -1, "gate,gate": -1, "gate,casino": -1} {
		err := e.Start(t.Context(), kiosk.Setup{Settings: map[string]string{"purposes": named}})
		if (err == nil) != (want > 0) || err == nil && len(e.purposes) != want {
			t.Errorf("%q: %d purposes, %v", named, len(e.purposes), err)
		}
	}
	if err := New().(*Enrolment).Start(t.Context(), kiosk.Setup{}); err != nil {
		t.Error(err)
	}
}
