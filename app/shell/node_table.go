package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/kiosk/view"
)

// table draws view.Table: cells under headings, virtual like list.
type table struct {
	look   look
	node   view.Table
	heads  []*canvas.Text
	band   *canvas.Rectangle
	card   *canvas.Rectangle
	rows   *rolls
	empty  *paragraph // nil while there are rows
	shares []float32  // of the width, by column
	box    *fyne.Container
}

func newTable(s *Shell, id string) *table {
	t := &table{}
	t.rows = newRolls(s, id, func() int { return len(t.node.Rows) }, func() float32 { return t.look.Cell }, t.fill)
	t.box = arrange(t.layout)
	return t
}

func (t *table) show(n view.Node, l look) {
	t.node, t.look = n.(view.Table), l
	t.card = l.outlined(l.Surface, l.Line, l.RadiusM)
	t.band = panel(l.BrandSoft, 0)
	t.band.TopLeftCornerRadius, t.band.TopRightCornerRadius = l.RadiusM, l.RadiusM
	t.heads = nil
	t.share()
	objs := []fyne.CanvasObject{t.card, t.band}
	for range t.node.Columns {
		h := l.text("", headType(l), l.Tone(view.Calm).Ink)
		t.heads = append(t.heads, h)
		objs = append(objs, h)
	}
	t.empty = nil
	if len(t.node.Rows) == 0 {
		t.empty = emptyWords(l, t.node.Empty)
		replace(t.box, append(objs, t.empty.object())...)
		return
	}
	replace(t.box, append(objs, t.rows.box)...)
	t.rows.Refresh()
}

// share gives each column a part of the width by its widest cell among the
// first rows; a column of long texts does not starve the others.
func (t *table) share() {
	const sample, least, most = 100, 3, 16 // in widths of a Chinese character
	l := t.look
	em := l.Body.Size
	of := l.ruler(l.Body)
	width := func(s string) float32 {
		w := float32(0)
		for _, r := range s {
			if w += of(r); w > most*em {
				return most * em
			}
		}
		return max(w, least*em)
	}
	t.shares = make([]float32, len(t.node.Columns))
	sum := float32(0)
	for c, head := range t.node.Columns {
		t.shares[c] = width(l.say(head))
		for _, r := range t.node.Rows[:min(len(t.node.Rows), sample)] {
			t.shares[c] = max(t.shares[c], width(r[c]))
		}
		sum += t.shares[c]
	}
	for c := range t.shares {
		t.shares[c] /= sum
	}
}

// columns calls f with each column's place in a row of that width.
func (t *table) columns(width float32, f func(c int, x, w float32)) {
	l := t.look
	gaps := l.M * float32(len(t.shares)+1)
	x := l.M
	for c, s := range t.shares {
		w := (width - gaps) * s
		f(c, x, w)
		x += w + l.M
	}
}

func (t *table) fill(r *row, i int) {
	l := t.look
	rule := canvas.NewRectangle(l.Line)
	objs := []fyne.CanvasObject{rule}
	cells := make([]*canvas.Text, len(t.node.Rows[i]))
	for c := range cells {
		cells[c] = l.text("", l.Body, l.Ink)
		objs = append(objs, cells[c])
	}
	texts := t.node.Rows[i]
	r.least = l.Cell
	r.set("", nil, nil, arrange(func(size fyne.Size) {
		put(rule, l.M, size.Height-l.Hairline, size.Width-2*l.M, l.Hairline)
		t.columns(size.Width, func(c int, x, w float32) {
			cells[c].Text = l.fit(texts[c], l.Body, w)
			h := cells[c].MinSize().Height
			put(cells[c], x, (size.Height-h)/2, w, h)
		})
	}, objs...))
}

// headType is the type of a heading.
func headType(l look) theme.Type { return theme.Type{Size: l.Small.Size, Bold: true} }

func (t *table) object() fyne.CanvasObject { return t.box }
func (t *table) fills() bool               { return len(t.node.Rows) > 0 }

func (t *table) height(float32) float32 {
	const few = 4
	return float32(min(max(len(t.node.Rows), 2), few)+1)*t.look.Cell + t.look.XS
}

func (t *table) layout(size fyne.Size) {
	l := t.look
	pad := t.rows.Theme().Size("padding")
	h := size.Height
	if n := len(t.node.Rows); n > 0 {
		h = min(h, l.Cell+float32(n)*(l.Cell+pad)+l.XS)
	}
	put(t.card, 0, 0, size.Width, h)
	put(t.band, l.Stroke, l.Stroke, size.Width-2*l.Stroke, l.Cell-l.Stroke)
	t.columns(size.Width, func(c int, x, w float32) {
		head := t.heads[c]
		head.Text = l.fit(l.say(t.node.Columns[c]), headType(l), w)
		hh := head.MinSize().Height
		put(head, x, (l.Cell-hh)/2, w, hh)
	})
	if t.empty != nil {
		put(t.empty.object(), l.M, l.Cell, size.Width-2*l.M, h-l.Cell)
		return
	}
	put(t.rows.box, 0, l.Cell, size.Width, h-l.Cell-l.XS)
}
