package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/kiosk/view"
)

// choices are the answers to a choice, those chosen filled and ticked.
type choices struct {
	look    look
	buttons []*button
	box     *fyne.Container
}

func newChoices(l look, n view.Field, chosen func(string) bool, choose func(string)) *choices {
	c := &choices{look: l}
	var objs []fyne.CanvasObject
	for _, o := range n.Options {
		p, icon := l.secondary(), ""
		if chosen(o.Value) {
			p, icon = l.primary(), "check"
		}
		b := newButton(l, "choice:"+n.ID+":"+o.Value, icon, l.say(o.Label), p, func() { choose(o.Value) })
		if chosen(o.Value) {
			b.words = l.sentences(b.label, l.say(view.T("已选", "Chosen")))
		}
		c.buttons = append(c.buttons, b)
		objs = append(objs, b)
	}
	c.box = arrange(c.layout, objs...)
	return c
}

func (c *choices) object() fyne.CanvasObject { return c.box }

// columns keeps room for the tick, so that choosing moves nothing.
func (c *choices) columns(width float32) int {
	widest := float32(0)
	for _, b := range c.buttons {
		w := b.natural()
		if b.icon == nil {
			w += b.side() + c.look.S
		}
		widest = max(widest, w)
	}
	cols := int((width + c.look.S) / (widest + c.look.S))
	return min(max(cols, 1), 4, len(c.buttons))
}

func (c *choices) height(width float32) float32 {
	cols := c.columns(width)
	rows := (len(c.buttons) + cols - 1) / cols
	return float32(rows)*(c.look.Touch+c.look.S) - c.look.S
}

func (c *choices) layout(size fyne.Size) {
	l, cols := c.look, c.columns(size.Width)
	w := (size.Width - float32(cols-1)*l.S) / float32(cols)
	for i, b := range c.buttons {
		put(b, float32(i%cols)*(w+l.S), float32(i/cols)*(l.Touch+l.S), w, l.Touch)
	}
}

// remark says below a field what is wrong with it.
type remark struct {
	look  look
	icon  *canvas.Image
	words *paragraph
	box   *fyne.Container
}

func newRemark(l look, words string) *remark {
	tint := l.Tone(view.Warning)
	r := &remark{look: l, icon: l.icon("warning", tint.Strong, l.IconS), words: newParagraph(l, words, l.Small, tint.Ink).atMost(3)}
	r.box = arrange(r.layout, r.icon, r.words.object())
	return r
}

func (r *remark) object() fyne.CanvasObject { return r.box }

func (r *remark) height(width float32) float32 {
	return r.words.height(width - r.look.IconS - r.look.XS)
}

func (r *remark) layout(size fyne.Size) {
	l := r.look
	put(r.icon, 0, (r.words.lineHeight()-l.IconS)/2, l.IconS, l.IconS)
	put(r.words.object(), l.IconS+l.XS, 0, size.Width-l.IconS-l.XS, size.Height)
}
