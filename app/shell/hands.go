package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"github.com/luohu/ting/kiosk/view"
)

// keysink is the one thing on the screen the toolkit gives its focus: all keys
// of a keyboard, of a card reader too, arrive here, whatever is drawn anew. What
// of the page the keys are about, the shell knows itself (focus.go).
type keysink struct {
	widget.BaseWidget
	shell *Shell
	shift bool // is held
	alone bool // and nothing was typed with it
}

func newKeysink(s *Shell) *keysink {
	k := &keysink{shell: s}
	k.ExtendBaseWidget(k)
	return k
}

// CreateRenderer implements fyne.Widget.
func (k *keysink) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewWithoutLayout())
}

// FocusGained implements fyne.Focusable.
func (k *keysink) FocusGained() {}

// FocusLost implements fyne.Focusable: the toolkit takes the focus away at each
// touch, and it is taken back.
func (k *keysink) FocusLost() {
	k.shift = false
	k.shell.loop.post(k.take)
}

func (k *keysink) take() {
	if c := k.shell.window.Canvas(); c.Focused() == nil {
		c.Focus(k)
	}
}

// AcceptsTab implements fyne.Tabbable.
func (k *keysink) AcceptsTab() bool { return true }

// TypedRune implements fyne.Focusable.
func (k *keysink) TypedRune(r rune) { k.shell.typedRune(r) }

// TypedKey implements fyne.Focusable.
func (k *keysink) TypedKey(e *fyne.KeyEvent) { k.shell.typedKey(e) }

// KeyDown implements desktop.Keyable.
func (k *keysink) KeyDown(e *fyne.KeyEvent) {
	switch e.Name {
	case desktop.KeyShiftLeft, desktop.KeyShiftRight:
		k.shift, k.alone = true, true
	default:
		k.alone = false
	}
}

// KeyUp implements desktop.Keyable: Shift by itself changes between Chinese and
// letters, as in every Chinese input method.
func (k *keysink) KeyUp(e *fyne.KeyEvent) {
	switch e.Name {
	case desktop.KeyShiftLeft, desktop.KeyShiftRight:
		if k.shift && k.alone {
			k.shell.page.toggleChinese()
		}
		k.shift = false
	}
}

// TypedShortcut implements fyne.Shortcutable. Cutting and pasting belong to a
// desk: a terminal's clipboard would be the visitor's before.
func (k *keysink) TypedShortcut(sc fyne.Shortcut) {
	s := k.shell
	f := s.page.active
	clip := s.app.Clipboard()
	private := f == nil || s.locked() || f.node.Masked() || f.takesDigits()
	switch sc := sc.(type) {
	case *fyne.ShortcutSelectAll:
		if f != nil {
			s.page.commit()
			f.all = f.value != ""
			f.redraw()
		}
	case *fyne.ShortcutCopy:
		if !private && f.all {
			clip.SetContent(f.value)
		}
	case *fyne.ShortcutCut:
		if !private && f.all {
			clip.SetContent(f.value)
			f.empty()
		}
	case *fyne.ShortcutPaste:
		if f != nil && !s.locked() {
			s.page.commit()
			f.insert(oneLine(clip.Content()))
			s.page.retype()
		}
	case *desktop.CustomShortcut:
		if sc.KeyName == fyne.KeySpace && sc.Modifier == fyne.KeyModifierControl {
			s.page.toggleChinese()
			return
		}
		if c, ok := s.window.Canvas().(interface{ TypedShortcut(fyne.Shortcut) }); ok {
			c.TypedShortcut(sc)
		}
	}
}

// typedRune is a character typed on a keyboard, or by a card reader.
func (s *Shell) typedRune(r rune) {
	s.woken()
	v := s.page
	before := v.value()
	s.wedge.alone = v.active == nil
	if s.wedge.rune(r, s.opts.Now()) {
		s.beforeCard = before
	}
	if !s.keysAbout(v.active) {
		switch {
		case r == ' ':
			s.keyed(func() { s.activateFocused() })
		case r == '?' && s.desk != nil:
			s.desk.help.show()
		}
		return
	}
	s.keyed(func() { v.rune(r) })
}

// rune types a character into the active field.
func (v *pageView) rune(r rune) {
	t := &v.typist
	switch {
	case t.composing() && r >= '1' && r <= '9':
		if i := int(r - '1'); i < len(t.visible()) {
			t.choose(t.first + i)
		}
	case r == ' ' && !v.active.takesDigits():
		v.space()
	case isLetter(r) && (r >= 'a' || !t.composes()), r == '\'' && t.composing():
		if v.active.takesDigits() {
			t.put(string(r))
			return
		}
		shift := t.shift
		t.shift = shiftOff // a keyboard has its own
		t.letter(r)
		t.shift = shift
	default:
		t.mark(t.wide(r))
	}
}

