package main

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/printer"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/kiosk/view"
)

// ticket is a page with everything that can be printed.
func ticket(t *testing.T) view.Page {
	t.Helper()
	var logo bytes.Buffer
	if err := png.Encode(&logo, image.NewGray(image.Rect(0, 0, 40, 20))); err != nil {
		t.Fatal(err)
	}
	return view.Page{ID: "ticket", Title: view.T("取号单", "Ticket"), Body: []view.Node{
		view.Picture{Data: logo.Bytes(), Alt: view.Same("logo")},
		view.TextNode{Text: view.Same("A017"), Large: true},
		view.Notice{Text: view.T("请到三号窗口", "Please go to window 3"), Detail: view.T("前面还有 4 人", "4 people before you")},
		view.Steps{Steps: []view.Step{{Title: view.T("受理", "Accepted")}, {Title: view.T("审核", "Checked")}}, Now: 1},
		view.Receipt{Number: "7KQM-2WXZ", Facts: []view.Fact{{Label: view.T("事项", "Service"), Value: view.T("居住证签注", "Permit")}}},
		view.List{Items: []view.ListItem{{Title: view.T("户口簿", "Register"), Detail: view.T("原件", "original")}}},
		view.QRCode{Data: "https://ting.example/r/7KQM-2WXZ", Label: view.T("扫码查进度", "Scan for progress")},
	}}
}

func TestSlip(t *testing.T) {
	for lang, words := range map[view.Lang][]string{
		view.ZH: {"取号单", "A017", "请到三号窗口", "前面还有 4 人", "■ 受理", "□ 审核", "居住证签注", "7KQM-2WXZ", "户口簿", "扫码查进度"},
		view.EN: {"Ticket", "Please go to window 3", "■ Accepted", "Scan for progress"},
	} {
		s, err := slip(ticket(t), lang)
		if err != nil {
			t.Fatal(err)
		}
		var all strings.Builder
		pictures, codes := 0, 0
		for _, b := range s.Blocks {
			switch b := b.(type) {
			case printer.Text:
				all.WriteString(b.Text + "\n")
			case printer.Pair:
				all.WriteString(b.Label + " " + b.Value + "\n")
			case printer.Picture:
				pictures++
			case printer.QR:
				codes++
			}
		}
		for _, w := range words {
			if !strings.Contains(all.String(), w) {
				t.Errorf("%s: %q is not on the slip:\n%s", lang, w, all.String())
			}
		}
		if pictures != 1 || codes != 1 {
			t.Errorf("%d pictures and %d QR codes", pictures, codes)
		}
	}
	for name, n := range map[string]view.Node{
		"a form":          view.Form{Fields: []view.Field{{ID: "f", Kind: view.FieldText}}},
		"a viewfinder":    view.Viewfinder{},
		"a long QR code":  view.QRCode{Data: strings.Repeat("x", 1000)},
		"a broken image":  view.Picture{Data: []byte("x")},
		"a text too long": view.TextNode{Text: view.Same(strings.Repeat("x", 2000))},
	} {
		if s, err := slip(view.Page{ID: "p", Body: []view.Node{n}}, view.ZH); err == nil {
			t.Errorf("%s is printed: %+v", name, s)
		}
	}
}

// TestPeripherals borrows every simulated device as a visit would.
func TestPeripherals(t *testing.T) {
	paper := t.TempDir()
	term := &terminal{log: slog.New(slog.DiscardHandler), config: &Config{PeripheralsConfig: PeripheralsConfig{
		Printer: DeviceConfig{URL: "sim:?dir=" + paper},
		Scanner: DeviceConfig{URL: "sim:?codes=9787020002207&every=10ms"},
		IDCard:  DeviceConfig{URL: "sim:?every=50ms"},
		Vitals:  DeviceConfig{URL: "sim:?temperature=38.2&every=10ms"},
		Scale:   DeviceConfig{URL: "sim:?grams=350&every=5ms"},
	}}}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := term.openPeripherals(ctx); err != nil {
		t.Fatal(err)
	}
	var s host.Services
	term.peripherals.lend(&s)
	if err := s.Printer.Print(ctx, kiosk.Visit{}, nil, ticket(t)); err != nil {
		t.Error(err)
	}
	if err := s.Printer.Print(ctx, kiosk.Visit{}, nil, view.Page{ID: "p", Body: []view.Node{view.Viewfinder{}}}); kiosk.CodeOf(err) != kiosk.CodeInvalid {
		t.Errorf("a viewfinder on paper: %v", err)
	}
	if c, err := s.Scanner.Scan(ctx); err != nil || c.Text != "9787020002207" {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err := s.IDCards.Read(ctx); err != nil || c.Name != "林知远" || c.Expired(time.Now()) {
		t.Errorf("%v", err)
	}
	for {
		v, err := s.Vitals.Measure(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if v.Temperature == 38.2 {
			break
		}
	}
	if w, err := s.Scale.Weigh(ctx); err != nil || w != 350_000 {
		t.Errorf("%d mg, %v", w, err)
	}
	if n := len(term.peripherals.attached()); n != 5 || len(term.peripheralTroubles()) != 0 {
		t.Errorf("%d devices, troubles %v", n, term.peripheralTroubles())
	}
	term.close()
	if _, err := os.Stat(filepath.Join(paper, "slip-0001.png")); err != nil {
		t.Error(err)
	}
}

// TestADeviceThatIsAwayIsACalmSentence for the visitor and a hint for the operator.
func TestADeviceThatIsAwayIsACalmSentence(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "ttyUSB0")
	term := &terminal{log: slog.New(slog.DiscardHandler), config: &Config{PeripheralsConfig: PeripheralsConfig{
		Printer: DeviceConfig{URL: "escpos+serial://" + gone},
		IDCard:  DeviceConfig{URL: "sam+serial://" + gone},
	}}}
	if err := term.openPeripherals(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer term.close()
	var s host.Services
	term.peripherals.lend(&s)
	for what, err := range map[string]error{
		"print": s.Printer.Print(t.Context(), kiosk.Visit{}, nil, view.Page{ID: "p", Title: view.Same("x")}),
		"read": func() error {
			_, err := s.IDCards.Read(t.Context())
			return err
		}(),
	} {
		var e *kiosk.Error
		if kiosk.CodeOf(err) != kiosk.CodeUnavailable || kiosk.VisitorText(err).IsZero() {
			t.Errorf("%s: %v", what, err)
		} else if !errors.As(err, &e) || e.Hint == "" {
			t.Errorf("%s: no hint: %v", what, err)
		}
	}
	if n := len(term.peripheralTroubles()); n != 2 {
		t.Errorf("%d troubles", n)
	}
	if h := (devices.Health{State: devices.Away}); healthText(h).IsZero() {
		t.Error("no word for a device that is away")
	}
}
