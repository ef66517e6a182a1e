package shell

import (
	"github.com/luohu/ting/kiosk/pinyin/compose"
	"github.com/luohu/ting/kiosk/view"
)

// On-screen keys and a keyboard type into the page's active field.

// begin chooses the field that is typed into first.
func (v *pageView) begin() {
	v.typist.reset(v)
	if f := v.next(nil); f != nil {
		v.activate(f)
	}
	for _, f := range v.forms {
		for _, fd := range f.fields {
			if fd.node.Kind == view.FieldText {
				go compose.Load() // it takes a tenth of a second, once
				return
			}
		}
	}
}

// next is the field behind f that is typed into, the first for nil; nil when
// there is none.
func (v *pageView) next(f *field) *field {
	past := f == nil
	for _, form := range v.forms {
		for _, fd := range form.fields {
			if past && fd.takesKeys() {
				return fd
			}
			past = past || fd == f
		}
	}
	return nil
}

// activate makes f the field that is typed into; nil makes it none.
func (v *pageView) activate(f *field) {
	old := v.active
	if old != f {
		v.commit()
		v.typist.symbols, v.typist.shift = false, shiftOff
		// What is sought is found by the letters of its pinyin.
		v.typist.chinese = v.shell.look.lang == view.ZH && (f == nil || !f.node.Live)
	}
	v.active = f
	if old != nil && old != f {
		old.all = false
		v.leaveField(old)
	}
	if f != nil && old != f {
		f.redraw()
	}
	v.chooseKeys()
	if f != nil {
		v.reveal(f)
	}
}

// leaveField looks at a field the visitor has gone on from: what he typed is checked
// now, while he remembers it; what he did not fill in yet is not.
func (v *pageView) leaveField(f *field) {
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

// keysShown reports whether on-screen keys are shown while a field is typed
// into: always on a terminal, until they are put away, and at a desk, which has
// a keyboard, when they are called.
func (v *pageView) keysShown() bool {
	if v.shell.locked() {
		return !v.typist.away
	}
	return v.typist.called && !v.typist.away
}

// showKeys brings keys back that were put away.
func (v *pageView) showKeys() {
	if v.typist.away {
		v.typist.away = false
		v.rekey()
	}
}

// openKeys is a touch on a field's own key for the keys.
func (v *pageView) openKeys() {
	v.shell.touched()
	v.typist.called, v.typist.away = true, false
	v.rekey()
}

// hideKeys puts the keys away.
func (v *pageView) hideKeys() {
	v.commit()
	v.typist.away = true
	v.rekey()
}

// rekey shows the keys that are wanted now, and the field with or without its own key.
func (v *pageView) rekey() {
	v.chooseKeys()
	if v.active != nil {
		v.active.redraw()
		v.reveal(v.active)
	}
}

// chooseKeys shows the keys the active field wants.
func (v *pageView) chooseKeys() {
	pad, board := v.wanted()
	same := pad == (v.keypad != nil) && board == (v.keyboard != nil)
	same = same && (!board || v.keyboard.bare == !v.keysShown())
	if same && (!pad || v.keypadFor == padFor(v.active.node)) {
		if board {
			before := v.keyboard.height(v.box.Size().Height)
			v.keyboard.refresh()
			if v.keyboard.height(v.box.Size().Height) != before {
				v.layout(v.box.Size()) // more rows of keys, or fewer
			}
		}
		return
	}
	v.makeKeys()
	if v.sheet != nil || v.stage != nil {
		v.arrange(v.look())
		v.box.Refresh()
	}
}

// wanted tells which keys the active field wants: those for digits, or a board;
// the board without its keys shows candidates to who has a keyboard.
func (v *pageView) wanted() (pad, board bool) {
	f := v.active
	switch {
	case f == nil, !f.takesKeys():
		return false, false
	case f.wantsPad():
		return v.keysShown(), false
	case v.keysShown():
		return false, true
	}
	return false, v.typist.composing()
}

// wantsPad reports whether the telephone's keys are enough for a field.
func (f *field) wantsPad() bool {
	return f.takesDigits() || f.node.Format == view.FormatPostcode || f.node.Format == view.FormatISBN
}

// makeKeys makes the keys that are wanted, without placing them.
func (v *pageView) makeKeys() {
	pad, board := v.wanted()
	v.keypad, v.keyboard = nil, nil
	if pad {
		v.keypad, v.keypadFor = newKeypad(v.look(), v.active.node, v.key), padFor(v.active.node)
		for _, k := range v.keypad.keys {
			k.wait = afterFunc(v.shell.loop)
		}
	}
	if board {
		v.keyboard = newKeyboard(v, v.look())
	}
}

// padKind tells keypads apart.
type padKind struct {
	kind    view.FieldKind
	format  view.Format
	decimal bool
}

func padFor(f view.Field) padKind { return padKind{f.Kind, f.Format, f.Decimals > 0} }

// retype draws the field and the candidates after something was typed.
func (v *pageView) retype() {
	if v.active != nil {
		v.active.redraw()
	}
	v.chooseKeys()
}

// key is a touch on an on-screen key.
func (v *pageView) key(k string) {
	v.shell.touched()
	if v.active == nil {
		return
	}
	t := &v.typist
	switch k {
	case keyClear:
		v.active.empty()
	case keyErase:
		t.erase()
	case keyShift:
		t.shift = (t.shift + 1) % 3
	case keyLang:
		v.commit()
		t.chinese = !t.chinese
	case keySymbols:
		v.commit()
		t.symbols = !t.symbols
	case keyHide:
		v.hideKeys()
		return
	case keyDone:
		v.done()
		return
	case keySpace:
		v.space()
		return
	default:
		v.type1(k)
		return
	}
	v.retype()
}

// type1 types what one key is named.
func (v *pageView) type1(k string) {
	t := &v.typist
	r := []rune(k)[0]
	switch {
	case isLetter(r) || k == keyPart && !t.symbols:
		t.letter(r)
	default:
		t.mark(k)
	}
}

// space chooses the first candidate, or types a space.
func (v *pageView) space() {
	t := &v.typist
	switch {
	case t.composing() && len(t.visible()) > 0:
		t.choose(t.first)
	case t.composing():
		t.raw()
	default:
		t.put(" ")
	}
}

// done goes on to the next field, or puts the keys away.
func (v *pageView) done() {
	v.commit()
	if next := v.next(v.active); next != nil {
		v.activate(next)
		v.shell.voice.label(next.spoken())
		return
	}
	v.hideKeys()
}

// value and restore let a card reader's keys be taken back from the field they
// fell into.
func (v *pageView) value() string {
	if v.active == nil {
		return ""
	}
	return v.active.value
}

func (v *pageView) restore(value string) {
	if f := v.active; f != nil {
		v.discard()
		f.set(value)
	}
}
