package hall

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/hall/workday"
)

// caseOf is a case of 林知远's, with its progress as the center would publish it.
func caseOf(t testing.TB, changes ...func(*Change)) (CaseFile, kiosk.Row) {
	t.Helper()
	var f CaseFile
	s := residence()
	s.Case, s.Name = newNumber(morning), view.T("居住证申领", "Residence permit")
	s.Applicant = Applicant{Name: "林知远", IDNumber: linCard.Number, Person: lin.ID}
	s.Materials = []Handed{{Material: "lease", Name: view.T("房屋租赁合同", "Lease"), How: Photo}, {Material: "lodging", Name: view.T("亲友留宿证明", "Statement"), How: Later}}
	f.Open(s)
	for i, change := range changes {
		ch := Change{Basis: f.Next(string(rune('a' + i))), Case: s.Case, By: "W-0101", At: morning.Add(time.Duration(i) * time.Hour)}
		change(&ch)
		f.Take(ch)
	}
	if n := len(f.Chain.Unsettled()); n > 0 {
		t.Fatalf("the case cannot have come about: %+v", f.Chain.Disputed)
	}
	return f, kiosktest.Row(s.Case, f.Progress())
}

func accepted(c *Change)   { c.Action = Accept }
func approved(c *Change)   { c.Action = Approve }
func correcting(c *Change) { c.Action, c.Reason, c.Wanted = Correct, "租期已过", []string{"lease"} }
func supplied(c *Change) {
	c.Action, c.By, c.Materials = Supplement, "", []Handed{{Material: "lodging", How: Photo, Pages: []string{"x"}}}
}

// toCase goes to the progress of a case, by its number as it is typed.
func toCase(tm *kiosktest.Terminal, number string) view.Page {
	touch(tm, "start", actionProgress)
	tm.WantPage("find")
	tm.Answer(actionNext, map[string]string{fieldCode: strings.ToLower(number)})
	return tm.WantPage("progress")
}

func TestProgress(t *testing.T) {
	f, row := caseOf(t, accepted)
	tm := begin(t, kiosktest.WithFeed(FeedProgress, row))
	p := toCase(tm, f.Case.Submitted.Case)
	st := p.Body[0].(view.Steps)
	if st.Now != 2 || st.Steps[1].Detail.IsZero() || st.Tone != view.Calm {
		t.Errorf("stages %+v", st)
	}
	if strings.Contains(p.Body[1].(view.Receipt).Facts[1].Value.ZH, "知") {
		t.Error("the name is not masked")
	}
	if !offersAction(p, actionWithdrawCase) || offersAction(p, actionRate) {
		t.Errorf("actions %+v", p.Actions)
	}
	tm.Back()
	p = tm.WantPage("find")
	tm.Scan(qrCase + f.Case.Submitted.Case)
	tm.WantPage("progress")
	tm.Answer(actionDone, nil)
	if err := tm.WantEnd(); err != nil {
		t.Errorf("Serve = %v", err)
	}
}

func TestNumberThatIsNone(t *testing.T) {
	tm := begin(t)
	touch(tm, "start", actionProgress)
	for _, typed := range []string{"260302-2222", newNumber(morning)} { // too short; of no case
		p := tm.WantPage("find")
		tm.Answer(actionNext, map[string]string{fieldCode: typed})
		p = tm.WantPageAfter(p.Rev, "find")
		form := p.Body[1].(view.Form).Fields[0]
		if form.Error.IsZero() || form.Value != typed {
			t.Errorf("%q: %+v", typed, form)
		}
	}
}

// TestProgressWithoutACenter: a case is known where it was handed in, before any
// feed has it.
func TestProgressWithoutACenter(t *testing.T) {
	tm := begin(t)
	toResidence(tm)
	touch(tm, "guide", actionApply)
	touch(tm, "question-half-year", "yes")
	touch(tm, "question-basis", "work")
	touch(tm, "identity", actionOther)
	tm.Identifies(chen)
	touch(tm, "materials", actionNext)
	photograph(tm, "photo-photo-0", actionNext, sheet(80, 80, false))
	sign(tm, "")
	tm.WantPage("submitted")
	tm.Answer(actionDone, nil)
	if err := tm.WantEnd(); err != nil {
		t.Fatal(err)
	}
	tm.Start()
	p := toCase(tm, submitted(t, tm).Case)
	if st := p.Body[0].(view.Steps); st.Now != 1 {
		t.Errorf("stages %+v", st)
	}
}

