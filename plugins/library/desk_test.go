package library_test

import (
	"strings"
	"testing"

	"github.com/luohu/ting/assets/demo"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/library"
)

var librarian = kiosk.Person{ID: "T-0099", Name: "孟初夏", Group: "图书室", Role: "staff", Way: kiosk.WayPIN}

// desk opens the librarian's desk of the demo's school.
func desk(t *testing.T, opts ...kiosktest.Option) *kiosktest.Terminal {
	t.Helper()
	var books, people, patrons []kiosk.Row
	for _, c := range demo.Holdings(demo.School1) {
		books = append(books, kiosktest.Row(c.Barcode, c))
	}
	for _, p := range demo.People(demo.School1) {
		people = append(people, kiosktest.Row(p.ID, p))
	}
	for _, p := range demo.Readers(demo.School1) {
		patrons = append(patrons, kiosktest.Row(p.Person, p))
	}
	tm := kiosktest.New(t, library.New(), append([]kiosktest.Option{kiosktest.WithSettings(map[string]string{"desk": "on"}), kiosktest.WithFeed(library.FeedHoldings, books...),
		kiosktest.WithFeed(kiosk.FeedPeople, people...), kiosktest.WithFeed(library.FeedPatrons, patrons...)}, opts...)...)
	tm.Start()
	return tm
}

// TestDeskIsForItsStaff: denied by default, also to other staff.
func TestDeskIsForItsStaff(t *testing.T) {
	tm := desk(t)
	r := tm.Identifies(teacher) // of another office
	if len(r.Roles) != 1 || r.Roles[0] != "staff" {
		t.Errorf("%+v", r)
	}
	tm.WantPage("denied")
	tm.Answer("done", nil)
	if err := tm.WantEnd(); err != nil {
		t.Fatal(err)
	}
	if len(tm.Records()) != 0 {
		t.Error("something was recorded")
	}
	tm = desk(t, kiosktest.WithSettings(map[string]string{"desk": "on", "staff": "教务处, 图书室"}))
	tm.Identifies(teacher)
	tm.WantPage("desk")
}

// TestDeskSettlesADoubleLoan: one loan stands, the other ends, and the copy is his
// who has it.
func TestDeskSettlesADoubleLoan(t *testing.T) {
	a, b := openLoan("a", journey, lin.ID, "2026-03-20"), openLoan("b", journey, "2020-0115", "2026-03-21")
	tm := desk(t, kiosktest.WithFeed(library.FeedTasks, kiosktest.Row("double/"+journey, library.TaskRow{ID: "double/" + journey, Kind: library.TaskDouble, Copy: journey, At: b.At, Loans: []library.OpenLoan{a, b}})),
		kiosktest.WithFeed(library.FeedCopies, copyRow(b)))
	tm.Identifies(librarian)
	tm.WantPage("desk")
	tm.Answer("tasks", nil)
	tm.WantPage("tasks")
	tm.Answer("task:double/"+journey, nil)
	p := tm.WantPage("task")
	if l := list(p, "loans"); len(l) != 3 || l[0].Title.ZH != "林知夏 六年级(1)班" {
		t.Errorf("%+v", l)
	}
	tm.Answer("keep:a", map[string]string{"reason": "书在林知夏书包里"})
	if l := list(tm.WantPage("tasks"), "tasks"); len(l) != 0 {
		t.Errorf("%+v", l)
	}
	r := kiosktest.Records[library.Settled](tm)
	if len(r) != 1 || r[0].Kept != "a" || len(r[0].Closed) != 1 || r[0].Closed[0] != "b" || r[0].By != librarian.ID || r[0].Reason == "" {
		t.Errorf("%+v", r)
	}
	tm.Answer("done", nil)
	p = tm.WantPage("desk")
	if tiles, ok := p.Body[1].(view.Tiles); !ok || tiles.Tiles[0].Tone != view.Calm {
		t.Error("the task is still counted though it was decided on") // the feed has it until the center has heard
	}
}

func TestDeskTakesFees(t *testing.T) {
	tm := desk(t, kiosktest.WithFeed(library.FeedReaders, kiosktest.Row(lin.ID, library.ReaderRow{Owes: 250})))
	tm.Identifies(librarian)
	tm.WantPage("desk")
	tm.Answer("fees", nil)
	p := tm.WantPage("reader")
	tm.Answer("done", map[string]string{"reader": "nobody"})
	p = tm.WantPageAfter(p.Rev, "reader")
	tm.Scan("0009214407") // his card
	p = tm.WantPage("fees")
	tm.Answer("pay", map[string]string{"amount": "9.99"})
	p = tm.WantPageAfter(p.Rev, "fees")
	tm.Answer("waive", map[string]string{"amount": "1.00"})
	p = tm.WantPageAfter(p.Rev, "fees")
	wantNote(t, p, "减免要写原因")
	tm.Answer("waive", map[string]string{"amount": "1.00", "reason": "病假"})
	p = tm.WantPageAfter(p.Rev, "fees")
	wantNote(t, p, "已减免 1.00 元")
	tm.Answer("pay", map[string]string{"amount": "1.50"})
	p = tm.WantPageAfter(p.Rev, "fees")
	wantNote(t, p, "已收 1.50 元")
	fees := kiosktest.Records[library.Fee](tm)
	if len(fees) != 2 || !fees[0].Waived || fees[0].Fen != 100 || fees[1].Fen != 150 || fees[1].By != librarian.ID {
		t.Errorf("%+v", fees)
	}
}

// TestDeskLendsAgainstTheRules for a reason, which is in the record.
func TestDeskLendsAgainstTheRules(t *testing.T) {
	tm := desk(t)
	tm.Identifies(librarian)
	tm.WantPage("desk")
	tm.Answer("lend", nil)
	tm.WantPage("reader")
	tm.Answer("done", map[string]string{"reader": cheng.ID})
	tm.WantPage("borrow")
	tm.Scan(water) // from 12 years, and he is 7
	p := tm.WantPage("override")
	wantNote(t, p, "12 岁")
	tm.Answer("no", map[string]string{})
	wantNote(t, tm.WantPage("borrow"), "12 岁")
	tm.Scan(water)
	tm.WantPage("override")
	tm.Answer("yes", map[string]string{"reason": "家长在场同意"})
	wantNote(t, tm.WantPage("borrow"), "借好了")
	loans := kiosktest.Records[library.Loan](tm)
	if len(loans) != 1 || loans[0].Override != "家长在场同意" || loans[0].By != librarian.ID || loans[0].Person != cheng.ID {
		t.Errorf("%+v", loans)
	}
	// What lies with somebody else is not lent at any desk: it has to come back first.
	tm.SetFeed(library.FeedCopies, copyRow(openLoan("x", journey, lin.ID, "2026-03-20")))
	wantNote(t, scan(tm, "borrow", journey), "别人名下")
	if !strings.Contains(kiosktest.Records[library.Loan](tm)[0].Way, "staff") {
		t.Error("the way is not the staff's")
	}
}
