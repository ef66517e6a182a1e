package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// stage is a page with a live picture, or an illustration in its place, which
// dominates it. What else the page says stands on a panel that is drawn over the picture's edge: below it on an
// upright screen, beside it on a wide one.
type stage struct {
	look  look
	page  *pageView
	scene fyne.CanvasObject // what is above or beside the panel
	panel *canvas.Rectangle
	edge  *canvas.Rectangle
	hint  *paragraph
	body  *scrolled
	box   *fyne.Container
}

func newStage(l look, v *pageView, scene fyne.CanvasObject, hint string) *stage {
	tint := l.Tone(v.page.Tone)
	fill := l.Surface
	if v.page.Tone != "" && l.set == onStage { // an illustration's ground has the colour
		fill = tint.Soft
	}
	s := &stage{look: l, page: v, scene: scene, panel: canvas.NewRectangle(fill), edge: panel(tint.Strong, l.XS/2), body: v.scroller}
	if hint != "" {
		s.hint = newParagraph(l, hint, l.Lead, l.InkSoft).centered().atMost(3)
	}
	objs := []fyne.CanvasObject{scene, s.panel, s.edge}
	if v.title != nil {
		objs = append(objs, v.title.object())
	}
	if s.hint != nil {
		objs = append(objs, s.hint.object())
	}
	objs = append(objs, s.body.object(), v.actions.object())
	if v.keypad != nil {
		objs = append(objs, v.keypad.object())
	}
	s.box = arrange(s.layout, objs...)
	return s
}

// parts are the panel's words from top to bottom, without the actions.
func (s *stage) parts() []part {
	var ps []part
	if s.page.title != nil {
		ps = append(ps, s.page.title)
	}
	if s.hint != nil {
		ps = append(ps, s.hint)
	}
	for _, n := range s.page.order {
		ps = append(ps, n)
	}
	return ps
}

func (s *stage) layout(size fyne.Size) {
	l := s.look
	if size.Width > size.Height {
		share := float32(0.42)
		if l.Variant.Elder { // large words before a large picture
			share = 0.5
		}
		w := min(l.Panel, size.Width*share)
		x := size.Width - w
		put(s.scene, 0, 0, x+l.RadiusL, size.Height)
		s.panel.TopLeftCornerRadius, s.panel.BottomLeftCornerRadius = l.RadiusL, l.RadiusL
		s.panel.TopRightCornerRadius = 0
		put(s.panel, x, 0, w, size.Height)
		put(s.edge, x+(w-l.IconXL)/2, l.M, l.IconXL, l.XS/2)
		s.words(x+l.L, l.XL, w-2*l.L, size.Height-l.XL-l.L)
		return
	}
	// The picture keeps its place from page to page: the panel grows only when
	// what it says does not fit.
	const share = 0.36
	width := size.Width - 2*l.XL
	h := max(size.Height*share, s.wanted(width)+2*l.XL)
	h = min(h, size.Height*0.7)
	if from := s.page.reach(); from > 0 {
		h = size.Height - from
	}
	y := size.Height - h
	put(s.scene, 0, 0, size.Width, y+l.RadiusL)
	s.panel.TopLeftCornerRadius, s.panel.TopRightCornerRadius = l.RadiusL, l.RadiusL
	s.panel.BottomLeftCornerRadius = 0
	put(s.panel, 0, y, size.Width, h)
	put(s.edge, (size.Width-l.IconXL)/2, y+l.M, l.IconXL, l.XS/2)
	s.words(l.XL, y+l.XL, width, h-l.XL-l.L)
}

// wanted is how tall the panel's words and actions are.
func (s *stage) wanted(width float32) float32 {
	h := stackHeight(s.parts(), width, s.look.M)
	if a := s.page.actions.height(width); a > 0 {
		h += a + s.look.L
	}
	if k := s.page.keypad; k != nil {
		h += k.height(width) + s.look.M
	}
	return h
}

func (s *stage) words(x, y, width, height float32) {
	l := s.look
	bottom := y + height
	if h := s.page.actions.height(width); h > 0 {
		bottom -= h
		put(s.page.actions.object(), x, bottom, width, h)
		bottom -= l.M
	}
	if k := s.page.keypad; k != nil {
		h := k.height(width)
		bottom -= h
		put(k.object(), x, bottom, width, h)
		bottom -= l.M
	}
	// The words stand in the middle of the room above the actions.
	if spare := bottom - y - stackHeight(s.parts(), width, l.M); spare > 0 {
		y += spare / 2
	}
	if t := s.page.title; t != nil {
		h := t.height(width)
		put(t.object(), x, y, width, h)
		y += h + l.S
	}
	if s.hint != nil {
		h := s.hint.height(width)
		put(s.hint.object(), x, y, width, h)
		y += h + l.M
	}
	s.body.place(s.page.order, x, y, width, bottom-y, l.M, l.M)
}