// TestSupplement: the applicant hands in what was asked for; the change carries
// the version he saw.
func TestSupplement(t *testing.T) {
	f, row := caseOf(t, correcting)
	tm := begin(t, kiosktest.WithFeed(FeedProgress, row))
	number := f.Case.Submitted.Case
	p := toCase(tm, number)
	if !slices.ContainsFunc(p.Body, func(n view.Node) bool {
		notice, ok := n.(view.Notice)
		return ok && strings.Contains(notice.Text.ZH, "租期已过")
	}) {
		t.Errorf("nothing says why: %+v", p.Body)
	}
	tm.Answer(actionSupplement, nil)
	touch(tm, "identity", actionIDCard)
	tm.WantPage("id-card")
	tm.LayIDCard(linCard)
	tm.Identifies(lin)
	photograph(tm, "photo-lease-0", actionNext, sheet(300, 300, false))
	touch(tm, "changed", actionDone)
	p = tm.WantPage("progress")
	if offersAction(p, actionSupplement) || p.Body[0].(view.Steps).Tone != view.Calm {
		t.Errorf("it is asked for again, before the center has answered: %+v", p.Actions)
	}
	got := kiosktest.Records[Changed](tm)
	if len(got) != 1 {
		t.Fatalf("%d changes", len(got))
	}
	want := Changed{Change{Basis: Basis{ID: got[0].ID, Expected: 2, After: "a"}, Case: number, Action: Supplement, Window: "B", At: tm.Now(),
		Materials: []Handed{{Material: "lease", Name: view.T("房屋租赁合同", "Lease of your home"), How: Photo, Pages: got[0].Materials[0].Pages}}}}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Errorf("change (-want +got):\n%s", diff)
	}
	f.Take(got[0].Change)
	if f.Case.State != StateSubmitted || len(f.Chain.Unsettled()) > 0 {
		t.Errorf("the center makes of it: %s, %+v", f.Case.State, f.Chain)
	}
}

// TestSomebodyElsesCase: a receipt that was found shows how far a case is, and no more.
func TestSomebodyElsesCase(t *testing.T) {
	f, row := caseOf(t, accepted)
	tm := begin(t, kiosktest.WithFeed(FeedProgress, row))
	toCase(tm, f.Case.Submitted.Case)
	for _, action := range []string{actionSupplement, actionWithdrawCase} {
		rev := tm.WantPage("progress").Rev
		tm.Answer(action, nil)
		if action == actionWithdrawCase {
			touch(tm, "confirm-withdraw", actionWithdrawCase)
		}
		touch(tm, "identity", actionOther)
		tm.Identifies(chen)
		touch(tm, "not-yours", actionDone)
		tm.WantPageAfter(rev, "progress")
	}
	if len(tm.Records()) > 0 {
		t.Errorf("%d records", len(tm.Records()))
	}
}

func TestWithdraw(t *testing.T) {
	f, row := caseOf(t, accepted)
	tm := begin(t, kiosktest.WithFeed(FeedProgress, row))
	p := toCase(tm, f.Case.Submitted.Case)
	tm.Answer(actionWithdrawCase, nil)
	touch(tm, "confirm-withdraw", actionDone)
	tm.WantPageAfter(p.Rev, "progress")
	tm.Answer(actionWithdrawCase, nil)
	touch(tm, "confirm-withdraw", actionWithdrawCase)
	touch(tm, "identity", actionOther)
	tm.Identifies(lin)
	touch(tm, "changed", actionDone)
	p = tm.WantPage("progress")
	if st := p.Body[0].(view.Steps); st.Tone != view.Refusal || st.Steps[st.Now].Title.ZH != "已撤回" || offersAction(p, actionWithdrawCase) {
		t.Errorf("%+v", st)
	}
	if got := kiosktest.Records[Changed](tm); len(got) != 1 || got[0].Action != Withdraw || got[0].Expected != 2 || got[0].By != "" {
		t.Errorf("%+v", got)
	}
}

