package shell

import (
	"strings"
	"unicode/utf8"

	"github.com/luohu/ting/kiosk/view"
)

// Prompt is a sentence to be spoken, in one language. One without text asks for
// silence.
type Prompt struct {
	Text string
	Lang view.Lang
}

// voice has pages spoken: the title and the sentence a page is about when it
// comes up, not with every update of it, and again on demand; and what the focus
// comes to. A touch ends it.
type voice struct {
	shell *Shell
	last  string // what was spoken of the page on screen
	loud  bool   // something was asked to be spoken and not silenced since
}

// on reports whether pages are spoken.
func (v *voice) on() bool { return v.shell.display.Voice && v.shell.opts.OnSpeak != nil }

// worn is told that the display has changed: a page that is on screen is spoken
// when the voice is turned on, and anew in another language.
func (v *voice) worn(before Display) {
	now := v.shell.display
	if now.Voice != before.Voice || v.on() && now.Lang != before.Lang {
		v.page(v.shell.page.page)
	}
}

// page speaks a page that has come up.
func (v *voice) page(p view.Page) {
	v.last = ""
	if v.on() && p.ID != "" {
		v.say(v.shell.look.spoken(p))
		return
	}
	v.hush()
}

// update speaks what a page on screen says newly of an answer: that something
// typed is wrong. Everything else may change many times a second.
func (v *voice) update(before, now view.Page) {
	if !v.on() {
		return
	}
	if wrong := v.shell.look.wrong(now); wrong != "" && wrong != v.shell.look.wrong(before) {
		v.say(wrong)
	}
}

// label speaks what has the focus.
func (v *voice) label(words string) {
	if v.on() && words != "" {
		v.tell(words)
	}
}

// again speaks once more what the page said.
func (v *voice) again() { v.say(v.last) }

// sayAgain is the visitor's wish to hear the page once more.
func (s *Shell) sayAgain() {
	s.touched()
	s.voice.again()
}

func (v *voice) say(words string) {
	if v.last = words; words != "" {
		v.tell(words)
	}
}

func (v *voice) tell(words string) {
	v.loud = true
	p := Prompt{Text: words, Lang: v.shell.look.lang}
	v.shell.courier.send("speak", func() { v.shell.opts.OnSpeak(p) })
}

// hush ends what is being spoken.
func (v *voice) hush() {
	if !v.loud {
		return
	}
	v.loud = false
	v.shell.courier.send("hush", func() { v.shell.opts.OnSpeak(Prompt{}) })
}

// spoken is what is said of a page: its title, and the sentence it is about.
func (l look) spoken(p view.Page) string {
	return l.sentences(l.say(p.Title), l.mainSentence(p))
}

// sentences puts sentences one after another, each with an end.
func (l look) sentences(all ...string) string {
	var b strings.Builder
	for _, s := range all {
		s = strings.TrimSpace(s)
		if s == "" {
			continue
		}
		b.WriteString(s)
		if !strings.ContainsAny(s[len(s)-1:], ".!?:;") && !endsInChinese(s) {
			b.WriteString(l.say(view.T("。", ". ")))
		}
	}
	return strings.TrimSpace(b.String())
}

// endsInChinese reports whether a sentence has a Chinese end: 。！？；：
func endsInChinese(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return strings.ContainsRune("\u3002\uff01\uff1f\uff1b\uff1a", r)
}

// mainSentence is what a page is about besides its title: a notice before
// anything else, then who was recognised, then what to read, choose or fill in.
func (l look) mainSentence(p view.Page) string {
	if wrong := l.wrong(p); wrong != "" {
		return wrong
	}
	var first string
	for _, n := range p.Body {
		var words string
		switch n := n.(type) {
		case view.Notice:
			return l.sentences(l.say(n.Text), l.say(n.Detail))
		case view.PersonCard:
			return l.sentences(l.say(n.Name), l.say(n.Line), l.say(n.Detail))
		case view.TextNode:
			if words = l.say(n.Text); n.Large {
				return words
			}
		case view.Viewfinder:
			words = l.say(n.Hint)
		case view.Receipt:
			words = n.Number
		case view.Tiles:
			words = l.choices(n)
		case view.Form:
			if len(n.Fields) > 0 {
				words = l.say(n.Fields[0].Label)
			}
		case view.Progress:
			words = l.say(n.Label)
		case view.Steps:
			words = l.spokenSteps(n)
		case view.Picture:
			words = l.say(n.Alt)
		case view.Video:
			words = l.say(n.Alt)
		case view.Map:
			words = l.say(n.Alt)
		case view.Chart:
			words = l.spokenChart(n)
		case view.List:
			if len(n.Items) == 0 {
				words = l.say(n.Empty)
			}
		}
		if first == "" {
			first = words
		}
	}
	return first
}

// choices names the tiles, so that who cannot read them knows what there is.
func (l look) choices(n view.Tiles) string {
	names := make([]string, len(n.Tiles))
	for i, t := range n.Tiles {
		names[i] = l.say(t.Title)
	}
	return strings.Join(names, l.say(view.T("、", ", ")))
}

// wrong is what a page says is wrong with what was typed.
func (l look) wrong(p view.Page) string {
	for _, n := range p.Body {
		if f, ok := n.(view.Form); ok {
			for _, field := range f.Fields {
				if words := l.say(field.Error); words != "" {
					return words
				}
			}
		}
	}
	return ""
}
