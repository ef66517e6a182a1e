package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/kiosk/view"
)

// list draws view.List. Only the rows on screen exist; it scrolls under a finger.
type list struct {
	act   func(id string)
	look  look
	items []view.ListItem
	rows  *rolls
	empty *paragraph // nil while there are rows
	card  *canvas.Rectangle
	box   *fyne.Container
}

func newList(v *pageView, id string) *list {
	ls := &list{act: v.act}
	ls.rows = newRolls(v.shell, id, func() int { return len(ls.items) }, func() float32 { return ls.look.Row },
		func(r *row, i int) { ls.fill(r, ls.items[i]) })
	ls.rows.ids = func(i int) string { return ls.items[i].ID }
	ls.rows.choose = func(i int) {
		if i < len(ls.items) && ls.items[i].ID != "" {
			ls.act(ls.items[i].ID)
		}
	}
	ls.rows.tell = func(i int) string {
		return ls.look.sentences(ls.look.say(ls.items[i].Title), ls.look.say(ls.items[i].Detail))
	}
	ls.box = arrange(ls.layout)
	return ls
}

func (ls *list) show(n view.Node, l look) {
	v := n.(view.List)
	ls.look, ls.items = l, v.Items
	ls.card = l.outlined(l.Surface, l.Line, l.RadiusM)
	ls.empty = nil
	if len(v.Items) == 0 {
		ls.empty = emptyWords(l, v.Empty)
		replace(ls.box, ls.card, ls.empty.object())
		return
	}
	replace(ls.box, ls.card, ls.rows.box)
	ls.rows.Refresh()
}

func emptyWords(l look, said view.Text) *paragraph {
	words := l.say(said)
	if words == "" {
		words = l.say(view.T("目前没有内容", "Nothing here at the moment"))
	}
	return newParagraph(l, words, l.Lead, l.InkSoft).centered().atMost(3)
}

func (ls *list) fill(r *row, it view.ListItem) {
	l := ls.look
	icon := l.icon(it.Icon, l.Brand, l.IconM)
	bold := l.Body
	bold.Bold = true
	title := l.text("", bold, l.Ink)
	detail := l.text("", l.Small, l.InkSoft)
	rule := canvas.NewRectangle(l.Line)
	var more *canvas.Image
	objs := []fyne.CanvasObject{rule, title, detail}
	if icon != nil {
		objs = append(objs, icon)
	}
	if it.ID != "" {
		more = l.icon("forward", l.InkFaint, l.IconS)
		objs = append(objs, more)
	}
	r.least = l.Row
	var wash *canvas.Rectangle
	if it.ID != "" {
		wash = panel(l.BrandSoft, l.RadiusS)
	}
	r.set(it.ID, func() {
		if it.ID != "" {
			ls.act(it.ID)
		}
	}, wash, arrange(func(size fyne.Size) {
		x, right := l.M, size.Width-l.M
		put(rule, x, size.Height-l.Hairline, right-x, l.Hairline)
		if icon != nil {
			put(icon, x, (size.Height-l.IconM)/2, l.IconM, l.IconM)
			x += l.IconM + l.M
		}
		if more != nil {
			put(more, right-l.IconS, (size.Height-l.IconS)/2, l.IconS, l.IconS)
			right -= l.IconS + l.S
		}
		title.Text = l.fit(l.say(it.Title), bold, right-x)
		detail.Text = l.fit(l.say(it.Detail), l.Small, right-x)
		th, dh := l.line(bold), l.line(l.Small)
		if detail.Text == "" {
			dh = 0
		}
		y := (size.Height - th - dh) / 2
		put(title, x, y, right-x, th)
		put(detail, x, y+th, right-x, dh)
	}, objs...))
}

func (ls *list) object() fyne.CanvasObject { return ls.box }
func (ls *list) fills() bool               { return len(ls.items) > 0 }

func (ls *list) height(float32) float32 {
	const few = 3
	if ls.empty != nil {
		return ls.look.Row * 2
	}
	return float32(min(len(ls.items), few))*ls.look.Row + 2*ls.look.XS
}

func (ls *list) layout(size fyne.Size) {
	l := ls.look
	h := size.Height
	if ls.empty != nil {
		put(ls.card, 0, 0, size.Width, h)
		put(ls.empty.object(), l.M, 0, size.Width-2*l.M, h)
		return
	}
	// A short list's card ends with its last row.
	pad := ls.rows.Theme().Size("padding")
	h = min(h, float32(len(ls.items))*(l.Row+pad)+2*l.XS)
	put(ls.card, 0, 0, size.Width, h)
	put(ls.rows.box, l.XS, l.XS, size.Width-2*l.XS, h-2*l.XS)
}
