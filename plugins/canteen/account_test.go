package canteen

import (
	"testing"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity/pin"
	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/kiosk/view"
)

func myAccount(t testing.TB, code string) *kiosktest.Terminal {
	t.Helper()
	st, l := withLunch()
	if code != "" {
		st.diners[lin.ID] = DinerRow{GuardianCode: pin.Hash(code), Allergies: []string{"egg"}}
	}
	tm := kiosktest.New(t, NewAccount(), append(st.options(AccountID),
		kiosktest.WithFeed(FeedStatements, kiosktest.Row(StatementKey(lin.ID, l.At, l.ID), l)))...)
	tm.Start()
	return tm
}

func TestMyAccount(t *testing.T) {
	tm := myAccount(t, "")
	if r := tm.Identifies(lin); len(r.Ways) != 0 || r.Purpose != ID {
		t.Errorf("request %+v", r)
	}
	p := tm.WantPage("my-account")
	if c := p.Body[0].(view.PersonCard); c.Name.ZH != "林*夏" || c.Detail.ZH != "余额 ¥43.00" {
		t.Errorf("card %+v", c)
	}
	if facts(p)["今日已用"] != "¥7.00" || facts(p)["每日限额"] != "不限" || len(p.Body[2].(view.List).Items) != 1 {
		t.Errorf("page %+v", p.Body)
	}
	for _, a := range p.Actions {
		if a.ID == actionLimit {
			t.Error("a limit is offered without a guardian's code")
		}
	}
	step(t, tm, actionPrint, nil, "my-account")
	tm.PaperOut()
	step(t, tm, actionPrint, nil, "not-printed")
	step(t, tm, actionDone, nil, "my-account")
	tm.Answer(actionDone, nil)
	if err := tm.WantEnd(); err != nil || len(tm.Printed()) != 1 || len(tm.Records()) != 0 {
		t.Errorf("Serve = %v, %d printed, records %v", err, len(tm.Printed()), tm.Records())
	}
}

func TestGuardianSetsTheLimit(t *testing.T) {
	tm := myAccount(t, "246810")
	tm.Identifies(lin)
	tm.WantPage("my-account")
	step(t, tm, actionLimit, nil, "code")
	p := step(t, tm, actionNext, map[string]string{fieldCode: "000000"}, "code")
	if p.Body[1].(view.Form).Fields[0].Error.IsZero() {
		t.Error("nothing is said of a wrong code")
	}
	step(t, tm, actionNext, map[string]string{fieldCode: "246810"}, "limit")
	step(t, tm, actionNext, map[string]string{fieldFen: "x"}, "limit")
	step(t, tm, actionNext, map[string]string{fieldFen: "15.5"}, "limit-set")
	got := kiosktest.Records[Limit](tm)
	if len(got) != 1 || got[0].Person != lin.ID || got[0].Fen != 1550 || got[0].GivenBy != "guardian" || got[0].By != "" {
		t.Errorf("limits %+v", got)
	}
	step(t, tm, actionDone, nil, "my-account")
}

func TestGuardianCodeLocks(t *testing.T) {
	tm := myAccount(t, "246810")
	tm.Identifies(lin)
	tm.WantPage("my-account")
	step(t, tm, actionLimit, nil, "code")
	for range codesMost - 1 {
		step(t, tm, actionNext, map[string]string{fieldCode: "000000"}, "code")
	}
	step(t, tm, actionNext, map[string]string{fieldCode: "000000"}, "code-locked")
	step(t, tm, actionDone, nil, "my-account")
	step(t, tm, actionLimit, nil, "code-locked") // the right one would not be asked for either
	tm.Advance(codesLocked)
	step(t, tm, actionDone, nil, "my-account")
	step(t, tm, actionLimit, nil, "code")
	step(t, tm, view.ActionBack, nil, "my-account")
	if n := len(tm.Records()); n != 0 {
		t.Errorf("%d records", n)
	}
}

func TestMyAccountAbandoned(t *testing.T) {
	for name, tt := range map[string]struct {
		act func(*kiosktest.Terminal)
		bad bool
	}{
		"goes back": {func(tm *kiosktest.Terminal) { tm.IdentifyFails(kiosk.CodeCancelled) }, false},
		"is locked": {func(tm *kiosktest.Terminal) { tm.IdentifyFails(kiosk.CodeLocked) }, true},
		"not registered": {func(tm *kiosktest.Terminal) {
			tm.Identifies(clerk)
			tm.WantPage("no-account")
			tm.Answer(actionDone, nil)
		}, false},
		"back": {func(tm *kiosktest.Terminal) { tm.Identifies(lin); tm.WantPage("my-account"); tm.Back() }, false},
	} {
		t.Run(name, func(t *testing.T) {
			tm := myAccount(t, "")
			tt.act(tm)
			if err := tm.WantEnd(); (err != nil) != tt.bad {
				t.Errorf("Serve = %v", err)
			}
		})
	}
}

func TestCodeTries(t *testing.T) {
	c := &codeTries{of: map[string]tries{}}
	for range codesMost - 1 {
		c.wrong("a", noon)
	}
	c.right("a")
	for range codesMost {
		if !c.lockedUntil("a", noon).IsZero() {
			t.Fatal("locked too early")
		}
		c.wrong("a", noon)
	}
	if until := c.lockedUntil("a", noon.Add(time.Minute)); !until.Equal(noon.Add(codesLocked)) || !c.lockedUntil("b", noon).IsZero() {
		t.Errorf("locked until %v", until)
	}
}
