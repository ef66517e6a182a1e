package escpos

import (
	"bytes"
	"image"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/luohu/ting/devices/printer"
	"github.com/luohu/ting/devices/printer/raster"
)

// The bytes of the command set (Epson's ESC/POS, which other makers follow).
const (
	esc = 0x1b
	fs  = 0x1c
	gs  = 0x1d
	dle = 0x10
	eot = 0x04
)

// encoder writes a slip in the printer's own language.
type encoder struct {
	bytes.Buffer
	columns int // of the usual size
	dots    int
	draw    *raster.Drawer // for what the printer's own characters lack; nil where no typeface is
}

// encode is the slip as bytes, from the reset to the cut.
func encode(s printer.Slip, dots int, draw *raster.Drawer) []byte {
	e := &encoder{columns: dots / raster.Column, dots: dots, draw: draw}
	e.Write([]byte{esc, '@'}) // whatever was set before is not ours
	e.Write([]byte{fs, '&'})  // Chinese mode: two bytes of GB 18030 are one character
	for _, b := range s.Blocks {
		e.block(b)
	}
	// Feed what is under the head past the knife, then cut all but a point.
	e.Write([]byte{gs, 'V', 66, 0})
	return e.Bytes()
}

func (e *encoder) block(b printer.Block) {
	switch b := b.(type) {
	case printer.Text:
		size := max(b.Size, 1)
		e.align(b.Align)
		e.style(size, b.Bold)
		for _, l := range printer.Wrap(b.Text, e.columns/size) {
			e.line(l, size, b.Bold)
		}
		e.style(1, false)
	case printer.Pair:
		e.align(printer.Left)
		for _, l := range b.Beside(e.columns) {
			e.line(l, 1, false)
		}
	case printer.Rule:
		e.align(printer.Left)
		e.line(strings.Repeat("-", e.columns), 1, false)
	case printer.Space:
		e.Write([]byte{esc, 'd', byte(b.Lines)})
	case printer.QR:
		e.align(printer.Centre)
		e.qr(b.Data)
	case printer.Picture:
		e.align(printer.Centre)
		e.picture(raster.Fit(b.Image, e.dots))
	}
}

func (e *encoder) align(a printer.Align) { e.Write([]byte{esc, 'a', byte(a)}) }

func (e *encoder) style(size int, bold bool) {
	e.Write([]byte{gs, '!', byte((size-1)<<4 | (size - 1)), esc, 'E', flag(bold)})
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// line prints one line. A name with a character that the printer's own fonts
// lack (they hold the two-byte part of GB 18030) is drawn, never garbled.
func (e *encoder) line(s string, size int, bold bool) {
	if b, ok := twoBytes(s); ok {
		e.Write(b)
		e.WriteByte('\n')
		return
	}
	if e.draw != nil {
		e.picture(e.draw.Line(s, size, bold))
		return
	}
	b, _ := twoBytes(strings.Map(func(r rune) rune {
		if _, ok := twoBytes(string(r)); !ok {
			return '\u25a1' // the empty square that stands for a character one cannot write
		}
		return r
	}, s))
	e.Write(b)
	e.WriteByte('\n')
}

// twoBytes is s in the part of GB 18030 that printers can print.
func twoBytes(s string) ([]byte, bool) {
	var out []byte
	for _, r := range s {
		if r < 0x80 {
			out = append(out, byte(r))
			continue
		}
		b, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(string(r)))
		if err != nil || len(b) != 2 {
			return nil, false
		}
		out = append(out, b...)
	}
	return out, true
}

// qr has the printer draw a QR code: model 2, correction M, stored and printed.
func (e *encoder) qr(data string) {
	module := byte(6)
	if e.dots < 500 || len(data) > 200 {
		module = 4
	}
	command := func(fn byte, args ...byte) {
		n := len(args) + 2
		e.Write([]byte{gs, '(', 'k', byte(n), byte(n >> 8), '1', fn})
		e.Write(args)
	}
	command('A', '2', 0)
	command('C', module)
	command('E', '1')
	command('P', append([]byte{'0'}, data...)...)
	command('Q', '0')
}

// picture prints a bitmap row by row (GS v 0), in bands that a printer's memory holds.
func (e *encoder) picture(p *image.Gray) {
	const band = 200
	size := p.Bounds().Size()
	row := (size.X + 7) / 8
	for y := 0; y < size.Y; y += band {
		h := min(band, size.Y-y)
		e.Write([]byte{gs, 'v', '0', 0, byte(row), byte(row >> 8), byte(h), byte(h >> 8)})
		for i := range h {
			line := make([]byte, row)
			for x := range size.X {
				if p.GrayAt(x, y+i).Y < 128 {
					line[x/8] |= 0x80 >> (x % 8)
				}
			}
			e.Write(line)
		}
	}
}
