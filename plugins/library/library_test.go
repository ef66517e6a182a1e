package library_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luohu/ting/assets/demo"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/library"
)

// Barcodes of the demo school.
const (
	journey  = "10100011" // 西游记
	journey2 = "10100012" // its second copy
	water    = "10100021" // 水浒传, from 12 years
	three    = "10100031" // 三国演义
	kangxi   = "10100831" // 康熙字典, stays
)

var (
	lin     = kiosk.Person{ID: "2020-0107", Name: "林知夏", Group: "六年级(1)班", Role: "pupil", Way: kiosk.WayFace} // 11 in March 2026
	cheng   = kiosk.Person{ID: "2024-0108", Name: "程亦凡", Group: "二年级(1)班", Role: "pupil", Way: kiosk.WayFace} // 7
	teacher = kiosk.Person{ID: "T-0047", Name: "方静宜", Group: "教务处", Role: "staff", Way: kiosk.WayPIN}
)

func at(day string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, day, kiosktest.Morning.Location())
	if err != nil {
		panic(err)
	}
	return t.Add(8 * time.Hour)
}

// open makes a school's terminal with the demo's books and readers, and more rows.
func open(t *testing.T, opts ...kiosktest.Option) *kiosktest.Terminal {
	t.Helper()
	var books, patrons []kiosk.Row
	for _, c := range demo.Holdings(demo.School1) {
		books = append(books, kiosktest.Row(c.Barcode, c))
	}
	for _, p := range demo.Readers(demo.School1) {
		patrons = append(patrons, kiosktest.Row(p.Person, p))
	}
	tm := kiosktest.New(t, library.New(), append([]kiosktest.Option{kiosktest.WithLane("desk-1"),
		kiosktest.WithFeed(library.FeedHoldings, books...), kiosktest.WithFeed(library.FeedPatrons, patrons...)}, opts...)...)
	return tm
}

func start(t *testing.T, opts ...kiosktest.Option) *kiosktest.Terminal {
	t.Helper()
	tm := open(t, opts...)
	tm.Start()
	tm.WantPage("start")
	return tm
}

// scan holds a book before the scanner and waits for the page that speaks of it.
func scan(tm *kiosktest.Terminal, page, barcode string) view.Page {
	rev := tm.Page().Rev
	tm.Scan(barcode)
	return tm.WantPageAfter(rev, page)
}

// borrowing recognises somebody who came to borrow.
func borrowing(tm *kiosktest.Terminal, p kiosk.Person) {
	tm.Answer("borrow", nil)
	tm.Identifies(p)
	tm.WantPage("borrow")
}

func noteOf(p view.Page) view.Notice {
	for _, n := range p.Body {
		if n, ok := n.(view.Notice); ok && (n.NodeKey() == "note" || n.NodeKey() == "why") {
			return n
		}
	}
	return view.Notice{}
}

func list(p view.Page, key string) []view.ListItem {
	for _, n := range p.Body {
		if l, ok := n.(view.List); ok && l.NodeKey() == key {
			return l.Items
		}
	}
	return nil
}

func wantNote(t *testing.T, p view.Page, words ...string) {
	t.Helper()
	n := noteOf(p)
	for _, w := range words {
		if !strings.Contains(n.Text.ZH+n.Detail.ZH, w) {
			t.Errorf("page %s says %q, %q; not %q", p.ID, n.Text.ZH, n.Detail.ZH, w)
		}
	}
}

// TestDemoRows keeps the demo's files to the shapes that this module documents.
func TestDemoRows(t *testing.T) {
	strict := func(from, to any) {
		t.Helper()
		b, err := json.Marshal(from)
		if err != nil {
			t.Fatal(err)
		}
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		if err := d.Decode(to); err != nil {
			t.Errorf("%s: %v", b, err)
		}
	}
	seen := map[string]bool{}
	for _, site := range []string{demo.School1, demo.Library} {
		n := 0
		for _, c := range demo.Holdings(site) {
			var got library.Copy
			strict(c, &got)
			if clean, ok := library.CleanBarcode(got.Barcode); !ok || clean != got.Barcode || seen[got.Barcode] || got.Title == "" || got.ID == "" {
				t.Errorf("%+v", got)
			}
			seen[got.Barcode] = true
			n++
		}
		if n < 200 {
			t.Errorf("%s has %d copies", site, n)
		}
		for _, p := range demo.Readers(site) {
			var got library.Patron
			strict(p, &got)
			if _, known := library.Age(got.Born, at("2026-03-02")); !known {
				t.Errorf("%+v has no age", got)
			}
		}
	}
}

