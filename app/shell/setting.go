package shell

import (
	"fyne.io/fyne/v2"

	"github.com/luohu/ting/kiosk/view"
)

// setting is what a page's words stand on.
type setting int

const (
	onSheet  setting = iota // a column of text, forms and lists
	onStage                 // a panel at the edge of the live picture
	onPoster                // a panel at the edge of an illustration
	onHall                  // below a greeting: where services are chosen
)

// setFor chooses the setting: the live picture's where there is one, a poster
// for a page that says a few words and asks nothing, a sheet for all others.
func setFor(p view.Page, l look) setting {
	if p.ID == view.PageHome {
		return onHall
	}
	const fewNodes, fewLetters = 3, 200 // a Chinese character counts as two
	letters := 0
	count := func(texts ...view.Text) {
		for _, t := range texts {
			for _, r := range l.say(t) {
				if letters++; r >= 0x2e80 {
					letters++
				}
			}
		}
	}
	says := p.Steps == 0 && len(p.Body) <= fewNodes
	for _, n := range p.Body {
		switch n := n.(type) {
		case view.Viewfinder:
			return onStage
		case view.TextNode:
			count(n.Text)
		case view.Notice:
			count(n.Text, n.Detail)
		case view.PersonCard:
			count(n.Name, n.Line, n.Detail)
		case view.Progress:
			count(n.Label)
		default:
			says = false
		}
	}
	if says && letters <= fewLetters {
		return onPoster
	}
	return onSheet
}

// newTitle draws a page's title. It gives way to the one sentence the page is
// about where there is one.
func (v *pageView) newTitle(l look, words string) *paragraph {
	ty, ink := l.Title, l.Ink
	if l.seated() {
		ty = l.Headline
	}
	if l.set == onStage || l.set == onPoster {
		ty, ink = l.Headline, l.Tone(v.page.Tone).Ink
		if v.hasLarge() {
			ty = l.Lead
		}
	}
	t := newParagraph(l, words, ty, ink).atMost(3)
	if l.set == onStage || l.set == onPoster {
		t.align = fyne.TextAlignCenter
	}
	return t
}

func (v *pageView) hasLarge() bool {
	for _, n := range v.page.Body {
		if t, ok := n.(view.TextNode); ok && t.Large {
			return true
		}
	}
	return false
}
