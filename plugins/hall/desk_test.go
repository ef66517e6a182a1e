package hall

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/kiosk/view"
)

// center stands for the center: it takes what a desk recorded, and publishes.
type center struct {
	t       *testing.T
	tm      *kiosktest.Terminal
	files   map[string]*CaseFile
	tickets map[string]*Ticket
}

// desk opens window 3 with cases and tickets in the feeds, and signs 苏婉 in.
func desk(t *testing.T, files []CaseFile, tickets ...Ticket) (*kiosktest.Terminal, *center) {
	t.Helper()
	c := &center{t: t, files: map[string]*CaseFile{}, tickets: map[string]*Ticket{}}
	tm := kiosktest.New(t, NewDesk(), kiosktest.WithNow(morning.Add(2*time.Hour)), kiosktest.WithLane("3"), kiosktest.WithFeed(FeedServices, catalogRows(t)...))
	c.tm = tm
	for _, f := range files {
		c.files[f.Case.Submitted.Case] = &f
	}
	for _, one := range tickets {
		c.tickets[one.Taken.ID] = &one
	}
	c.publish()
	tm.Start()
	tm.Identifies(su)
	return tm, c
}

func (c *center) publish() {
	var cases, queue []kiosk.Row
	for number, f := range c.files {
		cases = append(cases, kiosktest.Row(number, f))
	}
	for id, t := range c.tickets {
		queue = append(queue, kiosktest.Row(id, t))
	}
	c.tm.SetFeed(FeedCases, cases...)
	c.tm.SetFeed(FeedQueue, queue...)
}

// hear takes in what was recorded since, and publishes what comes of it.
func (c *center) hear() {
	c.t.Helper()
	changes, steps := kiosktest.Records[DeskChanged](c.tm), kiosktest.Records[QueueChange](c.tm)
	for _, ch := range changes {
		c.files[ch.Case].Take(ch.Change)
	}
	for _, q := range steps {
		c.tickets[q.Ticket].Take(q)
	}
	c.publish()
}

func TestDeskServesTheQueue(t *testing.T) {
	f, _ := caseOf(t)
	old := ticketAt("A002", 20, Elder)
	mine := ticketAt("A001", 10, "")
	mine.Taken.Case = f.Case.Submitted.Case
	tm, c := desk(t, []CaseFile{f}, mine, old)
	p := tm.WantPage("desk")
	if got := p.Body[0].(view.TextNode).Text.ZH; got != "等候 2 人,本窗口今日办结 0 人" {
		t.Error(got)
	}
	if rows := p.Body[1].(view.Table).Rows; rows[0][0] != "A002" || !strings.Contains(rows[0][2], "老年人") || rows[1][3] != "110" {
		t.Errorf("%v", rows)
	}
	tm.Answer(actionCallNext, nil)
	p = tm.WantPage("attend")
	if p.Body[0].(view.Receipt).Number != "A002" {
		t.Errorf("called %+v", p.Body[0])
	}
	tm.Answer(string(Recall), nil)
	p = tm.WantPageAfter(p.Rev, "attend")
	c.hear() // the feed catches up: nothing is applied twice
	tm.Advance(refresh)
	p = tm.WantPageAfter(p.Rev, "attend")
	if got := p.Body[0].(view.Receipt).Facts[3].Value.ZH; got != "2" {
		t.Errorf("%s calls", got)
	}
	tm.Answer(string(NoShow), nil)
	tm.WantPage("desk")
	tm.Answer(actionCallNext, nil)
	p = tm.WantPage("attend")
	tm.Answer(string(Serve), nil)
	p = tm.WantPageAfter(p.Rev, "attend")
	if !offersAction(p, actionOpenCase) {
		t.Errorf("his case cannot be opened: %+v", p.Actions)
	}
	tm.Answer(actionOpenCase, nil)
	tm.WantPage("case")
	tm.Back()
	tm.WantPage("attend")
	tm.Answer(string(Finish), nil)
	p = tm.WantPage("desk")
	if got := p.Body[0].(view.TextNode).Text.ZH; got != "等候 0 人,本窗口今日办结 1 人" {
		t.Error(got)
	}
	tm.Answer(actionCallNext, nil)
	p = tm.WantPageAfter(p.Rev, "desk")
	if n := p.Body[0].(view.Notice); !strings.Contains(n.Text.ZH, "没有人等候") {
		t.Errorf("%+v", n)
	}
	// Who missed his call has come back.
	tm.Answer(actionCallNext, map[string]string{fieldNumber: "a002"}) // Enter
	p = tm.WantPage("attend")
	if p.Body[0].(view.Receipt).Number != "A002" {
		t.Errorf("%+v", p.Body[0])
	}
	c.hear()
	for _, one := range c.tickets {
		if n := len(one.Chain.Disputed) + len(one.Chain.Waiting); n > 0 {
			t.Errorf("%s: %d steps do not fit: %+v", one.Taken.Number, n, one.Chain)
		}
	}
	if got := c.tickets["id-A002"]; got.State != Called || got.Window != "3" {
		t.Errorf("%+v", got)
	}
}

