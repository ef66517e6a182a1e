package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/kiosk/view"
)

// personCard draws view.PersonCard. The name arrives masked.
type personCard struct {
	look  look
	disc  *canvas.Circle
	icon  *canvas.Image
	words []*paragraph
	box   *fyne.Container
}

func (p *personCard) show(n view.Node, l look) {
	v := n.(view.PersonCard)
	tint := l.Tone(v.Tone)
	p.look = l
	p.disc = canvas.NewCircle(tint.Strong)
	icon := v.Icon
	if icon == "" && v.Tone == view.Calm {
		icon = "person"
	}
	if icon == "" {
		icon = toneIcon(v.Tone)
	}
	if p.icon = l.icon(icon, tint.On, l.IconXL*glyph); p.icon == nil {
		p.icon = l.icon(toneIcon(v.Tone), tint.On, l.IconXL*glyph)
	}
	name := l.Display
	if v.Tone != view.Success { // what is to be done comes first
		name = l.Title
	}
	p.words = []*paragraph{newParagraph(l, l.say(v.Name), name, l.Ink).atMost(2)}
	if line := l.say(v.Line); line != "" {
		p.words = append(p.words, newParagraph(l, line, l.Lead, l.InkSoft).atMost(2))
	}
	if detail := l.say(v.Detail); detail != "" {
		p.words = append(p.words, newParagraph(l, detail, l.Heading, tint.Ink).atMost(2))
	}
	objs := []fyne.CanvasObject{p.disc, p.icon}
	p.disc.Hidden, p.icon.Hidden = p.alone(), p.alone()
	for _, w := range p.words {
		if p.alone() {
			w.centered()
		}
		objs = append(objs, w.object())
	}
	if p.box == nil {
		p.box = arrange(p.layout)
	}
	replace(p.box, objs...)
}

func (p *personCard) object() fyne.CanvasObject { return p.box }
func (p *personCard) fills() bool               { return false }

// alone reports whether the words stand without the disc: the page's
// illustration says the tone.
func (p *personCard) alone() bool { return p.look.set == onPoster }

func (p *personCard) textWidth(width float32) float32 {
	if p.alone() {
		return width
	}
	return width - p.look.IconXL - p.look.L
}

func (p *personCard) height(width float32) float32 {
	h := p.wordsHeight(p.textWidth(width))
	if p.alone() {
		return h
	}
	return max(p.look.IconXL, h)
}

func (p *personCard) wordsHeight(width float32) float32 {
	h := float32(0)
	for _, w := range p.words {
		h += w.height(width)
	}
	return h
}

func (p *personCard) layout(size fyne.Size) {
	l := p.look
	if p.alone() {
		y := float32(0)
		for _, words := range p.words {
			h := words.height(size.Width)
			put(words.object(), 0, y, size.Width, h)
			y += h
		}
		return
	}
	// Disc and words stand in the middle together, as one thing.
	textW := float32(0)
	for _, w := range p.words {
		textW = max(textW, w.natural())
	}
	w := min(textW+1, p.textWidth(size.Width))
	x := (size.Width - l.IconXL - l.L - w) / 2
	put(p.disc, x, (size.Height-l.IconXL)/2, l.IconXL, l.IconXL)
	inset := l.IconXL * (1 - glyph) / 2
	put(p.icon, x+inset, (size.Height-l.IconXL)/2+inset, l.IconXL-2*inset, l.IconXL-2*inset)
	y := (size.Height - p.wordsHeight(w)) / 2
	for _, words := range p.words {
		h := words.height(w)
		put(words.object(), x+l.IconXL+l.L, y, w, h)
		y += h
	}
}