// TestRateOnce: five grades, the reason for a poor one, and no second time.
func TestRateOnce(t *testing.T) {
	f, row := caseOf(t, accepted, supplied, approved)
	tm := begin(t, kiosktest.WithFeed(FeedProgress, row))
	toCase(tm, f.Case.Submitted.Case)
	tm.Answer(actionRate, nil)
	p := tm.WantPage("rate")
	if n := len(p.Body[1].(view.List).Items); n != 5 {
		t.Errorf("%d grades", n)
	}
	tm.Answer("grade-2", nil)
	tm.WantPage("causes")
	tm.AnswerWith(actionNext, map[string]view.Value{fieldCauses: {Chosen: []string{"again", "late"}}})
	touch(tm, "thanks", actionDone)
	p = tm.WantPage("progress")
	if offersAction(p, actionRate) {
		t.Error("it can be rated again")
	}
	want := []Rated{{Case: f.Case.Submitted.Case, Grade: 2, Causes: []string{"again", "late"}, At: tm.Now()}}
	if diff := cmp.Diff(want, kiosktest.Records[Rated](tm)); diff != "" {
		t.Errorf("ratings (-want +got):\n%s", diff)
	}
	f.Rating = 4
	if p := progressPage(f.Progress()); offersAction(p, actionRate) {
		t.Error("a case that was rated elsewhere can be rated")
	}
}

// TestPagesOfEveryState: each state has a page that can be drawn, in both languages.
func TestPagesOfEveryState(t *testing.T) {
	for _, s := range []State{StateSubmitted, StateCorrecting, StateAccepted, StateSuspended, StateApproved, StateClosed, StateDenied, StateRefused, StateWithdrawn} {
		p := progressPage(Progress{Number: "260302-2222-2222", Name: view.T("事项", "Service"), Masked: "林*远", State: s, Days: []Stage{{StateSubmitted, morning}, {s, morning}}})
		if err := p.Validate(); err != nil {
			t.Errorf("%s: %v", s, err)
		}
		if s.Name().ZH == "" || s.Name().EN == "" {
			t.Errorf("%s has no name", s)
		}
		if s.Over() != (len(s.Actions()) == 0) {
			t.Errorf("%s: over %t, and a clerk can %v", s, s.Over(), s.Actions())
		}
	}
	for a, r := range rules {
		if a.Name().EN == "" || len(r.from) == 0 {
			t.Errorf("action %s", a)
		}
	}
}

func TestTicket(t *testing.T) {
	tm := begin(t)
	touch(tm, "start", actionTicket)
	touch(tm, "priority", string(Disabled))
	p := tm.WantPage("ticket")
	r := p.Body[0].(view.Receipt)
	if r.Number != "B001" || r.Facts[0].Value.ZH != "0 人" || r.Facts[1].Value.ZH != "马上就到您" {
		t.Errorf("%+v", r)
	}
	tm.Answer(actionPrint, nil)
	tm.WantPageAfter(p.Rev, "ticket")
	if len(tm.Printed()) != 1 {
		t.Error("not printed")
	}
	tm.Answer(actionDone, nil)
	if err := tm.WantEnd(); err != nil {
		t.Fatal(err)
	}
	// The next one is behind, though no feed has come.
	tm.Start()
	touch(tm, "start", actionTicket)
	touch(tm, "priority", actionOrdinary)
	r = tm.WantPage("ticket").Body[0].(view.Receipt)
	if r.Number != "B002" || r.Facts[0].Value.ZH != "1 人" {
		t.Errorf("%+v", r)
	}
	got := kiosktest.Records[TicketTaken](tm)
	if len(got) != 2 || got[0].Priority != Disabled || got[0].Day != "2026-03-02" || got[0].ID == got[1].ID {
		t.Errorf("%+v", got)
	}
}

