package shell

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/luohu/ting/kiosk/view"
)

// What is typed into a field, at its caret.

func (f *field) takesDigits() bool {
	switch f.node.Kind {
	case view.FieldNumber, view.FieldPIN, view.FieldPhone, view.FieldID:
		return true
	}
	return false
}

func (f *field) takesKeys() bool { return f.takesDigits() || f.node.Kind == view.FieldText }

// accepts reports whether r may stand at the caret, and as what: a small x of an
// ID number is a capital one.
func (f *field) accepts(r rune) (rune, bool) {
	digit := r >= '0' && r <= '9'
	switch f.node.Kind {
	case view.FieldPIN:
		return r, digit
	case view.FieldPhone:
		return r, digit || r == '-' && f.value != "" && !strings.Contains(f.value, "-")
	case view.FieldID:
		if r == 'x' || r == 'X' {
			const last = 17
			return 'X', f.caret == last && !strings.Contains(f.value, "X")
		}
		return r, digit
	case view.FieldNumber:
		return r, f.acceptsNumber(r)
	case view.FieldText:
		if f.node.Format == view.FormatCredit || f.node.Format == view.FormatPlate {
			r = []rune(strings.ToUpper(string(r)))[0]
		}
		return r, r != '\n' && !unwanted(r)
	}
	return r, false
}

func (f *field) acceptsNumber(r rune) bool {
	point := strings.IndexByte(f.value, '.')
	switch {
	case r == '.':
		return f.node.Decimals > 0 && point < 0 && f.value != ""
	case r == '-':
		return f.caret == 0 && strings.HasPrefix(f.node.Min, "-") && !strings.HasPrefix(f.value, "-")
	case r < '0' || r > '9':
		return false
	}
	return point < 0 || f.caret <= point || len(f.value)-point-1 < f.node.Decimals
}

// insert types s at the caret, in the place of what is selected, as far as it is
// accepted and there is room. It reports whether anything was.
func (f *field) insert(s string) bool {
	if f.all {
		f.value, f.caret, f.all = "", 0, false
	}
	rs := []rune(f.value)
	f.caret = min(f.caret, len(rs))
	typed := false
	for _, r := range s {
		r, ok := f.accepts(r)
		if !ok || len(rs) >= f.most() {
			continue
		}
		rs = slices.Insert(rs, f.caret, r)
		f.caret++
		f.value, typed = string(rs), true
	}
	clear(rs)
	if typed {
		f.changed()
	}
	return typed
}

// erase takes back the character before the caret, or what is selected.
func (f *field) erase() { f.remove(-1) }

// remove takes the character before (-1) or behind (0) the caret.
func (f *field) remove(at int) {
	if f.all {
		f.empty()
		return
	}
	rs := []rune(f.value)
	f.caret = min(f.caret, len(rs))
	i := f.caret + at
	if i < 0 || i >= len(rs) {
		return
	}
	f.caret = i
	f.value = string(slices.Delete(rs, i, i+1))
	f.changed()
}

// empty takes everything back.
func (f *field) empty() {
	f.page.discard()
	f.all = false
	f.set("")
}

// set gives the field a value, the caret behind it.
func (f *field) set(value string) {
	f.value, f.caret = value, utf8.RuneCountInString(value)
	f.changed()
}

// move puts the caret elsewhere.
func (f *field) move(to int) {
	f.caret, f.all = min(max(to, 0), utf8.RuneCountInString(f.value)), false
	f.redraw()
}

func (f *field) most() int { return f.node.Most() }
