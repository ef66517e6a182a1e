package shell

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/kiosk/view"
)

// lines draws courses over time. A single one stands on a wash of its colour;
// the last point of each is marked, and of a single one its value told.
type lines struct {
	look   look
	node   view.Chart
	axes   *axes
	raster *canvas.Raster
	ends   []*canvas.Circle
	last   *canvas.Text // nil where there are several
}

func newLines(l look, n view.Chart) *lines {
	c := &lines{look: l, node: n}
	var all []float64
	for _, s := range n.Series {
		all = append(all, s.Values...)
	}
	low, high := all[0], all[0]
	for _, v := range all {
		low, high = min(low, v), max(high, v)
	}
	// A course far from zero is shown by itself: a fever curve has no zero.
	if low >= 0 && (low < high*0.6 || low == high) {
		low = 0
	}
	step := grain(all...)
	c.axes = newAxes(l, n.Labels, low, high, step == 1)
	c.raster = canvas.NewRaster(c.draw)
	for i := range n.Series {
		dot := canvas.NewCircle(l.Chart.Series[i])
		dot.StrokeColor, dot.StrokeWidth = l.Surface, l.Stroke
		c.ends = append(c.ends, dot)
	}
	if len(n.Series) == 1 {
		vs := n.Series[0].Values
		c.last = l.text(number(l.lang, vs[len(vs)-1], step), theme.Type{Size: l.Body.Size, Bold: true}, l.Chart.Series[0])
	}
	return c
}

func (c *lines) objects() []fyne.CanvasObject {
	objs := append(c.axes.objects(), c.raster)
	for _, e := range c.ends {
		objs = append(objs, e)
	}
	if c.last != nil {
		objs = append(objs, c.last)
	}
	return objs
}

func (c *lines) height(float32) float32 { return c.look.Plot }

// at is where value i of n labels lies in a plot of that size.
func (c *lines) at(i int, v float64, w, h float32) spot {
	x := w / 2
	if n := len(c.node.Labels); n > 1 {
		x = w * float32(i) / float32(n-1)
	}
	return spot{x, h * (1 - c.axes.share(v))}
}

func (c *lines) course(s view.Series, w, h float32) []spot {
	ps := make([]spot, len(s.Values))
	for i, v := range s.Values {
		ps[i] = c.at(i, v, w, h)
	}
	return ps
}

// draw is the raster: the lines, and a margin of a line's width around them.
func (c *lines) draw(w, h int) image.Image {
	sk := newSketch(w, h)
	size := c.raster.Size()
	if size.Width <= 0 || size.Height <= 0 {
		return sk.img
	}
	k := float32(w) / size.Width
	edge := c.look.Trace * k
	inner := func(ps []spot) []spot {
		for i := range ps {
			ps[i].x, ps[i].y = ps[i].x+edge, ps[i].y+edge
		}
		return ps
	}
	iw, ih := float32(w)-2*edge, float32(h)-2*edge
	for i, s := range c.node.Series {
		ps := inner(c.course(s, iw, ih))
		if len(ps) == 0 {
			continue
		}
		c0 := c.look.Chart.Series[i]
		if len(c.node.Series) == 1 && len(ps) > 1 {
			base := edge + ih*(1-c.axes.share(max(c.axes.low, min(0, c.axes.high))))
			sk.fill(append(append([]spot{{ps[0].x, base}}, ps...), spot{ps[len(ps)-1].x, base}), wash(c0))
		}
		sk.stroke(ps, c.look.Trace*k, c0)
	}
	return sk.img
}

// wash is a colour so thin that the grid shows through.
func wash(c color.NRGBA) color.NRGBA {
	const thin = 0x22
	c.A = thin
	return c
}

func (c *lines) place(x, y, w, h float32) {
	l := c.look
	top := float32(0)
	if c.last != nil {
		top = l.Body.Size * 1.2
	}
	dot := l.Trace * 3
	px, py, pw, ph := c.axes.place(x, y+top, w-max(dot/2, c.axes.widest()/2), h-top)
	c.axes.placeLabels(px, py+ph+l.XS, pw, len(c.node.Labels), false)
	put(c.raster, px-l.Trace, py-l.Trace, pw+2*l.Trace, ph+2*l.Trace)
	c.raster.Refresh()
	for i, s := range c.node.Series {
		n := len(s.Values)
		if c.ends[i].Hidden = n == 0; n == 0 {
			continue
		}
		p := c.at(n-1, s.Values[n-1], pw, ph)
		put(c.ends[i], px+p.x-dot/2, py+p.y-dot/2, dot, dot)
		if c.last != nil {
			size := c.last.MinSize()
			lx := min(max(px+p.x-size.Width/2, px), px+pw+dot/2-size.Width)
			put(c.last, lx, py+p.y-dot/2-size.Height, size.Width, size.Height)
		}
	}
}
