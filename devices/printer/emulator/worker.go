package emulator

import (
	"bufio"
	"image"
	"image/draw"
	"io"

	"github.com/skip2/go-qrcode"

	"github.com/luohu/ting/devices/printer/raster"
)

// worker works through the bytes in order and draws.
type worker struct {
	printer *Printer
	in      *bufio.Reader
	answers *answers

	paper   *image.Gray // as wide as the roll, as long as drawn on
	y       int
	text    []byte // of the line that is being put together
	align   int
	size    int
	bold    bool
	chinese bool
	qr      qr
	ended   bool // the roll has: nothing more is drawn or answered until it is full again
}

type qr struct {
	module int
	data   string
}

func (w *worker) reset() {
	w.align, w.size, w.bold, w.chinese = 0, 1, false, false
	w.qr = qr{module: 3}
	w.text = nil
	if w.paper == nil {
		w.tear()
	}
}

// tear begins a new slip.
func (w *worker) tear() {
	w.paper, w.y = image.NewGray(image.Rect(0, 0, w.printer.dots, 0)), 0
}

func (w *worker) run() error {
	for {
		b, err := w.in.ReadByte()
		if err != nil {
			return err
		}
		switch b {
		case '\n':
			err = w.newline()
		case 0x1b:
			err = w.escape()
		case 0x1c:
			err = w.chineseMode()
		case 0x1d:
			err = w.group()
		default:
			if b < 0x20 {
				w.printer.complain("control byte %#02x", b)
				continue
			}
			w.text = append(w.text, b)
		}
		if err != nil {
			return err
		}
	}
}

func (w *worker) bytes(n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(w.in, b)
	return b, err
}

func (w *worker) escape() error {
	c, err := w.in.ReadByte()
	if err != nil {
		return err
	}
	if c == '@' {
		w.reset()
		return nil
	}
	n, err := w.in.ReadByte()
	if err != nil {
		return err
	}
	switch c {
	case 'a':
		w.align = int(n) % 3
	case 'E':
		w.bold = n&1 != 0
	case 'd':
		for range n {
			if err := w.newline(); err != nil {
				return err
			}
		}
	case 't', 'R': // code page, character set: this printer's are fixed
	default:
		w.printer.complain("ESC %q %d", c, n)
	}
	return nil
}

func (w *worker) chineseMode() error {
	c, err := w.in.ReadByte()
	switch {
	case err != nil:
		return err
	case c == '&':
		w.chinese = true
	case c == '.':
		w.chinese = false
	default:
		w.printer.complain("FS %q", c)
	}
	return nil
}

func (w *worker) group() error {
	c, err := w.in.ReadByte()
	if err != nil {
		return err
	}
	switch c {
	case '!':
		n, err := w.in.ReadByte()
		if n>>4 != n&0x0f {
			w.printer.complain("GS ! %#02x: this printer enlarges both ways alike", n)
		}
		w.size = int(n&0x07) + 1
		return err
	case 'V':
		return w.cut()
	case 'r':
		if _, err := w.in.ReadByte(); err != nil || w.ended {
			return err
		}
		return w.answers.say(0)
	case 'v':
		return w.bitmap()
	case '(':
		return w.symbol()
	}
	w.printer.complain("GS %q", c)
	return nil
}

func (w *worker) cut() error {
	kind, err := w.in.ReadByte()
	if err != nil {
		return err
	}
	if kind == 65 || kind == 66 {
		if _, err := w.in.ReadByte(); err != nil {
			return err
		}
	}
	if w.ended {
		return nil
	}
	w.printer.cut(w.paper)
	w.tear()
	return nil
}

// newline prints the line put together and feeds the paper.
func (w *worker) newline() error {
	s := string(w.text)
	if w.chinese {
		if b, err := gb18030.NewDecoder().Bytes(w.text); err == nil {
			s = string(b)
		}
	}
	w.text = w.text[:0]
	if s == "" {
		w.put(image.NewGray(image.Rect(0, 0, 0, raster.Pitch*w.size)))
		return nil
	}
	p := w.printer.draw.Line(s, w.size, w.bold)
	if p.Bounds().Dx() > w.printer.dots {
		w.printer.complain("a line of %d dots on paper of %d: %q", p.Bounds().Dx(), w.printer.dots, s)
	}
	w.put(p)
	return nil
}

// put draws p at the paper's edge and feeds it past.
func (w *worker) put(p *image.Gray) {
	size := p.Bounds().Size()
	if w.ended && w.printer.feed(0) {
		w.ended = false
	}
	if w.ended || !w.printer.feed(size.Y) {
		w.ended = true
		return
	}
	const longest = 20_000 // rows of one slip: 2.5 m of paper
	if w.y+size.Y > longest {
		w.printer.complain("a slip of more than %d rows", longest)
		return
	}
	longer := image.NewGray(image.Rect(0, 0, w.printer.dots, w.y+size.Y))
	draw.Draw(longer, longer.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(longer, w.paper.Bounds(), w.paper, image.Point{}, draw.Src)
	x := 0
	switch w.align {
	case 1:
		x = (w.printer.dots - size.X) / 2
	case 2:
		x = w.printer.dots - size.X
	}
	draw.Draw(longer, p.Bounds().Add(image.Pt(x, w.y)), p, image.Point{}, draw.Src)
	w.paper, w.y = longer, w.y+size.Y
}

// bitmap is GS v 0: rows of dots, eight a byte.
func (w *worker) bitmap() error {
	head, err := w.bytes(6)
	if err != nil {
		return err
	}
	row, rows := int(head[2])|int(head[3])<<8, int(head[4])|int(head[5])<<8
	if head[0] != '0' || row*8 > w.printer.dots+7 || rows > 4096 {
		w.printer.complain("GS v %q: %d dots by %d rows", head[0], row*8, rows)
	}
	p := image.NewGray(image.Rect(0, 0, min(row*8, w.printer.dots), rows))
	for y := range rows {
		line, err := w.bytes(row)
		if err != nil {
			return err
		}
		for x := range p.Rect.Dx() {
			if line[x/8]&(0x80>>(x%8)) == 0 {
				p.Pix[y*p.Stride+x] = 0xff
			}
		}
	}
	w.put(p)
	return nil
}

// symbol is GS ( k: a QR code, stored and printed.
func (w *worker) symbol() error {
	head, err := w.bytes(3)
	if err != nil {
		return err
	}
	args, err := w.bytes(int(head[1]) | int(head[2])<<8)
	if err != nil {
		return err
	}
	if head[0] != 'k' || len(args) < 3 || args[0] != '1' {
		w.printer.complain("GS ( %q of %d bytes", head[0], len(args))
		return nil
	}
	switch args[1] {
	case 'A', 'E': // model and correction: see print
	case 'C':
		w.qr.module = int(args[2])
	case 'P':
		w.qr.data = string(args[3:])
	case 'Q':
		code, err := qrcode.New(w.qr.data, qrcode.Medium)
		if err != nil {
			w.printer.complain("QR code: %v", err)
			return nil
		}
		w.put(raster.Fit(code.Image(-w.qr.module), w.printer.dots))
	default:
		w.printer.complain("GS ( k function %q", args[1])
	}
	return nil
}
