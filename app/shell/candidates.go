package shell

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/kiosk/view"
)

// strip is the row above the on-screen keys: the candidates of what is being
// composed, as many as there is room for, or what is being filled in.
type strip struct {
	page  *pageView
	look  look
	label *canvas.Text // nil while there are candidates
	words string       // of the label, in full
	cells []*candidateCell
	tools []*button // previous, next, all; or away
	rule  *canvas.Rectangle
	shown int // candidates in sight
	box   *fyne.Container
}

func newStrip(p *pageView, l look) *strip {
	s := &strip{page: p}
	s.box = arrange(s.layout)
	s.show(l)
	return s
}

func (s *strip) object() fyne.CanvasObject { return s.box }

func (s *strip) height() float32 { return s.look.Touch + s.look.XS }

const (
	mostCells = 24 // more than fit into any strip
	numbered  = 9  // as many as a keyboard chooses by a digit
)

func (s *strip) show(l look) {
	s.look = l
	p, t := s.page, &s.page.typist
	s.rule = canvas.NewRectangle(l.Line)
	s.label, s.cells, s.tools, s.shown = nil, nil, nil, 0
	ground := canvas.NewRectangle(l.Surface)
	objs := []fyne.CanvasObject{ground, s.rule}
	visible := t.visible()
	most := mostCells
	if !p.keysShown() {
		most = numbered
	}
	for i, c := range visible[:min(len(visible), most)] {
		number := ""
		if !p.keysShown() {
			number = strconv.Itoa(i + 1)
		}
		cell := newCandidateCell(l, t.first+i, number, c.Text, i == 0, func() { p.chooseCandidate(t.first + i) })
		s.cells = append(s.cells, cell)
		objs = append(objs, cell)
	}
	add := func(id, icon string, do func()) {
		b := newButton(l, id, icon, "", l.quietKey(), func() {
			p.shell.touched()
			do()
		})
		b.ground.FillColor, b.ground.StrokeColor = l.Surface, l.Surface
		s.tools = append(s.tools, b)
		objs = append(objs, b)
	}
	switch {
	case len(s.cells) > 0:
		add("cand:previous", "previous", func() { t.turn(-1, s.shown) })
		add("cand:next", "next", func() { t.turn(1, s.shown) })
		icon := "down"
		if t.open {
			icon = "keyboard"
		}
		add("cand:all", icon, p.openCandidates)
	default:
		words := ""
		if f := p.active; f != nil {
			words = l.say(f.node.Label)
			if t.composing() {
				words = l.say(view.T("没有这个拼音", "No such pinyin"))
			}
		}
		s.words, s.label = words, l.text(words, l.Small, l.InkSoft)
		objs = append(objs, s.label)
		add("key:"+keyHide, "down", p.hideKeys)
	}
	s.box.Objects = objs
	s.layout(s.box.Size())
	s.box.Refresh()
}

func (s *strip) layout(size fyne.Size) {
	l := s.look
	put(s.box.Objects[0], 0, 0, size.Width, size.Height)
	put(s.rule, 0, size.Height-l.Hairline, size.Width, l.Hairline)
	right := size.Width - l.XS
	for i := len(s.tools) - 1; i >= 0; i-- {
		right -= l.Touch
		put(s.tools[i], right, l.XS/2, l.Touch, l.Touch)
	}
	if s.label != nil {
		h := s.label.MinSize().Height
		s.label.Text = l.fit(s.words, l.Small, right-2*l.M)
		put(s.label, l.M, (size.Height-h)/2, right-2*l.M, h)
		return
	}
	x := l.XS
	s.shown = 0
	for i, c := range s.cells {
		w := c.natural()
		if i == 0 {
			w = min(w, right-x) // the whole phrase may be longer than the screen
		}
		c.Hidden = x+w > right || s.shown < i
		if !c.Hidden {
			put(c, x, l.XS/2, w, l.Touch)
			x += w
			s.shown++
		}
	}
}

// candidateCell is one candidate.
type candidateCell struct {
	*touch
	look   look
	number string // which key of a keyboard chooses it; "" for none
	text   string
	ground *canvas.Rectangle
	digit  *canvas.Text
	word   *canvas.Text
}

