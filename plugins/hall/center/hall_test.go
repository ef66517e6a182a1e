package center

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/hall"
	"github.com/luohu/ting/plugins/hall/workday"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/pgtest"
	"github.com/luohu/ting/sync/center/projection"
	"github.com/luohu/ting/sync/center/store"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

const site = "hall"

var (
	zone  = time.FixedZone("CST", 8*60*60)
	today = time.Date(2026, 3, 2, 0, 0, 0, 0, zone)
)

func at(day int, clock string) time.Time {
	c, err := time.ParseInLocation("15:04", clock, zone)
	if err != nil {
		panic(err)
	}
	return today.AddDate(0, 0, day).Add(time.Duration(c.Hour())*time.Hour + time.Duration(c.Minute())*time.Minute)
}

// outcome is what a center knows once it has taken records in.
type outcome struct {
	board    view.Page
	progress map[string]hall.Progress
	cases    map[string]hall.CaseFile
	pages    []string
	queue    map[string]hall.Ticket
}

// take lets a center take records in, in that order; register is put down first.
func take(t *testing.T, now time.Time, register []center.FeedChange, records ...kiosk.Record) outcome {
	t.Helper()
	return takeAnd(t, now, register, nil, records...)
}

func takeAnd(t *testing.T, now time.Time, register []center.FeedChange, then func(context.Context, *center.Center), records ...kiosk.Record) (o outcome) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := center.Open(ctx, center.Options{Dir: t.TempDir(), Database: pgtest.Database(t), Log: slog.New(slog.DiscardHandler), Projections: []projection.Projection{New(zone)}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := c.Register(ctx, register); err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		position, err := c.Record(ctx, site, r)
		if err == nil {
			err = c.Projected(ctx, hall.ID, position)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if then != nil {
		then(ctx, c)
	}
	o = outcome{progress: map[string]hall.Progress{}, cases: map[string]hall.CaseFile{}, queue: map[string]hall.Ticket{}}
	if err := c.View(ctx, func(tx *store.Tx) error {
		n, err := tx.CountDeadLetters()
		if n > 0 {
			t.Errorf("%d records could not be applied", n)
		}
		for _, e := range []error{err, feed(tx, hall.FeedProgress, o.progress), feed(tx, hall.FeedCases, o.cases), feed(tx, hall.FeedQueue, o.queue),
			tx.Feed(site, hall.FeedPages, func(key string, _ []byte) error { o.pages = append(o.pages, key); return nil })} {
			if e != nil {
				return e
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := c.Querier(ctx, func(q projection.Querier) (err error) {
		o.board, err = New(zone).Board(ctx, q, site, now)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := o.board.Validate(); err != nil {
		t.Error(err)
	}
	return o
}

func feed[T any](tx *store.Tx, name string, into map[string]T) error {
	return tx.Feed(site, name, func(key string, raw []byte) error {
		var v T
		err := json.Unmarshal(raw, &v)
		into[key] = v
		return err
	})
}

func table(p view.Page, key string) string {
	for _, n := range p.Body {
		if n, ok := n.(view.Table); ok && n.NodeKey() == key {
			var lines []string
			for _, r := range n.Rows {
				lines = append(lines, strings.Join(r, " | "))
			}
			return strings.Join(lines, "\n")
		}
	}
	return "no such table"
}

func text(p view.Page, key string) string {
	for _, n := range p.Body {
		if n.NodeKey() == key {
			switch n := n.(type) {
			case view.TextNode:
				return n.Text.ZH
			case view.Notice:
				return n.Text.ZH
			}
		}
	}
	return ""
}

// application is one, handed in at a day and time.
func application(number string, when time.Time) hall.Submitted {
	return hall.Submitted{ID: "open-" + number, Case: number, Service: "residence-permit", Name: view.T("居住证申领", "Residence permit"),
		Applicant: hall.Applicant{Name: "林知远", IDNumber: "330106195603210019", Person: "C-1001", Phone: "13800138000"},
		Materials: []hall.Handed{{Material: "lease", Name: view.T("房屋租赁合同", "Lease"), How: hall.Photo}}, Legal: 15, Promised: 5, Visits: 1, At: when}
}

// story is a file as the desks know it, which makes the records of what is done.
type story struct {
	file    hall.CaseFile
	records []kiosk.Record
}

func begin(number string, when time.Time) *story {
	s := &story{}
	sub := application(number, when)
	s.file.Open(sub)
	s.records = append(s.records, sub)
	return s
}

func (s *story) does(a hall.Action, by string, when time.Time, more ...func(*hall.Change)) *story {
	ch := hall.Change{Basis: s.file.Next(fmt.Sprintf("%s-%d-%s", s.file.Case.Submitted.Case, len(s.records), by)), Case: s.file.Case.Submitted.Case, Action: a, By: by, Window: "3", At: when}
	if a.NeedsReason() {
		ch.Reason = "因为"
	}
	for _, f := range more {
		f(&ch)
	}
	s.file.Take(ch)
	if by == "" {
		s.records = append(s.records, hall.Changed{Change: ch})
	} else {
		s.records = append(s.records, hall.DeskChanged{Change: ch})
	}
	return s
}

func TestCases(t *testing.T) { pgtest.Both(t, testCases) }

func testCases(t *testing.T) {
	done := begin("260302-DDDD-DDDD", at(0, "09:00")).does(hall.Accept, "W-0101", at(1, "10:00")).does(hall.Approve, "W-0101", at(2, "10:00")).does(hall.HandOut, "W-0102", at(4, "15:00"))
	open := begin("260302-AAAA-AAAA", at(0, "09:30")).does(hall.Accept, "W-0101", at(0, "10:00"))
	fresh := begin("260302-BBBB-BBBB", at(7, "09:00"))
	asked := begin("260302-CCCC-CCCC", at(0, "11:00")).does(hall.Correct, "W-0101", at(1, "09:00"), func(c *hall.Change) { c.Wanted, c.Reason = []string{"lease"}, "租期已过" })
	o := take(t, at(7, "12:00"), nil, slices.Concat(done.records, open.records, fresh.records, asked.records,
		[]kiosk.Record{hall.Rated{Case: "260302-DDDD-DDDD", Grade: 2, Causes: []string{"waiting"}, At: at(4, "15:10")}, hall.Rated{Case: "260302-DDDD-DDDD", Grade: 5, At: at(4, "15:11")}})...)
	if got := text(o.board, "count"); got != "在办 3 件,超期 0 件" {
		t.Error(got)
	}
	if got := table(o.board, "states"); got != "待受理 Waiting to be accepted | 1\n待补正 Waiting for you | 1\n办理中 Under way | 1\n已领取 Collected | 1" {
		t.Errorf("states:\n%s", got)
	}
	// Accepted on Monday with five days promised: next Monday is the last one.
	if got := table(o.board, "late"); got != "临期 Due | 260302-AAAA-AAAA | 居住证申领 | 林*远 | 办理中 Under way | 5 | 2026-03-09 | 2026-03-23" {
		t.Errorf("late:\n%s", got)
	}
	if got := table(o.board, "visits"); got != "居住证申领 | 1 | 1 | 2.0 | 1" {
		t.Errorf("visits:\n%s", got)
	}
	if got := text(o.board, "rate"); got != "评价 1 件,满意率 0.0%" {
		t.Error(got)
	}
	if got := table(o.board, "causes"); !strings.HasSuffix(got, "| 1") || !strings.Contains(got, "等候") {
		t.Error(got)
	}
	p := o.progress["260302-CCCC-CCCC"]
	if p.State != hall.StateCorrecting || len(p.Asked) != 1 || p.Asked[0].Material != "lease" || p.Reason != "租期已过" || p.Version != 2 {
		t.Errorf("progress %+v", p)
	}
	if raw, _ := json.Marshal(p); bytes.Contains(raw, []byte("330106")) || bytes.Contains(raw, []byte("知远")) || bytes.Contains(raw, []byte("138")) {
		t.Errorf("a terminal learns who it is: %s", raw)
	}
	if d := o.progress["260302-DDDD-DDDD"]; !d.Rated || o.cases["260302-DDDD-DDDD"].Rating != 2 {
		t.Errorf("the first rating counts: %+v", d)
	}
	o = take(t, at(8, "08:00"), nil, open.records...)
	if got := table(o.board, "late"); !strings.HasPrefix(got, "超期") {
		t.Errorf("a day later:\n%s", got)
	}
	o = take(t, at(22, "08:00"), nil, open.records...)
	if got := table(o.board, "late"); !strings.HasPrefix(got, "超法定") {
		t.Errorf("weeks later:\n%s", got)
	}
}

// TestOrderOfArrival: as long as nobody contradicts anybody, the order in which
// records arrive changes nothing.
func TestOrderOfArrival(t *testing.T) { pgtest.Both(t, testOrderOfArrival) }

func testOrderOfArrival(t *testing.T) {
	s := begin("260302-DDDD-DDDD", at(0, "09:00")).
		does(hall.Correct, "W-0101", at(1, "09:00"), func(c *hall.Change) { c.Wanted = []string{"lease"} }).
		does(hall.Supplement, "", at(3, "09:00"), func(c *hall.Change) {
			c.Materials = []hall.Handed{{Material: "lease", How: hall.Photo, Pages: []string{"x"}}}
		}).
		does(hall.Accept, "W-0102", at(3, "10:00")).does(hall.Suspend, "W-0102", at(4, "10:00")).does(hall.Resume, "W-0102", at(8, "10:00")).
		does(hall.Approve, "W-0101", at(9, "10:00"))
	ticket := hall.TicketTaken{ID: "t1", Number: "A001", Day: "2026-03-05", Case: "260302-DDDD-DDDD", At: at(3, "08:50")}
	var known hall.Ticket
	known.Open(ticket)
	call := hall.QueueChange{Basis: known.Next("q1"), Ticket: "t1", Step: hall.Call, Window: "3", By: "W-0101", At: at(3, "09:00")}
	known.Take(call)
	finish := hall.QueueChange{Basis: known.Next("q2"), Ticket: "t1", Step: hall.Finish, Window: "3", By: "W-0101", At: at(3, "09:10")}
	records := slices.Concat(s.records, []kiosk.Record{ticket, call, finish, hall.Rated{Case: "260302-DDDD-DDDD", Grade: 5, At: at(9, "11:00")}, hall.Rated{Case: "260302-DDDD-DDDD", Grade: 1, At: at(9, "11:30")}})
	want := take(t, at(9, "12:00"), nil, records...)
	if f := want.cases["260302-DDDD-DDDD"]; f.Case.State != hall.StateApproved || f.Rating != 5 || f.Chain.Version != 7 {
		t.Fatalf("%+v", f)
	}
	random := rand.New(rand.NewPCG(3, 4))
	for range 4 {
		random.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
		got := take(t, at(9, "12:00"), nil, records...)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(outcome{})); diff != "" {
			t.Fatalf("in another order (-want +got):\n%s", diff)
		}
	}
}

// TestMismatchGoesToAPerson: two desks decide about the same version without a
// network. The board says so until somebody has settled it.
func TestMismatchGoesToAPerson(t *testing.T) { pgtest.Both(t, testMismatchGoesToAPerson) }

func testMismatchGoesToAPerson(t *testing.T) {
	const number = "260302-DDDD-DDDD"
	one := begin(number, at(0, "09:00")).does(hall.Accept, "W-0101", at(0, "10:00"))
	two := begin(number, at(0, "09:00")).does(hall.Refuse, "W-0102", at(0, "10:01"), func(c *hall.Change) { c.Reason = "不属于本区受理" })
	o := take(t, at(0, "12:00"), nil, slices.Concat(one.records, two.records[1:])...)
	f := o.cases[number]
	if f.Case.State != hall.StateAccepted || len(f.Chain.Unsettled()) != 1 || !o.progress[number].Disputed {
		t.Fatalf("%s, %+v", f.Case.State, f.Chain)
	}
	if got := table(o.board, "disputes"); !strings.HasPrefix(got, number+" | 不予受理 Refuse | W-0102 | 03-02 10:01") {
		t.Errorf("disputes:\n%s", got)
	}
	settle := hall.Change{Basis: f.Next("settle"), Case: number, Action: hall.Keep, Reason: "已与 W-0102 核对", Resolves: two.records[1].(hall.DeskChanged).ID, By: "W-0103", At: at(0, "11:00")}
	o = take(t, at(0, "12:00"), nil, slices.Concat(one.records, two.records[1:], []kiosk.Record{hall.DeskChanged{Change: settle}})...)
	if got := table(o.board, "disputes"); got != "" || o.progress[number].Disputed {
		t.Errorf("settled, and still: %s", got)
	}
	if f := o.cases[number]; len(f.Chain.Disputed) != 1 || f.Chain.Disputed[0].Resolved != "settle" {
		t.Errorf("what was settled is forgotten: %+v", f.Chain)
	}
}

func TestRebuildComesToTheSame(t *testing.T) { pgtest.Both(t, testRebuildComesToTheSame) }

func testRebuildComesToTheSame(t *testing.T) {
	const number = "260302-DDDD-DDDD"
	one := begin(number, at(0, "09:00")).does(hall.Accept, "W-0101", at(0, "10:00"))
	two := begin(number, at(0, "09:00")).does(hall.Refuse, "W-0102", at(0, "10:01"))
	old := begin("251201-2222-2222", at(-91, "09:00")).does(hall.Withdraw, "", at(-90, "09:00"))
	records := slices.Concat(old.records, one.records, two.records[1:], pages(number, 3))
	want := take(t, at(0, "12:00"), nil, records...)
	if _, listed := want.cases["251201-2222-2222"]; listed || len(want.pages) != 3 {
		t.Errorf("a case of three months ago is listed: %t; %d pages", listed, len(want.pages))
	}
	got := takeAnd(t, at(0, "12:00"), nil, func(ctx context.Context, c *center.Center) {
		if err := c.Rebuild(ctx, "test", hall.ID); err != nil {
			t.Fatal(err)
		}
		position, err := c.Record(ctx, site, hall.Rated{Case: "nothing", Grade: 3, At: at(0, "11:00")})
		if err == nil {
			err = c.Projected(ctx, hall.ID, position)
		}
		if err != nil {
			t.Fatal(err)
		}
	}, records...)
	for _, o := range []*outcome{&want, &got} {
		o.board = view.Page{}
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(outcome{})); diff != "" {
		t.Errorf("built anew (-want +got):\n%s", diff)
	}
}

// pages are parts of a picture.
func pages(number string, parts int) (records []kiosk.Record) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 40)), nil); err != nil {
		panic(err)
	}
	raw := b.Bytes()
	for i := range parts {
		records = append(records, hall.Page{Case: number, Material: "lease", Digest: "0123456789abcdef0123", Media: "image/jpeg", Part: i, Parts: parts,
			Bytes: raw[i*len(raw)/parts : (i+1)*len(raw)/parts], At: at(0, "09:00")})
	}
	return records
}

// TestPicturesGoWithTheirCase: they are in the feed while desks need them, and
// those that arrive later are not put there.
func TestPicturesGoWithTheirCase(t *testing.T) { pgtest.Both(t, testPicturesGoWithTheirCase) }

func testPicturesGoWithTheirCase(t *testing.T) {
	const number = "260302-DDDD-DDDD"
	s := begin(number, at(0, "09:00"))
	if o := take(t, at(0, "12:00"), nil, slices.Concat(pages(number, 2), s.records)...); len(o.pages) != 2 {
		t.Errorf("open: %d pages", len(o.pages))
	}
	s.does(hall.Withdraw, "", at(0, "10:00"))
	if o := take(t, at(0, "12:00"), nil, slices.Concat(pages(number, 2)[:1], s.records, pages(number, 2)[1:])...); len(o.pages) != 0 {
		t.Errorf("over: %d pages", len(o.pages))
	}
}

func TestMissingCalendar(t *testing.T) { pgtest.Both(t, testMissingCalendar) }

func testMissingCalendar(t *testing.T) {
	at2027 := time.Date(2027, 1, 4, 9, 0, 0, 0, zone)
	s := begin("270104-2222-2222", at2027).does(hall.Accept, "W-0101", at2027)
	o := take(t, at2027.AddDate(0, 0, 1), nil, s.records...)
	if got := text(o.board, "calendar"); !strings.Contains(got, "2027") || table(o.board, "late") != "" {
		t.Errorf("%s, %s", got, table(o.board, "late"))
	}
	register := []center.FeedChange{{Site: site, Feed: hall.FeedCalendar, Key: "2027", Value: workday.Year{Year: 2027, Source: "a test", Holidays: []workday.Holiday{{From: "2027-01-01", To: "2027-01-03"}}}}}
	o = take(t, at2027.AddDate(0, 0, 8), register, s.records...)
	if got := text(o.board, "calendar"); got != "" || !strings.HasPrefix(table(o.board, "late"), "超期") {
		t.Errorf("with the year entered: %s\n%s", got, table(o.board, "late"))
	}
}

func TestQueue(t *testing.T) { pgtest.Both(t, testQueue) }

func testQueue(t *testing.T) {
	yesterday := hall.TicketTaken{ID: "y", Number: "A001", Day: "2026-03-01", At: at(-1, "09:00")}
	one := hall.TicketTaken{ID: "1", Number: "A001", Day: "2026-03-02", At: at(0, "09:00")}
	two := hall.TicketTaken{ID: "2", Number: "A002", Day: "2026-03-02", At: at(0, "09:01")}
	late := hall.TicketTaken{ID: "l", Number: "B001", Day: "2026-03-01", At: at(-1, "09:00")}
	var known hall.Ticket
	known.Open(one)
	atThree := hall.QueueChange{Basis: known.Next("q3"), Ticket: "1", Step: hall.Call, Window: "3", By: "W-0101", At: at(0, "09:10")}
	atFour := hall.QueueChange{Basis: known.Next("q4"), Ticket: "1", Step: hall.Call, Window: "4", By: "W-0102", At: at(0, "09:09")}
	o := take(t, at(0, "09:30"), nil, yesterday, one, two, atThree, atFour, late)
	if len(o.queue) != 2 {
		t.Errorf("%d tickets are listed, two are of today", len(o.queue))
	}
	if got := o.queue["1"]; got.Window != "3" || got.State != hall.Called || len(got.Chain.Unsettled()) != 1 {
		t.Errorf("called by two: %+v", got)
	}
	if got := text(o.board, "queue"); got != "今日取号 2 个,等候 1 人,平均等候 10 分钟,同时叫号 1 次" {
		t.Error(got)
	}
	if got := table(o.board, "windows"); got != "3 | 1 | 0 | 0" {
		t.Error(got)
	}
}

func TestApplyRefusesForGood(t *testing.T) {
	h := New(zone)
	good := `"id":"x","case":"c","at":"2026-03-02T09:00:00Z","expected_version":1,"after":"o","action":"accept"`
	for name, r := range map[string]struct{ kind, body string }{
		"no JSON":                   {hall.KindSubmitted.Name, `{`},
		"no case":                   {hall.KindSubmitted.Name, `{"id":"x"}`},
		"no version":                {hall.KindDeskChanged.Name, `{"id":"x","case":"c","by":"W","at":"2026-03-02T09:00:00Z"}`},
		"a terminal as a clerk":     {hall.KindChanged.Name, `{` + good + `,"by":"W-0101"}`},
		"a desk as the applicant":   {hall.KindDeskChanged.Name, `{` + good + `}`},
		"a grade of six":            {hall.KindRated.Name, `{"case":"c","grade":6,"at":"2026-03-02T09:00:00Z"}`},
		"a ticket without a number": {hall.KindTicket.Name, `{"id":"x"}`},
		"a call by nobody":          {hall.KindDeskQueue.Name, `{"id":"x","ticket":"t","at":"2026-03-02T09:00:00Z","expected_version":1,"after":"o"}`},
		"a part of nothing":         {hall.KindPage.Name, `{"case":"c","digest":"d","part":2,"parts":2,"bytes":"AA=="}`},
		"another's kind":            {"gate.pass", `{}`},
	} {
		got := projection.Received{}
		got.Kind, got.Version, got.Body = r.kind, 1, []byte(r.body)
		if err := h.Apply(context.Background(), nil, got); !projection.IsPermanent(err) || projection.IsUnknownVersion(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := projection.Received{}
	r.Kind, r.Version = hall.KindSubmitted.Name, 2
	if err := h.Apply(context.Background(), nil, r); !projection.IsUnknownVersion(err) {
		t.Errorf("version 2: %v", err)
	}
	if _, ok := h.Tell(r); ok {
		t.Error("an unknown version is told")
	}
}
