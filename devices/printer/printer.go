// Package printer puts words on paper: slips (receipts, queue tickets) on the
// roll of a thermal printer. Drivers are in the folders below: escpos for the
// printers nearly every counter has, over TCP, a serial line or USB; sim for one
// that draws its paper as pictures (an emulator behind the real driver).
package printer

import (
	"context"
	"errors"
	"fmt"
	"image"
	"time"
	"unicode/utf8"

	"github.com/luohu/ting/devices"
)

// Printer prints slips, one at a time.
type Printer interface {
	// Print prints s and returns when the printer has confirmed that all of it
	// was worked through. After an error that wraps ErrPartly a part of it may be on
	// the paper, or come when the printer is well again; after any other nothing is.
	Print(ctx context.Context, s Slip) error
	// Health is the printer's: Faulty without paper or with an open cover.
	Health() devices.Health
	Close() error
}

// The errors a counter can do something about; Print wraps them.
var (
	ErrNoPaper   = errors.New("the paper is at its end")
	ErrCoverOpen = errors.New("the cover is open")
	ErrFault     = errors.New("the printer reports a fault") // cutter jammed, head too hot
	ErrAway      = errors.New("the printer does not answer")
	ErrSlip      = errors.New("slip refused")                       // the slip cannot be printed by any printer
	ErrPartly    = errors.New("a part of it may have been printed") // beside one of the others
)

// Slip is what is printed on one piece of paper, from top to bottom.
type Slip struct {
	Title  string // what the journal calls it: "取号单 A017"; not printed
	Blocks []Block
}

// Again is s as it is printed once more: marked, so that nobody takes the two for two.
func (s Slip) Again(first time.Time) Slip {
	mark := []Block{
		Text{Text: "补打 REPRINT", Align: Centre, Size: 2, Bold: true},
		Text{Text: "首次打印 " + first.Format("2006-01-02 15:04:05"), Align: Centre},
		Rule{},
	}
	s.Blocks = append(mark, s.Blocks...)
	return s
}

// Block is one part of a slip. The interface is sealed: a driver can be complete.
type Block interface{ block() }

// Align is where a line stands.
type Align int

// The alignments.
const (
	Left Align = iota
	Centre
	Right
)

// Text is a paragraph, broken into lines where it must be.
type Text struct {
	Text  string
	Align Align
	Size  int // 1 is usual, 2 twice as wide and high, up to 4; 0 is 1
	Bold  bool
}

// Pair is a label at the left and its value at the right of one line: "金额  12.00".
type Pair struct{ Label, Value string }

// Rule is a line across the paper.
type Rule struct{}

// QR is a QR code in the middle of the paper.
type QR struct{ Data string }

// Picture is a black and white picture in the middle of the paper; what is
// darker than mid-grey is black. It is never enlarged, and made smaller when it
// is wider than the paper.
type Picture struct{ Image image.Image }

// Space is empty paper, in lines.
type Space struct{ Lines int }

func (Text) block()    {}
func (Pair) block()    {}
func (Rule) block()    {}
func (QR) block()      {}
func (Picture) block() {}
func (Space) block()   {}

// Limits of a slip. A roll of paper is finite, and a printer slow.
const (
	maxBlocks  = 200
	maxText    = 1 << 10 // bytes of one text
	maxQR      = 700     // bytes: what a QR code of 58 mm can hold legibly
	maxPicture = 2000    // pixels each way
	maxSpace   = 20
)

// Validate says whether s can be printed, and if not, which block is wrong.
func (s Slip) Validate() error {
	if len(s.Blocks) == 0 || len(s.Blocks) > maxBlocks {
		return fmt.Errorf("%w: 1 to %d blocks, not %d", ErrSlip, maxBlocks, len(s.Blocks))
	}
	for i, b := range s.Blocks {
		if err := check(b); err != nil {
			return fmt.Errorf("%w: block %d: %w", ErrSlip, i, err)
		}
	}
	return nil
}

func check(b Block) error {
	text := func(ss ...string) error {
		for _, s := range ss {
			if !utf8.ValidString(s) || len(s) > maxText {
				return fmt.Errorf("text must be UTF-8 of at most %d bytes", maxText)
			}
		}
		return nil
	}
	switch b := b.(type) {
	case Text:
		if b.Size < 0 || b.Size > 4 || b.Align < Left || b.Align > Right {
			return errors.New("a size of 1 to 4 and an alignment are needed")
		}
		return text(b.Text)
	case Pair:
		return text(b.Label, b.Value)
	case QR:
		if b.Data == "" || len(b.Data) > maxQR {
			return fmt.Errorf("a QR code holds 1 to %d bytes, not %d", maxQR, len(b.Data))
		}
	case Picture:
		if b.Image == nil {
			return errors.New("no picture")
		}
		if r := b.Image.Bounds(); r.Empty() || r.Dx() > maxPicture || r.Dy() > maxPicture {
			return fmt.Errorf("a picture of 1 to %d pixels each way is needed, not %v", maxPicture, r.Size())
		}
	case Space:
		if b.Lines < 1 || b.Lines > maxSpace {
			return fmt.Errorf("1 to %d lines of space, not %d", maxSpace, b.Lines)
		}
	case Rule:
	default:
		return fmt.Errorf("%T is no block", b)
	}
	return nil
}
