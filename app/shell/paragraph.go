package shell

import (
	"image/color"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/luohu/ting/app/shell/theme"
)

// paragraph is text that wraps to the width it is given.
type paragraph struct {
	look  look
	s     string
	ty    theme.Type
	color color.Color
	align fyne.TextAlign
	limit int // of lines; 0 is none

	box   *fyne.Container
	width float32        // the lines were broken for
	set   fyne.TextAlign // and the alignment: lines in the middle are balanced
	lines []string
}

func newParagraph(l look, s string, ty theme.Type, c color.Color) *paragraph {
	p := &paragraph{look: l, s: s, ty: ty, color: c}
	p.box = arrange(p.place)
	return p
}

// rewrite gives the paragraph other words, in another look.
func (p *paragraph) rewrite(l look, s string, ty theme.Type, c color.Color) {
	p.look, p.s, p.ty, p.color, p.lines = l, s, ty, c, nil
	p.box.Refresh()
}

func (p *paragraph) centered() *paragraph {
	p.align = fyne.TextAlignCenter
	return p
}

func (p *paragraph) atMost(lines int) *paragraph {
	p.limit = lines
	return p
}

func (p *paragraph) object() fyne.CanvasObject { return p.box }

func (p *paragraph) lineHeight() float32 {
	const leading = 1.4
	return p.ty.Size * leading
}

// textHeight is of a line as it is drawn. It depends on the type alone, and
// measuring every line would shape each of them once more.
func (p *paragraph) textHeight() float32 { return p.look.measure("M", p.ty).Height }

func (p *paragraph) height(width float32) float32 {
	p.breakLines(width)
	return float32(len(p.lines)) * p.lineHeight()
}

// natural is the width of the text on one line.
func (p *paragraph) natural() float32 {
	w := float32(0)
	of := p.look.ruler(p.ty)
	for _, r := range p.s {
		w += of(r)
	}
	return w
}

// alone is how much smaller a line is drawn before it is broken.
const alone = 0.84

// fitInto chooses the largest letters between two sizes at which nothing is cut
// on so many lines in a place of that size. A single line comes first: it is
// drawn a little smaller before it is broken.
func (p *paragraph) fitInto(width, height float32, lines int, full, least float32) {
	const step = 0.95
	p.limit = 0
	long := p.longestWord()
	for n := 1; n <= lines; n++ {
		from := least
		if n == 1 {
			from = max(least, full*alone)
		}
		for size := full; size >= from; size *= step {
			p.ty.Size, p.lines = size, nil
			if size > from*1.01 && p.look.measure(long, p.ty).Width > width {
				continue // a word is drawn smaller before it is broken
			}
			if h := p.height(width); len(p.lines) <= n && h <= height {
				return
			}
		}
	}
	p.ty.Size, p.lines, p.limit = least, nil, lines
}

// longestWord is the longest word that is not broken between its letters.
func (p *paragraph) longestWord() (long string) {
	for _, w := range strings.FieldsFunc(p.s, func(r rune) bool { return r == ' ' || isHan(r) }) {
		if len(w) > len(long) {
			long = w
		}
	}
	return long
}

// fitsOneLine reports whether fitInto would keep the text on one line of that width.
func (p *paragraph) fitsOneLine(width, full float32) bool {
	p.ty.Size = full * alone
	return p.natural() <= width
}

// resize gives the paragraph another type and limit of lines.
func (p *paragraph) resize(ty theme.Type, limit int) {
	p.ty, p.limit, p.lines = ty, limit, nil
}

// cut reports whether words were left out for want of lines.
func (p *paragraph) cut() bool {
	return len(p.lines) > 0 && strings.HasSuffix(p.lines[len(p.lines)-1], ellipsis)
}

// widest is the width of the longest line as it was broken last.
func (p *paragraph) widest() float32 {
	of, most := p.look.ruler(p.ty), float32(0)
	for _, line := range p.lines {
		w := float32(0)
		for _, r := range line {
			w += of(r)
		}
		most = max(most, w)
	}
	return most
}

func (p *paragraph) breakLines(width float32) {
	if width == p.width && p.align == p.set && p.lines != nil {
		return
	}
	p.width, p.set = width, p.align
	of := p.look.ruler(p.ty)
	p.lines = wrap(p.s, of, width+slack, p.limit)
	if p.align == fyne.TextAlignCenter && len(p.lines) > 1 {
		p.lines = balance(p.lines, func(w float32) []string { return wrap(p.s, of, w, p.limit) }, width)
	}
}

func (p *paragraph) place(size fyne.Size) {
	if size.Width <= 0 { // not in its place yet: every letter would be a line
		return
	}
	p.breakLines(size.Width)
	p.box.Objects = nil
	lh := p.lineHeight()
	y := (size.Height - float32(len(p.lines))*lh) / 2
	for _, line := range p.lines {
		t := p.look.text(line, p.ty, p.color)
		t.Alignment = p.align
		h := p.textHeight()
		put(t, 0, y+(lh-h)/2, size.Width, h)
		p.box.Objects = append(p.box.Objects, t)
		y += lh
	}
}
