package shell

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/kiosk/view"
)

// chart draws view.Chart on a card: title and unit, a legend where there are
// several series, and the plot, which grows with the room there is.
type chart struct {
	look   look
	node   view.Chart
	card   *canvas.Rectangle
	title  *paragraph // nil for none
	unit   *canvas.Text
	legend *legend // nil for none
	plot   plot    // nil while there is nothing to draw
	empty  *paragraph
	tall   bool // it takes whatever height it is given, to match the one beside it
	box    *fyne.Container
}

// plot is the drawing of a chart.
type plot interface {
	objects() []fyne.CanvasObject
	// height is what the plot wants at a width; it may be given more.
	height(width float32) float32
	place(x, y, w, h float32)
}

func newChart() *chart {
	c := &chart{}
	c.box = arrange(c.layout)
	return c
}

func (c *chart) show(n view.Node, l look) {
	c.look, c.node = l, n.(view.Chart)
	c.card = l.outlined(l.Surface, l.Line, l.RadiusM)
	objs := []fyne.CanvasObject{c.card}
	c.title, c.legend, c.plot, c.empty = nil, nil, nil, nil
	if words := l.say(c.node.Title); words != "" {
		c.title = newParagraph(l, words, theme.Type{Size: l.Lead.Size, Bold: true}, l.Ink).atMost(2)
		objs = append(objs, c.title.object())
	}
	c.unit = l.text("", l.Small, l.InkSoft)
	if words := l.say(c.node.Unit); words != "" && c.node.Type != view.ChartShare {
		c.unit.Text = l.say(view.Tf("单位:%s", "in %s", words))
	}
	objs = append(objs, c.unit)
	if !hasValues(c.node) {
		c.empty = emptyWords(l, c.node.Empty)
		replace(c.box, append(objs, c.empty.object())...)
		return
	}
	if len(c.node.Series) > 1 {
		c.legend = newLegend(l)
		for i, s := range c.node.Series {
			swatch := float32(swatchArea)
			if c.node.Type == view.ChartLine {
				swatch = swatchLine
			}
			c.legend.add(l.Chart.Series[i], l.say(s.Name), swatch)
		}
		objs = append(objs, c.legend.objects()...)
	}
	switch c.node.Type {
	case view.ChartShare:
		c.plot = newShares(l, c.node)
	case view.ChartLine:
		c.plot = newLines(l, c.node)
	default:
		c.plot = newBars(l, c.node)
	}
	replace(c.box, append(objs, c.plot.objects()...)...)
}

// hasValues reports whether there is anything to draw.
func hasValues(n view.Chart) bool {
	sum := 0.0
	for _, s := range n.Series {
		for _, v := range s.Values {
			sum += v
		}
		if len(s.Values) > 0 && n.Type != view.ChartShare {
			return true
		}
	}
	return n.Type == view.ChartShare && sum > 0
}

func (c *chart) object() fyne.CanvasObject { return c.box }
func (c *chart) fills() bool               { return c.plot != nil && c.node.Type != view.ChartShare }

// head is the height of title, unit and legend with the space below them.
func (c *chart) head(width float32) float32 {
	l, h := c.look, float32(0)
	if c.title != nil {
		h += c.title.height(width)
	}
	if c.unit.Text != "" {
		h += c.unit.MinSize().Height
	}
	if c.legend != nil {
		h += l.XS + c.legend.height(width)
	}
	if h > 0 {
		h += l.S
	}
	return h
}

func (c *chart) height(width float32) float32 {
	l := c.look
	inner := width - 2*l.M
	if c.plot == nil {
		return c.head(inner) + 2*l.M + 2*l.Row
	}
	return c.head(inner) + c.plot.height(inner) + 2*l.M
}

func (c *chart) layout(size fyne.Size) {
	l, w := c.look, size.Width-2*c.look.M
	h := size.Height
	if c.plot != nil && !c.tall { // it grows, but bars as tall as a wall say no more
		const most = 1.6
		h = min(h, c.head(w)+c.plot.height(w)*most+2*l.M)
	}
	put(c.card, 0, 0, size.Width, h)
	y := l.M
	if c.title != nil {
		th := c.title.height(w)
		put(c.title.object(), l.M, y, w, th)
		y += th
	}
	if c.unit.Text != "" {
		uh := c.unit.MinSize().Height
		put(c.unit, l.M, y, w, uh)
		y += uh
	}
	if c.legend != nil {
		y += l.XS
		c.legend.place(l.M, y, w)
		y += c.legend.height(w)
	}
	if y > l.M {
		y += l.S
	}
	if c.empty != nil {
		put(c.empty.object(), l.M, y, w, h-y-l.M)
		return
	}
	c.plot.place(l.M, y, w, h-y-l.M)
}

// legend names colours: swatches and words in rows.
type legend struct {
	look  look
	swabs []*canvas.Rectangle
	thick []float32 // how tall each swatch is, as a part of its width
	words []*canvas.Text
	said  []string
}

// What a swatch looks like: a bar's or an area's, a line's, a point's.
const (
	swatchArea  = 1
	swatchLine  = 0.3
	swatchPoint = -1
)

func newLegend(l look) *legend { return &legend{look: l} }

func (g *legend) add(c color.NRGBA, words string, swatch float32) {
	radius := g.look.XS / 2
	if swatch == swatchPoint {
		radius, swatch = g.side()/2, 1
	}
	g.swabs = append(g.swabs, panel(c, min(radius, g.side()*swatch/2)))
	g.thick = append(g.thick, swatch)
	g.words = append(g.words, g.look.text("", g.look.Small, g.look.Ink))
	g.said = append(g.said, words)
}

func (g *legend) objects() (objs []fyne.CanvasObject) {
	for i := range g.swabs {
		objs = append(objs, g.swabs[i], g.words[i])
	}
	return objs
}

func (g *legend) side() float32 { return g.look.IconS * 0.7 }

// each calls f with every entry's place and returns the height of all.
func (g *legend) each(width float32, f func(i int, x, y, w float32)) float32 {
	l := g.look
	line := l.Small.Size * 1.5
	x, y := float32(0), float32(0)
	for i, s := range g.said {
		g.words[i].Text = l.fit(s, l.Small, width-g.side()-l.XS)
		w := g.side() + l.XS + g.words[i].MinSize().Width
		if x > 0 && x+w > width {
			x, y = 0, y+line
		}
		f(i, x, y, w)
		x += w + l.M
	}
	return y + line
}

func (g *legend) height(width float32) float32 {
	return g.each(width, func(int, float32, float32, float32) {})
}

func (g *legend) place(x, y, width float32) {
	l := g.look
	line := l.Small.Size * 1.5
	g.each(width, func(i int, ex, ey, w float32) {
		side := g.side()
		put(g.swabs[i], x+ex, y+ey+(line-side*g.thick[i])/2, side, side*g.thick[i])
		h := g.words[i].MinSize().Height
		put(g.words[i], x+ex+side+l.XS, y+ey+(line-h)/2, w-side-l.XS, h)
	})
}
