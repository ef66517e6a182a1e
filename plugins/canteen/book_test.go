package canteen

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/kiosktest"
)

// bought begins an entry in a book.
func bought(t testing.TB, b *Book, person string, own int64, at time.Time) *bookEntry {
	t.Helper()
	e, _, err := b.begin(entry{person: person, fen: -own, meal: &SoldMeal{Day: at.Format(time.DateOnly), Window: "lunch", Own: own},
		record: func(id, book string, no int64) kiosk.Record {
			return Sale{ID: id, Book: book, No: no, Person: person, Own: own, Price: own, At: at}
		}}, at)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func openBook(t testing.TB, path string) *Book {
	t.Helper()
	b, err := OpenBook(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// TestBookOutlivesThePower: what it said is there when it is opened again, even
// when nothing was closed.
func TestBookOutlivesThePower(t *testing.T) {
	path := filepath.Join(t.TempDir(), bookFile)
	b := openBook(t, path)
	one := bought(t, b, "a", 700, noon)
	two := bought(t, b, "b", 500, noon)
	three := bought(t, b, "c", 300, noon)
	for _, err := range []error{b.done(one.ID), b.drop(three), b.take(ShareRow{Fen: 900, Serial: 4}), b.tell(4), b.work(openShift{ID: "s", In: 100})} {
		if err != nil {
			t.Fatal(err)
		}
	}
	again := openBook(t, path)
	if again.id != b.id || again.held() != 1200 || again.takes() != (ShareRow{Fen: 900, Serial: 4}) || again.told() != 4 || again.atWork().In != 100 {
		t.Errorf("the book came back as %+v, holding %d", again, again.held())
	}
	if open := again.open(); len(open) != 1 || open[0].ID != two.ID {
		t.Errorf("open entries %+v", open)
	}
	if four := bought(t, again, "d", 1, noon); four.No != 4 {
		t.Errorf("the next entry is number %d", four.No)
	}
	if err := again.settle("a", AccountRow{Counted: map[string]int64{b.id: 1}}); err != nil {
		t.Fatal(err)
	}
	if last := openBook(t, path); last.held() != 501 {
		t.Errorf("it holds %d after one was counted", last.held())
	}
}

// TestTornLine: a power cut may leave any part of the last line, and nothing more.
func TestTornLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), bookFile)
	b := openBook(t, path)
	bought(t, b, "a", 700, noon)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	bought(t, b, "b", 500, noon)
	all, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := len(whole); n < len(all); n++ {
		torn := filepath.Join(t.TempDir(), bookFile)
		if err := os.WriteFile(torn, all[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		if c := openBook(t, torn); c.held() != 700 || c.id != b.id {
			t.Fatalf("torn after %d of %d bytes: it holds %d", n, len(all), c.held())
		}
	}
}

// TestDamagedBook: damage that is no torn end is said, and nothing is overwritten.
func TestDamagedBook(t *testing.T) {
	path := filepath.Join(t.TempDir(), bookFile)
	b := openBook(t, path)
	bought(t, b, "a", 700, noon)
	bought(t, b, "b", 500, noon)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(raw, []byte("\n"))
	for i := range lines[:len(lines)-2] {
		bad := bytes.Clone(raw)
		bad[len(bytes.Join(lines[:i], nil))+20] ^= 1
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenBook(path); !errors.Is(err, ErrBook) {
			t.Errorf("line %d: %v", i+1, err)
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, bad) {
			t.Errorf("the damaged file was changed: %v", err)
		}
	}
	m := again{New(), filepath.Dir(path)}
	if err := m.Start(t.Context(), kiosk.Setup{Dir: "x"}); kiosk.CodeOf(err) != kiosk.CodeUnavailable {
		t.Errorf("Start = %v", err)
	}
}

// TestBookStaysSmall: a year of entries does not make a year's file.
func TestBookStaysSmall(t *testing.T) {
	path := filepath.Join(t.TempDir(), bookFile)
	b := openBook(t, path)
	for i := range 250 {
		at := noon.AddDate(0, 0, i)
		e := bought(t, b, "a", 700, at)
		if err := errors.Join(b.done(e.ID), b.settle("a", AccountRow{Counted: map[string]int64{b.id: e.No}}), b.tidy(at)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(b.entries); n > 4 {
		t.Errorf("%d entries are remembered", n)
	}
	if info, err := os.Stat(path); err != nil || info.Size() > 600*512 {
		t.Errorf("the file has %d bytes (%v)", info.Size(), err)
	}
	if c := openBook(t, path); c.last != 250 {
		t.Errorf("the next number would be %d", c.last+1)
	}
}

// TestRestart: a till that starts again has forgotten neither what it spent nor
// whom it fed, and says again what it may not have said.
func TestRestart(t *testing.T) {
	dir, st := t.TempDir(), usual()
	st.accounts[zhou.ID] = AccountRow{Fen: 2000}
	st.share.Fen = 1500
	first := started(t, again{patient(), dir}, st)
	comesFor(t, first, zhou, "sold")
	first.End()

	second := started(t, again{patient(), dir}, st)
	comesFor(t, second, zhou, "already")
	second.Answer(actionSecond, nil)
	p := second.WantPage("balance")
	if got := p.Body[1]; got == nil {
		t.Error("no notice")
	}
	comesFor(t, second, lin, "quota") // 1200 of 1500 are held
	if n := len(sales(t, second)); n != 0 {
		t.Errorf("%d sales", n)
	}
}

// TestInterrupted: the process ends between the book and the journal.
func TestInterrupted(t *testing.T) {
	dir, st := t.TempDir(), usual()
	b := openBook(t, filepath.Join(dir, bookFile))
	e := bought(t, b, lin.ID, 700, noon)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	tm := started(t, again{patient(), dir}, st)
	tm.WantRecords(1)
	got := kiosktest.Records[Sale](tm)
	if len(got) != 1 || got[0].ID != e.ID || got[0].No != 1 || got[0].Own != 700 {
		t.Fatalf("recorded %+v", got)
	}
	comesFor(t, tm, lin, "already")
	tm.End()
	tm = started(t, again{patient(), dir}, st)
	comesFor(t, tm, lin, "already")
	if n := len(sales(t, tm)); n != 0 {
		t.Errorf("it was recorded once more: %d", n)
	}
}

// TestOfflineForDays: sales go on inside the share, and end with it; they go on
// again when the center has counted.
func TestOfflineForDays(t *testing.T) {
	st := usual()
	st.accounts[lin.ID] = AccountRow{Fen: 100_000}
	st.diners[lin.ID] = DinerRow{}
	st.share.Fen = 5 * 1200
	m := patient()
	tm := started(t, m, st)
	for i := range 5 {
		comesFor(t, tm, lin, "sold")
		tm.Advance(7 * 24 * time.Hour)
		tm.WantPage("idle")
		if n := len(sales(t, tm)); n != i+1 {
			t.Fatalf("%d sales", n)
		}
	}
	comesFor(t, tm, lin, "quota")
	book := sales(t, tm)[0].Book
	tm.SetFeed(FeedAccounts, kiosktest.Row(lin.ID, AccountRow{Fen: 100_000 - 3*1200, Counted: map[string]int64{book: 3}}))
	p := comesFor(t, tm, lin, "sold")
	if got := facts(p)["余额"]; got != Yuan(100_000-6*1200) {
		t.Errorf("balance %s", got)
	}
	// An account that is overdrawn keeps what it took.
	tm.Advance(7 * 24 * time.Hour)
	tm.WantPage("idle")
	tm.SetFeed(FeedAccounts, kiosktest.Row(lin.ID, AccountRow{Fen: -1, Counted: map[string]int64{book: 6}}))
	comesFor(t, tm, lin, "balance")
	if held := m.till.book.held(); held != 3*1200 {
		t.Errorf("an overdrawn account holds %d", held)
	}
}

// TestSmallerShare: a till says that it took a smaller share only when it holds
// no more, and goes by the smaller one at once.
func TestSmallerShare(t *testing.T) {
	st := usual()
	st.share.Fen = 2000
	tm := counter(t, st)
	taken := func() []Share { return kiosktest.Records[Share](tm) }
	if s := taken(); len(s) != 1 || s[0].Serial != 1 || s[0].Fen != 2000 || s[0].Till != "test-1/canteen" {
		t.Fatalf("shares %+v", s)
	}
	comesFor(t, tm, zhou, "sold") // 1200
	tm.SetFeed(FeedShares, kiosktest.Row("test-1/canteen", ShareRow{Fen: 1000, Serial: 2}))
	comesFor(t, tm, lin, "quota")
	rev := tm.Page().Rev
	tm.Advance(refusalStays)
	tm.WantPageAfter(rev, "idle")
	if s := taken(); len(s) != 1 {
		t.Errorf("it took 1000 while it held 1200: %+v", s)
	}
	tm.SetFeed(FeedAccounts, kiosktest.Row(lin.ID, AccountRow{Fen: 5000}),
		kiosktest.Row(zhou.ID, AccountRow{Fen: 800, Counted: map[string]int64{sales(t, tm)[0].Book: 1}}))
	rev = tm.Page().Rev
	sees(tm, kiosk.NoFace) // nobody is there: it looks anew
	tm.WantPageAfter(rev, "idle")
	if s := taken(); len(s) != 2 || s[1].Serial != 2 {
		t.Errorf("shares %+v", s)
	}
	// A copy of the feed that was set back gives no more than what was promised.
	tm.SetFeed(FeedShares, kiosktest.Row("test-1/canteen", ShareRow{Fen: 2000, Serial: 1}))
	st2 := lin
	comesFor(t, tm, st2, "sold") // 700 of 1000
	tm.Advance(soldStays)
	tm.WantPage("idle")
	comesFor(t, tm, lin, "already")
	tm.Answer(actionSecond, nil) // 1200 more
	tm.WantPage("quota")
}

// TestClockSetBack: neither a limit nor a second subsidised lunch is to be had
// by a wrong clock.
func TestClockSetBack(t *testing.T) {
	dir, st := t.TempDir(), usual()
	first := started(t, again{patient(), dir}, st)
	comesFor(t, first, lin, "sold")
	first.End()
	st.now = noon.AddDate(0, 0, -7) // the Monday before
	second := started(t, again{patient(), dir}, st)
	comesFor(t, second, lin, "already")
}

func FuzzParseLine(f *testing.F) {
	b := &Book{id: "b"}
	f.Add(encode(bookLine{Book: b.id, Last: 3}))
	f.Add(encode(bookLine{Begin: &bookEntry{ID: "x", No: 1, Fen: -700, Body: []byte("{}")}}))
	f.Add(encode(bookLine{Released: []string{"x"}}))
	f.Add([]byte("00000000 {}\n"))
	f.Add([]byte("zz"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		b := &Book{}
		if err := b.read(raw); err != nil {
			return
		}
		for _, e := range b.entries {
			if e == nil {
				t.Fatal("an entry that is none")
			}
		}
	})
}
