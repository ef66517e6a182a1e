package library_test

import (
	"strings"
	"testing"

	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/library"
)

// TestMine renews one book, then all, and says why the others cannot be.
func TestMine(t *testing.T) {
	a, b, c := openLoan("a", journey, lin.ID, "2026-03-10"), openLoan("b", three, lin.ID, "2026-03-12"), openLoan("c", "10100041", lin.ID, "2026-03-14")
	b.Renewals = 1
	tm := start(t,
		kiosktest.WithFeed(library.FeedReaders, kiosktest.Row(lin.ID, library.ReaderRow{Loans: []library.OpenLoan{a, b, c}, Owes: 120,
			Holds: []library.ReaderHold{{Title: "t0005", At: at("2026-03-01"), Ready: "10100051"}}})),
		kiosktest.WithFeed(library.FeedCopies, copyRow(a), copyRow(b), copyRow(c)))
	tm.Answer("mine", nil)
	tm.Identifies(lin)
	p := tm.WantPage("account")
	loans := list(p, "loans")
	if len(loans) != 3 || loans[0].ID != "renew:"+journey || loans[1].ID != "" || !strings.Contains(loans[1].Detail.ZH, "已用完") {
		t.Errorf("%+v", loans)
	}
	if h := list(p, "holds"); len(h) != 1 || !strings.Contains(h[0].Title.ZH, "儒林外史") || !strings.Contains(h[0].Detail.ZH, "预约架") {
		t.Errorf("%+v", h)
	}
	tm.Answer("renew:"+journey, nil)
	p = tm.WantPageAfter(p.Rev, "account")
	wantNote(t, p, "西游记", "已续借", "2026年4月1日")
	tm.Answer("renew-all", nil)
	p = tm.WantPageAfter(p.Rev, "account")
	wantNote(t, p, "已续借 1 册", "2 册不能续借")
	if r := kiosktest.Records[library.Renewal](tm); len(r) != 2 || r[0].Loan != "a" || r[0].Due != "2026-04-01" || r[1].Loan != "c" {
		t.Errorf("%+v", r)
	}
	tm.Answer("cancel-hold:t0005", nil)
	tm.WantPage("cancel-hold")
	tm.Answer("yes", nil)
	p = tm.WantPage("account")
	if h := kiosktest.Records[library.Hold](tm); len(h) != 1 || !h[0].Cancelled || len(list(p, "holds")) != 0 {
		t.Errorf("%+v", h)
	}
	tm.Answer("print", nil)
	tm.WantPageAfter(p.Rev, "account")
	if len(tm.Printed()) != 1 {
		t.Error("nothing was printed")
	}
}

// TestFindAndHold searches by pinyin and waits for a book whose copies are out.
func TestFindAndHold(t *testing.T) {
	a, b := openLoan("a", journey, "2020-0115", "2026-03-10"), openLoan("b", journey2, "2020-0212", "2026-03-20")
	tm := start(t, kiosktest.WithFeed(library.FeedCopies, copyRow(a), copyRow(b)))
	tm.Answer("find", nil)
	p := tm.WantPage("find")
	tm.Answer(view.ActionChange, map[string]string{"title": "xyj"})
	p = tm.WantPageAfter(p.Rev, "find")
	if found := list(p, "found"); len(found) == 0 || found[0].Title.ZH != "西游记" {
		t.Fatalf("%+v", found)
	}
	tm.Answer("book:t0001", nil)
	p = tm.WantPage("book")
	if n, ok := p.Body[0].(view.Notice); !ok || !strings.Contains(n.Text.ZH+n.Detail.ZH, "都借出去了最早 3月10日") {
		t.Errorf("%+v", p.Body[0])
	}
	tm.Answer("hold", nil)
	tm.Identifies(lin)
	tm.WantPage("held")
	if h := kiosktest.Records[library.Hold](tm); len(h) != 1 || h[0].Title != "t0001" || h[0].Person != lin.ID {
		t.Errorf("%+v", h)
	}
	tm.Back()
	tm.WantPage("find")
	tm.Answer("book:t0001", nil)
	tm.WantPage("book")
	tm.Answer("hold", nil)
	wantNote(t, tm.WantPage("no-hold"), "已经预约") // who is recognised need not say it twice
	tm.Back()
	p = tm.WantPage("find")
	tm.Answer(view.ActionChange, map[string]string{"title": "zzzz"})
	if found := list(tm.WantPageAfter(p.Rev, "find"), "found"); len(found) != 0 {
		t.Errorf("%+v", found)
	}
}