// toggleChinese changes between pinyin and letters.
func (v *pageView) toggleChinese() {
	if v.typist.mayCompose() {
		v.key(keyLang)
	}
}

// typedKey is a key of a keyboard that is no character.
func (s *Shell) typedKey(e *fyne.KeyEvent) {
	if s.woken() {
		return
	}
	if e.Name == fyne.KeyReturn || e.Name == fyne.KeyEnter {
		if number := s.wedge.enter(s.opts.Now()); number != "" {
			s.page.restore(s.beforeCard)
			s.card(number)
			return
		}
	}
	if s.desk != nil && s.desk.help.key(e.Name) {
		return
	}
	s.keyed(func() {
		s.touched()
		s.page.keyDown(e.Name, s.sink.shift)
	})
}

// keyed runs what a key does. The mark of the focus stays, which a touch takes away.
func (s *Shell) keyed(do func()) {
	s.byKey = true
	do()
	s.byKey = false
	s.placeRing()
}

// keyDown does what a key is for: first for what is being composed, then for the
// field that is typed into, then for the page.
func (v *pageView) keyDown(k fyne.KeyName, shift bool) {
	s, t := v.shell, &v.typist
	f := v.active
	if !s.keysAbout(f) {
		f = nil // the keys are about something else
	}
	switch {
	case t.composing() && v.composeKey(k):
	case f != nil && v.editKey(f, k):
	case k == fyne.KeyTab && shift:
		s.moveFocus(-1)
	case k == fyne.KeyTab:
		s.moveFocus(1)
	case k == fyne.KeyReturn, k == fyne.KeyEnter:
		if f != nil || !s.activateFocused() {
			v.commit()
			v.enter()
		}
	case k == fyne.KeyEscape:
		s.escape()
	case s.rowKey(k):
	case k == fyne.KeyUp, k == fyne.KeyDown, k == fyne.KeyLeft, k == fyne.KeyRight:
		s.steer(k)
	default:
		v.pageKey(k)
	}
}

// composeKey is a key while something is being composed.
func (v *pageView) composeKey(k fyne.KeyName) bool {
	t := &v.typist
	shown := len(t.visible())
	if v.keyboard != nil {
		shown = v.keyboard.strip.shown
	}
	switch k {
	case fyne.KeyBackspace:
		t.erase()
	case fyne.KeyReturn, fyne.KeyEnter:
		t.raw()
	case fyne.KeyEscape:
		v.discard()
	case fyne.KeyDown, fyne.KeyRight, fyne.KeyPageDown:
		t.turn(1, shown)
	case fyne.KeyUp, fyne.KeyLeft, fyne.KeyPageUp:
		t.turn(-1, shown)
	case fyne.KeyTab:
		v.commit()
		return false
	default:
		return false
	}
	return true
}

// editKey is a key in the field that is typed into.
func (v *pageView) editKey(f *field, k fyne.KeyName) bool {
	switch k {
	case fyne.KeyBackspace:
		v.typist.erase()
	case fyne.KeyDelete:
		f.remove(0)
	case fyne.KeyLeft:
		f.move(f.caret - 1)
	case fyne.KeyRight:
		f.move(f.caret + 1)
	case fyne.KeyHome:
		f.move(0)
	case fyne.KeyEnd:
		f.move(len([]rune(f.value)))
	default:
		return false
	}
	return true
}

// pageKey scrolls the page.
func (v *pageView) pageKey(k fyne.KeyName) {
	body := v.body()
	if body == nil {
		return
	}
	const most = 0.9 // so that a line is seen twice
	room := body.scroll.Size().Height * most
	at := body.scroll.Offset.Y
	body.glide.stop()
	switch k {
	case fyne.KeyPageDown:
		body.to(at + room)
	case fyne.KeyPageUp:
		body.to(at - room)
	case fyne.KeyHome:
		body.to(0)
	case fyne.KeyEnd:
		body.to(body.most())
	}
}

// escape goes back: out of what lies over the page, or off the page where Back
// is offered.
func (s *Shell) escape() {
	switch {
	case s.panel.open:
		s.panel.dismiss()
	case s.page.active != nil && s.page.keysShown() && s.page.typist.called:
		s.page.hideKeys()
	case s.footer.attend:
		s.answer(view.ActionBack)
	}
}
