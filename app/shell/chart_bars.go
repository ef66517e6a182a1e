package shell

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/kiosk/view"
)

// bars draws amounts: upright beside each other, or, where their names are too
// long for that, lying below each other. Few of them carry their values.
type bars struct {
	look   look
	node   view.Chart
	axes   *axes
	bars   [][]*canvas.Rectangle // by series and label; nil where there is no value
	values []*canvas.Text        // by label; none where there are many bars
}

// fewBars carry their values.
const fewBars = 12

func newBars(l look, n view.Chart) *bars {
	b := &bars{look: l, node: n}
	var all []float64
	low, high := 0.0, 0.0
	for i := range n.Labels {
		sum := 0.0
		for _, s := range n.Series {
			if i < len(s.Values) {
				v := s.Values[i]
				sum += v
				all = append(all, v)
				low, high = min(low, v), max(high, v)
			}
		}
		if n.Stacked {
			high = max(high, sum)
		}
	}
	step := grain(all...)
	b.axes = newAxes(l, n.Labels, low, high, step == 1)
	for k, s := range n.Series {
		row := make([]*canvas.Rectangle, len(n.Labels))
		for i := range s.Values {
			row[i] = canvas.NewRectangle(l.Chart.Series[k])
		}
		b.bars = append(b.bars, row)
	}
	if b.carries() {
		for i := range n.Labels {
			b.values = append(b.values, l.text(number(l.lang, b.sum(i), step), theme.Type{Size: l.Small.Size, Bold: true}, l.Ink))
		}
	}
	return b
}

// carries reports whether the values stand at the bars.
func (b *bars) carries() bool {
	return len(b.node.Labels) <= fewBars && (len(b.node.Series) == 1 || b.node.Stacked)
}

func (b *bars) sum(i int) (sum float64) {
	for _, s := range b.node.Series {
		if i < len(s.Values) {
			sum += s.Values[i]
		}
	}
	return sum
}

func (b *bars) objects() []fyne.CanvasObject {
	objs := b.axes.objects()
	for _, row := range b.bars {
		for _, bar := range row {
			if bar != nil {
				objs = append(objs, bar)
			}
		}
	}
	for _, v := range b.values {
		objs = append(objs, v)
	}
	return objs
}

// lying reports whether the bars lie: a few whose names are too long to stand
// below them. Short ones, as times are, may be left out here and there.
func (b *bars) lying(width float32) bool {
	const short = 4 // in widths of a Chinese character
	n := len(b.node.Labels)
	if n > fewBars || n == 0 || len(b.node.Series) > 1 && !b.node.Stacked {
		return false
	}
	widest := b.axes.widest()
	return widest > short*b.look.Small.Size && widest+b.look.XS > width/float32(n)
}

// decide finds out whether there is room for the values at upright bars: without
// them the ticks have numbers.
func (b *bars) decide(width float32, lying bool) {
	fits := b.carries()
	for _, v := range b.values {
		fits = fits && (lying || v.MinSize().Width < width/float32(len(b.values)))
	}
	b.axes.quiet = fits
	for _, v := range b.values {
		v.Hidden = !fits
	}
}

func (b *bars) lane() float32 { return b.look.Small.Size * 1.5 * 1.5 }

func (b *bars) height(width float32) float32 {
	if b.lying(width) {
		return float32(len(b.node.Labels)) * b.lane()
	}
	return b.look.Plot
}

