package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/devicestest"
	"github.com/luohu/ting/devices/port"
	"github.com/luohu/ting/devices/printer/emulator"
	"github.com/luohu/ting/devices/printer/escpos"
	"github.com/luohu/ting/devices/printer/journal"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// visitor stands before the screen: pages reaches him, and he touches what comes
// from touches.
type visitor struct {
	pages   chan view.Page
	touches chan string
}

func newVisitor() *visitor { return &visitor{make(chan view.Page, 20), make(chan string)} }

func (v *visitor) Show(_ context.Context, p view.Page) error {
	v.pages <- p
	return nil
}

func (v *visitor) Ask(ctx context.Context, p view.Page) (view.Answer, error) {
	v.pages <- p
	select {
	case a := <-v.touches:
		return view.Answer{Action: a}, nil
	case <-ctx.Done():
		return view.Answer{}, ctx.Err()
	}
}

// atPrinter prints on an emulated printer behind the real driver.
func atPrinter(t *testing.T) (*printing, *emulator.Printer) {
	t.Helper()
	paper, err := emulator.New(576)
	if err != nil {
		t.Fatal(err)
	}
	device := escpos.New(func(context.Context) (port.Conn, error) {
		driver, own := net.Pipe()
		go func() {
			defer own.Close()
			_ = paper.Serve(own)
		}()
		return driver, nil
	}, escpos.Config{})
	t.Cleanup(func() { devicestest.Close(t, device) })
	j, err := journal.Open(filepath.Join(t.TempDir(), "prints.jsonl"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { devicestest.Close(t, j) })
	ctx, cancel := context.WithTimeout(t.Context(), devicestest.Patience)
	defer cancel()
	devicestest.Until(ctx, t, device, devices.Ready)
	return &printing{device: device, journal: j, lang: view.ZH, log: slog.New(slog.DiscardHandler), now: time.Now}, paper
}

func (p *printing) states() (all []journal.State) {
	for _, e := range p.journal.Entries() {
		all = append(all, e.State)
	}
	return all
}

// short is a page that is quickly drawn, and longer than 150 rows of dots.
func short() view.Page {
	return view.Page{ID: "ticket", Title: view.T("取号单", "Ticket"), Body: []view.Node{
		view.TextNode{Text: view.Same("A017"), Large: true},
		view.Receipt{Number: "7KQM-2WXZ", Facts: []view.Fact{{Label: view.T("事项", "Service"), Value: view.T("居住证签注", "Permit")}}},
	}}
}

// TestPaperThatIsRefilled: the visit says so, somebody puts paper in, and printing goes
// on by itself; nothing is printed twice.
func TestPaperThatIsRefilled(t *testing.T) {
	for name, c := range map[string]struct {
		rows   int // on the roll
		marked bool
	}{"before it begins": {0, false}, "in the middle": {150, true}} {
		t.Run(name, func(t *testing.T) {
			p, paper := atPrinter(t)
			paper.SetRoll(c.rows)
			v := newVisitor()
			printed := make(chan error, 1)
			go func() { printed <- p.Print(t.Context(), kiosk.Visit{Module: "hall"}, v, short()) }()
			if page := <-v.pages; page.ID != "ting.paper" || page.Validate() != nil {
				t.Fatalf("the visitor sees %q, %v", page.ID, page.Validate())
			}
			if s := p.states(); len(s) != 1 || s[0] != journal.Waiting {
				t.Errorf("while paper is missing it is %v", s)
			}
			paper.SetRoll(-1)
			if err := <-printed; err != nil {
				t.Fatal(err)
			}
			last := view.Page{}
			for len(v.pages) > 0 {
				last = <-v.pages
			}
			if last.ID != "ting.printing" {
				t.Errorf("the last page is %q", last.ID)
			}
			slips := paper.Slips()
			if len(slips) != 1 {
				t.Fatalf("%d slips were cut", len(slips))
			}
			if s := p.states(); len(s) != 1 || s[0] != journal.Printed {
				t.Errorf("it is %v", s)
			}
			// The second try of one that had begun is longer by its mark.
			plain := height(t, p, paper, short())
			if marked := slips[0].Rect.Dy() > plain+20; marked != c.marked {
				t.Errorf("the slip has %d rows, a plain one %d: marked %v, want %v", slips[0].Rect.Dy(), plain, marked, c.marked)
			}
		})
	}
}

// height prints a page alone and says how long its slip is.
func height(t *testing.T, p *printing, paper *emulator.Printer, page view.Page) int {
	t.Helper()
	if err := p.Print(t.Context(), kiosk.Visit{Module: "hall"}, nil, page); err != nil {
		t.Fatal(err)
	}
	slips := paper.Slips()
	return slips[len(slips)-1].Rect.Dy()
}

// TestPaperThatNobodyWaitsFor: doing without it is the visitor's choice, and he is told
// what to do instead.
func TestPaperThatNobodyWaitsFor(t *testing.T) {
	p, paper := atPrinter(t)
	paper.SetRoll(0)
	v := newVisitor()
	printed := make(chan error, 1)
	go func() { printed <- p.Print(t.Context(), kiosk.Visit{Module: "hall"}, v, short()) }()
	<-v.pages
	v.touches <- "skip"
	err := <-printed
	var e *kiosk.Error
	if !errors.As(err, &e) || e.Code != kiosk.CodeUnavailable || !strings.Contains(e.Visitor.ZH, "拍照") {
		t.Errorf("%v", err)
	}
	if s := p.states(); len(s) != 1 || s[0] != journal.GivenUp || len(paper.Slips()) != 0 {
		t.Errorf("it is %v, %d slips", s, len(paper.Slips()))
	}
	// He who goes away is not waited for either.
	ctx, leave := context.WithCancel(t.Context())
	go func() { printed <- p.Print(ctx, kiosk.Visit{Module: "hall"}, v, short()) }()
	<-v.pages
	leave()
	if err := <-printed; !errors.Is(err, context.Canceled) {
		t.Errorf("gone: %v", err)
	}
	if s := p.states(); s[0] != journal.GivenUp {
		t.Errorf("it is %v", s)
	}
}

// TestReprint: a slip that was lost is printed again, marked, while its words are kept.
func TestReprint(t *testing.T) {
	p, paper := atPrinter(t)
	now := time.Now()
	p.now = func() time.Time { return now }
	plain := height(t, p, paper, short())
	title := func(string) view.Text { return view.T("政务大厅", "Hall") }
	list := p.list(title)
	if len(list) != 1 || !list[0].Again || !list[0].Good || list[0].What.ZH != "政务大厅" {
		t.Fatalf("%+v", list)
	}
	if err := p.again(t.Context(), list[0].ID); err != nil {
		t.Fatal(err)
	}
	slips := paper.Slips()
	if len(slips) != 2 || slips[1].Rect.Dy() < plain+20 {
		t.Errorf("%d slips", len(slips))
	}
	list = p.list(title)
	if len(list) != 2 || list[0].Again || !strings.Contains(list[0].What.ZH, "补打") {
		t.Errorf("the reprint is %+v", list[0])
	}
	now = now.Add(keepsFor + time.Second)
	if err := p.again(t.Context(), list[1].ID); kiosk.CodeOf(err) != kiosk.CodeNotFound {
		t.Errorf("its words are still kept: %v", err)
	}
	if list = p.list(title); list[1].Again {
		t.Error("it is said to be reprintable for ever")
	}
}

// TestPrintJournal_HoldsNoWords of what was printed.
func TestPrintJournal_HoldsNoWords(t *testing.T) {
	p, _ := atPrinter(t)
	state := t.TempDir()
	j, err := journal.Open(filepath.Join(state, printsFile), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer devicestest.Close(t, j)
	p.journal = j
	if err := p.Print(t.Context(), kiosk.Visit{Module: "hall"}, nil, short()); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(state, printsFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"取号单", "A017", "7KQM", "居住证"} {
		if strings.Contains(string(b), word) {
			t.Errorf("the journal tells %q: %s", word, b)
		}
	}
	if !strings.Contains(string(b), `"module":"hall"`) || !strings.Contains(string(b), `"state":"printed"`) {
		t.Errorf("the journal says %s", b)
	}
}
