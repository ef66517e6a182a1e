package shell

import (
	"math"
	"slices"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/kiosk/view"
)

// mapMark is one marker: a point, or several that lie close together.
type mapMark struct {
	at    world
	shape *shape // the only one, or the first of several
	many  int
	all   extent // of several
}

// marksAt gathers the points of a map for a scale. Points of a layer that
// clusters share a mark when they are closer than a marker is wide.
func marksAt(layers []view.Layer, shapes []shape, scale float64, marker float32) []mapMark {
	var marks []mapMark
	cells := map[[3]int]int{} // of a grid as wide as a marker, to their mark
	side := float64(marker) * 1.2 / scale
	for i := range shapes {
		s := &shapes[i]
		if !s.isPoint() {
			continue
		}
		for _, p := range s.parts[0][0] {
			if !layers[s.layer].Cluster {
				marks = append(marks, mapMark{at: p, shape: s, many: 1, all: nowhere.with(p)})
				continue
			}
			cell := [3]int{s.layer, int(p.x / side), int(p.y / side)}
			k, ok := nearest(marks, cells, cell, p, side)
			if !ok {
				cells[cell] = len(marks)
				marks = append(marks, mapMark{at: p, shape: s, many: 1, all: nowhere.with(p)})
				continue
			}
			m := &marks[k]
			m.many++
			n := float64(m.many)
			m.at = world{m.at.x + (p.x-m.at.x)/n, m.at.y + (p.y-m.at.y)/n}
			m.all = m.all.with(p)
		}
	}
	return marks
}

// nearest is the mark close to p in its cell or one beside it.
func nearest(marks []mapMark, cells map[[3]int]int, cell [3]int, p world, side float64) (best int, ok bool) {
	least := side
	for dx := -1; dx <= 1; dx++ {
		for dy := -1; dy <= 1; dy++ {
			k, there := cells[[3]int{cell[0], cell[1] + dx, cell[2] + dy}]
			if !there {
				continue
			}
			if d := math.Hypot(marks[k].at.x-p.x, marks[k].at.y-p.y); d < least {
				best, least, ok = k, d, true
			}
		}
	}
	return best, ok
}

// mostMarks is how many markers are drawn at once: more is no map.
const mostMarks = 150

// placedMark is a marker where it is drawn.
type placedMark struct {
	mapMark
	spot spot
	r    float32 // its radius
}

// visible are the marks in a frame, from north to south, so that the nearer ones
// lie over the others; the terminal's own place comes last.
func visibleMarks(l look, layers []view.Layer, marks []mapMark, f mapView) []placedMark {
	var seen []placedMark
	room := box{0, 0, f.w, f.h}.grow(l.Marker)
	for _, m := range marks {
		p := f.spot(m.at)
		if !room.has(p) {
			continue
		}
		r := l.Marker / 2
		if m.many > 1 {
			r *= min(1+float32(math.Log10(float64(m.many)))*0.3, 2)
		}
		if m.shape.icon == "" && m.many == 1 && layers[m.shape.layer].Role != view.RoleHere {
			r *= 0.62
		}
		seen = append(seen, placedMark{m, p, r})
	}
	slices.SortStableFunc(seen, func(a, b placedMark) int {
		ha, hb := layers[a.shape.layer].Role == view.RoleHere, layers[b.shape.layer].Role == view.RoleHere
		switch {
		case ha != hb && ha:
			return 1
		case ha != hb:
			return -1
		case a.spot.y < b.spot.y:
			return -1
		case a.spot.y > b.spot.y:
			return 1
		}
		return 0
	})
	return seen[max(len(seen)-mostMarks, 0):]
}

// drawMark makes the objects of a marker.
func (l look) drawMark(m placedMark, role view.Role) []fyne.CanvasObject {
	tint := l.Tone(m.shape.tone)
	disc := canvas.NewCircle(tint.Strong)
	disc.StrokeColor, disc.StrokeWidth = l.Surface, l.Stroke*1.5
	around := func(o fyne.CanvasObject, r float32) { put(o, m.spot.x-r, m.spot.y-r, 2*r, 2*r) }
	around(disc, m.r)
	objs := []fyne.CanvasObject{disc}
	switch {
	case role == view.RoleHere:
		halo := canvas.NewCircle(l.Calm.Halo())
		around(halo, m.r*1.9)
		disc.FillColor = l.Accent
		dot := canvas.NewCircle(l.OnAccent)
		around(dot, m.r*0.3)
		return []fyne.CanvasObject{halo, disc, dot}
	case m.many > 1:
		disc.FillColor = l.Tone(view.Calm).Strong
		count := strconv.Itoa(m.many)
		if m.many > 999 {
			count = "999+"
		}
		t := l.text(count, theme.Type{Size: l.Small.Size, Bold: true}, l.Tone(view.Calm).On)
		size := t.MinSize()
		put(t, m.spot.x-size.Width/2, m.spot.y-size.Height/2, size.Width, size.Height)
		return append(objs, t)
	case m.shape.icon != "":
		if icon := l.icon(m.shape.icon, l.OnBrand, 2*m.r*glyph); icon != nil {
			around(icon, m.r*glyph)
			objs = append(objs, icon)
		}
	}
	return objs
}

// mapLabels writes names beside their marks and into their areas, as many as
// have room: no label covers another, or a marker.
type mapLabels struct {
	look  look
	frame mapView
	taken []box
}

func (ml *mapLabels) free(b box) bool {
	if !b.within(box{0, 0, ml.frame.w, ml.frame.h}) {
		return false
	}
	return !slices.ContainsFunc(ml.taken, b.meets)
}