// TestBorrow is the main visit: a stack of books, a slip, and goodbye.
func TestBorrow(t *testing.T) {
	tm := start(t)
	borrowing(tm, lin)
	wantNote(t, scan(tm, "borrow", journey), "西游记", "2026年4月1日")
	p := scan(tm, "borrow", three)
	if l := list(p, "books"); len(l) != 2 || l[0].Title.ZH != "三国演义" {
		t.Errorf("%+v", l)
	}
	tm.Answer("done", nil)
	p = tm.WantPage("receipt")
	for _, n := range p.Body {
		if c, ok := n.(view.PersonCard); ok && c.Name.ZH != "林*夏" {
			t.Errorf("the name is shown: %q", c.Name.ZH)
		}
	}
	tm.Answer("print", nil)
	tm.WantPageAfter(p.Rev, "receipt")
	if slips := tm.Printed(); len(slips) != 1 || slips[0].Title.ZH != "借书凭条" {
		t.Errorf("%+v", slips)
	}
	tm.Answer("done", nil)
	if err := tm.WantEnd(); err != nil {
		t.Fatal(err)
	}
	loans := kiosktest.Records[library.Loan](tm)
	want := library.Loan{Copy: journey, Title: "t0001", Person: lin.ID, At: kiosktest.Morning, Due: "2026-04-01", Way: "face", Lane: "desk-1"}
	if len(loans) != 2 || !cmp.Equal(loans[0], want) {
		t.Errorf("%+v", loans)
	}
	for _, r := range tm.Records() {
		if strings.Contains(string(r.JSON), lin.Name) {
			t.Errorf("%s names the reader", r.JSON)
		}
	}
}

// TestUndo takes a mis-scanned book off the list; the loan never was.
func TestUndo(t *testing.T) {
	tm := start(t)
	borrowing(tm, lin)
	scan(tm, "borrow", journey)
	scan(tm, "borrow", three)
	tm.Answer("undo:"+journey, nil)
	tm.WantPage("undo")
	tm.Answer("no", nil)
	if l := list(tm.WantPage("borrow"), "books"); len(l) != 2 {
		t.Errorf("%+v", l)
	}
	tm.Answer("undo:"+journey, nil)
	tm.WantPage("undo")
	tm.Answer("yes", nil)
	p := tm.WantPage("borrow")
	if l := list(p, "books"); len(l) != 1 || l[0].Title.ZH != "三国演义" {
		t.Errorf("%+v", l)
	}
	wantNote(t, p, "撤销")
	returns := kiosktest.Records[library.Return](tm)
	if len(returns) != 1 || !returns[0].Undo || returns[0].Loan == "" || returns[0].Copy != journey {
		t.Errorf("%+v", returns)
	}
	wantNote(t, scan(tm, "borrow", journey), "借好了") // it is free again
}

// TestTypedBarcode borrows a book whose label the scanner does not read.
func TestTypedBarcode(t *testing.T) {
	tm := start(t)
	borrowing(tm, lin)
	tm.Answer("type", nil)
	p := tm.WantPage("type")
	tm.Answer("done", map[string]string{"barcode": "书"})
	tm.WantPageAfter(p.Rev, "type")
	tm.Answer("done", map[string]string{"barcode": " " + journey})
	wantNote(t, tm.WantPage("borrow"), "借好了")
	tm.Answer("type", nil)
	tm.WantPage("type")
	tm.Back()
	if l := list(tm.WantPage("borrow"), "books"); len(l) != 1 {
		t.Errorf("%+v", l)
	}
	// A code held before the scanner while the page to type stands is taken too.
	tm.Answer("type", nil)
	tm.WantPage("type")
	tm.Scan(three)
	wantNote(t, tm.WantPage("borrow"), "三国演义")
}

func openLoan(id, copyID, person, due string) library.OpenLoan {
	return library.OpenLoan{ID: id, Copy: copyID, Title: "t" + copyID[3:7], Person: person, At: at("2026-02-20"), Due: due, FinePerDay: 10, FineMost: 500}
}

