package shell

import (
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/kiosk/view"
)

// table draws view.Table: cells under headings, virtual like list.
type table struct {
	look    look
	node    view.Table
	heads   []*canvas.Text
	band    *canvas.Rectangle
	card    *canvas.Rectangle
	rows    *rolls
	empty   *paragraph // nil while there are rows
	act     func(id string)
	natural []float32    // how wide each column wants to be
	aligned []view.Align // where its cells stand; AlignAuto is the left
	box     *fyne.Container
}

func newTable(v *pageView, id string) *table {
	t := &table{act: v.act}
	t.rows = newRolls(v.shell, id, func() int { return len(t.node.Rows) }, func() float32 { return t.look.Cell }, t.fill)
	t.rows.tell = t.spokenRow
	t.box = arrange(t.layout)
	return t
}

func (t *table) show(n view.Node, l look) {
	t.node, t.look = n.(view.Table), l
	t.card = l.outlined(l.Surface, l.Line, l.RadiusM)
	t.band = panel(l.BrandSoft, 0)
	t.band.TopLeftCornerRadius, t.band.TopRightCornerRadius = l.RadiusM, l.RadiusM
	t.heads = nil
	t.measure()
	if t.rows.choose = nil; t.chooses() {
		t.rows.choose = t.choose
	}
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

// measure finds how wide each column wants to be, by its heading and a sample of
// its cells, and where its cells stand.
func (t *table) measure() {
	const sample, least, most = 200, 2, 16 // rows; in widths of a Chinese character
	l := t.look
	em := l.Body.Size
	width := func(s string, ty theme.Type) float32 {
		of, w := l.ruler(ty), float32(0)
		for _, r := range s {
			if w += of(r); w > most*em {
				return most * em
			}
		}
		return w
	}
	t.natural = make([]float32, len(t.node.Columns))
	t.aligned = make([]view.Align, len(t.node.Columns))
	for c, head := range t.node.Columns {
		w := max(width(l.say(head), headType(l)), least*em)
		numbers := 0
		for i := 0; i < len(t.node.Rows); i += max(len(t.node.Rows)/sample, 1) {
			cell := t.node.Rows[i][c]
			w = max(w, width(cell, l.Body))
			switch {
			case numbers < 0 || cell == "":
			case isNumber(cell):
				numbers++
			default:
				numbers = -1
			}
		}
		t.natural[c] = w
		if c < len(t.node.Align) {
			t.aligned[c] = t.node.Align[c]
		}
		if t.aligned[c] == view.AlignAuto && numbers > 0 {
			t.aligned[c] = view.AlignEnd
		}
	}
}

// isNumber holds for what is compared by its size: "1,204", "-3.5", "86%".
func isNumber(s string) bool {
	s = strings.TrimSuffix(strings.TrimSpace(s), "%")
	_, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimPrefix(s, "\u2212"), ",", ""), 64)
	return err == nil
}

// widths shares a width among the columns: each gets what it wants and a part
// of what is left; where there is too little, the broad ones give way first.
func (t *table) widths(width float32) []float32 {
	ws := slices.Clone(t.natural)
	sum := float32(0)
	for _, w := range ws {
		sum += w
	}
	if sum <= 0 {
		return ws
	}
	if sum <= width {
		for c := range ws {
			ws[c] *= width / sum
		}
		return ws
	}
	low, high := float32(0), width
	for range 24 { // the breadth no column may exceed
		level := (low + high) / 2
		sum = 0
		for _, w := range t.natural {
			sum += min(w, level)
		}
		if sum > width {
			high = level
		} else {
			low = level
		}
	}
	for c := range ws {
		ws[c] = min(ws[c], low)
	}
	return ws
}

// columns calls f with each column's place in a row of that width.
func (t *table) columns(width float32, f func(c int, x, w float32)) {
	l := t.look
	inner := width - l.M*float32(len(t.natural)+1)
	if t.chooses() {
		inner -= l.IconS + l.S
	}
	x := l.M
	for c, w := range t.widths(inner) {
		f(c, x, w)
		x += w + l.M
	}
}

// stand puts a word of a column into its place.
func (t *table) stand(c int, word *canvas.Text, x, w, y, h float32) {
	size := word.MinSize()
	switch t.aligned[c] {
	case view.AlignEnd:
		x += w - size.Width
	case view.AlignMid:
		x += (w - size.Width) / 2
	}
	put(word, x, y+(h-size.Height)/2, size.Width, size.Height)
}

// chooses reports whether any row can be touched.
func (t *table) chooses() bool { return len(t.node.IDs) > 0 }

// id is a row's; "" for one that says nothing.
func (t *table) id(i int) string {
	if i < len(t.node.IDs) {
		return t.node.IDs[i]
	}
	return ""
}

func (t *table) choose(i int) {
	if id := t.id(i); id != "" {
		t.act(id)
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
	var chevron *canvas.Image
	var wash *canvas.Rectangle
	var tapped func()
	id := t.id(i)
	if id != "" {
		chevron, wash = l.icon("forward", l.InkFaint, l.IconS), canvas.NewRectangle(l.BrandSoft)
		tapped = func() { t.act(id) }
		objs = append(objs, chevron)
	}
	texts := t.node.Rows[i]
	r.least = l.Cell
	r.set(id, tapped, wash, arrange(func(size fyne.Size) {
		put(rule, l.M, size.Height-l.Hairline, size.Width-2*l.M, l.Hairline)
		t.columns(size.Width, func(c int, x, w float32) {
			cells[c].Text = l.fit(texts[c], l.Body, w)
			t.stand(c, cells[c], x, w, 0, size.Height)
		})
		if chevron != nil {
			put(chevron, size.Width-l.M-l.IconS, (size.Height-l.IconS)/2, l.IconS, l.IconS)
		}
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
		t.stand(c, head, x, w, 0, l.Cell)
	})
	if t.empty != nil {
		put(t.empty.object(), l.M, l.Cell, size.Width-2*l.M, h-l.Cell)
		return
	}
	put(t.rows.box, 0, l.Cell, size.Width, h-l.Cell-l.XS)
}
