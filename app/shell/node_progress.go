package shell

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/kiosk/view"
)

// progress draws view.Progress as a bar. Where nobody can tell how far the work
// has come, three dots say that it goes on. They stand still: whatever moves
// repaints the whole window, and waiting is calmer without.
type progress struct {
	look  look
	done  float64
	label *paragraph
	count *canvas.Text
	well  *canvas.Rectangle
	bar   *canvas.Rectangle
	dots  [3]*canvas.Circle
	box   *fyne.Container
}

func (p *progress) show(n view.Node, l look) {
	v := n.(view.Progress)
	p.look, p.done = l, v.Done
	if p.box == nil {
		p.box = arrange(p.layout)
	}
	if p.endless() {
		p.label = newParagraph(l, l.say(v.Label), l.Lead, l.InkSoft).atMost(2)
		if l.set != onSheet {
			p.label.centered()
		}
		tint := l.Tone(view.Busy)
		p.dots = [3]*canvas.Circle{}
		objs := []fyne.CanvasObject{p.label.object()}
		for i := range p.dots {
			p.dots[i] = canvas.NewCircle(tint.Strong)
			objs = append(objs, p.dots[i])
		}
		replace(p.box, objs...)
		return
	}
	p.label = newParagraph(l, l.say(v.Label), l.Lead, l.Ink).atMost(2)
	p.count = l.text(fmt.Sprintf("%.0f%%", v.Done*100), l.Lead, l.InkSoft)
	p.well, p.bar = panel(l.Line, l.XS), panel(l.Brand, l.XS)
	replace(p.box, p.label.object(), p.count, p.well, p.bar)
}

func (p *progress) object() fyne.CanvasObject { return p.box }
func (p *progress) fills() bool               { return false }

// endless reports whether nobody can tell how far the work has come.
func (p *progress) endless() bool { return p.done < 0 }

func (p *progress) labelWidth(width float32) float32 {
	if p.endless() {
		return width
	}
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
	y, thick := h+l.S, 2*l.XS
	if p.endless() {
		x, step := float32(0), thick+l.S
		if l.set != onSheet {
			x = (size.Width - 2*step - thick) / 2
		}
		for _, d := range p.dots {
			put(d, x, y, thick, thick)
			x += step
		}
		return
	}
	count := p.count.MinSize()
	put(p.count, size.Width-count.Width, (h-count.Height)/2, count.Width, count.Height)
	put(p.well, 0, y, size.Width, thick)
	put(p.bar, 0, y, size.Width*float32(p.done), thick)
}
