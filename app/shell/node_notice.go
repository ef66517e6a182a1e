package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/kiosk/view"
)

// glyph is the part of a disc that the icon on it takes.
const glyph = 0.54

// notice draws view.Notice: an icon in the tone's colour beside the words.
type notice struct {
	look   look
	ground *canvas.Rectangle
	disc   *canvas.Circle
	icon   *canvas.Image
	words  []*paragraph
	box    *fyne.Container
}

func (n *notice) show(vn view.Node, l look) {
	v := vn.(view.Notice)
	tint := l.Tone(v.Tone)
	n.look = l
	n.ground = l.outlined(l.Surface, l.Line, l.RadiusM)
	n.disc = canvas.NewCircle(tint.Strong)
	n.icon = l.icon(toneIcon(v.Tone), tint.On, l.IconL*glyph)
	lead := l.Lead
	lead.Bold = true
	if l.set == onPoster {
		lead = l.Heading
	}
	n.words = []*paragraph{newParagraph(l, l.say(v.Text), lead, tint.Ink)}
	if detail := l.say(v.Detail); detail != "" {
		n.words = append(n.words, newParagraph(l, detail, l.Body, l.InkSoft))
	}
	objs := []fyne.CanvasObject{n.ground, n.disc, n.icon}
	for _, w := range n.words {
		objs = append(objs, w.object())
	}
	if n.box == nil {
		n.box = arrange(n.layout)
	}
	replace(n.box, objs...)
}

func (n *notice) object() fyne.CanvasObject { return n.box }
func (n *notice) fills() bool               { return false }

// narrow reports whether the words stand alone: there is little room, as on the
// panel beside a viewfinder, or the page's illustration says the tone.
func (n *notice) narrow(width float32) bool {
	return n.look.set == onPoster || width < n.look.Panel
}

func (n *notice) textWidth(width float32) float32 {
	l := n.look
	if n.narrow(width) {
		return width
	}
	return width - 2*l.M - l.IconL - l.M
}

// align centres words that stand alone.
func (n *notice) align(width float32) {
	align := fyne.TextAlignLeading
	if n.narrow(width) {
		align = fyne.TextAlignCenter
	}
	for _, p := range n.words {
		p.align = align
	}
}

func (n *notice) parts() []part {
	ps := make([]part, len(n.words))
	for i, w := range n.words {
		ps[i] = w
	}
	return ps
}

func (n *notice) height(width float32) float32 {
	l := n.look
	n.align(width)
	h := stackHeight(n.parts(), n.textWidth(width), l.XS/2)
	if n.narrow(width) {
		return h
	}
	return max(l.IconL, h) + 2*l.M
}

func (n *notice) layout(size fyne.Size) {
	l := n.look
	put(n.ground, 0, 0, size.Width, size.Height)
	put(n.disc, l.M, (size.Height-l.IconL)/2, l.IconL, l.IconL)
	inset := l.IconL * (1 - glyph) / 2
	put(n.icon, l.M+inset, (size.Height-l.IconL)/2+inset, l.IconL-2*inset, l.IconL-2*inset)
	n.align(size.Width)
	w := n.textWidth(size.Width)
	h := stackHeight(n.parts(), w, l.XS/2)
	narrow := n.narrow(size.Width)
	x := 2*l.M + l.IconL
	if narrow {
		x = 0
	}
	for _, o := range []fyne.CanvasObject{n.ground, n.disc, n.icon} {
		if narrow {
			o.Hide()
		} else {
			o.Show()
		}
	}
	stack(n.parts(), x, (size.Height-h)/2, w, l.XS/2)
}