func copyRow(l library.OpenLoan) kiosk.Row {
	return kiosktest.Row(l.Copy, library.CopyRow{At: l.At, Loan: &l})
}

// TestRefusedBooks: each is said in words, recorded by nothing, and the visit goes on.
func TestRefusedBooks(t *testing.T) {
	for name, c := range map[string]struct {
		person  kiosk.Person
		barcode string
		opts    []kiosktest.Option
		words   []string
	}{
		"unknown":      {lin, "99999999", nil, []string{"没有查到"}},
		"no barcode":   {lin, "https://example.org/?x=|AB1", nil, []string{"不是图书条码"}},
		"stays":        {lin, kangxi, nil, []string{"康熙字典", "馆内"}},
		"too young":    {cheng, water, nil, []string{"水浒传", "12 岁"}},
		"age unknown":  {kiosk.Person{ID: "2025-0999", Name: "新同学", Role: "pupil"}, water, nil, []string{"12 岁", "出生日期"}},
		"lent":         {lin, journey, []kiosktest.Option{kiosktest.WithFeed(library.FeedCopies, copyRow(openLoan("x", journey, "2020-0115", "2026-03-20")))}, []string{"别人名下"}},
		"yours":        {lin, journey, []kiosktest.Option{kiosktest.WithFeed(library.FeedCopies, copyRow(openLoan("x", journey, lin.ID, "2026-03-20")))}, []string{"已经在您名下", "3月20日"}},
		"held":         {lin, journey, []kiosktest.Option{kiosktest.WithFeed(library.FeedCopies, kiosktest.Row(journey, library.CopyRow{At: at("2026-03-01"), HeldFor: "2020-0115"}))}, []string{"有人预约"}},
		"foreign code": {lin, strings.Repeat("7", 60), nil, []string{"不是图书条码"}},
	} {
		t.Run(name, func(t *testing.T) {
			tm := start(t, c.opts...)
			borrowing(tm, c.person)
			p := scan(tm, "borrow", c.barcode)
			wantNote(t, p, c.words...)
			if n := len(tm.Records()); n != 0 {
				t.Errorf("%d records", n)
			}
			if l := list(p, "books"); len(l) != 0 {
				t.Errorf("%+v", l)
			}
			wantNote(t, scan(tm, "borrow", three), "借好了")
		})
	}
}

// TestHeldForYou: whom a book is kept for gets it.
func TestHeldForYou(t *testing.T) {
	tm := start(t, kiosktest.WithFeed(library.FeedCopies, kiosktest.Row(journey, library.CopyRow{At: at("2026-03-01"), HeldFor: lin.ID})))
	borrowing(tm, lin)
	wantNote(t, scan(tm, "borrow", journey), "借好了")
}

// TestTooMany lends up to the limit, and says so at the next book.
func TestTooMany(t *testing.T) {
	tm := start(t, kiosktest.WithFeed(library.FeedTerms, kiosktest.Row("pupil", library.Terms{Most: 2, Days: 14, Renewals: 1})))
	borrowing(tm, lin)
	wantNote(t, scan(tm, "borrow", journey), "2026年3月16日")
	scan(tm, "borrow", three)
	wantNote(t, scan(tm, "borrow", journey2), "借满 2 册")
	wantNote(t, scan(tm, "borrow", three), "扫过")
	if n := len(kiosktest.Records[library.Loan](tm)); n != 2 {
		t.Errorf("%d loans", n)
	}
}

