package shell

import (
	"fyne.io/fyne/v2"

	"github.com/luohu/ting/kiosk/view"
)

// text draws view.TextNode.
type text struct{ words *paragraph }

func (t *text) show(n view.Node, l look) {
	tn := n.(view.TextNode)
	ty, ink := l.Body, l.InkSoft
	if tn.Large {
		ty, ink = l.Heading, l.Ink
	}
	if t.words == nil {
		t.words = newParagraph(l, "", ty, ink)
	}
	t.words.rewrite(l, l.say(tn.Text), ty, ink)
}

func (t *text) object() fyne.CanvasObject    { return t.words.object() }
func (t *text) height(width float32) float32 { return t.words.height(width) }
func (t *text) fills() bool                  { return false }
