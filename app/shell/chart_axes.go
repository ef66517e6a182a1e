package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/kiosk/view"
)

// axes are the frame of bars and lines: a line and a number at every tick, and
// the labels along the axis, of which as many are drawn as have room.
type axes struct {
	look   look
	said   []string // labels
	at     []float64
	low    float64
	high   float64
	quiet  bool // no numbers at the ticks: they stand at the values
	grid   []*canvas.Rectangle
	marks  []*canvas.Text
	labels []*canvas.Text
}

func newAxes(l look, labels []view.Text, low, high float64, whole bool) *axes {
	const most = 5
	a := &axes{look: l, at: ticks(low, high, most, whole)}
	a.low, a.high = a.at[0], a.at[len(a.at)-1]
	step := a.at[len(a.at)-1] - a.at[0]
	if len(a.at) > 1 {
		step = a.at[1] - a.at[0]
	}
	for _, v := range a.at {
		line := canvas.NewRectangle(l.Chart.Grid)
		if v == 0 {
			line.FillColor = l.Chart.Base
		}
		a.grid = append(a.grid, line)
		t := l.text(number(l.lang, v, step), l.Small, l.InkSoft)
		t.Alignment = fyne.TextAlignTrailing
		a.marks = append(a.marks, t)
	}
	for _, t := range labels {
		a.said = append(a.said, oneLine(l.say(t)))
		word := l.text("", l.Small, l.InkSoft)
		word.Alignment = fyne.TextAlignCenter
		a.labels = append(a.labels, word)
	}
	return a
}

func (a *axes) objects() (objs []fyne.CanvasObject) {
	for i := range a.grid {
		objs = append(objs, a.grid[i], a.marks[i])
	}
	for _, t := range a.labels {
		objs = append(objs, t)
	}
	return objs
}

// share is where a value lies between the lowest tick and the highest: 0 to 1.
func (a *axes) share(v float64) float32 { return float32((v - a.low) / (a.high - a.low)) }

// gutter is the width of the numbers at the ticks.
func (a *axes) gutter() float32 {
	if a.quiet {
		return 0
	}
	w := float32(0)
	for _, t := range a.marks {
		w = max(w, t.MinSize().Width)
	}
	return w + a.look.S
}

// widest is the width of the longest label.
func (a *axes) widest() float32 {
	l, w := a.look, float32(0)
	of := l.ruler(l.Small)
	for _, s := range a.said {
		each := float32(0)
		for _, r := range s {
			each += of(r)
		}
		w = max(w, each)
	}
	return w
}

func (a *axes) labelHeight() float32 { return a.look.Small.Size * 1.5 }

// place draws the frame upright and returns the plot's own place in it.
func (a *axes) place(x, y, w, h float32) (px, py, pw, ph float32) {
	l := a.look
	half := l.Small.Size * 0.75 // of the number at the topmost tick
	px, py = x+a.gutter(), y+half
	pw, ph = w-a.gutter(), h-half-a.labelHeight()-l.XS
	for i, v := range a.at {
		ty := py + ph*(1-a.share(v))
		put(a.grid[i], px, ty-l.Hairline/2, pw, l.Hairline)
		mh := a.marks[i].MinSize().Height
		a.marks[i].Hidden = a.quiet
		put(a.marks[i], x, ty-mh/2, a.gutter()-l.S, mh)
	}
	a.placeLabels(px, py+ph+l.XS, pw, len(a.said), true)
	return px, py, pw, ph
}

// placeLabels draws the labels below n slots, or at n points when they do not
// stand in slots: every k-th, so that none touches the next, the last included.
func (a *axes) placeLabels(x, y, width float32, n int, slots bool) {
	l := a.look
	if n == 0 {
		return
	}
	slot := width / float32(n)
	every := 1
	for float32(every)*slot < a.widest()+l.XS && every < n {
		every++
	}
	for i, t := range a.labels {
		// Counted from the last: the newest of a course is what one looks for.
		if t.Hidden = (n-1-i)%every != 0; t.Hidden {
			continue
		}
		t.Text = l.fit(a.said[i], l.Small, max(float32(every)*slot, l.Small.Size*2))
		size := t.MinSize()
		at := x + (float32(i)+0.5)*slot - size.Width/2
		if !slots && n > 1 {
			at = x + float32(i)*width/float32(n-1) - size.Width/2
		}
		if slots {
			at = min(max(at, x-a.gutter()), x+width-size.Width)
		}
		put(t, at, y, size.Width, size.Height)
	}
}
