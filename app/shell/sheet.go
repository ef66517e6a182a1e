package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// sheet is a page with something to read, fill in or choose: a column with the
// actions at the bottom, where a hand reaches them.
//
// A result (a receipt, a QR code) stands in the middle of the room under a disc
// with the tone's icon. Words that are there to be read stand on a card, in the
// larger type while it fits. Forms, lists and tiles begin at the top.
type sheet struct {
	look look
	page *pageView
	wide bool    // height is dear: the steps stand in the corner
	from float32 // where the lower half begins for who sits, the title standing above it; 0 for everybody else
	edge *canvas.Rectangle
	head *canvas.Rectangle // behind the title above the lower half; nil for none
	card *canvas.Rectangle // behind words to read; nil for none
	mark *mark             // above a result; nil for none
	body *scrolled
	box  *fyne.Container
}

func newSheet(l look, v *pageView) *sheet {
	s := &sheet{look: l, page: v, body: v.scroller}
	s.edge = canvas.NewRectangle(l.Tone(v.page.Tone).Strong)
	s.box = arrange(s.layout)
	objs := []fyne.CanvasObject{}
	if l.seated() {
		s.head = canvas.NewRectangle(l.BrandSoft)
		if v.page.Tone != "" {
			s.head.FillColor = l.Tone(v.page.Tone).Soft
		}
		objs = append(objs, s.head)
	}
	if v.page.Tone != "" {
		objs = append(objs, s.edge)
	}
	if v.steps != nil {
		objs = append(objs, v.steps.object())
	}
	switch {
	case s.reads():
		s.card = l.outlined(l.Surface, l.Line, l.RadiusM)
		objs = append(objs, s.card)
	case s.result() && v.page.Tone != "":
		s.mark = newMark(l, v.page.Tone)
		objs = append(objs, s.mark.box)
	}
	if v.title != nil {
		if s.result() || l.seated() {
			v.title.centered()
		}
		objs = append(objs, v.title.object())
	}
	objs = append(objs, s.body.object(), v.actions.object())
	if v.keypad != nil {
		objs = append(objs, v.keypad.object())
	}
	s.box.Objects = objs
	return s
}

// reads reports whether the page has nothing but words to read.
func (s *sheet) reads() bool {
	for _, n := range s.page.order {
		if _, ok := n.(*text); !ok {
			return false
		}
	}
	return len(s.page.order) > 0
}

// result reports whether the page shows what came of something.
func (s *sheet) result() bool {
	found := false
	for _, n := range s.page.order {
		switch n.(type) {
		case *form, *list, *table, *tiles, *chart, *mapNode, *stages, *video:
			return false
		case *receipt, *qrcode, *personCard:
			found = true
		}
	}
	return found
}

func (s *sheet) layout(size fyne.Size) {
	l, v := s.look, s.page
	put(s.edge, 0, 0, size.Width, l.XS)
	s.wide = size.Width > size.Height
	width := size.Width - 2*l.XL
	switch {
	case !s.wide:
		width = min(width, l.Column)
	case s.card == nil:
		width = min(width, l.Column*1.5)
	}
	x := (size.Width - width) / 2
	y, bottom := l.L, size.Height-l.L
	if s.from = v.reach(); s.from > 0 {
		s.placeHead(size.Width, x, width)
		y = s.from + l.L
		if v.keyboard != nil { // every bit of the lower half is wanted
			y, bottom = s.from+l.S, size.Height-l.S
		}
	}
	if v.keypad != nil && (s.wide || s.from > 0) {
		// The keypad stands beside the fields, at its full height.
		kw := min(l.KeypadWidth, width*0.45)
		kh := min(v.keypad.most(), bottom-y)
		put(v.keypad.object(), x+width-kw, y+(bottom-y-kh)/2, kw, kh)
		width -= kw + l.XL
	}
	if h := v.actions.height(width); h > 0 {
		bottom -= h
		put(v.actions.object(), x, bottom, width, h)
		bottom -= l.M
	}
	if v.keypad != nil && !s.wide && s.from == 0 {
		bottom -= s.placeKeypad(x, y, width, bottom) + l.M
	}
	if v.steps != nil && s.from == 0 {
		h, w := v.steps.height(width), s.stepsWidth(width)
		put(v.steps.object(), x+width-w, y, w, h)
		if w == width {
			y += h + l.S
		}
	}
	s.content(x, y, width, bottom)
}

