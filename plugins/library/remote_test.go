package library_test

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/library"
	"github.com/luohu/ting/plugins/library/sip2"
)

// ils is a library's own system with three books, as a SIP2 server shows it.
type ils struct {
	mu      sync.Mutex
	away    bool
	lent    map[string]string // patron by barcode
	blocked string            // a patron
	heard   []string          // codes and barcodes of what changed something
	strict  bool              // it refuses even what has happened

	told chan string // what was replayed
}

var ilsTitles = map[string]string{"A1": "城南旧事", "A2": "边城", "A3": "稻草人"}

func (l *ils) Handle(_ context.Context, m sip2.Message) sip2.Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.away {
		return &sip2.ACSStatus{Online: sip2.No, At: now, Version: sip2.Version}
	}
	title := func(item string) string { return ilsTitles[item] }
	switch m := m.(type) {
	case *sip2.SCStatus:
		return &sip2.ACSStatus{Online: sip2.Yes, CheckinOK: sip2.Yes, CheckoutOK: sip2.Yes, RenewalOK: sip2.Yes, OfflineOK: sip2.Yes, Timeout: 300, Retries: 3, At: now,
			Version: sip2.Version, Institution: "main", Supported: strings.Repeat("Y", 16)}
	case *sip2.PatronInformation:
		r := &sip2.PatronInformationResponse{Language: m.Language, At: now, Institution: "main", Patron: m.Patron, Name: "读者", Valid: sip2.Yes, Fees: "1.50"}
		most := sip2.Count(5)
		r.ChargedLimit = &most
		if m.Patron == l.blocked {
			r.Status, r.Screen = sip2.ChargeDenied, []string{"Card expired"}
		}
		for item, patron := range l.lent {
			if patron == m.Patron {
				r.ChargedItems = append(r.ChargedItems, item)
			}
		}
		slices.Sort(r.ChargedItems)
		r.Charged = sip2.Count(len(r.ChargedItems))
		return r
	case *sip2.ItemInformation:
		r := &sip2.ItemInformationResponse{Circulation: sip2.Available, Marker: "00", FeeType: "01", At: now, Item: m.Item, Title: title(m.Item)}
		if l.lent[m.Item] != "" {
			r.Circulation, r.Due = sip2.Charged, "2026-04-20"
		}
		return r
	case *sip2.Checkout:
		r := &sip2.CheckoutResponse{At: now, Institution: "main", Patron: m.Patron, Item: m.Item, Title: title(m.Item)}
		if r.Title == "" || l.strict || l.lent[m.Item] != "" && !m.NoBlock.Yes() {
			r.Screen = []string{"Not for loan"}
		} else {
			l.lent[m.Item] = m.Patron
			r.OK, r.Due, r.Desensitize = true, "20260415    235900", sip2.Yes
		}
		l.note("11", m.NoBlock, m.Item, m.At)
		return r
	case *sip2.Checkin:
		r := &sip2.CheckinResponse{At: now, Institution: "main", Item: m.Item, Location: "main", Title: title(m.Item), OK: l.lent[m.Item] != ""}
		delete(l.lent, m.Item)
		if m.Item == "A3" {
			r.Alert, r.AlertType = sip2.Yes, sip2.AlertHoldHere
		}
		l.note("09", m.NoBlock, m.Item, m.At)
		return r
	case *sip2.Renew:
		l.note("29", m.NoBlock, m.Item, m.At)
		return &sip2.RenewResponse{OK: m.Item == "A1", At: now, Institution: "main", Patron: m.Patron, Item: m.Item, Title: title(m.Item), Due: "2026-05-01", Screen: []string{"as you like"}}
	case *sip2.RenewAll:
		l.note("65", sip2.No, "", m.At)
		return &sip2.RenewAllResponse{OK: true, RenewedCount: 1, UnrenewedCount: 1, At: now, Institution: "main", Renewed: []string{"A1"}, Unrenewed: []string{"A2"}}
	case *sip2.EndSession:
		l.heard = append(l.heard, "35")
		return &sip2.EndSessionResponse{Ended: sip2.Yes, At: now, Institution: "main", Patron: m.Patron}
	}
	return nil
}

// note keeps what was said, and tells the test of what is replayed. The lock is held.
func (l *ils) note(code string, noBlock sip2.Flag, item string, at time.Time) {
	if noBlock.Yes() {
		code += "Y"
	}
	l.heard = append(l.heard, code+" "+item)
	if noBlock.Yes() && l.told != nil {
		l.told <- code + " " + item + " " + at.In(kiosktest.Morning.Location()).Format("15:04")
	}
}

func (l *ils) set(away bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.away = away
}

func (l *ils) said() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.heard)
}

