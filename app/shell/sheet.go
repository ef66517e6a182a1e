package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// sheet is a page without a live picture: a column of text with the actions at
// the bottom, where a hand reaches them.
type sheet struct {
	look look
	page *pageView
	edge *canvas.Rectangle
	body *scrolled
	box  *fyne.Container
}

func newSheet(l look, v *pageView) *sheet {
	s := &sheet{look: l, page: v, body: newScrolled()}
	s.edge = canvas.NewRectangle(l.Tone(v.page.Tone).Strong)
	s.box = arrange(s.layout)
	objs := []fyne.CanvasObject{}
	if v.page.Tone != "" {
		objs = append(objs, s.edge)
	}
	if v.steps != nil {
		objs = append(objs, v.steps.object())
	}
	if v.title != nil {
		objs = append(objs, v.title.object())
	}
	objs = append(objs, s.body.object(), v.actions.object())
	if v.keypad != nil {
		objs = append(objs, v.keypad.object())
	}
	s.box.Objects = objs
	return s
}

func (s *sheet) layout(size fyne.Size) {
	l, v := s.look, s.page
	put(s.edge, 0, 0, size.Width, l.XS)
	wide := size.Width > size.Height
	most := l.Column
	if wide {
		most *= 1.5
	}
	width := min(size.Width-2*l.XL, most)
	x := (size.Width - width) / 2
	y, bottom := l.L, size.Height-l.L
	if v.keypad != nil && wide {
		// The keypad stands beside the fields, at its full height.
		kw := min(l.KeypadWidth, width*0.45)
		kh := min(v.keypad.height(kw), bottom-y)
		put(v.keypad.object(), x+width-kw, y+(bottom-y-kh)/2, kw, kh)
		width -= kw + l.XL
	}
	if h := v.actions.height(width); h > 0 {
		bottom -= h
		put(v.actions.object(), x, bottom, width, h)
		bottom -= l.M
	}
	if v.keypad != nil && !wide {
		kw := min(l.KeypadWidth, width)
		// The keys give way to a field's remark, as far as a finger allows.
		need := s.natural(width) + l.M
		if v.steps != nil {
			need += v.steps.height(width) + l.S
		}
		h := min(v.keypad.height(kw), max(v.keypad.least(), bottom-y-need))
		bottom -= h
		put(v.keypad.object(), (size.Width-kw)/2, bottom, kw, h)
		bottom -= l.M
	}
	if v.steps != nil {
		h := v.steps.height(width)
		put(v.steps.object(), x, y, width, h)
		y += h + l.S
	}
	if spare := bottom - y - s.natural(width); spare > 0 && s.short() {
		const above = 0.38 // the eye's middle is above the ruler's
		y += spare * above
	}
	if v.title != nil {
		h := v.title.height(width)
		put(v.title.object(), x, y, width, h)
		y += h + l.M + l.XS
	}
	s.body.place(v.order, x, y, width, bottom-y, l.M, l.M)
}

// short reports whether the page only says something: such a page stands in
// the middle of the screen, others begin at the top.
func (s *sheet) short() bool {
	for _, n := range s.page.order {
		switch n.(type) {
		case *form, *list, *table, *tiles:
			return false
		}
	}
	return true
}

// natural is the height of title and body.
func (s *sheet) natural(width float32) float32 {
	l, v := s.look, s.page
	h := float32(0)
	if v.title != nil {
		h += v.title.height(width) + l.M + l.XS
	}
	for i, n := range v.order {
		if i > 0 {
			h += l.M
		}
		h += n.height(width)
	}
	return h
}