// TestTicketNumbersOutliveTheProcess: no number is given out twice in a day, and
// each day begins anew.
func TestTicketNumbersOutliveTheProcess(t *testing.T) {
	dir := t.TempDir()
	start := func() *Hall {
		h := New().(*Hall)
		if err := h.Start(t.Context(), kiosk.Setup{Dir: dir}); err != nil {
			t.Fatal(err)
		}
		return h
	}
	h := start()
	for _, want := range []string{"B001", "B002"} {
		if got := h.takeNumber("2026-03-02", "B", nil); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if got := start().takeNumber("2026-03-02", "B", nil); got != "B003" {
		t.Errorf("after a restart %s", got)
	}
	known := Queue{{Taken: TicketTaken{Number: "B007", Day: "2026-03-02"}}, {Taken: TicketTaken{Number: "C009", Day: "2026-03-02"}}, {Taken: TicketTaken{Number: "B900", Day: "2026-03-01"}}}
	if got := start().takeNumber("2026-03-02", "B", known); got != "B008" {
		t.Errorf("with the feed's %s", got)
	}
	if got := start().takeNumber("2026-03-03", "B", nil); got != "B001" {
		t.Errorf("the next day %s", got)
	}
}

func ticketAt(number string, minute int, p Priority) Ticket {
	var t Ticket
	t.Open(TicketTaken{ID: "id-" + number, Number: number, Day: "2026-03-02", Priority: p, At: morning.Add(time.Duration(minute) * time.Minute)})
	return t
}

func step(t *Ticket, s Step, window string, minute int) {
	t.Take(QueueChange{Basis: t.Next(t.Taken.ID + string(s) + window), Ticket: t.Taken.ID, Step: s, Window: window, To: map[Step]string{Transfer: "9"}[s], By: "W", At: morning.Add(time.Duration(minute) * time.Minute)})
}

func numbers(q Queue) string {
	var all []string
	for _, t := range q {
		all = append(all, t.Taken.Number)
	}
	return strings.Join(all, " ")
}

// TestOrderOfTheQueue: elders and the disabled first, nobody overtaken for ever,
// who is sent on first of all at his window.
func TestOrderOfTheQueue(t *testing.T) {
	sent := ticketAt("A009", 50, "")
	step(&sent, Call, "3", 51)
	step(&sent, Transfer, "3", 52)
	missed := ticketAt("A008", 1, "")
	step(&missed, Call, "3", 10)
	step(&missed, NoShow, "3", 12)
	back := ticketAt("A007", 1, "")
	step(&back, Call, "4", 10)
	step(&back, NoShow, "4", 12)
	step(&back, Requeue, "4", 55)
	q := Queue{ticketAt("A001", 0, ""), ticketAt("A002", 10, ""), ticketAt("A003", 40, Elder), ticketAt("A004", 50, Disabled), ticketAt("A005", 60, ""), sent, missed, back}
	if got := numbers(q.Waiting("9")); got != "A009 A003 A001 A004 A002 A007 A005" {
		t.Error(got)
	}
	if got := numbers(q.Waiting("3")); strings.Contains(got, "A009") {
		t.Errorf("window 3 calls who was sent to 9: %s", got)
	}
	if n := q.Ahead(q[4]); n != 6 {
		t.Errorf("%d ahead of the last", n)
	}
	if _, ok := q.Find(" a004 "); !ok {
		t.Error("a number typed in lower case is not found")
	}
}

func TestTicketIsCalledByOne(t *testing.T) {
	one := ticketAt("A001", 0, "")
	basis := one.Next("x")
	step(&one, Call, "3", 5)
	one.Take(QueueChange{Basis: basis, Ticket: one.Taken.ID, Step: Call, Window: "4", By: "W", At: morning})
	if one.Window != "3" || len(one.Chain.Unsettled()) != 1 {
		t.Errorf("at %s, %+v", one.Window, one.Chain)
	}
	step(&one, Serve, "4", 6) // not there
	if one.State != Called {
		t.Errorf("window 4 serves who was called to 3: %s", one.State)
	}
	step(&one, Recall, "3", 7)
	step(&one, Serve, "3", 8)
	step(&one, Finish, "3", 15)
	if one.State != Done || one.Calls != 2 || one.DoneAt.Sub(one.CalledAt) != 10*time.Minute {
		t.Errorf("%+v", one)
	}
}

// TestForecast: with what is known of the day; it never grows when a window opens
// or somebody ahead is served.
func TestForecast(t *testing.T) {
	var q Queue
	for i, n := range []string{"A001", "A002", "A003"} {
		done := ticketAt(n, i, "")
		step(&done, Call, string(rune('1'+i%2)), 10*i)
		step(&done, Finish, string(rune('1'+i%2)), 10*i+6)
		q = append(q, done)
	}
	now := morning.Add(30 * time.Minute)
	if got := q.ServiceTime(); got != 6*time.Minute {
		t.Errorf("a service lasts %v", got)
	}
	if got := q.Windows(now); !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("open %v", got)
	}
	mine := ticketAt("A090", 29, "")
	if got := q.Forecast(mine, now); got != 0 {
		t.Errorf("nobody ahead, and %v to wait", got)
	}
	for i := range 6 {
		q = append(q, ticketAt("A01"+string(rune('0'+i)), 20+i, ""))
	}
	if got := q.Forecast(mine, now); got != 15*time.Minute { // two at once, three rounds, the first half done
		t.Errorf("six ahead at two windows: %v", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		q := Queue{}
		for i := range rapid.IntRange(0, 30).Draw(t, "tickets") {
			one := ticketAt("A"+string(rune('0'+i/10))+string(rune('0'+i%10)), i, rapid.SampledFrom([]Priority{"", "", Elder}).Draw(t, "priority"))
			if rapid.Bool().Draw(t, "called") {
				step(&one, Call, rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "window"), 31)
			}
			q = append(q, one)
		}
		mine := ticketAt("Z99", 60, "")
		before := q.Forecast(mine, now)
		if before < 0 {
			t.Fatalf("%v to wait", before)
		}
		if w := q.Waiting(""); len(w) > 0 {
			i := slices.IndexFunc(q, func(o Ticket) bool { return o.Taken.ID == w[0].Taken.ID })
			without := slices.Delete(slices.Clone(q), i, i+1)
			if after := without.Forecast(mine, now); after > before {
				t.Fatalf("one fewer ahead, and %v instead of %v", after, before)
			}
		}
	})
}

