package shell

import (
	"image/color"
	"strings"
	"time"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/kiosk/view"
)

// well is the place a field's value is typed into. Each character is drawn as a
// text of its own: the caret then stands exactly between two of them, a finger
// can put it there, and the toolkit, which remembers every text it measured,
// remembers characters but never what a visitor typed.
type well struct {
	widget.BaseWidget
	field *field
	look  look
	edge  *canvas.Rectangle
	mark  *canvas.Rectangle // behind what is selected
	under *canvas.Rectangle // under what is being composed
	caret *canvas.Rectangle
	glyph []*canvas.Text
	clear *touch // empties the field; nil while it is empty or not typed into
	open  *touch // shows the on-screen keys; nil where they are shown
	box   *fyne.Container

	place []float32     // of the boundaries between the value's characters, from the well's edge
	first int           // the first character drawn
	last  time.Time     // of a touch, to know a second one
	at    fyne.Position // where a finger came down
}

func newWell(f *field) *well {
	w := &well{field: f}
	w.box = arrange(w.layout)
	w.ExtendBaseWidget(w)
	return w
}

// CreateRenderer implements fyne.Widget.
func (w *well) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(w.box) }

// touchID names the well for tests and the focus.
func (w *well) touchID() string { return "field:" + w.field.node.ID }

// Cursor implements desktop.Cursorable.
func (w *well) Cursor() desktop.Cursor { return desktop.TextCursor }

// MouseDown implements desktop.Mouseable.
func (w *well) MouseDown(e *desktop.MouseEvent) {
	w.at = e.Position
	finger = w
}

// MouseUp implements desktop.Mouseable.
func (w *well) MouseUp(*desktop.MouseEvent) {
	if finger == pressable(w) {
		finger = nil
	}
}

// press has nothing to show: the field does when it is typed into.
func (w *well) press(bool) {}

// Tapped implements fyne.Tappable. The first touch goes on behind what stands
// there; one more puts the caret where the finger was, at once after another it
// selects everything.
func (w *well) Tapped(e *fyne.PointEvent) {
	f := w.field
	f.page.shell.touched()
	now := f.page.shell.opts.Now()
	was := f.page.active == f
	second := was && now.Sub(w.last) < again
	w.last = now
	f.page.commit()
	f.page.showKeys()
	f.page.activate(f)
	if !was {
		f.page.shell.voice.label(f.spoken())
	}
	f.all = second && f.value != ""
	switch {
	case !was:
		f.caret = utf8.RuneCountInString(f.value)
	case !f.all:
		at := e.Position
		if at.IsZero() { // a finger that trembled
			at = w.at
		}
		f.caret = w.nearest(at.X)
	}
	f.redraw()
}

// nearest is the boundary between characters that is closest to x.
func (w *well) nearest(x float32) int {
	n := utf8.RuneCountInString(w.field.value)
	if len(w.place) != n+1 || w.field.node.Masked() && w.field.page.active != w.field {
		return n
	}
	best := n
	for i, at := range w.place {
		if d := x - at; d*d < (x-w.place[best])*(x-w.place[best]) {
			best = i
		}
	}
	return best
}

// typed is the type of what stands in the well.
func (w *well) typeface() theme.Type {
	if w.field.takesDigits() {
		return w.look.Digit
	}
	return w.look.Lead
}

// shown are the characters to draw: the value, hidden or masked where it must
// be, with what is being composed at the caret. from and to are the composed ones.
func (w *well) shown() (rs []rune, from, to int) {
	f := w.field
	active := f.page.active == f
	switch {
	case f.node.Kind == view.FieldPIN:
		rs = []rune(strings.Repeat("\u25cf", utf8.RuneCountInString(f.value)))
	case f.node.Masked() && !active:
		rs = []rune(view.MaskNumber(f.value)) // strangers see the screen
	default:
		rs = []rune(f.value)
	}
	if composed := f.page.composed(); active && composed != "" {
		at := min(f.caret, len(rs))
		in := []rune(composed)
		rs = append(rs[:at:at], append(in, rs[at:]...)...)
		return rs, at, at + len(in)
	}
	return rs, 0, 0
}

// gapBefore reports whether a number is read more easily with a gap before its
// character numbered i.
func (w *well) gapBefore(i int) bool {
	switch w.field.node.Kind {
	case view.FieldID:
		return i == 6 || i == 10 || i == 14
	case view.FieldPhone:
		return (i == 3 || i == 7) && strings.HasPrefix(w.field.value, "1")
	}
	return false
}

