package shell

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/kiosk/view"
)

// progress draws view.Progress. Where nobody can tell how far the work has
// come, a part of the bar moves on once a second: an animation would repaint
// the window sixty times as often.
type progress struct {
	look  look
	done  float64
	label *paragraph
	count *canvas.Text
	well  *canvas.Rectangle
	bar   *canvas.Rectangle
	at    int
	box   *fyne.Container
}

// wander is how many places an endless bar moves through.
const wander = 5

func (p *progress) show(n view.Node, l look) {
	v := n.(view.Progress)
	p.look, p.done = l, v.Done
	p.label = newParagraph(l, l.say(v.Label), l.Lead, l.Ink).atMost(2)
	p.count = l.text("", l.Lead, l.InkSoft)
	if v.Done >= 0 {
		p.count.Text = fmt.Sprintf("%.0f%%", v.Done*100)
	}
	p.well, p.bar = panel(l.Line, l.XS), panel(l.Brand, l.XS)
	if p.box == nil {
		p.box = arrange(p.layout)
	}
	replace(p.box, p.label.object(), p.count, p.well, p.bar)
}

func (p *progress) beat() {
	if p.done < 0 {
		p.at = (p.at + 1) % wander
		p.layout(p.box.Size())
		p.bar.Refresh()
	}
}

func (p *progress) object() fyne.CanvasObject { return p.box }
func (p *progress) fills() bool               { return false }

func (p *progress) labelWidth(width float32) float32 {
	return width - p.count.MinSize().Width - p.look.M
}

func (p *progress) height(width float32) float32 {
	return p.label.height(p.labelWidth(width)) + p.look.S + 2*p.look.XS
}

func (p *progress) layout(size fyne.Size) {
	l := p.look
	w := p.labelWidth(size.Width)
	h := p.label.height(w)
	put(p.label.object(), 0, 0, w, h)
	count := p.count.MinSize()
	put(p.count, size.Width-count.Width, (h-count.Height)/2, count.Width, count.Height)
	y, thick := h+l.S, 2*l.XS
	put(p.well, 0, y, size.Width, thick)
	if p.done < 0 {
		part := size.Width / wander
		put(p.bar, float32(p.at)*part, y, part, thick)
		return
	}
	put(p.bar, 0, y, size.Width*float32(p.done), thick)
}
