package shell

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/kiosk/view"
)

// rail lists a desk's modules at its left edge: with words where there is width
// for them, as icons else.
type rail struct {
	look   look
	desk   *desk
	ground *canvas.Rectangle
	items  []*railItem
	fresh  *railItem // opens a new visit
	help   *railItem
	box    *fyne.Container
}

func newRail(l look, d *desk) *rail {
	r := &rail{look: l, desk: d}
	r.box = arrange(r.layout)
	return r
}

func (r *rail) restyle(l look) {
	r.look = l
	r.build()
}

func (r *rail) width(window float32) float32 {
	const narrow = 0.24 // of the window the words may take
	if r.look.Rail > window*narrow {
		return r.look.Touch + 2*r.look.XS
	}
	return r.look.Rail
}

func (r *rail) build() {
	l := r.look
	r.ground = canvas.NewRectangle(l.BrandDark)
	objs := []fyne.CanvasObject{r.ground}
	r.items = nil
	current := r.desk.tabs[max(r.desk.front, 0)].module
	for i, m := range r.desk.shell.status.Modules {
		key := ""
		if i < 9 {
			key = fmt.Sprintf("Ctrl+%d", i+1)
		}
		it := newRailItem(l, "rail:"+m.ID, m.Icon, l.say(m.Title), key, m.ID == current, func() { r.desk.begin(m.ID) })
		it.trouble(l, m.Tone)
		r.items = append(r.items, it)
		objs = append(objs, it)
	}
	r.fresh = newRailItem(l, "desk:new", "add", l.say(view.T("新业务", "New visit")), "Ctrl+N", false, func() { r.desk.open("") })
	r.help = newRailItem(l, "desk:help", "keyboard", l.say(view.T("快捷键", "Shortcuts")), "F1", false, func() { r.desk.help.show() })
	replace(r.box, append(objs, r.fresh, r.help)...)
}

func (r *rail) layout(size fyne.Size) {
	if r.ground == nil {
		return
	}
	l := r.look
	put(r.ground, 0, 0, size.Width, size.Height)
	x, w := l.XS, size.Width-2*l.XS
	bottom := size.Height - l.XS
	for _, it := range []*railItem{r.help, r.fresh} {
		bottom -= l.Touch
		put(it, x, bottom, w, l.Touch)
		bottom -= l.XS / 2
	}
	y := l.S
	for _, it := range r.items {
		it.Hidden = y+l.Touch > bottom
		put(it, x, y, w, l.Touch)
		y += l.Touch + l.XS/2
	}
}

// railItem is one entry: an icon, a word and the key that does the same.
type railItem struct {
	*touch
	look   look
	label  string
	ground *canvas.Rectangle
	icon   *fyne.Container
	word   *canvas.Text
	key    *canvas.Text
	mark   *canvas.Circle // something is wrong with the module
}

func newRailItem(l look, id, icon, label, key string, on bool, tapped func()) *railItem {
	fill := l.BrandDark
	if on {
		fill = l.BarPressed
	}
	it := &railItem{look: l, label: label, ground: panel(fill, l.RadiusS), icon: l.symbol(icon, l.OnBar)}
	if it.icon == nil {
		it.icon = l.symbol("tab", l.OnBar)
	}
	it.word = l.text("", theme.Type{Size: l.Body.Size, Bold: on}, l.OnBar)
	it.key = l.text(key, l.Caption, l.OnBrandSoft)
	it.mark = canvas.NewCircle(l.Accent)
	it.mark.Hidden = true
	it.touch = newTouch(id, arrange(it.layout, it.ground, it.icon, it.word, it.key, it.mark), tapped)
	it.words = label
	it.onPress = func(down bool) {
		it.ground.FillColor = fill
		if down {
			it.ground.FillColor = l.BarPressed
		}
		it.ground.Refresh()
	}
	return it
}

func (it *railItem) trouble(l look, tone view.Tone) {
	it.mark.Hidden = tone == view.Calm
	it.mark.FillColor = l.Accent
}

func (it *railItem) layout(size fyne.Size) {
	l := it.look
	put(it.ground, 0, 0, size.Width, size.Height)
	side := l.IconM * 0.8
	narrow := size.Width < 2*l.Touch
	x := l.S
	if narrow {
		x = (size.Width - side) / 2
	}
	put(it.icon, x, (size.Height-side)/2, side, side)
	dot := l.XS
	put(it.mark, x+side-dot/2, (size.Height-side)/2-dot/2, dot, dot)
	it.word.Hidden, it.key.Hidden = narrow, narrow
	if narrow {
		return
	}
	x += side + l.S
	key := it.key.MinSize()
	put(it.key, size.Width-l.S-key.Width, (size.Height-key.Height)/2, key.Width, key.Height)
	room := size.Width - x - l.S
	if it.key.Text != "" {
		room -= key.Width + l.XS
	}
	it.word.Text = l.fit(it.label, theme.Type{Size: it.word.TextSize, Bold: it.word.TextStyle.Bold}, room)
	word := it.word.MinSize()
	put(it.word, x, (size.Height-word.Height)/2, word.Width, word.Height)
}