// withSystem makes a terminal whose library has a system of its own.
func withSystem(t *testing.T, l *ils, more map[string]string, opts ...kiosktest.Option) *kiosktest.Terminal {
	t.Helper()
	l.lent, l.told = map[string]string{}, make(chan string, 16)
	server := &sip2.Server{Codec: sip2.Codec{Zone: kiosktest.Morning.Location()}, Login: func(_ context.Context, in *sip2.Login, _ net.Addr) sip2.Handler {
		if in.User != "ting" || in.Password != "pw" {
			return nil
		}
		return l
	}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		_ = listener.Close()
		<-served
	})
	settings := map[string]string{"sip2": "tcp://" + listener.Addr().String(), "sip2-user": "ting", "sip2-password": "pw", "sip2-institution": "main",
		"sip2-offline-most": "2", "sip2-name": "ils"}
	for k, v := range more {
		settings[k] = v
	}
	tm := kiosktest.New(t, library.New(), append([]kiosktest.Option{kiosktest.WithSettings(settings)}, opts...)...)
	tm.Start()
	tm.WantPage("start")
	return tm
}

// scanTwice is scan for a page that first says that it is busy.
func scanTwice(tm *kiosktest.Terminal, page, barcode string) view.Page {
	rev := tm.Page().Rev
	tm.Scan(barcode)
	busy := tm.WantPageAfter(rev, page)
	if noteOf(busy).Tone != view.Busy {
		return busy
	}
	return tm.WantPageAfter(busy.Rev, page)
}

// TestSystemsOwnBooks borrows, renews and returns in the library's own system.
func TestSystemsOwnBooks(t *testing.T) {
	l := &ils{}
	tm := withSystem(t, l, nil)
	borrowing(tm, lin)
	wantNote(t, scanTwice(tm, "borrow", "A1"), "城南旧事", "2026年4月15日")
	wantNote(t, scanTwice(tm, "borrow", "XX"), "没有办成", "Not for loan")
	wantNote(t, scanTwice(tm, "borrow", "A2"), "边城")
	tm.Answer("undo:A2", nil)
	tm.WantPage("undo")
	tm.Answer("yes", nil)
	tm.WantPage("borrow")
	wantNote(t, scanTwice(tm, "borrow", "A2"), "边城")
	tm.Answer("done", nil)
	tm.WantPage("receipt")
	tm.Answer("done", nil)
	if err := tm.WantEnd(); err != nil {
		t.Fatal(err)
	}
	want := []string{"11 A1", "11 XX", "11 A2", "09 A2", "11 A2", "35"}
	if got := l.said(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	loans := kiosktest.Records[library.Loan](tm)
	if len(loans) != 3 || loans[0].System != "ils" || loans[0].Due != "2026-04-15" || loans[0].Offline {
		t.Errorf("%+v", loans)
	}

	tm.Start()
	tm.WantPage("start")
	tm.Answer("mine", nil)
	tm.Identifies(lin)
	p := tm.WantPage("account")
	if loans := list(p, "loans"); len(loans) != 2 || loans[0].Title.ZH != "城南旧事" || !strings.Contains(loans[0].Detail.ZH, "4月20日") {
		t.Errorf("%+v", loans)
	}
	tm.Answer("renew:A1", nil)
	p = tm.WantPageAfter(p.Rev, "account")
	wantNote(t, p, "已续借", "2026年5月1日")
	tm.Answer("renew:A2", nil)
	p = tm.WantPageAfter(p.Rev, "account")
	wantNote(t, p, "as you like")
	tm.Answer("renew-all", nil)
	wantNote(t, tm.WantPageAfter(p.Rev, "account"), "已续借 1 册", "1 册不能续借")
	tm.End()

	tm.Start()
	tm.WantPage("start")
	tm.Answer("return", nil)
	tm.WantPage("return")
	wantNote(t, scanTwice(tm, "return", "A1"), "城南旧事", "还书箱")
	wantNote(t, scanTwice(tm, "return", "A3"), "稻草人", "预约架")
	wantNote(t, scanTwice(tm, "return", "ZZ"), "交给工作人员")
}

// TestSystemBlocks says in the system's words why nothing is lent.
func TestSystemBlocks(t *testing.T) {
	tm := withSystem(t, &ils{blocked: lin.ID}, nil)
	tm.Answer("borrow", nil)
	tm.Identifies(lin)
	wantNote(t, tm.WantPage("cannot-borrow"), "已暂停", "Card expired")
}

// TestPatronByCard asks the system by the number of the reader's card.
func TestPatronByCard(t *testing.T) {
	l := &ils{}
	tm := withSystem(t, l, map[string]string{"sip2-patron": "card"}, kiosktest.WithFeed(kiosk.FeedPeople, kiosktest.Row(lin.ID, kiosk.PersonRow{ID: lin.ID, Cards: []string{"0009214407"}})))
	borrowing(tm, lin)
	scanTwice(tm, "borrow", "A1")
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lent["A1"] != "0009214407" {
		t.Errorf("%v", l.lent)
	}
}

// TestSystemAway lends by what the system last said, takes everything back, and tells
// it all afterwards, in order and at its own time.
func TestSystemAway(t *testing.T) {
	l := &ils{blocked: cheng.ID}
	tm := withSystem(t, l, nil)
	for _, p := range []kiosk.Person{lin, cheng} { // the system is heard of both
		tm.Answer("mine", nil)
		tm.Identifies(p)
		tm.WantPage("account")
		tm.Back()
		tm.WantPage("start")
	}
	l.set(true)
	tm.Answer("borrow", nil)
	tm.Identifies(cheng)
	wantNote(t, tm.WantPage("cannot-borrow"), "已暂停") // a block holds without the system
	tm.Back()
	tm.WantPage("start")
	tm.Answer("borrow", nil)
	tm.Identifies(teacher)
	wantNote(t, tm.WantPage("cannot-borrow"), "无法确认") // nobody knows
	tm.Back()
	tm.WantPage("start")
	borrowing(tm, lin)
	wantNote(t, scanTwice(tm, "borrow", "A1"), "已借出", "联网后自动登记")
	tm.Advance(time.Minute)
	wantNote(t, scanTwice(tm, "borrow", "A2"), "已借出")
	wantNote(t, scanTwice(tm, "borrow", "A3"), "最多借 2 册")
	tm.Answer("done", nil)
	tm.WantPage("receipt")
	tm.End()
	tm.Start()
	tm.WantPage("start")
	tm.Answer("return", nil)
	tm.WantPage("return")
	tm.Advance(time.Minute)
	wantNote(t, scanTwice(tm, "return", "A1"), "已归还")
	tm.Back()
	tm.WantPage("returned")
	if got := l.said(); slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "11") || strings.HasPrefix(s, "09") }) {
		t.Errorf("the system was away and heard %q", got)
	}
	l.set(false)
	for _, want := range []string{"11Y A1 07:42", "11Y A2 07:43", "09Y A1 07:44"} {
		select {
		case got := <-l.told:
			if got != want {
				t.Errorf("told %q, not %q", got, want)
			}
		case <-time.After(2 * time.Minute):
			t.Fatalf("%q was never told", want)
		}
	}
	loans := kiosktest.Records[library.Loan](tm)
	if len(loans) != 2 || !loans[0].Offline || loans[0].System != "ils" {
		t.Errorf("%+v", loans)
	}
}

