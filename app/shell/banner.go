package shell

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/kiosk/view"
)

// banner is the strip below the header that names devices in trouble. It is
// not there while all is well.
type banner struct {
	look     look
	troubles []Trouble
	ground   *canvas.Rectangle
	icon     *canvas.Image
	words    *paragraph
	box      *fyne.Container
}

func newBanner(l look) *banner {
	b := &banner{look: l}
	b.box = arrange(b.layout)
	b.restyle(l)
	return b
}

// tell takes the troubles and reports whether anything changed.
func (b *banner) tell(troubles []Trouble) bool {
	if slices.Equal(troubles, b.troubles) {
		return false
	}
	b.troubles = slices.Clone(troubles)
	b.restyle(b.look)
	return true
}

func (b *banner) restyle(l look) {
	b.look = l
	if len(b.troubles) == 0 {
		b.words = nil
		replace(b.box)
		return
	}
	tint := l.Tone(view.Warning)
	words := ""
	for i, t := range b.troubles {
		if i > 0 {
			words += l.say(view.T("\uff1b", "; "))
		}
		words += l.say(t.Name) + l.say(view.T("\uff1a", ": ")) + l.say(t.Text)
	}
	b.ground, b.icon = canvas.NewRectangle(tint.Soft), l.icon("tool", tint.Strong, l.IconM)
	b.words = newParagraph(l, words, l.Small, tint.Ink).atMost(2)
	replace(b.box, b.ground, b.icon, b.words.object())
}

func (b *banner) inset() float32 { return b.look.L + b.look.IconM + b.look.S }

func (b *banner) height(width float32) float32 {
	if b.words == nil {
		return 0
	}
	return b.words.height(width-b.inset()-b.look.L) + 2*b.look.S
}

func (b *banner) layout(size fyne.Size) {
	if b.words == nil {
		return
	}
	l := b.look
	put(b.ground, 0, 0, size.Width, size.Height)
	put(b.icon, l.L, (size.Height-l.IconM)/2, l.IconM, l.IconM)
	put(b.words.object(), b.inset(), l.S, size.Width-b.inset()-l.L, size.Height-2*l.S)
}
