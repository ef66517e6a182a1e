package shell

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/kiosk/view"
)

// pager leafs through what does not fit on a page at once: the one before, the
// one after, and between them where one is.
type pager struct {
	look     look
	previous *button
	next     *button
	at       *canvas.Text
	box      *fyne.Container
}

// newPager makes a pager at leaf of leaves, counted from 0; turn is told the
// leaf that is wanted.
func newPager(l look, id string, leaf, leaves int, turn func(leaf int)) *pager {
	p := &pager{look: l}
	p.at = l.text(fmt.Sprintf("%d / %d", leaf+1, leaves), l.Body, l.InkSoft)
	p.previous = newButton(l, id+":previous", "previous", l.say(view.T("上一页", "Previous")), l.secondary(), func() { turn(leaf - 1) })
	p.next = newButton(l, id+":next", "next", l.say(view.T("下一页", "Next")), l.secondary(), func() { turn(leaf + 1) })
	objs := []fyne.CanvasObject{p.at}
	if leaf > 0 {
		objs = append(objs, p.previous)
	}
	if leaf < leaves-1 {
		objs = append(objs, p.next)
	}
	p.box = arrange(p.layout, objs...)
	return p
}

func (p *pager) object() fyne.CanvasObject { return p.box }

func (p *pager) height(float32) float32 { return p.look.Touch }

func (p *pager) layout(size fyne.Size) {
	w := min(max(p.previous.natural(), p.next.natural())+2*p.look.S, (size.Width-p.look.XL)/2)
	put(p.previous, 0, 0, w, size.Height)
	put(p.next, size.Width-w, 0, w, size.Height)
	word := p.at.MinSize()
	put(p.at, (size.Width-word.Width)/2, (size.Height-word.Height)/2, word.Width, word.Height)
}