// placeHead puts what is only read above the lower half.
func (s *sheet) placeHead(across, x, width float32) {
	l, v := s.look, s.page
	put(s.head, 0, 0, across, s.from)
	if v.steps != nil {
		put(v.steps.object(), x, l.L, width, v.steps.height(width))
	}
	if v.title != nil {
		h := v.title.height(width)
		put(v.title.object(), x, (s.from-h)/2, width, h)
	}
}

// placeKeypad puts the keys above bottom and returns their height: they take
// the room the fields leave, and give way to a remark as far as a finger allows.
func (s *sheet) placeKeypad(x, y, width, bottom float32) float32 {
	l, v := s.look, s.page
	need := s.titleHeight(width) + s.bodyHeight(width) + l.M
	if v.steps != nil && s.from == 0 {
		need += v.steps.height(width) + l.S
	}
	h := min(v.keypad.most(), max(v.keypad.least(), bottom-y-need))
	put(v.keypad.object(), x, bottom-h, width, h)
	return h
}

// content places what stands between the steps and the actions.
func (s *sheet) content(x, y, width, bottom float32) {
	l, v := s.look, s.page
	pad := float32(0)
	if s.card != nil {
		pad = s.gap()
	}
	inner := width - 2*pad
	s.enlarge(true)
	natural := s.titleHeight(width) + s.bodyHeight(inner) + 2*pad
	if natural > bottom-y {
		s.enlarge(false)
		natural = s.titleHeight(width) + s.bodyHeight(inner) + 2*pad
	}
	if s.mark != nil {
		h := l.IconXL
		s.mark.box.Hidden = natural+h+l.M > bottom-y // the words come first
		if !s.mark.box.Hidden {
			natural += h + l.M
		}
	}
	if spare := bottom - y - natural; spare > 0 && s.middle() {
		const above = 0.42 // the eye's middle is above the ruler's
		y += spare * above
	}
	if s.mark != nil && !s.mark.box.Hidden {
		put(s.mark.box, x+(width-l.IconXL)/2, y, l.IconXL, l.IconXL)
		y += l.IconXL + l.M
	}
	if v.title != nil && s.from == 0 {
		w := s.titleWidth(width)
		at := x
		if s.result() {
			at += (width - w) / 2
		}
		put(v.title.object(), at, y, w, v.title.height(w))
		y += s.titleHeight(width)
	}
	if s.card != nil {
		h := min(s.bodyHeight(inner)+2*pad, bottom-y)
		put(s.card, x, y, width, h)
		y, bottom = y+pad, y+h-pad
	}
	s.body.place(paired(l, v.order, inner), x+pad, y, inner, bottom-y, s.gap(), l.M)
}

// middle reports whether the content stands in the middle of its room.
func (s *sheet) middle() bool {
	for _, n := range s.page.order {
		switch n.(type) {
		case *form, *list, *table, *tiles, *chart, *mapNode, *stages, *picture, *video:
			return false
		}
	}
	return s.card == nil
}

func (s *sheet) enlarge(on bool) {
	for _, n := range s.page.order {
		if t, ok := n.(*text); ok {
			t.enlarge(on && s.card != nil)
		}
	}
}

// gap is between one node and the next: paragraphs stand further apart.
func (s *sheet) gap() float32 {
	switch {
	case s.card == nil:
		return s.look.M
	case s.wide:
		return s.look.M + s.look.XS/2
	}
	return s.look.L
}

// stepsWidth is of the steps above the title, or in the corner beside it.
func (s *sheet) stepsWidth(width float32) float32 {
	const share = 0.28
	if s.wide && s.page.keypad == nil {
		return width * share
	}
	return width
}

// titleWidth leaves the corner to the steps, and the other one when the title
// stands in the middle.
func (s *sheet) titleWidth(width float32) float32 {
	steps := s.stepsWidth(width)
	switch {
	case s.page.steps == nil || steps == width:
		return width
	case s.result():
		return width - 2*(steps+s.look.L)
	}
	return width - steps - s.look.L
}

// titleHeight is the title's, with the space below it.
func (s *sheet) titleHeight(width float32) float32 {
	if s.page.title == nil || s.from > 0 {
		return 0
	}
	return s.page.title.height(s.titleWidth(width)) + s.look.M + s.look.XS
}

func (s *sheet) bodyHeight(width float32) float32 {
	nodes := paired(s.look, s.page.order, width)
	parts := make([]part, len(nodes))
	for i, n := range nodes {
		parts[i] = n
	}
	return stackHeight(parts, width, s.gap())
}
