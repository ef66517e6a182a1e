// Package printertest is what every driver of a receipt printer must pass: call
// Exercise from the driver's own test. A driver with hardware behind it runs it
// against that hardware's emulator.
package printertest

import (
	"context"
	"errors"
	"image"
	"testing"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/devicestest"
	"github.com/luohu/ting/devices/printer"
)

// Printer is a printer under test with a hand on its hardware.
type Printer struct {
	printer.Printer
	Paper  func() []*image.Gray // the slips cut until now
	Roll   func(rows int)       // puts in a roll of so many rows; below 0 is endless
	Cover  func(open bool)
	Unplug func() error
	Plug   func() error
}

// Factory makes a printer that works.
type Factory func(t *testing.T) Printer

// Receipt is a slip with every kind of block.
func Receipt() printer.Slip {
	logo := image.NewGray(image.Rect(0, 0, 96, 24)) // black
	return printer.Slip{Title: "取号单 A017", Blocks: []printer.Block{
		printer.Picture{Image: logo},
		printer.Text{Text: "政务服务中心", Align: printer.Centre, Size: 2, Bold: true},
		printer.Rule{},
		printer.Pair{Label: "办理事项", Value: "居住证签注"},
		printer.Pair{Label: "姓名", Value: "欧阳*㼆"}, // a character that printers lack
		printer.Text{Text: "请到三号窗口等候叫号。Please wait at window 3.", Align: printer.Left},
		printer.QR{Data: "https://ting.example/r/7KQM-2WXZ"},
		printer.Text{Text: "7KQM-2WXZ", Align: printer.Centre},
		printer.Space{Lines: 2},
	}}
}

// Exercise runs the suite.
func Exercise(t *testing.T, open Factory) {
	devicestest.Exercise(t, open,
		devicestest.Case[Printer]{Name: "PrintsASlip", Run: printsASlip},
		devicestest.Case[Printer]{Name: "RefusesABadSlip", Run: refusesABadSlip},
		devicestest.Case[Printer]{Name: "ManyAtOnceComeWhole", Run: manyAtOnce},
		devicestest.Case[Printer]{Name: "NoPaper", Run: noPaper},
		devicestest.Case[Printer]{Name: "PaperEndsInTheMiddle", Run: paperEndsInTheMiddle},
		devicestest.Case[Printer]{Name: "CoverOpen", Run: coverOpen},
		devicestest.Case[Printer]{Name: "ComesBack", Run: comesBack},
		devicestest.Case[Printer]{Name: "EndedContextPrintsNothing", Run: endedContext},
		devicestest.Case[Printer]{Name: "Closed", Run: closed},
	)
}

func printsASlip(ctx context.Context, t *testing.T, p Printer) {
	if err := p.Print(ctx, Receipt()); err != nil {
		t.Fatal(err)
	}
	slips := p.Paper()
	if len(slips) != 1 {
		t.Fatalf("%d slips were cut", len(slips))
	}
	if ink := blacks(slips[0]); ink < 5000 {
		t.Errorf("only %d dots are black", ink)
	}
}

func blacks(p *image.Gray) (n int) {
	for _, v := range p.Pix {
		if v < 128 {
			n++
		}
	}
	return n
}

func refusesABadSlip(ctx context.Context, t *testing.T, p Printer) {
	if err := p.Print(ctx, printer.Slip{}); !errors.Is(err, printer.ErrSlip) {
		t.Errorf("an empty slip: %v", err)
	}
	if n := len(p.Paper()); n != 0 {
		t.Errorf("%d slips were cut", n)
	}
}

func manyAtOnce(ctx context.Context, t *testing.T, p Printer) {
	const n = 5
	outcomes := make(chan error, n)
	for range n {
		go func() { outcomes <- p.Print(ctx, Receipt()) }()
	}
	for range n {
		if err := <-outcomes; err != nil && !errors.Is(err, printer.ErrAway) {
			t.Error(err)
		}
	}
	slips := p.Paper()
	for i, s := range slips {
		if s.Bounds() != slips[0].Bounds() || blacks(s) != blacks(slips[0]) {
			t.Errorf("slip %d differs from the first: they ran into each other", i)
		}
	}
	if len(slips) == 0 {
		t.Error("none was printed")
	}
}

func noPaper(ctx context.Context, t *testing.T, p Printer) {
	p.Roll(0)
	if err := p.Print(ctx, Receipt()); !errors.Is(err, printer.ErrNoPaper) || errors.Is(err, printer.ErrPartly) {
		t.Errorf("without paper: %v", err)
	}
	if h := p.Health(); h.State != devices.Faulty || h.Hint == "" {
		t.Errorf("without paper it is %v", h)
	}
	p.Roll(-1)
	if err := p.Print(ctx, Receipt()); err != nil {
		t.Errorf("with a new roll: %v", err)
	}
	devicestest.Until(ctx, t, p, devices.Ready)
}

func paperEndsInTheMiddle(ctx context.Context, t *testing.T, p Printer) {
	p.Roll(150)
	if err := p.Print(ctx, Receipt()); !errors.Is(err, printer.ErrNoPaper) || !errors.Is(err, printer.ErrPartly) {
		t.Errorf("the paper ended in the middle: %v", err)
	}
	if n := len(p.Paper()); n != 0 {
		t.Errorf("%d slips are said to be whole", n)
	}
	if err := p.Print(ctx, Receipt()); !errors.Is(err, printer.ErrNoPaper) || errors.Is(err, printer.ErrPartly) {
		t.Errorf("of the next one nothing is printed: %v", err)
	}
}

func coverOpen(ctx context.Context, t *testing.T, p Printer) {
	p.Cover(true)
	if err := p.Print(ctx, Receipt()); !errors.Is(err, printer.ErrCoverOpen) {
		t.Errorf("with an open cover: %v", err)
	}
	p.Cover(false)
	if err := p.Print(ctx, Receipt()); err != nil {
		t.Errorf("closed again: %v", err)
	}
}

func comesBack(ctx context.Context, t *testing.T, p Printer) {
	if err := p.Unplug(); err != nil {
		t.Fatal(err)
	}
	if err := p.Print(ctx, Receipt()); !errors.Is(err, printer.ErrAway) {
		t.Errorf("unplugged: %v", err)
	}
	if err := p.Plug(); err != nil {
		t.Fatal(err)
	}
	devicestest.Until(ctx, t, p, devices.Ready)
	if err := p.Print(ctx, Receipt()); err != nil {
		t.Errorf("plugged in again: %v", err)
	}
}

func endedContext(ctx context.Context, t *testing.T, p Printer) {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if err := p.Print(ended, Receipt()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want one that wraps context.Canceled", err)
	}
	if n := len(p.Paper()); n != 0 {
		t.Errorf("%d slips were cut", n)
	}
}

func closed(ctx context.Context, t *testing.T, p Printer) {
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := p.Print(ctx, Receipt()); err == nil {
		t.Error("a closed printer printed")
	}
	if s := p.Health().State; s != devices.Closed {
		t.Errorf("closed, and %s", s)
	}
}