// TestDeskWithoutACenter: calls, serves and finishes by what it knew last.
func TestDeskWithoutACenter(t *testing.T) {
	tm, c := desk(t, nil, ticketAt("A001", 0, ""), ticketAt("A002", 1, ""))
	for _, want := range []string{"A001", "A002"} {
		tm.WantPage("desk")
		tm.Answer(actionCallNext, nil)
		p := tm.WantPage("attend")
		if got := p.Body[0].(view.Receipt).Number; got != want {
			t.Errorf("called %s, want %s", got, want)
		}
		tm.Answer(string(Serve), nil)
		tm.WantPageAfter(p.Rev, "attend")
		tm.Answer(string(Finish), nil)
	}
	tm.WantPage("desk")
	c.hear()
	for _, one := range c.tickets {
		if one.State != Done || len(one.Chain.Unsettled()) > 0 {
			t.Errorf("%+v", one)
		}
	}
}

// TestTwoWindowsCallTheSame: the one that reached the center first has him; the
// other one is told, and calls the next.
func TestTwoWindowsCallTheSame(t *testing.T) {
	tm, c := desk(t, nil, ticketAt("A001", 0, ""), ticketAt("A002", 1, ""))
	tm.WantPage("desk")
	tm.Answer(actionCallNext, nil)
	p := tm.WantPage("attend")
	step(c.tickets["id-A001"], Call, "4", 121)
	c.hear() // ours comes second
	tm.Advance(refresh)
	p = tm.WantPageAfter(p.Rev, "desk")
	if n := p.Body[0].(view.Notice); n.Text.ZH != "A001 已由 4 号窗口先叫走" {
		t.Errorf("%+v", n)
	}
	tm.Answer(actionCallNext, nil)
	if got := tm.WantPage("attend").Body[0].(view.Receipt).Number; got != "A002" {
		t.Errorf("then %s", got)
	}
}

func TestTransfer(t *testing.T) {
	tm, c := desk(t, nil, ticketAt("A001", 0, ""))
	tm.WantPage("desk")
	tm.Answer(actionCallNext, nil)
	touch(tm, "attend", string(Transfer))
	tm.WantPage("transfer")
	tm.Answer(string(Transfer), map[string]string{fieldWindow: "3"}) // itself
	p := tm.WantPage("attend")
	if n, ok := p.Body[0].(view.Notice); !ok || n.Tone != view.Warning {
		t.Errorf("sent to itself: %+v", p.Body[0])
	}
	tm.Answer(string(Transfer), nil)
	tm.WantPage("transfer")
	tm.Answer(string(Transfer), map[string]string{fieldWindow: " 7 "})
	p = tm.WantPage("desk")
	if rows := p.Body[1].(view.Table).Rows; len(rows) != 0 {
		t.Errorf("who was sent to 7 waits here: %v", rows)
	}
	c.hear()
	if got := c.tickets["id-A001"]; got.For != "7" || got.State != Waits {
		t.Errorf("%+v", got)
	}
}

