package shell

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/kiosk/view"
)

// tabStrip shows a desk's visits above the page.
type tabStrip struct {
	look   look
	desk   *desk
	ground *canvas.Rectangle
	rule   *canvas.Rectangle
	tabs   []*tabHandle
	add    *button
	halve  *button
	box    *fyne.Container
}

func newTabStrip(l look, d *desk) *tabStrip {
	s := &tabStrip{look: l, desk: d}
	s.box = arrange(s.layout)
	return s
}

func (s *tabStrip) restyle(l look) {
	s.look = l
	s.build()
}

func (s *tabStrip) build() {
	l, d := s.look, s.desk
	s.ground, s.rule = canvas.NewRectangle(l.Sunken), canvas.NewRectangle(l.Line)
	objs := []fyne.CanvasObject{s.ground, s.rule}
	s.tabs = nil
	of := map[string]int{} // visits of one module are numbered
	for i, t := range d.tabs {
		title, icon := l.say(view.T("选择服务", "Choose a service")), "home"
		if m, ok := d.entry(t.module); ok {
			title, icon = l.say(m.Title), m.Icon
		} else if t.module != "" {
			title, icon = t.module, "tab"
		}
		if of[t.module]++; of[t.module] > 1 {
			title += fmt.Sprintf(" %d", of[t.module])
		}
		h := newTabHandle(l, i, icon, title, i == d.front, func() { d.shell.touched(); d.choose(i) }, func() { d.close(i) })
		s.tabs = append(s.tabs, h)
		objs = append(objs, h.face, h.close)
	}
	s.add = newButton(l, "tab:new", "add", "", l.quietKey(), func() { d.open("") }).named(view.T("新业务", "New visit"))
	s.halve = newButton(l, "tab:split", "split", "", l.quietKey(), d.halve).named(view.T("左右并排", "Side by side"))
	if d.split {
		s.halve = newButton(l, "tab:split", "stop", "", l.quietKey(), d.halve).named(view.T("只看一件", "One alone"))
	}
	replace(s.box, append(objs, s.add, s.halve)...)
}

func (s *tabStrip) layout(size fyne.Size) {
	if s.ground == nil {
		return
	}
	l := s.look
	put(s.ground, 0, 0, size.Width, size.Height)
	put(s.rule, 0, size.Height-l.Hairline, size.Width, l.Hairline)
	side := size.Height - l.XS
	x := size.Width - l.XS - side
	put(s.halve, x, l.XS/2, side, side)
	room := x - 2*l.XS - side
	w := min(l.Rail, room/float32(max(len(s.tabs), 1)))
	at := l.XS / 2
	for _, h := range s.tabs {
		h.place(at, 0, w-l.XS/2, size.Height)
		at += w
	}
	put(s.add, at+l.XS/2, l.XS/2, side, side)
}

// tabHandle is what is touched of a tab: the tab, and the cross that ends it.
type tabHandle struct {
	look   look
	title  string
	on     bool
	ground *canvas.Rectangle
	edge   *canvas.Rectangle
	icon   *fyne.Container
	word   *canvas.Text
	face   *touch
	close  *button
}

func newTabHandle(l look, at int, icon, title string, on bool, chosen, closed func()) *tabHandle {
	h := &tabHandle{look: l, title: title, on: on}
	fill, ink := l.Sunken, l.InkSoft
	if on {
		fill, ink = l.Ground, l.Ink
	}
	h.ground = canvas.NewRectangle(fill)
	h.ground.TopLeftCornerRadius, h.ground.TopRightCornerRadius = l.RadiusS, l.RadiusS
	h.edge = panel(l.Brand, l.XS/4)
	h.edge.Hidden = !on
	if h.icon = l.symbol(icon, ink); h.icon == nil { // a module that has not said which yet
		h.icon = l.symbol("tab", ink)
	}
	h.word = l.text("", theme.Type{Size: l.Small.Size, Bold: on}, ink)
	p := l.quietKey()
	p.fill, p.stroke, p.ink = fill, fill, ink
	h.face = newTouch(fmt.Sprint("tab:", at), arrange(h.layout, h.ground, h.edge, h.icon, h.word), chosen)
	h.face.words = oneLine(title)
	h.close = newButton(l, fmt.Sprint("tab:close:", at), "close", "", p, closed).named(view.T("结束这件业务", "End this visit"))
	h.close.sized(theme.Type{Size: l.Small.Size})
	return h
}

func (h *tabHandle) place(x, y, w, height float32) {
	l := h.look
	put(h.face, x, y+l.XS/2, w, height-l.XS/2)
	side := height - l.S
	put(h.close, x+w-side-l.XS/2, y+(height-side)/2+l.XS/4, side, side)
}

func (h *tabHandle) layout(size fyne.Size) {
	l := h.look
	put(h.ground, 0, 0, size.Width, size.Height)
	put(h.edge, l.S, 0, size.Width-2*l.S, l.XS/2)
	side := l.IconS * 0.8
	put(h.icon, l.S, (size.Height-side)/2, side, side)
	x := l.S + side + l.XS
	h.word.Text = l.fit(h.title, theme.Type{Size: h.word.TextSize, Bold: h.on}, size.Width-x-size.Height)
	word := h.word.MinSize()
	put(h.word, x, (size.Height-word.Height)/2, word.Width, word.Height)
}
