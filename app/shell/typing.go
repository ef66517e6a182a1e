package shell

// The keypad and a keyboard without focus type into the page's active field.

// begin chooses the field that is typed into first.
func (v *pageView) begin() {
	for _, f := range v.forms {
		for _, fd := range f.fields {
			if fd.takesKeys() {
				v.activate(fd)
				return
			}
		}
	}
}

// activate makes f the field that is typed into; nil makes it none.
func (v *pageView) activate(f *field) {
	old := v.active
	v.active = f
	if old != nil && old != f {
		v.leave(old)
	}
	switch {
	case f == nil:
	case f.entry != nil:
		v.shell.focus(f.entry)
	default:
		v.shell.focus(nil)
		f.redraw()
	}
}

// leave looks at a field the visitor has gone on from: what he typed is checked
// now, while he remembers it; what he did not fill in yet is not.
func (v *pageView) leave(f *field) {
	was := f.remark()
	if f.typed && !f.answer().IsZero() {
		f.check()
	}
	if f.own != nil {
		f.own.leave()
	}
	f.redraw()
	if f.remark() != was || f.own != nil {
		v.relayout()
	}
}

// wantsKeypad reports whether any field takes digits.
func (v *pageView) wantsKeypad() bool {
	for _, f := range v.forms {
		for _, fd := range f.fields {
			if fd.takesDigits() {
				return true
			}
		}
	}
	return false
}

// key is a touch on the keypad.
func (v *pageView) key(k string) {
	v.shell.touched()
	if v.active == nil || !v.active.takesDigits() {
		v.activate(v.firstDigits())
	}
	switch f := v.active; {
	case f == nil:
	case k == keyClear:
		f.set("")
	case k == keyErase:
		f.erase()
	default:
		f.add(k)
	}
}

func (v *pageView) firstDigits() *field {
	for _, f := range v.forms {
		for _, fd := range f.fields {
			if fd.takesDigits() {
				return fd
			}
		}
	}
	return nil
}

// typed is a character of a keyboard while no text field has the focus.
func (v *pageView) typed(r rune) {
	if f := v.active; f != nil && f.takesDigits() && r >= '0' && r <= '9' {
		f.add(string(r))
	}
}

// erase takes the last character back.
func (v *pageView) erase() {
	if f := v.active; f != nil && f.takesDigits() {
		f.erase()
	}
}

// value and restore let a card reader's digits be taken back from the field
// they fell into.
func (v *pageView) value() string {
	if v.active == nil {
		return ""
	}
	return v.active.value
}

func (v *pageView) restore(value string) {
	if f := v.active; f != nil && f.takesDigits() {
		f.set(value)
	}
}
