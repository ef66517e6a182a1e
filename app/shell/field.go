package shell

import (
	"slices"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/kiosk/view"
)

// field is one question of a form: a label, what is typed, chosen or drawn, and
// what is wrong with it in words.
type field struct {
	page   *pageView
	look   look
	node   view.Field
	value  string       // as typed, or chosen where one may be
	chosen []string     // where several may be
	typed  bool         // by the visitor: an update's Value no longer counts
	said   view.Text    // what its rules found wrong; zero while nothing is
	module view.Text    // what the module found wrong, as it came last
	handed uint64       // the revision whose answer handed the value in; 0 for none since
	own    fieldControl // of a date, photo or signature

	label *paragraph
	hint  *paragraph // nil for none
	wrong *remark
	well  *touch // a number or PIN
	edge  *canvas.Rectangle
	shown *canvas.Text
	entry *entry // text
	picks *choices
	box   *fyne.Container
}

// fieldControl is what a value that is neither typed nor one of a few options is
// entered with. It lives as long as its field.
type fieldControl interface {
	part
	// show draws the control for the field as it is now.
	show(l look)
	// value is what was entered.
	value() view.Value
	// leave tells that the visitor has gone on to another field or page.
	leave()
}

func newField(p *pageView, n view.Field) *field {
	f := &field{page: p, node: n, value: oneLine(n.Value), chosen: n.Chosen}
	f.box = arrange(f.layout)
	if n.Kind == view.FieldText {
		f.entry = newEntry(f)
	}
	return f
}

// answer is what stands in the field.
func (f *field) answer() view.Value {
	switch {
	case f.own != nil:
		return f.own.value()
	case f.node.Kind == view.FieldChoices:
		return view.Value{Chosen: f.inOrder()}
	}
	return view.Value{Text: f.value}
}

// check asks the field's rules and reports whether they are kept. What is wrong
// is said beside the field from now on, until it is right.
func (f *field) check() bool {
	f.said = f.node.Check(f.answer(), f.page.shell.opts.Now())
	return f.said.IsZero()
}

// changed tells that the visitor changed the value: what the module found wrong
// with it no longer counts, and what the rules found is looked at again.
func (f *field) changed() {
	f.typed = true
	f.page.shell.touched()
	was := f.remark()
	f.node.Error = view.Text{}
	if !f.said.IsZero() {
		f.check()
	}
	f.redraw()
	if f.remark() != was {
		f.page.relayout()
	}
	if f.node.Live {
		f.page.follow()
	}
}

// remark is what is wrong with the field, in words.
func (f *field) remark() string {
	if !f.said.IsZero() {
		return f.look.say(f.said)
	}
	return f.look.say(f.node.Error)
}

func (f *field) show(n view.Field, l look) {
	if again := f.handed > 0 && f.page.page.Rev > f.handed; f.typed && n.Error == f.module && !again {
		n.Error = f.node.Error // said before the value was changed
	} else {
		f.module, f.handed = n.Error, 0
	}
	f.node, f.look = n, l
	if !f.typed {
		f.value, f.chosen = oneLine(n.Value), n.Chosen
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
	f.hint, f.well, f.picks, f.wrong = nil, nil, nil, nil
	if hint := l.say(f.node.Hint); hint != "" {
		f.hint = newParagraph(l, hint, l.Small, l.InkSoft).atMost(2)
		objs = append(objs, f.hint.object())
	}
	switch {
	case f.own != nil:
		f.own.show(l)
		objs = append(objs, f.own.object())
	case f.node.Kind == view.FieldText:
		f.entry.show()
		objs = append(objs, f.entry)
	case f.node.Kind == view.FieldChoice, f.node.Kind == view.FieldChoices:
		f.picks = newChoices(l, f.node, f.isChosen, f.choose)
		objs = append(objs, f.picks.object())
	default:
		objs = append(objs, f.drawWell())
	}
	if wrong := f.remark(); wrong != "" {
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
	} else if f.shown.Text = f.value; f.node.Masked() && f.page.active != f {
		f.shown.Text = view.MaskNumber(f.value) // strangers see the screen
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
	switch f.node.Kind {
	case view.FieldNumber, view.FieldPIN, view.FieldPhone, view.FieldID:
		return true
	}
	return false
}

func (f *field) takesKeys() bool { return f.takesDigits() || f.node.Kind == view.FieldText }

func (f *field) most() int { return f.node.Most() }

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
	f.value = value
	f.changed()
}

func (f *field) isChosen(value string) bool {
	if f.node.Kind == view.FieldChoices {
		return slices.Contains(f.chosen, value)
	}
	return f.value == value
}

// choose takes one option, or changes whether it is one of several.
func (f *field) choose(value string) {
	switch i := slices.Index(f.chosen, value); {
	case f.node.Kind != view.FieldChoices:
		f.value = value
	case i < 0:
		f.chosen = append(slices.Clone(f.chosen), value)
	default:
		f.chosen = slices.Delete(slices.Clone(f.chosen), i, i+1)
	}
	f.changed()
}

// inOrder is what is chosen, in the order of the options.
func (f *field) inOrder() []string {
	var all []string
	for _, o := range f.node.Options {
		if slices.Contains(f.chosen, o.Value) {
			all = append(all, o.Value)
		}
	}
	return all
}

func (f *field) object() fyne.CanvasObject { return f.box }

func (f *field) controlHeight(width float32) float32 {
	if f.picks != nil {
		return f.picks.height(width)
	}
	if f.own != nil {
		return f.own.height(width)
	}
	if f.entry != nil {
		return max(f.entry.MinSize().Height, f.look.Touch)
	}
	return f.look.Button
}

func (f *field) height(width float32) float32 {
	h := f.headHeight(width) + f.controlHeight(width)
	if f.wrong != nil {
		h += f.look.XS + f.wrong.height(width)
	}
	return h
}

// headHeight is of what stands above the control.
func (f *field) headHeight(width float32) float32 {
	h := f.label.height(width) + f.look.XS
	if f.hint != nil {
		h += f.hint.height(width)
	}
	return h
}

func (f *field) layout(size fyne.Size) {
	l, w := f.look, size.Width
	h := f.label.height(w)
	put(f.label.object(), 0, 0, w, h)
	if f.hint != nil {
		put(f.hint.object(), 0, h, w, f.hint.height(w))
	}
	y := f.headHeight(w)
	h = f.controlHeight(w)
	switch {
	case f.own != nil:
		put(f.own.object(), 0, y, w, h)
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