// TestSystemRefusesAfterwards is a librarian's task: the book is out.
func TestSystemRefusesAfterwards(t *testing.T) {
	l := &ils{}
	tm := withSystem(t, l, nil)
	tm.Answer("mine", nil)
	tm.Identifies(lin)
	tm.WantPage("account")
	tm.Back()
	tm.WantPage("start")
	l.set(true)
	borrowing(tm, lin)
	scanTwice(tm, "borrow", "A1")
	tm.End()
	l.mu.Lock()
	l.away, l.strict = false, true
	l.mu.Unlock()
	select {
	case <-l.told:
	case <-time.After(2 * time.Minute):
		t.Fatal("it was never told")
	}
	// The next visits record what the system said; the first may come too early.
	late := time.Now().Add(2 * time.Minute)
	for len(kiosktest.Records[library.Refused](tm)) == 0 {
		if time.Now().After(late) {
			t.Fatal("nothing says that the system refused")
		}
		tm.Start()
		tm.WantPage("start")
		tm.End()
	}
	if r := kiosktest.Records[library.Refused](tm)[0]; r.Copy != "A1" || r.Person != lin.ID || r.Did != "loan" || r.Message != "Not for loan" {
		t.Errorf("%+v", r)
	}
}

func TestSettings(t *testing.T) {
	for _, s := range []map[string]string{
		{"sip3": "x"},
		{"sip2": "library:6001"},
		{"sip2": "http://library:6001"},
		{"sip2": "tcp://library"},
		{"sip2": "tcp://library:6001", "sip2-encoding": "klingon"},
		{"sip2": "tcp://library:6001", "sip2-offline-most": "many"},
		{"sip2": "tcp://library:6001", "sip2-timeout": "-1s"},
		{"sip2": "tcp://library:6001", "sip2-patron": "name"},
		{"sip2": "tcp://library:6001", "sip2-password-file": "/nowhere/at/all"},
		{"sip2": "tls://library:6001", "sip2-ca": "/nowhere/at/all"},
	} {
		m := library.New().(kiosk.Starter)
		err := m.Start(t.Context(), kiosk.Setup{Settings: s, Dir: t.TempDir()})
		if kiosk.CodeOf(err) != kiosk.CodeInvalid || !strings.Contains(err.Error(), "terminal.toml") {
			t.Errorf("%v: %v", s, err)
		}
	}
}