// TestCaseFromAcceptanceToHandOut is a case's life at the desk.
func TestCaseFromAcceptanceToHandOut(t *testing.T) {
	f, _ := caseOf(t)
	number := f.Case.Submitted.Case
	tm, c := desk(t, []CaseFile{f})
	touch(tm, "desk", actionCases)
	p := tm.WantPage("cases")
	if rows := p.Body[1].(view.Table).Rows; len(rows) != 1 || rows[0][2] != "林知远" || rows[0][4] != "03-09 到期" {
		t.Errorf("%v", rows)
	}
	tm.Answer(number, nil)
	decide := func(a Action, fields map[string]view.Value) view.Page {
		t.Helper()
		rev := tm.WantPage("case").Rev
		tm.Answer(string(a), nil)
		tm.WantPage("decide-" + string(a))
		tm.AnswerWith(actionConfirm, fields)
		return tm.WantPageAfter(rev, "case")
	}
	p = decide(Correct, map[string]view.Value{fieldWanted: {Chosen: []string{"lease"}}, fieldReason: {Text: "租期已过,请补新合同"}})
	if n := p.Body[0].(view.Notice); n.Tone != view.Success || offersAction(p, string(Accept)) {
		t.Errorf("%+v, %+v", n, p.Actions)
	}
	c.hear()
	// The applicant hands it in at a terminal.
	file := c.files[number]
	file.Take(Change{Basis: file.Next("s"), Case: number, Action: Supplement, Materials: []Handed{{Material: "lease", How: Photo, Pages: []string{"x"}}}, At: morning.Add(time.Hour)})
	c.publish()
	tm.Advance(refresh)
	p = tm.WantPageAfter(p.Rev, "case")
	p = decide(Accept, nil)
	p = decide(Suspend, map[string]view.Value{fieldReason: {Text: "等待专家评审"}})
	if !slices.ContainsFunc(p.Body, func(n view.Node) bool {
		r, ok := n.(view.Receipt)
		return ok && strings.Contains(r.Facts[5].Value.ZH, "暂停")
	}) {
		t.Errorf("the clock does not stand: %+v", p.Body)
	}
	p = decide(Resume, nil)
	p = decide(Approve, nil)
	if n := p.Body[0].(view.Notice); n.Text.ZH != "还有容缺材料没有补来,不能准予" {
		t.Errorf("%+v", n)
	}
	c.hear()
	file.Take(Change{Basis: file.Next("t"), Case: number, Action: Supplement, Materials: []Handed{{Material: "lodging", How: Photo, Pages: []string{"y"}}}, At: morning.Add(2 * time.Hour)})
	c.publish()
	tm.Advance(refresh)
	tm.WantPageAfter(p.Rev, "case")
	decide(Approve, nil)
	p = decide(HandOut, nil)
	if len(p.Actions) != 0 {
		t.Errorf("something is left to do: %+v", p.Actions)
	}
	c.hear()
	if file.Case.State != StateClosed || len(file.Chain.Disputed)+len(file.Chain.Waiting) > 0 {
		t.Errorf("%s, %+v", file.Case.State, file.Chain)
	}
	var did []Action
	for _, ch := range kiosktest.Records[DeskChanged](tm) {
		did = append(did, ch.Action)
		if ch.By != su.ID || ch.Window != "3" || ch.Case != number {
			t.Errorf("%+v", ch)
		}
	}
	if diff := cmp.Diff([]Action{Correct, Accept, Suspend, Resume, Approve, HandOut}, did); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
}

func TestRefusalNeedsAReason(t *testing.T) {
	f, _ := caseOf(t)
	tm, _ := desk(t, []CaseFile{f})
	touch(tm, "desk", actionCases)
	touch(tm, "cases", f.Case.Submitted.Case)
	touch(tm, "case", string(Refuse))
	p := tm.WantPage("decide-refuse")
	tm.Answer(actionConfirm, map[string]string{fieldReason: "  "})
	p = tm.WantPageAfter(p.Rev, "decide-refuse")
	if p.Body[1].(view.Form).Fields[0].Error.IsZero() || len(tm.Records()) > 0 {
		t.Errorf("%+v", p.Body)
	}
	tm.Answer(actionConfirm, map[string]string{fieldReason: "不属于本区受理范围"})
	tm.WantPage("case")
	if got := kiosktest.Records[DeskChanged](tm); len(got) != 1 || got[0].Reason != "不属于本区受理范围" || got[0].Expected != 1 || got[0].After != "open" {
		t.Errorf("%+v", got)
	}
}

// TestChangedMeanwhile: a case that was changed under the clerk's hands is not
// decided about; he looks again.
func TestChangedMeanwhile(t *testing.T) {
	f, _ := caseOf(t)
	number := f.Case.Submitted.Case
	tm, c := desk(t, []CaseFile{f})
	touch(tm, "desk", actionCases)
	touch(tm, "cases", number)
	p := touch(tm, "case", string(Accept))
	tm.WantPage("decide-accept")
	file := c.files[number]
	file.Take(Change{Basis: file.Next("w"), Case: number, Action: Withdraw, At: morning.Add(time.Hour)})
	c.publish()
	tm.Answer(actionConfirm, nil)
	p = tm.WantPageAfter(p.Rev, "case")
	if n := p.Body[0].(view.Notice); !strings.Contains(n.Text.ZH, "刚刚有了变化") || len(tm.Records()) > 0 {
		t.Errorf("%+v, %d records", n, len(tm.Records()))
	}
}

