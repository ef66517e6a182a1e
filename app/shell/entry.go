package shell

import (
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// entry is Fyne's text field without its menu, which a locked terminal must
// not offer.
type entry struct {
	widget.Entry
	field *field
}

func newEntry(f *field) *entry {
	f.page.shell.readFonts()
	e := &entry{field: f}
	e.ExtendBaseWidget(e)
	e.OnChanged = e.changed
	e.OnSubmitted = func(string) {
		f.page.shell.touched()
		f.page.enter()
	}
	return e
}

// show brings the widget up to date without touching what is being typed.
func (e *entry) show() {
	if e.Text != e.field.value {
		e.SetText(e.field.value)
		e.CursorColumn = utf8.RuneCountInString(e.Text) // one writes on, not before
	}
	e.Refresh()
}

func (e *entry) changed(s string) {
	most := e.field.most()
	if utf8.RuneCountInString(s) > most {
		e.SetText(string([]rune(s)[:most]))
		return
	}
	if s != e.field.value {
		e.field.value = s
		e.field.changed()
	}
}

// FocusGained implements fyne.Focusable.
func (e *entry) FocusGained() {
	e.Entry.FocusGained()
	if p := e.field.page; p.active != e.field {
		p.activate(e.field)
	}
}

// TypedRune implements fyne.Focusable.
func (e *entry) TypedRune(r rune) {
	e.field.page.shell.touched()
	if !unwanted(r) {
		e.Entry.TypedRune(r)
	}
}

// TappedSecondary would open the menu.
func (e *entry) TappedSecondary(*fyne.PointEvent) {}
