package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/kiosk/view"
)

// hall is the page on which services are chosen: a greeting that can be read
// from the door, and below or beside it the tiles.
type hall struct {
	look   look
	page   *pageView
	ground *canvas.LinearGradient
	rings  [3]*canvas.Circle
	emblem *fyne.Container
	ask    *paragraph // what to do, below the greeting; nil for none
	nodes  []node     // of the page, without that sentence
	body   *scrolled
	box    *fyne.Container
}

func newHall(l look, v *pageView) *hall {
	h := &hall{look: l, page: v, body: v.scroller, nodes: v.order}
	h.ground = canvas.NewLinearGradient(l.BrandDark, l.BrandVeil, 135)
	objs := []fyne.CanvasObject{h.ground}
	for i := range h.rings {
		h.rings[i] = canvas.NewCircle(l.HallRing)
		objs = append(objs, h.rings[i])
	}
	h.emblem = l.symbol("hall", l.OnBrandSoft)
	objs = append(objs, h.emblem)
	if v.title != nil {
		v.title.rewrite(l, l.say(v.page.Title), l.Display, l.OnBar)
		objs = append(objs, v.title.object())
	}
	if len(v.page.Body) > 0 {
		if t, ok := v.page.Body[0].(view.TextNode); ok {
			h.ask = newParagraph(l, l.say(t.Text), l.Lead, l.OnBrandSoft).atMost(2)
			h.nodes = v.order[1:]
			objs = append(objs, h.ask.object())
		}
	}
	h.box = arrange(h.layout, append(objs, h.body.object(), v.actions.object())...)
	return h
}

func (h *hall) layout(size fyne.Size) {
	l := h.look
	if size.Width > size.Height { // the greeting beside the tiles: height is dear
		const share = 0.3
		w := size.Width * share
		h.hero(0, 0, w, size.Height, true)
		h.services(w+l.L, l.L, size.Width-w-2*l.L, size.Height-2*l.L)
		return
	}
	top := l.Hero
	if from := h.page.reach(); from > 0 {
		top = from
	}
	h.hero(0, 0, size.Width, top, false)
	h.services(l.XL, top+l.L, size.Width-2*l.XL, size.Height-top-2*l.L)
}

// hero places the greeting and what stands behind it.
func (h *hall) hero(x, y, w, height float32, narrow bool) {
	l := h.look
	put(h.ground, x, y, w, height)
	// Rings around the emblem, at the corner that the words leave free.
	side := min(w, height) * 0.5
	cx, cy := x+w-l.XL-side/2, y+height/2
	if narrow {
		side = w * 0.42
		cx, cy = x+w/2, y+height*0.3
		if h.look.Variant.Elder { // large words below it
			side, cy = w*0.3, y+height*0.22
		}
	}
	for i, ring := range h.rings {
		d := side * (1 + 0.45*float32(2-i))
		d = min(d, height, w)
		if narrow {
			d = min(d, 2*(cy-y-l.S))
		}
		put(ring, cx-d/2, cy-d/2, d, d)
	}
	icon := side * glyph
	put(h.emblem, cx-icon/2, cy-icon/2, icon, icon)

	inner := w - 2*l.XL
	if narrow {
		inner = w - 2*l.L
	} else {
		inner -= side * 1.5
	}
	title, ask := float32(0), float32(0)
	if t := h.page.title; t != nil {
		t.fitInto(inner, height, 2, l.Display.Size, l.Heading.Size)
		title = t.height(inner)
	}
	if h.ask != nil {
		ask = h.ask.height(inner) + l.XS
	}
	at := y + (height-title-ask)/2
	left := x + l.XL
	if narrow {
		left = x + l.L
		at = min(y+height*0.56, y+height-l.M-title-ask)
	}
	if t := h.page.title; t != nil {
		put(t.object(), left, at, inner, title)
	}
	if h.ask != nil {
		put(h.ask.object(), left, at+title+l.XS, inner, ask-l.XS)
	}
}

// services places the tiles and the actions below them.
func (h *hall) services(x, y, w, height float32) {
	l := h.look
	if a := h.page.actions.height(w); a > 0 {
		height -= a
		put(h.page.actions.object(), x, y+height, w, a)
		height -= l.M
	}
	h.flatten(false)
	if h.natural(w) > height {
		h.flatten(true)
	}
	h.body.place(h.nodes, x, y, w, height, l.M, l.M)
}

// natural is how tall the services are.
func (h *hall) natural(width float32) float32 {
	parts := make([]part, len(h.nodes))
	for i, n := range h.nodes {
		parts[i] = n
	}
	return stackHeight(parts, width, h.look.M)
}

// flatten has every tile stand lower, its icon beside its words, where there are
// more than fit otherwise.
func (h *hall) flatten(on bool) {
	for _, n := range h.nodes {
		if t, ok := n.(*tiles); ok {
			t.flatten(on)
		}
	}
}