// TestClock: the legal clock of a case, stopped and resumed.
func TestClock(t *testing.T) {
	cal := workday.BuiltIn()
	f, _ := caseOf(t, accepted)
	at := func(day int) time.Time { return morning.AddDate(0, 0, day) }
	for day, want := range map[int]Clock{
		0: {Running: true, Used: 0, Promised: at(7), Legal: at(21)},
		4: {Running: true, Used: 4, Promised: at(7), Legal: at(21), Close: true}, // Friday: Monday is the next working day
		7: {Running: true, Used: 5, Promised: at(7), Legal: at(21), Close: true},
		8: {Running: true, Used: 6, Promised: at(7), Legal: at(21), Overdue: true},
	} {
		k, err := f.Case.Clock(cal, at(day))
		want.Promised, want.Legal = want.Promised.Add(-9*time.Hour), want.Legal.Add(-9*time.Hour)
		if diff := cmp.Diff(want, k); err != nil || diff != "" {
			t.Errorf("day %d: %v\n%s", day, err, diff)
		}
	}
	f, _ = caseOf(t, accepted, func(c *Change) { c.Action, c.Reason, c.At = Suspend, "专家评审", at(1) })
	if k, err := f.Case.Clock(cal, at(30)); err != nil || k.Running || k.Overdue || k.Used != 1 {
		t.Errorf("suspended: %+v, %v", k, err)
	}
	f.Take(Change{Basis: f.Next("r"), Action: Resume, By: "W", At: at(29)})
	if k, err := f.Case.Clock(cal, at(30)); err != nil || !k.Running || k.Used != 2 || k.Promised.Format(time.DateOnly) != "2026-04-07" {
		t.Errorf("resumed: %+v, %v", k, err) // over 清明
	}
	f, _ = caseOf(t)
	if k, err := f.Case.Clock(cal, at(8)); err != nil || !k.Unlawful || k.Used != 6 {
		t.Errorf("not accepted for six working days: %+v, %v", k, err)
	}
}

// TestRulesOfACase: what cannot be done is refused, and changes nothing.
func TestRulesOfACase(t *testing.T) {
	f, _ := caseOf(t, accepted)
	for name, tt := range map[string]struct {
		ch   Change
		want error
	}{
		"grant with a material outstanding": {Change{Action: Approve, By: "W"}, ErrOutstanding},
		"deny without a reason":             {Change{Action: Deny, By: "W"}, ErrNoReason},
		"a clerk withdraws":                 {Change{Action: Withdraw, By: "W"}, ErrWhose},
		"the applicant grants":              {Change{Action: Approve}, ErrWhose},
		"hand out before it is granted":     {Change{Action: HandOut, By: "W"}, ErrNotNow},
		"accept again":                      {Change{Action: Accept, By: "W"}, ErrNotNow},
		"an action nobody knows":            {Change{Action: "burn", By: "W"}, ErrNotNow},
		"a material nobody asked for":       {Change{Action: Supplement, Materials: []Handed{{Material: "lease"}}}, ErrNotNow},
		"nothing handed in":                 {Change{Action: Supplement}, ErrNotNow},
	} {
		before := clone(t, f)
		if err := f.Case.Apply(tt.ch); err == nil || !strings.Contains(err.Error(), tt.want.Error()) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
		if diff := cmp.Diff(before, clone(t, f)); diff != "" {
			t.Errorf("%s changed it:\n%s", name, diff)
		}
	}
}
