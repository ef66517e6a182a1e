package shell

import (
	"slices"
	"unicode/utf8"

	"fyne.io/fyne/v2"

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
	caret  int          // before which of the value's characters is typed
	all    bool         // everything is selected
	typed  bool         // by the visitor: an update's Value no longer counts
	said   view.Text    // what its rules found wrong; zero while nothing is
	module view.Text    // what the module found wrong, as it came last
	handed uint64       // the revision whose answer handed the value in; 0 for none since
	own    fieldControl // of a date, photo or signature

	label *paragraph
	hint  *paragraph // nil for none
	wrong *remark
	well  *well // what is typed; nil for what is not
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
	f.caret = utf8.RuneCountInString(f.value)
	f.box = arrange(f.layout)
	switch n.Kind {
	case view.FieldDate:
		f.own = newDateControl(f)
	case view.FieldPhoto:
		f.own = newPhotoControl(f)
	case view.FieldSignature:
		f.own = newSignatureControl(f)
	}
	if f.takesKeys() {
		f.well = newWell(f)
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
	again := f.handed > 0 && f.page.page.Rev > f.handed
	if again && n.Kind == view.FieldPIN {
		f.value, f.caret, f.typed = "", 0, false // nobody can see where it was wrong: it is typed anew
	}
	if f.typed && n.Error == f.module && !again {
		n.Error = f.node.Error // said before the value was changed
	} else {
		f.module, f.handed = n.Error, 0
	}
	f.node, f.look = n, l
	if !f.typed {
		f.value, f.chosen = oneLine(n.Value), n.Chosen
		f.caret = utf8.RuneCountInString(f.value)
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
	f.hint, f.picks, f.wrong = nil, nil, nil
	if hint := l.say(f.node.Hint); hint != "" {
		f.hint = newParagraph(l, hint, l.Small, l.InkSoft).atMost(2)
		objs = append(objs, f.hint.object())
	}
	switch {
	case f.own != nil:
		f.own.show(l)
		objs = append(objs, f.own.object())
	case f.well != nil:
		f.well.show(l)
		objs = append(objs, f.well)
	case f.node.Kind == view.FieldChoice, f.node.Kind == view.FieldChoices:
		f.picks = newChoices(l, f.node, f.isChosen, f.choose)
		objs = append(objs, f.picks.object())
	}
	if wrong := f.remark(); wrong != "" {
		f.wrong = newRemark(l, wrong)
		objs = append(objs, f.wrong.object())
	}
	replace(f.box, objs...)
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
	case f.well != nil:
		put(f.well, 0, y, w, h)
	}
	if f.wrong != nil {
		put(f.wrong.object(), 0, y+h+l.XS, w, f.wrong.height(w))
	}
}