// TestDisputeAtTheDesk: what two clerks did without a network is shown, and a
// person decides; the entry that was not made is never made by itself.
func TestDisputeAtTheDesk(t *testing.T) {
	for name, tt := range map[string]struct {
		answer string
		want   State
		action Action
	}{
		"kept":    {actionKeep, StateSubmitted, Keep},
		"instead": {actionInstead, StateRefused, Refuse},
	} {
		t.Run(name, func(t *testing.T) {
			f, _ := caseOf(t)
			number := f.Case.Submitted.Case
			basis := f.Next("other")
			f.Take(Change{Basis: f.Next("c"), Case: number, Action: Keep, By: "W-0102", Reason: "核对", At: morning})
			f.Take(Change{Basis: basis, Case: number, Action: Refuse, By: "W-0103", Window: "5", Reason: "材料不实", At: morning})
			tm, c := desk(t, []CaseFile{f})
			touch(tm, "desk", actionCases)
			p := tm.WantPage("cases")
			if rows := p.Body[1].(view.Table).Rows; !strings.HasPrefix(rows[0][3], "有冲突") {
				t.Errorf("%v", rows)
			}
			tm.Answer(number, nil)
			rev := touch(tm, "case", itemDispute+"other").Rev
			tm.WantPage("dispute")
			tm.Answer(tt.answer, map[string]string{fieldReason: "已电话核对"})
			p = tm.WantPageAfter(rev, "case")
			c.hear()
			file := c.files[number]
			if file.Case.State != tt.want || len(file.Chain.Unsettled()) > 0 {
				t.Errorf("%s, %+v", file.Case.State, file.Chain)
			}
			got := kiosktest.Records[DeskChanged](tm)
			if len(got) != 1 || got[0].Resolves != "other" || got[0].Action != tt.action || got[0].Expected != 2 {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestPicturesAtTheDesk(t *testing.T) {
	jpg := sheet(400, 300, true)
	p := picture{"image/jpeg", jpg}
	f, _ := caseOf(t)
	f.Case.Materials[0].Pages = []string{p.digest(), "not here yet"}
	number := f.Case.Submitted.Case
	tm, _ := desk(t, []CaseFile{f})
	half := len(jpg) / 2
	var rows []kiosk.Row
	for i, part := range [][]byte{jpg[:half], jpg[half:]} {
		one := Page{Case: number, Material: "lease", Digest: p.digest(), Media: "image/jpeg", Part: i, Parts: 2, Bytes: part}
		rows = append(rows, kiosktest.Row(PageKey(one), one))
	}
	tm.SetFeed(FeedPages, rows...)
	touch(tm, "desk", actionCases)
	touch(tm, "cases", number)
	touch(tm, "case", itemMaterial+"lease")
	page := tm.WantPage("pictures")
	if len(page.Body) != 2 || page.Body[0].(view.Picture).Alt.IsZero() || !strings.Contains(page.Body[1].(view.Notice).Text.ZH, "还有 1 页") {
		t.Errorf("%d nodes", len(page.Body))
	}
	touch(tm, "pictures", actionDone)
	tm.WantPage("case")
}

func TestSlip(t *testing.T) {
	tm, _ := desk(t, nil)
	touch(tm, "desk", actionSlip)
	p := tm.WantPage("slip-choice")
	tm.Answer("sole-trader", nil)
	p = tm.WantPageAfter(p.Rev, "slip-choice")
	printed := tm.Printed()
	if len(printed) != 1 || printed[0].Body[1].(view.QRCode).Data != "ting:hall:service:sole-trader" {
		t.Fatalf("%+v", printed)
	}
	if id, ok := parseService(printed[0].Body[1].(view.QRCode).Data); !ok || id != "sole-trader" {
		t.Error("a terminal does not read it")
	}
	tm.PaperOut()
	tm.Answer("sole-trader", nil)
	p = tm.WantPageAfter(p.Rev, "slip-choice")
	if n := p.Body[0].(view.Notice); n.Tone != view.Warning {
		t.Errorf("%+v", n)
	}
}

// TestWhoMayWorkAtADesk: permission is denied unless the person is a clerk, and
// the desk knows which window it is.
func TestWhoMayWorkAtADesk(t *testing.T) {
	begin := func(t *testing.T, o ...kiosktest.Option) *kiosktest.Terminal {
		tm := kiosktest.New(t, NewDesk(), append([]kiosktest.Option{kiosktest.WithLane("3")}, o...)...)
		tm.Start()
		return tm
	}
	t.Run("staff of another office", func(t *testing.T) {
		tm := begin(t)
		tm.Identifies(kiosk.Person{ID: "W-0201", Name: "邵宁", Group: "行政审批科", Role: "staff"})
		touch(tm, "not-a-clerk", actionDone)
		if err := tm.WantEnd(); err != nil {
			t.Error(err)
		}
	})
	t.Run("by the site's setting", func(t *testing.T) {
		tm := begin(t, kiosktest.WithSettings(map[string]string{"groups": "综合窗口, 行政审批科"}))
		tm.Identifies(kiosk.Person{ID: "W-0201", Name: "邵宁", Group: "行政审批科", Role: "staff"})
		touch(tm, "desk", actionSignOut)
		if err := tm.WantEnd(); err != nil {
			t.Error(err)
		}
	})
	t.Run("nobody", func(t *testing.T) {
		tm := begin(t)
		r := tm.IdentifyFails(kiosk.CodeCancelled)
		if !slices.Equal(r.Roles, []string{"staff"}) {
			t.Errorf("%+v", r)
		}
		if err := tm.WantEnd(); err != nil {
			t.Error(err)
		}
	})
	t.Run("no window", func(t *testing.T) {
		tm := kiosktest.New(t, NewDesk())
		tm.Start()
		if err := tm.WantEnd(); kiosk.CodeOf(err) != kiosk.CodeInvalid || !strings.Contains(err.Error(), "lane") {
			t.Errorf("%v", err)
		}
	})
	t.Run("a setting that names nobody", func(t *testing.T) {
		if err := NewDesk().(*Desk).Start(t.Context(), kiosk.Setup{Settings: map[string]string{"groups": " , "}}); kiosk.CodeOf(err) != kiosk.CodeInvalid {
			t.Errorf("%v", err)
		}
	})
}

func TestDeskWithoutRoom(t *testing.T) {
	tm, _ := desk(t, nil, ticketAt("A001", 0, ""))
	p := tm.WantPage("desk")
	tm.DiskFull()
	tm.Answer(actionCallNext, nil)
	p = tm.WantPageAfter(p.Rev, "desk")
	if n := p.Body[0].(view.Notice); !strings.Contains(n.Text.ZH, "没有存下来") || len(tm.Records()) > 0 {
		t.Errorf("%+v", n)
	}
}

// TestScreen: calls are shown and said once; a recall is said again.
func TestScreen(t *testing.T) {
	one, two := ticketAt("A001", 0, ""), ticketAt("A002", 1, "")
	step(&one, Call, "3", 60)
	rows := func() []kiosk.Row { return []kiosk.Row{kiosktest.Row("1", one), kiosktest.Row("2", two)} }
	tm := kiosktest.New(t, NewScreen(), kiosktest.WithNow(morning.Add(time.Hour)), kiosktest.WithFeed(FeedQueue, rows()...))
	tm.Start()
	p := tm.WantPage("screen")
	if n := p.Body[0].(view.Notice); n.Text.ZH != "请 A001 号到 3 号窗口" || len(tm.Spoken()) != 0 {
		t.Errorf("%+v, said %v", n, tm.Spoken())
	}
	next := func() {
		tm.Advance(screenRefresh)
		p = tm.WantPageAfter(p.Rev, "screen")
	}
	step(&two, Call, "4", 61)
	tm.SetFeed(FeedQueue, rows()...)
	next()
	next()
	step(&one, Recall, "3", 62)
	tm.SetFeed(FeedQueue, rows()...)
	next()
	var said []string
	for _, s := range tm.Spoken() {
		said = append(said, s.ZH)
	}
	if diff := cmp.Diff([]string{"请 A002 号到 4 号窗口", "请 A001 号到 3 号窗口"}, said); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
	if rows := p.Body[1].(view.Table).Rows; len(rows) != 2 || rows[0][0] != "A001" {
		t.Errorf("%v", rows)
	}
	step(&one, Serve, "3", 63)
	step(&one, Finish, "3", 70)
	step(&two, NoShow, "4", 70)
	tm.SetFeed(FeedQueue, rows()...)
	next()
	if len(p.Body[0].(view.Table).Rows) != 0 {
		t.Errorf("%+v", p.Body)
	}
}
