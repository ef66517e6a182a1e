package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/kiosk/view"
)

// receipt draws view.Receipt: facts under a number that can be noted down.
type receipt struct {
	look   look
	ground *canvas.Rectangle
	band   *canvas.Rectangle
	name   *canvas.Text
	number *paragraph
	// numbered is false for facts alone, without the band of a number.
	numbered bool
	facts    []fact
	box      *fyne.Container
}

type fact struct {
	label, value *paragraph
	rule         *canvas.Rectangle
}

func (r *receipt) show(n view.Node, l look) {
	v := n.(view.Receipt)
	r.look = l
	r.ground = l.outlined(l.Surface, l.Line, l.RadiusM)
	r.band = panel(l.BrandSoft, 0)
	r.band.TopLeftCornerRadius, r.band.TopRightCornerRadius = l.RadiusM, l.RadiusM
	r.name = l.text(l.say(view.T("回执编号", "Receipt number")), l.Small, l.InkSoft)
	r.number = newParagraph(l, oneLine(v.Number), l.Title, l.Tone(view.Calm).Ink).atMost(1)
	objs := []fyne.CanvasObject{r.ground}
	if r.numbered = v.Number != ""; r.numbered {
		objs = append(objs, r.band, r.name, r.number.object())
	}
	r.facts = nil
	for _, vf := range v.Facts {
		bold := l.Body
		bold.Bold = true
		f := fact{
			label: newParagraph(l, l.say(vf.Label), l.Body, l.InkSoft).atMost(2),
			value: newParagraph(l, l.say(vf.Value), bold, l.Ink).atMost(3),
			rule:  canvas.NewRectangle(l.Line),
		}
		f.value.align = fyne.TextAlignTrailing
		r.facts = append(r.facts, f)
		objs = append(objs, f.rule, f.label.object(), f.value.object())
	}
	if r.box == nil {
		r.box = arrange(r.layout)
	}
	replace(r.box, objs...)
}

func (r *receipt) object() fyne.CanvasObject { return r.box }
func (r *receipt) fills() bool               { return false }

// widths are of a label and of its value.
func (r *receipt) widths(width float32) (label, value float32) {
	const share = 0.36
	inner := width - 2*r.look.M
	label = inner * share
	return label, inner - label - r.look.M
}

func (r *receipt) bandHeight(width float32) float32 {
	if !r.numbered {
		return r.look.XS
	}
	return 2*r.look.S + r.name.MinSize().Height + r.number.height(width-2*r.look.M)
}

func (r *receipt) factHeight(f fact, width float32) float32 {
	lw, vw := r.widths(width)
	return max(f.label.height(lw), f.value.height(vw)) + 2*r.look.S
}

func (r *receipt) height(width float32) float32 {
	h := r.bandHeight(width)
	for _, f := range r.facts {
		h += r.factHeight(f, width)
	}
	return h + r.look.XS
}

func (r *receipt) layout(size fyne.Size) {
	l, w := r.look, size.Width
	put(r.ground, 0, 0, w, size.Height)
	band := r.bandHeight(w)
	put(r.band, l.Stroke, l.Stroke, w-2*l.Stroke, band-l.Stroke)
	name := r.name.MinSize()
	put(r.name, l.M, l.S, name.Width, name.Height)
	put(r.number.object(), l.M, l.S+name.Height, w-2*l.M, r.number.height(w-2*l.M))
	lw, vw := r.widths(w)
	y := band
	for i, f := range r.facts {
		h := r.factHeight(f, w)
		f.rule.Hidden = i == 0
		put(f.rule, l.M, y, w-2*l.M, l.Hairline)
		put(f.label.object(), l.M, y+l.S, lw, f.label.height(lw))
		put(f.value.object(), w-l.M-vw, y+l.S, vw, f.value.height(vw))
		y += h
	}
}