// TestReaderMayNotBorrow is told before he scans, and is shown his account.
func TestReaderMayNotBorrow(t *testing.T) {
	late := openLoan("x", journey, lin.ID, "2026-02-25")
	for name, c := range map[string]struct {
		opts  []kiosktest.Option
		words string
	}{
		"overdue": {[]kiosktest.Option{kiosktest.WithFeed(library.FeedReaders, kiosktest.Row(lin.ID, library.ReaderRow{Loans: []library.OpenLoan{late}})),
			kiosktest.WithFeed(library.FeedCopies, copyRow(late))}, "逾期"},
		"owes": {[]kiosktest.Option{kiosktest.WithFeed(library.FeedReaders, kiosktest.Row(lin.ID, library.ReaderRow{Owes: 2500})),
			kiosktest.WithFeed(library.FeedTerms, kiosktest.Row("pupil", library.Terms{Most: 5, Days: 30, OweMost: 2000}))}, "25.00 元"},
		"full": {[]kiosktest.Option{kiosktest.WithFeed(library.FeedTerms, kiosktest.Row("pupil", library.Terms{Most: 0, Days: 30}))}, "借满 0 册"},
	} {
		t.Run(name, func(t *testing.T) {
			tm := start(t, c.opts...)
			tm.Answer("borrow", nil)
			tm.Identifies(lin)
			wantNote(t, tm.WantPage("cannot-borrow"), c.words)
			tm.Answer("mine", nil)
			tm.WantPage("account")
			tm.Answer("done", nil)
			if err := tm.WantEnd(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestReturn takes books from whoever brings them, and says where each goes.
func TestReturn(t *testing.T) {
	late := openLoan("x", journey, lin.ID, "2026-02-25")
	tm := start(t, kiosktest.WithFeed(library.FeedCopies, copyRow(late)),
		kiosktest.WithFeed(library.FeedHolds, kiosktest.Row("t0003", library.HoldsRow{Waiting: []library.Waiting{{Person: "2020-0115", At: at("2026-03-01")}}})))
	tm.Answer("return", nil)
	tm.WantPage("return")
	wantNote(t, scan(tm, "return", journey), "西游记", "逾期 5 天", "0.50 元")
	wantNote(t, scan(tm, "return", three), "预约架")
	wantNote(t, scan(tm, "return", "77777777"), "馆藏里没有", "交给工作人员")
	wantNote(t, scan(tm, "return", journey), "已经还了")
	tm.Answer("done", nil)
	p := tm.WantPage("returned")
	if fee, ok := p.Body[len(p.Body)-1].(view.Notice); !ok || !strings.Contains(fee.Text.ZH, "0.50 元") {
		t.Errorf("%+v", p.Body)
	}
	tm.Answer("print", nil)
	tm.WantPageAfter(p.Rev, "returned")
	tm.Answer("done", nil)
	if err := tm.WantEnd(); err != nil {
		t.Fatal(err)
	}
	r := kiosktest.Records[library.Return](tm)
	if len(r) != 3 || r[0].Loan != "x" || r[1].HeldFor != "2020-0115" || r[2].Copy != "77777777" {
		t.Errorf("%+v", r)
	}
}

// TestBorrowAndReturnBeforeTheCenterHears: what this terminal did counts at once.
func TestBorrowAndReturnBeforeTheCenterHears(t *testing.T) {
	tm := start(t)
	borrowing(tm, lin)
	scan(tm, "borrow", journey)
	tm.End()
	tm.Start()
	tm.WantPage("start")
	borrowing(tm, cheng)
	wantNote(t, scan(tm, "borrow", journey), "别人名下")
	tm.End()
	tm.Start()
	tm.WantPage("start")
	tm.Answer("return", nil)
	tm.WantPage("return")
	scan(tm, "return", journey)
	tm.End()
	tm.Start()
	tm.WantPage("start")
	borrowing(tm, cheng)
	wantNote(t, scan(tm, "borrow", journey), "借好了")
	returns := kiosktest.Records[library.Return](tm)
	if len(returns) != 1 || returns[0].Loan == "" {
		t.Errorf("the return does not name its loan: %+v", returns)
	}
}

// TestAbandoned: whoever walks away keeps what is on his list, and nothing more.
func TestAbandoned(t *testing.T) {
	tm := start(t)
	borrowing(tm, lin)
	scan(tm, "borrow", journey)
	tm.End()
	if n := len(tm.Records()); n != 1 {
		t.Errorf("%d records", n)
	}
	tm.Start()
	tm.WantPage("start")
	tm.Answer("borrow", nil)
	tm.WantPage(kiosktest.PageIdentify)
	tm.Back()
	tm.WantPage("start")
	tm.Answer("return", nil)
	tm.WantPage("return")
	tm.Back()
	tm.WantPage("start")
	borrowing(tm, cheng)
	tm.Back()
	tm.WantPage("start")
	tm.Back()
	if err := tm.WantEnd(); err != nil {
		t.Fatal(err)
	}
	if n := len(tm.Records()); n != 1 {
		t.Errorf("%d records", n)
	}
}

// TestBackAfterBooks shows the receipt: what is lent is lent.
func TestBackAfterBooks(t *testing.T) {
	tm := start(t)
	borrowing(tm, lin)
	scan(tm, "borrow", journey)
	tm.Back()
	p := tm.WantPage("receipt")
	tm.Advance(p.Timeout)
	if err := tm.WantEnd(); err != nil {
		t.Fatal(err)
	}
}

func TestWithoutScannerOrPrinter(t *testing.T) {
	tm := start(t, kiosktest.WithGrants(kiosk.PermIdentify, kiosk.PermRecord, kiosk.PermFeeds))
	borrowing(tm, lin)
	tm.Answer("type", nil)
	tm.WantPage("type")
	tm.Answer("done", map[string]string{"barcode": journey})
	tm.WantPage("borrow")
	tm.Answer("done", nil)
	p := tm.WantPage("receipt")
	tm.Answer("print", nil)
	wantNote(t, tm.WantPageAfter(p.Rev, "receipt"), "拍下屏幕")
}

// TestDiskFull lends nothing that cannot be recorded, and says so calmly.
func TestDiskFull(t *testing.T) {
	tm := start(t)
	borrowing(tm, lin)
	tm.DiskFull()
	p := scan(tm, "borrow", journey)
	wantNote(t, p, "没有登记")
	if l := list(p, "books"); len(l) != 0 {
		t.Errorf("%+v", l)
	}
	tm.DiskFree()
	wantNote(t, scan(tm, "borrow", journey), "借好了")
}

// TestIdentifyFails: without a name nothing is lent, and the visit says why.
func TestIdentifyFails(t *testing.T) {
	tm := start(t)
	tm.Answer("borrow", nil)
	tm.IdentifyFails(kiosk.CodeLocked)
	tm.WantPage("not-identified")
	tm.Answer("done", nil)
	if err := tm.WantEnd(); err != nil {
		t.Fatal(err)
	}
}

// TestSameStepsWithoutFace counts the pages of a visit by face and by card.
func TestSameStepsWithoutFace(t *testing.T) {
	pages := map[kiosk.Way]int{}
	for _, way := range []kiosk.Way{kiosk.WayFace, kiosk.WayCard, kiosk.WayPIN, kiosk.WayStaff} {
		tm := start(t)
		p := lin
		p.Way = way
		borrowing(tm, p)
		scan(tm, "borrow", journey)
		tm.Answer("done", nil)
		tm.WantPage("receipt")
		for _, p := range tm.Pages() {
			if p.ID != kiosktest.PageIdentify { // the terminal's own, which a quick script may not see
				pages[way]++
			}
		}
		if l := kiosktest.Records[library.Loan](tm); len(l) != 1 || l[0].Way != string(way) {
			t.Errorf("%+v", l)
		}
	}
	for way, n := range pages {
		if n != pages[kiosk.WayFace] {
			t.Errorf("by %s %d pages, by face %d", way, n, pages[kiosk.WayFace])
		}
	}
}

// TestEnglish: every page of the main visit speaks English too.
func TestEnglish(t *testing.T) {
	tm := start(t)
	borrowing(tm, lin)
	scan(tm, "borrow", journey)
	scan(tm, "borrow", kangxi)
	tm.Answer("done", nil)
	tm.WantPage("receipt")
	for _, p := range tm.Pages() {
		for _, text := range texts(p) {
			if (text.ZH == "") != (text.EN == "") {
				t.Errorf("page %s: %+v", p.ID, text)
			}
		}
	}
}

func texts(p view.Page) []view.Text {
	all := []view.Text{p.Title}
	for _, a := range p.Actions {
		all = append(all, a.Label)
	}
	for _, n := range p.Body {
		switch n := n.(type) {
		case view.Notice:
			all = append(all, n.Text, n.Detail)
		case view.List:
			all = append(all, n.Empty)
			for _, it := range n.Items {
				all = append(all, it.Title, it.Detail)
			}
		case view.Receipt:
			for _, f := range n.Facts {
				all = append(all, f.Label, f.Value)
			}
		case view.PersonCard:
			all = append(all, n.Name, n.Line, n.Detail)
		}
	}
	return all
}
