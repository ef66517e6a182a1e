package shell

import (
	"fmt"
	"image"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/kiosk/view"
)

// shares draws parts of a whole: a ring with the sum in its middle, and what
// each part is beside it, or below it where there is little width.
type shares struct {
	look   look
	node   view.Chart
	total  float64
	ring   *canvas.Raster
	sum    *canvas.Text
	unit   *canvas.Text
	swabs  []*canvas.Rectangle
	rules  []*canvas.Rectangle
	names  []*canvas.Text
	values []*canvas.Text
	parts  []*canvas.Text // of a hundred
}

func newShares(l look, n view.Chart) *shares {
	s := &shares{look: l, node: n}
	vs := n.Series[0].Values
	for _, v := range vs {
		s.total += v
	}
	step := grain(vs...)
	s.ring = canvas.NewRaster(s.draw)
	s.sum = l.text(number(l.lang, s.total, step), l.Title, l.Ink)
	s.unit = l.text(oneLine(l.say(n.Unit)), l.Small, l.InkSoft)
	bold := theme.Type{Size: l.Small.Size, Bold: true}
	for i, v := range vs {
		s.swabs = append(s.swabs, panel(l.Chart.Series[i], l.XS/2))
		s.rules = append(s.rules, canvas.NewRectangle(l.Chart.Grid))
		s.names = append(s.names, l.text("", l.Small, l.Ink))
		s.values = append(s.values, l.text(number(l.lang, v, step), bold, l.Ink))
		s.parts = append(s.parts, l.text(percent(v/s.total), l.Small, l.InkSoft))
	}
	return s
}

// percent writes a part of one; a small one that is there is never 0 %.
func percent(part float64) string {
	switch {
	case part > 0 && part < 0.01:
		return "<1%"
	case part < 1 && part > 0.99:
		return ">99%"
	}
	return fmt.Sprintf("%.0f%%", part*100)
}

func (s *shares) objects() []fyne.CanvasObject {
	objs := []fyne.CanvasObject{s.ring, s.sum, s.unit}
	for i := range s.swabs {
		objs = append(objs, s.rules[i], s.swabs[i], s.names[i], s.values[i], s.parts[i])
	}
	return objs
}

// below reports whether the words stand below the ring.
func (s *shares) below(width float32) bool { return width < s.look.Ring*2.05 }

func (s *shares) lane() float32 { return s.look.Small.Size * 1.5 * 1.35 }

func (s *shares) height(width float32) float32 {
	words := float32(len(s.names)) * s.lane()
	if s.below(width) {
		return s.look.Ring + s.look.M + words
	}
	return max(s.look.Ring, words)
}

func (s *shares) draw(w, h int) image.Image {
	sk := newSketch(w, h)
	const hole = 0.66 // of the ring's radius
	outer := float32(min(w, h)) / 2
	mid := spot{float32(w) / 2, float32(h) / 2}
	gap := float64(s.look.Trace/2) / float64(s.look.Ring/2) // between parts, as an angle
	at, parts := 0.0, 0
	for _, v := range s.node.Series[0].Values {
		if v > 0 {
			parts++
		}
	}
	if parts == 1 {
		gap = 0
	}
	for i, v := range s.node.Series[0].Values {
		turn := v / s.total * 2 * math.Pi
		if v > 0 {
			sk.fill(arc(mid, outer*hole, outer-1, at+gap/2, max(at+turn-gap/2, at+gap/2+0.004)), s.look.Chart.Series[i])
		}
		at += turn
	}
	return sk.img
}

func (s *shares) place(x, y, w, h float32) {
	l := s.look
	side := min(l.Ring, w)
	rx, ry := x, y+(h-side)/2
	lx, ly, lw := x+side+l.L, y, w-side-l.L
	if s.below(w) {
		rx, ry = x+(w-side)/2, y
		lx, ly, lw = x, y+side+l.M, w
	} else {
		ly += max(h-float32(len(s.names))*s.lane(), 0) / 2
	}
	put(s.ring, rx, ry, side, side)
	s.ring.Refresh()
	sum, unit := s.sum.MinSize(), s.unit.MinSize()
	if s.unit.Text == "" {
		unit.Height = 0
	}
	put(s.sum, rx+(side-sum.Width)/2, ry+(side-sum.Height-unit.Height)/2, sum.Width, sum.Height)
	put(s.unit, rx+(side-unit.Width)/2, ry+(side+sum.Height-unit.Height)/2, unit.Width, unit.Height)
	s.placeWords(lx, ly, lw)
}

// placeWords draws a row for every part: its colour, name, value and percentage.
func (s *shares) placeWords(x, y, w float32) {
	l, lane := s.look, s.lane()
	swab := l.IconS * 0.7
	vw, pw := float32(0), float32(0)
	for i := range s.values {
		vw, pw = max(vw, s.values[i].MinSize().Width), max(pw, s.parts[i].MinSize().Width)
	}
	for i, name := range s.names {
		ty := y + float32(i)*lane
		s.rules[i].Hidden = i == 0
		put(s.rules[i], x, ty, w, l.Hairline)
		put(s.swabs[i], x, ty+(lane-swab)/2, swab, swab)
		text := ""
		if i < len(s.node.Labels) {
			text = l.say(s.node.Labels[i])
		}
		name.Text = l.fit(text, l.Small, w-swab-l.S-vw-pw-2*l.S)
		h := name.MinSize().Height
		put(name, x+swab+l.S, ty+(lane-h)/2, w, h)
		size := s.values[i].MinSize()
		put(s.values[i], x+w-pw-l.S-size.Width, ty+(lane-size.Height)/2, size.Width, size.Height)
		size = s.parts[i].MinSize()
		put(s.parts[i], x+w-size.Width, ty+(lane-size.Height)/2, size.Width, size.Height)
	}
}