func (w *well) show(l look) {
	w.look = l
	f := w.field
	active := f.page.active == f
	w.edge = l.outlined(l.Surface, l.Line, l.RadiusS)
	if active {
		w.edge.StrokeColor, w.edge.StrokeWidth = l.Brand, l.Stroke*2
	}
	w.mark, w.under, w.caret = canvas.NewRectangle(l.BrandSoft), canvas.NewRectangle(l.Brand), canvas.NewRectangle(l.Brand)
	w.mark.Hidden, w.under.Hidden, w.caret.Hidden = true, true, true
	objs := []fyne.CanvasObject{w.edge, w.mark}
	w.glyph = nil
	rs, from, to := w.shown()
	for i, r := range rs {
		var ink color.Color = l.Ink
		if i >= from && i < to {
			ink = l.Brand
		}
		g := l.text(string(r), w.typeface(), ink)
		w.glyph = append(w.glyph, g)
		objs = append(objs, g)
	}
	objs = append(objs, w.under, w.caret)
	w.clear, w.open = nil, nil
	if active && f.value != "" {
		w.clear = w.tool("clear:", "close", f.empty)
		objs = append(objs, w.clear)
	}
	if active && !f.page.keysShown() {
		w.open = w.tool("keyboard:", "keyboard", f.page.openKeys)
		objs = append(objs, w.open)
	}
	replace(w.box, objs...)
}

// tool is a small thing to touch in the well.
func (w *well) tool(id, icon string, do func()) *touch {
	l := w.look
	drawn := l.symbol(icon, l.InkSoft)
	ground := panel(l.Sunken, l.Touch/2)
	t := newTouch(id+w.field.node.ID, arrange(func(size fyne.Size) {
		side := min(size.Width, size.Height)
		pad := side * (1 - glyph) / 2
		disc := side * 0.62
		put(ground, (size.Width-disc)/2, (size.Height-disc)/2, disc, disc)
		ground.CornerRadius = disc / 2
		put(drawn, (size.Width-side)/2+pad*1.5, (size.Height-side)/2+pad*1.5, side-3*pad, side-3*pad)
	}, ground, drawn), do)
	t.onPress = func(down bool) {
		ground.FillColor = l.Sunken
		if down {
			ground.FillColor = l.BrandSoft
		}
		ground.Refresh()
	}
	return t
}

func (w *well) layout(size fyne.Size) {
	l, f := w.look, w.field
	put(w.edge, 0, 0, size.Width, size.Height)
	right := size.Width - l.S
	for _, t := range []*touch{w.clear, w.open} {
		if t != nil {
			side := min(size.Height, l.Touch)
			right -= side
			put(t, right, (size.Height-side)/2, side, side)
		}
	}
	if w.clear == nil && w.open == nil {
		right = size.Width - l.M
	}
	w.letters(l.M, right-l.M, size.Height, f)
}

// digitGap is between the groups of a number, in letters' heights.
const digitGap = 0.45

// fitted is the type at which a whole ID number can be seen: it is compared with
// the card at a glance.
func (w *well) fitted(width float32) theme.Type {
	const digits, gaps, least = 18, 3, 0.7
	ty := w.typeface()
	if w.field.node.Kind == view.FieldID {
		if full := digits*w.look.ruler(ty)('0') + gaps*digitGap*ty.Size; full > width {
			ty.Size *= max(width/full, least)
		}
	}
	return ty
}

// letters puts the characters and the caret into a place.
func (w *well) letters(x, width, height float32, f *field) {
	l, ty := w.look, w.fitted(width)
	rs, from, to := w.shown()
	of := l.ruler(ty)
	const gap = digitGap
	at := make([]float32, len(rs)+1)
	for i, r := range rs {
		if i < len(rs) && w.gapBefore(i) {
			at[i] += ty.Size * gap
		}
		at[i+1] = at[i] + of(r)
		if f.node.Kind == view.FieldPIN {
			at[i+1] += ty.Size * gap / 2
		}
	}
	active := f.page.active == f
	caret := min(f.caret, len(rs))
	if to > from {
		caret = to
	}
	if !active && f.takesDigits() {
		caret = len(rs) // what is typed last must be seen
	}
	// The text moves so far that the caret is in sight.
	w.first = min(w.first, len(rs))
	if at[len(rs)] <= width || !active && !f.takesDigits() {
		w.first = 0
	}
	for w.first > 0 && (caret < w.first || at[len(rs)]-at[w.first-1] <= width) {
		w.first--
	}
	for w.first < caret && at[caret]-at[w.first] > width {
		w.first++
	}
	h := l.measure("M", ty).Height
	for i, g := range w.glyph {
		g.TextSize = ty.Size
		g.Hidden = i < w.first || at[i+1]-at[w.first] > width
		put(g, x+at[i]-at[w.first], (height-h)/2, at[i+1]-at[i], h)
	}
	w.place = nil
	if to == from {
		for _, p := range at {
			w.place = append(w.place, x+p-at[w.first])
		}
	}
	line := max(l.Stroke*1.2, 2)
	w.caret.Hidden = !active || f.all
	put(w.caret, x+at[caret]-at[w.first]-line/2, (height-h*0.9)/2, line, h*0.9)
	if w.under.Hidden = to == from; to > from {
		begin := max(at[from], at[w.first])
		put(w.under, x+begin-at[w.first], (height+h)/2-line, at[to]-begin, line)
	}
	if w.mark.Hidden = !active || !f.all; !w.mark.Hidden {
		put(w.mark, x, (height-h)/2, min(at[len(rs)]-at[w.first], width), h)
	}
}