func newCandidateCell(l look, i int, number, text string, first bool, choose func()) *candidateCell {
	c := &candidateCell{look: l, number: number, text: text}
	ink := l.Ink
	if first {
		ink = l.Brand
	}
	c.ground = panel(l.Surface, l.RadiusS)
	c.digit, c.word = l.text(number, l.Small, l.InkSoft), l.text(text, l.Lead, ink)
	c.touch = newTouch("cand:"+strconv.Itoa(i), arrange(c.place, c.ground, c.digit, c.word), choose)
	c.onPress = func(down bool) {
		c.ground.FillColor = l.Surface
		if down {
			c.ground.FillColor = l.BrandSoft
		}
		c.ground.Refresh()
	}
	return c
}

// natural is the width at which nothing is cut.
func (c *candidateCell) natural() float32 {
	l := c.look
	w := 2*l.S + l.width(c.text, l.Lead)
	if c.number != "" {
		w += l.width(c.number, l.Small) + l.XS/2
	}
	return max(w, l.Touch)
}

func (c *candidateCell) place(size fyne.Size) {
	l := c.look
	put(c.ground, 0, 0, size.Width, size.Height)
	digit := float32(0)
	if c.number != "" {
		digit = l.width(c.number, l.Small) + l.XS/2
	}
	c.word.Text = l.fit(c.text, l.Lead, size.Width-2*l.S-digit)
	w, h := l.width(c.word.Text, l.Lead), l.line(l.Lead)
	x := (size.Width - w - digit) / 2
	if c.number != "" {
		low := l.line(l.Small)
		put(c.digit, x, (size.Height+h)/2-low-l.XS/4, digit, low)
	}
	put(c.word, x+digit, (size.Height-h)/2, w, h)
}

// candidateGrid shows all candidates in the place of the keys; it scrolls.
type candidateGrid struct {
	look  look
	cells []*candidateCell
	body  *scrolled
	box   *fyne.Container
}

func newCandidateGrid(p *pageView, l look) *candidateGrid {
	g := &candidateGrid{look: l, body: newScrolled(p.shell)}
	for i, c := range p.typist.comp.Candidates() {
		cell := newCandidateCell(l, i, "", c.Text, false, func() { p.chooseCandidate(i) })
		cell.ground.CornerRadius = 0 // one surface
		g.cells = append(g.cells, cell)
	}
	g.box = arrange(func(size fyne.Size) {
		g.body.place([]node{g.flow()}, l.XS, 0, size.Width-2*l.XS, size.Height, 0, 0)
	}, g.body.object())
	return g
}

func (g *candidateGrid) object() fyne.CanvasObject { return g.box }

// flow is the candidates in rows.
func (g *candidateGrid) flow() *flow {
	objs := make([]fyne.CanvasObject, len(g.cells))
	for i, c := range g.cells {
		objs[i] = c
	}
	f := &flow{grid: g}
	f.box = arrange(func(size fyne.Size) {
		f.each(size.Width, func(c *candidateCell, x, y, w float32) { put(c, x, y, w, g.look.Touch) })
	}, objs...)
	return f
}

// flow lays candidates out in rows, from left to right.
type flow struct {
	grid *candidateGrid
	box  *fyne.Container
}

func (f *flow) show(view.Node, look)      {}
func (f *flow) fills() bool               { return false }
func (f *flow) object() fyne.CanvasObject { return f.box }
func (f *flow) height(width float32) float32 {
	return f.each(width, func(*candidateCell, float32, float32, float32) {})
}

// each places the candidates in columns of equal width, a long one over several,
// and returns how tall all are.
func (f *flow) each(width float32, at func(c *candidateCell, x, y, w float32)) float32 {
	l := f.grid.look
	n := max(int(width/(l.Touch*1.15)), 1)
	unit := width / float32(n)
	col, y := 0, float32(0)
	for _, c := range f.grid.cells {
		span := min(int(c.natural()/unit)+1, n)
		if c.natural() <= unit {
			span = 1
		}
		if col+span > n {
			col, y = 0, y+l.Touch
		}
		at(c, float32(col)*unit, y, float32(span)*unit)
		col += span
	}
	return y + l.Touch
}

// chooseCandidate is a touch on a candidate.
func (v *pageView) chooseCandidate(i int) {
	v.shell.touched()
	v.typist.choose(i)
}

// openCandidates shows all candidates in the place of the keys, or the keys again.
func (v *pageView) openCandidates() {
	v.typist.open = !v.typist.open
	v.retype()
}