// write puts words in the middle of a spot when that is free.
func (ml *mapLabels) write(words string, ty theme.Type, mid spot) []fyne.CanvasObject {
	l := ml.look
	t := l.text(words, ty, l.Map.Label)
	size := t.MinSize()
	pad := l.XS / 2
	b := box{mid.x - size.Width/2 - pad, mid.y - size.Height/2, mid.x + size.Width/2 + pad, mid.y + size.Height/2}
	if !ml.free(b) {
		return nil
	}
	ml.taken = append(ml.taken, b)
	halo := panel(l.Map.Halo, l.XS)
	put(halo, b.x0, b.y0, b.x1-b.x0, b.y1-b.y0)
	put(t, mid.x-size.Width/2, b.y0, size.Width, size.Height)
	return []fyne.CanvasObject{halo, t}
}

// names labels marks, then areas that are broad enough for their name.
func (ml *mapLabels) names(layers []view.Layer, shapes []shape, marks []placedMark) (objs []fyne.CanvasObject) {
	l := ml.look
	small, bold := l.Small, theme.Type{Size: l.Small.Size, Bold: true}
	for _, m := range marks {
		ml.taken = append(ml.taken, box{m.spot.x - m.r, m.spot.y - m.r, m.spot.x + m.r, m.spot.y + m.r})
	}
	for i := len(marks) - 1; i >= 0; i-- { // the terminal's own place first
		m := marks[i]
		words := oneLine(l.say(m.shape.name))
		here := layers[m.shape.layer].Role == view.RoleHere
		if here && words == "" {
			words = l.say(view.T("您在这里", "You are here"))
		}
		if m.many > 1 || words == "" {
			continue
		}
		words = l.fit(words, small, l.Panel/2)
		ty := small
		if here {
			ty = bold
		}
		size := l.measure(words, ty)
		below := spot{m.spot.x, m.spot.y + m.r + size.Height/2 + l.XS/4}
		right := spot{m.spot.x + m.r + size.Width/2 + l.XS, m.spot.y}
		left := spot{m.spot.x - m.r - size.Width/2 - l.XS, m.spot.y}
		above := spot{m.spot.x, m.spot.y - m.r - size.Height/2 - l.XS/4}
		for _, at := range []spot{below, right, left, above} {
			if o := ml.write(words, ty, at); o != nil {
				objs = append(objs, o...)
				break
			}
		}
	}
	seen := ml.frame.extent()
	for i := range shapes {
		s := &shapes[i]
		if s.name.IsZero() || !s.isArea() || !s.extent.meets(seen) {
			continue
		}
		words := oneLine(l.say(s.name))
		if room := float32((s.extent.x1 - s.extent.x0) * ml.frame.scale); l.measure(words, bold).Width < room {
			objs = append(objs, ml.write(words, bold, ml.frame.spot(middleOf(s)))...)
		}
	}
	return objs
}

// middleOf is the centre of mass of an area's largest outline.
func middleOf(s *shape) world {
	best, largest := world{(s.extent.x0 + s.extent.x1) / 2, (s.extent.y0 + s.extent.y1) / 2}, 0.0
	for _, rings := range s.parts {
		if len(rings) == 0 {
			continue
		}
		var twice, cx, cy float64
		o := rings[0][0] // near the ring, so that small ones keep their digits
		for i, p := range rings[0] {
			q := rings[0][(i+1)%len(rings[0])]
			ax, ay, bx, by := p.x-o.x, p.y-o.y, q.x-o.x, q.y-o.y
			cross := ax*by - bx*ay
			twice, cx, cy = twice+cross, cx+(ax+bx)*cross, cy+(ay+by)*cross
		}
		if a := math.Abs(twice); a > largest {
			best, largest = world{o.x + cx/(3*twice), o.y + cy/(3*twice)}, a
		}
	}
	return best
}

// touchedShape is the topmost shape with an ID at a spot: a line or an area.
func touchedShape(shapes []shape, f mapView, at spot, reach float32) *shape {
	p := f.place(at)
	r := float64(reach) / f.scale
	near := extent{p.x - r, p.y - r, p.x + r, p.y + r}
	for i := len(shapes) - 1; i >= 0; i-- {
		s := &shapes[i]
		if s.id == "" || s.isPoint() || !s.extent.meets(near) {
			continue
		}
		if s.isArea() && s.contains(p) || !s.isArea() && s.distance(p) <= r {
			return s
		}
	}
	return nil
}

// contains reports whether a place lies inside, by the even-odd rule: holes are outside.
func (s *shape) contains(p world) bool {
	in := false
	for _, rings := range s.parts {
		for _, ring := range rings {
			for i := range ring {
				a, b := ring[i], ring[(i+1)%len(ring)]
				if (a.y > p.y) != (b.y > p.y) && p.x < a.x+(b.x-a.x)*(p.y-a.y)/(b.y-a.y) {
					in = !in
				}
			}
		}
	}
	return in
}

// distance is how far a place lies from the shape's lines.
func (s *shape) distance(p world) float64 {
	least := math.Inf(1)
	for _, rings := range s.parts {
		for _, ring := range rings {
			for i := 1; i < len(ring); i++ {
				a, b := ring[i-1], ring[i]
				dx, dy := b.x-a.x, b.y-a.y
				t := 0.0
				if long := dx*dx + dy*dy; long > 0 {
					t = min(max(((p.x-a.x)*dx+(p.y-a.y)*dy)/long, 0), 1)
				}
				least = min(least, math.Hypot(a.x+t*dx-p.x, a.y+t*dy-p.y))
			}
		}
	}
	return least
}
