package shell

import (
	"image/color"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/kiosk/view"
)

// stages draws view.Steps: discs on a line, those behind ticked. Side by side
// while every title has room for two lines, one above the other else.
type stages struct {
	look   look
	card   *canvas.Rectangle
	stages []stageMark
	lines  []*canvas.Rectangle // from each to the next
	box    *fyne.Container
}

// stageMark is one disc and its words.
type stageMark struct {
	disc          *canvas.Circle
	sign          fyne.CanvasObject // a number, or a tick
	title, detail *paragraph        // detail is nil for none
}

func newStages() *stages {
	s := &stages{}
	s.box = arrange(s.layout)
	return s
}

func (s *stages) show(n view.Node, l look) {
	v := n.(view.Steps)
	s.look, s.stages, s.lines = l, nil, nil
	s.card = l.outlined(l.Surface, l.Line, l.RadiusM)
	objs := []fyne.CanvasObject{s.card}
	var marks []fyne.CanvasObject
	for i, step := range v.Steps {
		if i > 0 {
			line := canvas.NewRectangle(l.Line)
			if i <= v.Now {
				line.FillColor = l.Brand
			}
			s.lines = append(s.lines, line)
			objs = append(objs, line)
		}
		m := s.mark(v, i, step)
		s.stages = append(s.stages, m)
		marks = append(marks, m.disc, m.sign, m.title.object())
		if m.detail != nil {
			marks = append(marks, m.detail.object())
		}
	}
	replace(s.box, append(objs, marks...)...)
}

func (s *stages) mark(v view.Steps, i int, step view.Step) stageMark {
	l := s.look
	title, ink, second := theme.Type{Size: l.Body.Size, Bold: i == v.Now}, l.Ink, l.InkSoft
	m := stageMark{disc: canvas.NewCircle(l.Brand)}
	number := func(c color.Color) fyne.CanvasObject {
		t := l.text(strconv.Itoa(i+1), theme.Type{Size: l.Small.Size, Bold: true}, c)
		t.Alignment = fyne.TextAlignCenter
		return t
	}
	switch {
	case i < v.Now:
		m.sign = l.icon("check", l.OnBrand, l.IconM*glyph)
	case i == v.Now:
		tint := l.Tone(v.Tone)
		m.disc.FillColor, ink = tint.Strong, tint.Ink
		if m.sign = number(l.OnBrand); v.Tone == view.Refusal || v.Tone == view.Warning {
			m.sign = l.icon(toneIcon(v.Tone), l.OnBrand, l.IconM*glyph)
		}
	default:
		m.disc.FillColor, m.disc.StrokeColor, m.disc.StrokeWidth = l.Surface, l.Line, l.Stroke
		m.sign, ink = number(l.InkSoft), l.InkSoft
	}
	m.title = newParagraph(l, l.say(step.Title), title, ink).atMost(2)
	if detail := l.say(step.Detail); detail != "" {
		m.detail = newParagraph(l, detail, l.Small, second).atMost(2)
	}
	return m
}

func (s *stages) object() fyne.CanvasObject { return s.box }
func (s *stages) fills() bool               { return false }

// side is of a disc.
func (s *stages) side() float32 { return s.look.IconM + s.look.XS }

// beside reports whether the stages stand side by side.
func (s *stages) beside(width float32) bool {
	l := s.look
	each := s.share(width) - l.S
	for _, m := range s.stages {
		m.title.centered()
		if m.title.height(each); len(m.title.lines) > 2 || m.title.cut() || m.title.widest() > each {
			return false
		}
		if m.detail == nil {
			continue
		}
		m.detail.centered()
		if m.detail.height(each); m.detail.cut() || m.detail.widest() > each {
			return false
		}
	}
	return true
}

func (s *stages) share(width float32) float32 {
	return (width - 2*s.look.S) / float32(len(s.stages))
}

// words is the height of a stage's words at a width.
func (m stageMark) words(width float32) float32 {
	h := m.title.height(width)
	if m.detail != nil {
		h += m.detail.height(width)
	}
	return h
}

func (s *stages) height(width float32) float32 {
	l := s.look
	if s.beside(width) {
		tallest := float32(0)
		for _, m := range s.stages {
			tallest = max(tallest, m.words(s.share(width)-l.S))
		}
		return 2*l.M + s.side() + l.XS + tallest
	}
	h := 2*l.M - l.M
	for _, m := range s.stages {
		h += s.rowHeight(m, width) + l.M
	}
	return h
}

func (s *stages) rowHeight(m stageMark, width float32) float32 {
	m.title.align = fyne.TextAlignLeading
	if m.detail != nil {
		m.detail.align = fyne.TextAlignLeading
	}
	return max(s.side(), m.words(s.rowWidth(width)))
}

func (s *stages) rowWidth(width float32) float32 { return width - 3*s.look.M - s.side() }

func (s *stages) layout(size fyne.Size) {
	l, side, thick := s.look, s.side(), s.look.Stroke*2
	put(s.card, 0, 0, size.Width, size.Height)
	if s.beside(size.Width) {
		each := s.share(size.Width)
		for i, m := range s.stages {
			x := l.S + float32(i)*each
			s.place(m, x+(each-side)/2, l.M)
			y := l.M + side + l.XS
			h := m.title.height(each - l.S)
			put(m.title.object(), x+l.S/2, y, each-l.S, h)
			if m.detail != nil {
				put(m.detail.object(), x+l.S/2, y+h, each-l.S, m.detail.height(each-l.S))
			}
			if i > 0 {
				put(s.lines[i-1], x-(each-side)/2+l.XS, l.M+(side-thick)/2, each-side-2*l.XS, thick)
			}
		}
		return
	}
	y, w := l.M, s.rowWidth(size.Width)
	for i, m := range s.stages {
		h := s.rowHeight(m, size.Width)
		s.place(m, l.M, y)
		words := m.words(w)
		at := y + max(side-words, 0)/2
		th := m.title.height(w)
		put(m.title.object(), 2*l.M+side, at, w, th)
		if m.detail != nil {
			put(m.detail.object(), 2*l.M+side, at+th, w, m.detail.height(w))
		}
		if i < len(s.lines) {
			put(s.lines[i], l.M+(side-thick)/2, y+side+l.XS/2, thick, h+l.M-side-l.XS)
		}
		y += h + l.M
	}
}

func (s *stages) place(m stageMark, x, y float32) {
	side := s.side()
	put(m.disc, x, y, side, side)
	if t, ok := m.sign.(*canvas.Text); ok {
		h := t.MinSize().Height
		put(t, x, y+(side-h)/2, side, h)
		return
	}
	icon := s.look.IconM * glyph
	put(m.sign, x+(side-icon)/2, y+(side-icon)/2, icon, icon)
}
