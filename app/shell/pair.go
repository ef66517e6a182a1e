package shell

import (
	"fyne.io/fyne/v2"

	"github.com/luohu/ting/kiosk/view"
)

// pair is two charts side by side: on a wide screen one below the other would be
// one of them out of sight.
type pair struct {
	look        look
	left, right node
	box         *fyne.Container
}

// paired puts charts that follow each other into pairs, where there is the width.
func paired(l look, nodes []node, width float32) []node {
	for _, n := range nodes {
		if c, ok := n.(*chart); ok {
			c.tall = false
		}
	}
	if !l.Fit.Wide || width < l.Column {
		return nodes
	}
	var out []node
	for i := 0; i < len(nodes); i++ {
		if i+1 < len(nodes) && isChart(nodes[i]) && isChart(nodes[i+1]) {
			p := &pair{look: l, left: nodes[i], right: nodes[i+1]}
			p.left.(*chart).tall, p.right.(*chart).tall = true, true
			p.box = arrange(p.layout, p.left.object(), p.right.object())
			out = append(out, p)
			i++
			continue
		}
		out = append(out, nodes[i])
	}
	return out
}

func isChart(n node) bool {
	_, ok := n.(*chart)
	return ok
}

// show does nothing: the charts are shown by the page.
func (p *pair) show(view.Node, look) {}

func (p *pair) object() fyne.CanvasObject { return p.box }
func (p *pair) fills() bool               { return p.left.fills() || p.right.fills() }

func (p *pair) each(width float32) float32 { return (width - p.look.M) / 2 }

func (p *pair) height(width float32) float32 {
	w := p.each(width)
	return max(p.left.height(w), p.right.height(w))
}

func (p *pair) layout(size fyne.Size) {
	w := p.each(size.Width)
	put(p.left.object(), 0, 0, w, size.Height)
	put(p.right.object(), w+p.look.M, 0, w, size.Height)
}
