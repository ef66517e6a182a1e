package canteen

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/kiosk/view"
)

// desk starts a cashier's visit and signs him in.
func desk(t testing.TB, m kiosk.Module, st *site, o ...kiosktest.Option) *kiosktest.Terminal {
	t.Helper()
	tm := kiosktest.New(t, m, append(st.options(DeskID), o...)...)
	tm.Start()
	tm.Identifies(cook)
	tm.WantPage("desk")
	return tm
}

// openAccount finds a diner by what is typed.
func openAccount(t testing.TB, tm *kiosktest.Terminal, typed string) view.Page {
	t.Helper()
	tm.Answer(actionFind, nil)
	tm.WantPage("find")
	tm.Answer(actionNext, map[string]string{fieldWho: typed})
	return tm.WantPage("account")
}

// step answers a page and waits for the next one.
func step(t testing.TB, tm *kiosktest.Terminal, action string, fields map[string]string, page string) view.Page {
	t.Helper()
	rev := tm.Page().Rev
	tm.Answer(action, fields)
	return tm.WantPageAfter(rev, page)
}

func entries(t testing.TB, tm *kiosktest.Terminal) []Entry {
	t.Helper()
	return kiosktest.Records[Entry](tm)
}

// first is the sentence that a page begins with.
func first(p view.Page) string { return p.Body[0].(view.TextNode).Text.ZH }

var ignored = cmpopts.IgnoreFields(Entry{}, "ID", "Book", "Shift", "At")

func TestTopUp(t *testing.T) {
	tm := desk(t, NewDesk(), usual())
	if p := openAccount(t, tm, "lzx"); p.Title.ZH != "林知夏 六年级(1)班 2020-0107" || first(p) != "余额 ¥50.00" {
		t.Errorf("account %+v", p)
	}
	step(t, tm, actionTopUp, nil, "topup")
	for _, bad := range []string{"", "0", "0.00", "12.345", "-5", "5000.01", "x"} {
		if p := step(t, tm, actionNext, map[string]string{fieldFen: bad}, "topup"); p.Body[1].(view.Form).Fields[0].Error.IsZero() {
			t.Errorf("%q is taken for an amount", bad)
		}
	}
	p := step(t, tm, actionNext, map[string]string{fieldFen: "100.5"}, "confirm")
	if f := facts(p); f["之后余额"] != "¥150.50" || f["收现金"] != "¥100.50" {
		t.Errorf("facts %v", f)
	}
	step(t, tm, view.ActionBack, nil, "topup") // not yet
	step(t, tm, actionNext, map[string]string{fieldFen: "100"}, "confirm")
	p = step(t, tm, actionEnter, nil, "entered")
	if f := facts(p); f["余额"] != "¥150.00" || f["姓名"] != "林*夏" {
		t.Errorf("facts %v", f)
	}
	want := []Entry{{No: 1, Kind: EntryTopUp, Person: lin.ID, Fen: 10_000, By: cook.ID}}
	if diff := cmp.Diff(want, entries(t, tm), ignored); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	p = step(t, tm, actionPrint, nil, "account")
	if n := len(tm.Printed()); n != 1 || first(p) != "余额 ¥150.00" {
		t.Errorf("%d slips, %s", n, first(p))
	}
	tm.Back()
	tm.WantPage("find")
	tm.Back()
	if p := tm.WantPage("desk"); first(p) != "抽屉应有现金 ¥100.00" || !strings.HasSuffix(p.Body[1].(view.TextNode).Text.ZH, "收现 ¥100.00 · 付现 ¥0.00 · 1 笔") {
		t.Errorf("desk %v", p.Body)
	}
}