func (b *bars) place(x, y, w, h float32) {
	b.decide(w, b.lying(w))
	if b.lying(w) {
		b.placeLying(x, y, w, h)
		return
	}
	l := b.look
	top := float32(0)
	if b.axes.quiet {
		top = l.Small.Size * 1.5
	}
	px, py, pw, ph := b.axes.place(x, y+top, w, h-top)
	n, groups := len(b.node.Labels), len(b.node.Series)
	if b.node.Stacked {
		groups = 1
	}
	slot := pw / float32(n)
	const air = 0.34 // of a slot, between one label's bars and the next's
	each := min(slot*(1-air)/float32(groups), l.Bar)
	zero := py + ph*(1-b.axes.share(0))
	for i := range n {
		mid := px + (float32(i)+0.5)*slot
		base, tip := zero, zero
		for k, s := range b.node.Series {
			if i >= len(s.Values) {
				continue
			}
			long := ph * float32(s.Values[i]/(b.axes.high-b.axes.low))
			bx, from := mid-each*float32(groups)/2+float32(k)*each, zero
			if b.node.Stacked {
				bx, from = mid-each/2, base
				base -= long
			}
			b.upright(b.bars[k][i], bx, from, each-min(l.Hairline, each/4), long, !b.node.Stacked || k == b.topmost(i))
			tip = min(tip, from-long)
		}
		if b.values != nil {
			size := b.values[i].MinSize()
			at := tip - size.Height
			if b.sum(i) < 0 {
				at = zero - ph*float32(b.sum(i)/(b.axes.high-b.axes.low))
			}
			put(b.values[i], mid-size.Width/2, at, size.Width, size.Height)
		}
	}
}

// topmost is the last series that has anything in a stack.
func (b *bars) topmost(i int) (top int) {
	for k, s := range b.node.Series {
		if i < len(s.Values) && s.Values[i] > 0 {
			top = k
		}
	}
	return top
}

// upright places a bar from its base; below the base when long is negative.
func (b *bars) upright(r *canvas.Rectangle, x, base, w, long float32, end bool) {
	radius := min(b.look.XS, w/3, float32(math.Abs(float64(long))))
	r.TopLeftCornerRadius, r.TopRightCornerRadius, r.BottomLeftCornerRadius, r.BottomRightCornerRadius = 0, 0, 0, 0
	switch {
	case !end:
	case long >= 0:
		r.TopLeftCornerRadius, r.TopRightCornerRadius = radius, radius
	default:
		r.BottomLeftCornerRadius, r.BottomRightCornerRadius = radius, radius
	}
	if long < 0 {
		put(r, x, base, w, -long)
		return
	}
	put(r, x, base-long, w, long)
}

// placeLying draws the bars below each other, names before and values behind.
func (b *bars) placeLying(x, y, w, h float32) {
	l, n := b.look, len(b.node.Labels)
	const names = 0.38 // most of the width
	left := min(b.axes.widest()+l.S, w*names)
	right := float32(0)
	for _, v := range b.values {
		right = max(right, v.MinSize().Width+l.S)
	}
	px, pw := x+left, w-left-right
	for i, v := range b.axes.at {
		gx := px + pw*b.axes.share(v)
		put(b.axes.grid[i], gx-l.Hairline/2, y, l.Hairline, h)
		b.axes.marks[i].Hidden = true
	}
	lane := h / float32(n)
	thick := min(lane*0.6, l.Bar)
	zero := px + pw*b.axes.share(0)
	for i := range n {
		mid := y + (float32(i)+0.5)*lane
		t := b.axes.labels[i]
		t.Hidden = false
		t.Text = l.fit(b.axes.said[i], l.Small, left-l.S)
		size := t.MinSize()
		put(t, px-l.S-size.Width, mid-size.Height/2, size.Width, size.Height)
		base, tip := zero, zero
		for k, s := range b.node.Series {
			if i >= len(s.Values) {
				continue
			}
			long := pw * float32(s.Values[i]/(b.axes.high-b.axes.low))
			r := b.bars[k][i]
			r.TopLeftCornerRadius, r.BottomLeftCornerRadius = 0, 0
			r.TopRightCornerRadius, r.BottomRightCornerRadius = 0, 0
			if radius := min(l.XS, thick/3, max(long, 0)); !b.node.Stacked || k == b.topmost(i) {
				r.TopRightCornerRadius, r.BottomRightCornerRadius = radius, radius
			}
			put(r, min(base, base+long), mid-thick/2, max(long, -long), thick)
			tip = max(tip, base+long)
			if b.node.Stacked {
				base += long
			}
		}
		if b.values != nil {
			size := b.values[i].MinSize()
			put(b.values[i], tip+l.S, mid-size.Height/2, size.Width, size.Height)
		}
	}
}
