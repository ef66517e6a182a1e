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
	words []part
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
	if p.icon = l.icon(icon, l.OnBrand); p.icon == nil {
		p.icon = l.icon(toneIcon(v.Tone), l.OnBrand)
	}
	p.words = []part{newParagraph(l, l.say(v.Name), l.Display, l.Ink).atMost(2)}
	if line := l.say(v.Line); line != "" {
		p.words = append(p.words, newParagraph(l, line, l.Lead, l.InkSoft).atMost(2))
	}
	if detail := l.say(v.Detail); detail != "" {
		p.words = append(p.words, newParagraph(l, detail, l.Heading, tint.Ink).atMost(2))
	}
	objs := []fyne.CanvasObject{p.disc, p.icon}
	for _, w := range p.words {
		objs = append(objs, w.object())
	}
	if p.box == nil {
		p.box = arrange(p.layout)
	}
	replace(p.box, objs...)
}

func (p *personCard) object() fyne.CanvasObject { return p.box }
func (p *personCard) fills() bool               { return false }

func (p *personCard) textWidth(width float32) float32 {
	return width - p.look.IconXL - p.look.L
}

func (p *personCard) height(width float32) float32 {
	return max(p.look.IconXL, stackHeight(p.words, p.textWidth(width), 0))
}

func (p *personCard) layout(size fyne.Size) {
	l := p.look
	put(p.disc, 0, (size.Height-l.IconXL)/2, l.IconXL, l.IconXL)
	inset := l.IconXL * 0.25
	put(p.icon, inset, (size.Height-l.IconXL)/2+inset, l.IconXL-2*inset, l.IconXL-2*inset)
	w := p.textWidth(size.Width)
	h := stackHeight(p.words, w, 0)
	stack(p.words, l.IconXL+l.L, (size.Height-h)/2, w, 0)
}