func TestPayoutAndAdjust(t *testing.T) {
	st := usual()
	st.share.Fen = 4000
	tm := desk(t, NewDesk(), st)
	openAccount(t, tm, zhou.ID)
	step(t, tm, actionPayout, nil, "payout")
	if p := step(t, tm, actionNext, map[string]string{fieldFen: "20.01", fieldReason: "转学"}, "payout"); p.Body[1].(view.Form).Fields[0].Error.ZH != "余额只有 ¥20.00" {
		t.Errorf("page %+v", p.Body)
	}
	step(t, tm, actionNext, map[string]string{fieldFen: "20", fieldReason: "转学"}, "confirm")
	step(t, tm, actionEnter, nil, "entered")
	step(t, tm, actionDone, nil, "account")
	step(t, tm, actionAdjust, nil, "adjust")
	step(t, tm, actionNext, map[string]string{fieldFen: "1", fieldReason: "x"}, "adjust")                                // no direction
	step(t, tm, actionNext, map[string]string{fieldFen: "1", fieldDirection: directionAdd, fieldReason: " "}, "adjust")  // no reason
	step(t, tm, actionNext, map[string]string{fieldFen: "1", fieldDirection: directionTake, fieldReason: "x"}, "adjust") // not there
	step(t, tm, actionNext, map[string]string{fieldFen: "30", fieldDirection: directionAdd, fieldReason: "重复扣款"}, "confirm")
	step(t, tm, actionEnter, nil, "entered")
	step(t, tm, actionDone, nil, "account")
	step(t, tm, actionAdjust, nil, "adjust")
	step(t, tm, actionNext, map[string]string{fieldFen: "25", fieldDirection: directionTake, fieldReason: "x"}, "confirm")
	step(t, tm, actionEnter, nil, "not-entered") // 2000 and 2500 are more than the share
	want := []Entry{{No: 1, Kind: EntryPayout, Person: zhou.ID, Fen: -2000, Reason: "转学", By: cook.ID},
		{No: 2, Kind: EntryAdjust, Person: zhou.ID, Fen: 3000, Reason: "重复扣款", By: cook.ID}}
	if diff := cmp.Diff(want, entries(t, tm), ignored); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

// withLunch is a site where lin has eaten, as the center has counted it.
func withLunch() (*site, StatementRow) {
	st := usual()
	l := StatementRow{ID: "sale-1", Kind: "sale", Fen: -700, Title: "红烧鸡块套餐", At: noon.Add(-time.Minute),
		Sold: &Sold{Day: day, Window: "lunch", Meal: "A", Title: "红烧鸡块套餐", Price: 1200, Own: 700, Subsidy: 500}}
	st.accounts[lin.ID] = AccountRow{Fen: 4300, Meals: []SoldMeal{{Sale: l.ID, Day: day, Window: "lunch", Own: 700, Subsidy: 500, At: l.At}}}
	return st, l
}

func TestRefund(t *testing.T) {
	st, l := withLunch()
	tm := desk(t, NewDesk(), st, kiosktest.WithFeed(FeedStatements, kiosktest.Row(StatementKey(lin.ID, l.At, l.ID), l)))
	openAccount(t, tm, "card-"+lin.ID)
	step(t, tm, l.ID, nil, "refund")
	step(t, tm, view.ActionBack, nil, "account")
	step(t, tm, l.ID, nil, "refund")
	p := step(t, tm, actionNext, map[string]string{fieldReason: "没有取餐"}, "confirm")
	if facts(p)["之后余额"] != "¥50.00" {
		t.Errorf("facts %v", facts(p))
	}
	step(t, tm, actionEnter, nil, "entered")
	want := []Entry{{No: 1, Kind: EntryRefund, Person: lin.ID, Fen: 700, Of: l.ID, Sold: l.Sold, Reason: "没有取餐", By: cook.ID}}
	if diff := cmp.Diff(want, entries(t, tm), ignored); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	// It cannot be taken back twice, also before the center has heard of it.
	p = step(t, tm, actionDone, nil, "account")
	for _, n := range p.Body {
		if tb, ok := n.(view.Table); ok {
			for i, id := range tb.IDs {
				if id != "" {
					t.Errorf("line %v can be taken back", tb.Rows[i])
				}
			}
			if len(tb.Rows) != 2 {
				t.Errorf("lines %v", tb.Rows)
			}
		}
	}
}

func TestShift(t *testing.T) {
	for name, tt := range map[string]struct {
		counted, reason string
		want            Shift
	}{
		"right":   {"40", "", Shift{In: 5000, Out: 1000, Counted: 4000, Entries: 2}},
		"missing": {"39.5", "找零出错", Shift{In: 5000, Out: 1000, Counted: 3950, Variance: -50, Reason: "找零出错", Entries: 2}},
		"more":    {"41", "多收", Shift{In: 5000, Out: 1000, Counted: 4100, Variance: 100, Reason: "多收", Entries: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			tm := desk(t, again{NewDesk(), dir}, usual())
			openAccount(t, tm, zhou.ID)
			for _, c := range [][2]string{{actionTopUp, "50"}, {actionPayout, "10"}} {
				f := map[string]string{fieldFen: c[1]}
				if c[0] == actionPayout {
					f[fieldReason] = "转学"
				}
				step(t, tm, c[0], nil, c[0])
				step(t, tm, actionNext, f, "confirm")
				step(t, tm, actionEnter, nil, "entered")
				step(t, tm, actionDone, nil, "account")
			}
			tm.End()

			tm = desk(t, again{NewDesk(), dir}, usual()) // the terminal started again meanwhile
			step(t, tm, actionClose, nil, "count")
			step(t, tm, actionNext, map[string]string{fieldFen: "x"}, "count")
			p := step(t, tm, actionNext, map[string]string{fieldFen: tt.counted}, "variance")
			if tt.reason == "" {
				step(t, tm, actionEnter, nil, "shift-closed")
			} else {
				if p.Tone != view.Warning {
					t.Errorf("tone %q", p.Tone)
				}
				step(t, tm, actionEnter, map[string]string{fieldReason: " "}, "count") // a reason is needed
				step(t, tm, actionNext, map[string]string{fieldFen: tt.counted}, "variance")
				step(t, tm, actionEnter, map[string]string{fieldReason: tt.reason}, "shift-closed")
			}
			got := kiosktest.Records[Shift](tm)
			tt.want.Till, tt.want.By = "test-1/canteen-desk", cook.ID
			if diff := cmp.Diff([]Shift{tt.want}, got, cmpopts.IgnoreFields(Shift{}, "ID", "Opened", "Closed")); diff != "" {
				t.Errorf("shifts (-want +got):\n%s", diff)
			}
			tm.Answer(actionDone, nil)
			if err := tm.WantEnd(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestInterruptedShift: a crash between the book and the journal closes it once.
func TestInterruptedShift(t *testing.T) {
	dir := t.TempDir()
	d := NewDesk().(*Desk)
	if err := d.Start(t.Context(), kiosk.Setup{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	if err := d.till.book.work(openShift{ID: "s", In: 100}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.till.book.begin(entry{shift: &openShift{}, record: func(string, string, int64) kiosk.Record { return Shift{ID: "s", Till: "test-1/canteen-desk"} }}, noon); err != nil {
		t.Fatal(err)
	}
	tm := desk(t, again{NewDesk(), dir}, usual())
	if got := kiosktest.Records[Shift](tm); len(got) != 1 || got[0].ID != "s" {
		t.Errorf("shifts %+v", got)
	}
	if p := tm.Page(); first(p) != "抽屉应有现金 ¥0.00" {
		t.Errorf("a new shift begins with %v", first(p))
	}
}

// TestDeskDiskFull: neither the account nor the drawer has changed.
func TestDeskDiskFull(t *testing.T) {
	tm := desk(t, NewDesk(), usual())
	openAccount(t, tm, zhou.ID)
	step(t, tm, actionTopUp, nil, "topup")
	step(t, tm, actionNext, map[string]string{fieldFen: "50"}, "confirm")
	tm.DiskFull()
	step(t, tm, actionEnter, nil, "not-entered")
	tm.DiskFree()
	if p := step(t, tm, actionDone, nil, "desk"); first(p) != "抽屉应有现金 ¥0.00" || !strings.HasSuffix(p.Body[1].(view.TextNode).Text.ZH, " · 0 笔") {
		t.Errorf("desk %v", p.Body)
	}
	if p := openAccount(t, tm, zhou.ID); first(p) != "余额 ¥20.00" {
		t.Errorf("account %v", first(p))
	}
}

func TestTakings(t *testing.T) {
	tm := desk(t, NewDesk(), usual(), kiosktest.WithFeed(FeedTakings,
		kiosktest.Row(MenuKey(day, "lunch", "A"), TakingsRow{Title: "鸡块", Count: 2, Own: 1400, Subsidy: 1000}),
		kiosktest.Row(MenuKey(day, "breakfast", "A"), TakingsRow{Title: "包子", Count: 1, Own: 500}),
		kiosktest.Row(MenuKey("2026-03-01", "lunch", "A"), TakingsRow{Title: "昨天", Count: 9, Own: 9})))
	rows := tm.Page().Body[3].(view.Table).Rows
	want := [][]string{{"早餐", "包子", "1", "¥5.00", "¥0.00", "¥5.00"}, {"午餐", "鸡块", "2", "¥14.00", "¥10.00", "¥24.00"},
		{"合计", "", "3", "¥19.00", "¥10.00", "¥29.00"}}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("takings (-want +got):\n%s", diff)
	}
	step(t, tm, actionRefresh, nil, "desk")
	tm.Answer(actionSignOut, nil)
	if err := tm.WantEnd(); err != nil {
		t.Error(err)
	}
}

// TestOnlyCashiers work here: a group or a number, as the site has set.
func TestOnlyCashiers(t *testing.T) {
	for name, tt := range map[string]struct {
		settings map[string]string
		who      kiosk.Person
		in       bool
	}{
		"the canteen's staff":      {nil, cook, true},
		"other staff":              {nil, clerk, false},
		"set by group":             {map[string]string{settingCashiers: "总务处, 教务处"}, clerk, true},
		"set by number":            {map[string]string{settingCashiers: clerk.ID}, clerk, true},
		"set to others":            {map[string]string{settingCashiers: clerk.ID}, cook, false},
		"set to nobody":            {map[string]string{settingCashiers: ""}, cook, false},
		"a group that has no name": {map[string]string{settingCashiers: " , "}, kiosk.Person{ID: "T-1", Role: "staff"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			tm := kiosktest.New(t, NewDesk(), append(usual().options(DeskID), kiosktest.WithSettings(tt.settings))...)
			tm.Start()
			if r := tm.Identifies(tt.who); len(r.Roles) != 1 || r.Roles[0] != "staff" {
				t.Errorf("roles %v", r.Roles)
			}
			want := "not-cashier"
			if tt.in {
				want = "desk"
			}
			tm.WantPage(want)
		})
	}
}

func TestDeskSignInAbandoned(t *testing.T) {
	for _, code := range []kiosk.Code{kiosk.CodeCancelled, kiosk.CodeLocked} {
		tm := kiosktest.New(t, NewDesk(), usual().options(DeskID)...)
		tm.Start()
		tm.IdentifyFails(code)
		err := tm.WantEnd()
		if code == kiosk.CodeCancelled && err != nil || code == kiosk.CodeLocked && kiosk.CodeOf(err) != code {
			t.Errorf("%s: Serve = %v", code, err)
		}
	}
}

func TestFind(t *testing.T) {
	tm := desk(t, NewDesk(), usual())
	step(t, tm, actionFind, nil, "find")
	find := func(typed string) []view.ListItem {
		t.Helper()
		rev := tm.Page().Rev
		tm.Answer(actionNext, map[string]string{fieldWho: typed})
		p := tm.WantPageAfter(rev, "find")
		return p.Body[1].(view.List).Items
	}
	if hits := find("六年级"); len(hits) != 2 {
		t.Errorf("a class: %+v", hits)
	}
	if hits := find("nobody at all"); len(hits) != 0 {
		t.Errorf("nobody: %+v", hits)
	}
	find("六年级")
	step(t, tm, zhou.ID, nil, "account")
	tm.Back()
	tm.WantPage("find")
	tm.Answer(actionNext, map[string]string{fieldWho: clerk.ID})
	tm.WantPage("no-diner")
}

func TestDeskLimit(t *testing.T) {
	tm := desk(t, NewDesk(), usual())
	openAccount(t, tm, lin.ID)
	step(t, tm, actionLimit, nil, "limit")
	step(t, tm, actionNext, map[string]string{fieldFen: "", fieldGuardian: "林建国"}, "limit")
	step(t, tm, actionNext, map[string]string{fieldFen: "20", fieldGuardian: " "}, "limit")
	step(t, tm, actionNext, map[string]string{fieldFen: "20", fieldGuardian: "林建国"}, "limit-set")
	for _, r := range tm.Records() {
		if r.Kind == KindDeskLimit && string(r.JSON) != `{"person":"2020-0107","fen":2000,"given_by":"林建国","by":"T-0052","at":"2026-03-02T12:01:00+08:00"}` {
			t.Errorf("record %s", r.JSON)
		}
	}
}

// TestStatementIsPrinted, or says that it is not.
func TestStatementIsPrinted(t *testing.T) {
	st, l := withLunch()
	tm := desk(t, NewDesk(), st, kiosktest.WithFeed(FeedStatements, kiosktest.Row(StatementKey(lin.ID, l.At, l.ID), l)))
	openAccount(t, tm, lin.ID)
	step(t, tm, actionPrint, nil, "account")
	if p := tm.Printed(); len(p) != 1 || facts(p[0])["姓名"] != "林*夏" || len(p[0].Body[1].(view.List).Items) != 1 {
		t.Errorf("printed %+v", p)
	}
	tm.PaperOut()
	step(t, tm, actionPrint, nil, "not-printed")
	step(t, tm, actionDone, nil, "account")
}
