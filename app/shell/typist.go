package shell

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/luohu/ting/kiosk/pinyin/compose"
	"github.com/luohu/ting/kiosk/view"
)

// typist is the state of typing on a page: which keys are shown and what is
// being composed. It ends with the page, and so with the visit.
type typist struct {
	page    *pageView
	comp    *compose.Composition // nil until pinyin is typed
	chinese bool                 // letters are pinyin where the field takes Chinese
	shift   shift
	symbols bool
	away    bool  // the on-screen keys were put away
	called  bool  // they were called where they are usually away
	first   int   // the first candidate in the strip
	pages   []int // the first ones before it
	open    bool  // all candidates cover the keys
}

type shift int

const (
	shiftOff shift = iota
	shiftNext
	shiftLocked
)

// reset forgets everything.
func (t *typist) reset(p *pageView) {
	if t.comp != nil {
		t.comp.Clear()
	}
	*t = typist{page: p, chinese: p.shell.look.lang == view.ZH}
}

// mayCompose reports whether the active field takes Chinese.
func (t *typist) mayCompose() bool {
	f := t.page.active
	return f != nil && f.node.Kind == view.FieldText && f.node.Keyboard != view.KeyboardCode && f.node.Format == view.FormatAny
}

// composes reports whether a letter typed now is pinyin.
func (t *typist) composes() bool { return t.chinese && t.mayCompose() }

// composing reports whether a phrase is begun.
func (t *typist) composing() bool { return t.comp != nil && !t.comp.Empty() }

// layer is which keys the active field wants now.
func (t *typist) layer(f *field) layer {
	code := f != nil && (f.node.Keyboard == view.KeyboardCode || f.node.Format != view.FormatAny)
	// Large keys in the lower half leave no room for a row of digits beside the
	// field: they are where the punctuation is.
	low := t.page.look().seated() && t.page.look().Variant.Elder
	switch {
	case f != nil && f.node.Format == view.FormatPlate && f.caret == 0:
		return layerProvinces
	case t.symbols && t.composes():
		return layerSymbols
	case t.symbols:
		return layerMarks
	case code && (t.shift != shiftOff || f.node.Format == view.FormatCredit || f.node.Format == view.FormatPlate):
		if low {
			return layerCapitals
		}
		return layerCodeUpper
	case code && !low:
		return layerCode
	case t.composes() && f.node.Keyboard == view.KeyboardAddress && !low:
		return layerAddress
	case t.composes():
		return layerPinyin
	case t.shift != shiftOff:
		return layerCapitals
	}
	return layerLetters
}

// doneWords are what the key says that ends a field.
func (t *typist) doneWords() view.Text {
	if t.page.next(t.page.active) != nil {
		return view.T("下一项", "Next")
	}
	return view.T("完成", "Done")
}

// letter takes a letter or apostrophe typed by hand or on the screen.
func (t *typist) letter(r rune) {
	if t.composes() {
		if t.comp == nil {
			t.comp = compose.New(compose.Load())
		}
		if t.comp.Empty() {
			t.comp.Hint(t.hint())
		}
		if t.comp.Type(r) {
			t.offered()
			return
		}
		if r == '\'' {
			r = '\u2019'
		}
	}
	if t.shift != shiftOff {
		r = unicode.ToUpper(r)
	}
	if t.shift == shiftNext {
		t.shift = shiftOff
	}
	t.put(string(r))
}

// hint is what the active field's words are.
func (t *typist) hint() compose.Hint {
	f := t.page.active
	switch {
	case f.node.Keyboard == view.KeyboardAddress:
		return compose.Address
	case f.node.Keyboard != view.KeyboardName:
		return compose.Plain
	case f.caret == 0 || f.all:
		return compose.Name
	}
	return compose.GivenName
}

// offered shows new candidates from the first.
func (t *typist) offered() {
	t.first, t.pages, t.open = 0, nil, false
	t.page.retype()
}

// put types s into the active field.
func (t *typist) put(s string) {
	if f := t.page.active; f != nil {
		f.insert(s)
	}
	t.page.retype()
}

// choose takes the candidate numbered i.
func (t *typist) choose(i int) {
	if !t.composing() {
		return
	}
	text, complete := t.comp.Choose(i)
	if t.first, t.pages, t.open = 0, nil, false; complete {
		t.put(text)
		return
	}
	t.page.retype()
}

// finish writes the phrase with the first candidates.
func (t *typist) finish() {
	for t.composing() && len(t.comp.Candidates()) > 0 {
		t.choose(0)
	}
	t.raw()
}

// raw writes what was typed as it was typed.
func (t *typist) raw() {
	if !t.composing() {
		return
	}
	text := t.comp.Raw()
	t.comp.Clear()
	t.first, t.pages, t.open = 0, nil, false
	t.put(text)
}

// erase takes a letter of the phrase back, or a character of the field.
func (t *typist) erase() {
	if t.composing() && t.comp.Erase() {
		t.offered()
		return
	}
	if f := t.page.active; f != nil {
		f.erase()
	}
	t.page.retype()
}

// mark types punctuation or a digit behind the phrase.
func (t *typist) mark(s string) {
	t.finish()
	t.put(s)
}

// wide is a mark of a Latin keyboard as Chinese writes it.
func (t *typist) wide(r rune) string {
	if !t.composes() {
		return string(r)
	}
	switch r {
	case '.':
		return "。"
	case '\\':
		return "、"
	case '<':
		return "《"
	case '>':
		return "》"
	case '"':
		if f := t.page.active; f != nil && strings.Count(f.value, "“") > strings.Count(f.value, "”") {
			return "”"
		}
		return "“"
	}
	if w, ok := view.FullWidth(r); ok {
		return string(w)
	}
	return string(r)
}

// visible are the candidates from the first shown on.
func (t *typist) visible() []compose.Candidate {
	if !t.composing() {
		return nil
	}
	all := t.comp.Candidates()
	return all[min(t.first, len(all)):]
}

// turn shows the next (1) or previous (-1) candidates.
func (t *typist) turn(by int, shown int) {
	switch {
	case by > 0 && shown < len(t.visible()):
		t.pages = append(t.pages, t.first)
		t.first += shown
	case by < 0 && len(t.pages) > 0:
		t.first = t.pages[len(t.pages)-1]
		t.pages = t.pages[:len(t.pages)-1]
	}
	t.page.retype()
}

// composed is what stands at the caret until it is chosen.
func (v *pageView) composed() string {
	t := &v.typist
	if !t.composing() {
		return ""
	}
	if picked := t.comp.Picked(); picked != "" {
		return strings.TrimSpace(picked + " " + t.comp.Letters())
	}
	return t.comp.Letters()
}

// commit writes what is being composed, since the visitor goes on elsewhere.
func (v *pageView) commit() {
	if v.typist.composing() {
		v.typist.finish()
	}
}

// discard forgets what is being composed.
func (v *pageView) discard() {
	if v.typist.composing() {
		v.typist.comp.Clear()
		v.typist.offered()
	}
}

func isLetter(r rune) bool { return r < utf8.RuneSelf && unicode.IsLetter(r) }
