package shell

import (
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/kiosk/view"
)

// field is one question of a form: a label, what is typed or chosen, and what
// is wrong with it in words.
type field struct {
	page  *pageView
	look  look
	node  view.Field
	value string
	typed bool // by the visitor: an update's Value no longer counts

	label *paragraph
	wrong *remark
	well  *touch // a number or PIN
	edge  *canvas.Rectangle
	shown *canvas.Text
	entry *entry // text
	picks *choices
	box   *fyne.Container
}

func newField(p *pageView, n view.Field) *field {
	f := &field{page: p, node: n, value: oneLine(n.Value)}
	f.box = arrange(f.layout)
	if n.Kind == view.FieldText {
		f.entry = newEntry(f)
	}
	return f
}

func (f *field) show(n view.Field, l look) {
	f.node, f.look = n, l
	if !f.typed {
		f.value = oneLine(n.Value)
	}
	f.redraw()
}

// redraw draws the field as it is now.
func (f *field) redraw() {
	l := f.look
	words := l.say(f.node.Label)
	if f.node.Required {
		words += " *"
	}
	f.label = newParagraph(l, words, l.Body, l.InkSoft).atMost(2)
	objs := []fyne.CanvasObject{f.label.object()}
	f.well, f.picks, f.wrong = nil, nil, nil
	switch f.node.Kind {
	case view.FieldText:
		f.entry.show()
		objs = append(objs, f.entry)
	case view.FieldChoice:
		f.picks = newChoices(l, f.node, f.value, f.choose)
		objs = append(objs, f.picks.object())
	default:
		objs = append(objs, f.drawWell())
	}
	if wrong := l.say(f.node.Error); wrong != "" {
		f.wrong = newRemark(l, wrong)
		objs = append(objs, f.wrong.object())
	}
	replace(f.box, objs...)
}

// drawWell draws the place a number or PIN is typed into.
func (f *field) drawWell() fyne.CanvasObject {
	l := f.look
	f.edge = l.outlined(l.Surface, l.Line, l.RadiusS)
	if f.page.active == f {
		f.edge.StrokeColor, f.edge.StrokeWidth = l.Brand, l.Stroke*2
	}
	f.shown = l.text("", l.Digit, l.Ink)
	if f.node.Kind == view.FieldPIN {
		f.shown.Text = strings.Repeat("\u25cf ", utf8.RuneCountInString(f.value))
	} else {
		f.shown.Text = f.value
	}
	f.well = newTouch("field:"+f.node.ID, arrange(f.placeWell, f.edge, f.shown), func() {
		f.page.shell.touched()
		f.page.activate(f)
	})
	return f.well
}

func (f *field) placeWell(size fyne.Size) {
	l := f.look
	put(f.edge, 0, 0, size.Width, size.Height)
	// What is typed last must be seen, so a long number is cut at its beginning.
	f.shown.Text = tail(f.shown.Text, l.ruler(l.Digit), size.Width-2*l.M)
	word := f.shown.MinSize()
	put(f.shown, l.M, (size.Height-word.Height)/2, word.Width, word.Height)
}

// tail is the end of s that fits into a width.
func tail(s string, of ruler, width float32) string {
	at := len(s)
	for at > 0 {
		r, n := utf8.DecodeLastRuneInString(s[:at])
		if width -= of(r); width < 0 {
			break
		}
		at -= n
	}
	return s[at:]
}

func (f *field) takesDigits() bool {
	return f.node.Kind == view.FieldNumber || f.node.Kind == view.FieldPIN
}

func (f *field) takesKeys() bool { return f.node.Kind != view.FieldChoice }

func (f *field) most() int {
	const usual = 64
	if f.node.MaxLen > 0 {
		return f.node.MaxLen
	}
	return usual
}

func (f *field) add(digit string) {
	if utf8.RuneCountInString(f.value) < f.most() {
		f.set(f.value + digit)
	}
}

func (f *field) erase() {
	_, n := utf8.DecodeLastRuneInString(f.value)
	f.set(f.value[:len(f.value)-n])
}

func (f *field) set(value string) {
	f.value, f.typed = value, true
	f.redraw()
}

func (f *field) choose(value string) {
	f.page.shell.touched()
	f.set(value)
}

func (f *field) object() fyne.CanvasObject { return f.box }

func (f *field) controlHeight(width float32) float32 {
	if f.picks != nil {
		return f.picks.height(width)
	}
	if f.entry != nil {
		return max(f.entry.MinSize().Height, f.look.Touch)
	}
	return f.look.Button
}

func (f *field) height(width float32) float32 {
	h := f.label.height(width) + f.look.XS + f.controlHeight(width)
	if f.wrong != nil {
		h += f.look.XS + f.wrong.height(width)
	}
	return h
}

func (f *field) layout(size fyne.Size) {
	l, w := f.look, size.Width
	h := f.label.height(w)
	put(f.label.object(), 0, 0, w, h)
	y := h + l.XS
	h = f.controlHeight(w)
	switch {
	case f.picks != nil:
		put(f.picks.object(), 0, y, w, h)
	case f.entry != nil:
		put(f.entry, 0, y, w, h)
	default:
		put(f.well, 0, y, w, h)
	}
	if f.wrong != nil {
		put(f.wrong.object(), 0, y+h+l.XS, w, f.wrong.height(w))
	}
}
