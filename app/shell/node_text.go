package shell

import (
	"fyne.io/fyne/v2"

	"github.com/luohu/ting/kiosk/view"
)

// text draws view.TextNode.
type text struct {
	look  look
	large bool
	words *paragraph
}

func (t *text) show(n view.Node, l look) {
	tn := n.(view.TextNode)
	t.look, t.large = l, tn.Large
	ty, ink := l.Body, l.Ink
	switch {
	case tn.Large && l.set != onSheet:
		ty = l.Headline
	case tn.Large:
		ty = l.Heading
	case l.set != onSheet:
		ty, ink = l.Lead, l.InkSoft
	}
	if t.words == nil {
		t.words = newParagraph(l, "", ty, ink)
	}
	t.words.align = fyne.TextAlignLeading
	if l.set != onSheet {
		t.words.centered()
	}
	t.words.rewrite(l, l.say(tn.Text), ty, ink)
}

// enlarge chooses between the sizes of words that are there to be read.
func (t *text) enlarge(on bool) {
	ty := t.look.Body
	if on {
		ty = t.look.Lead
	}
	if !t.large && t.words.ty != ty {
		t.words.rewrite(t.look, t.words.s, ty, t.words.color)
	}
}

func (t *text) object() fyne.CanvasObject    { return t.words.object() }
func (t *text) height(width float32) float32 { return t.words.height(width) }
func (t *text) fills() bool                  { return false }
