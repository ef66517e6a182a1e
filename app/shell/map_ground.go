package shell

import (
	"image"
	"image/color"

	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/kiosk/view"
)

// ground is a map's areas and lines, drawn for a frame in pixels.
type ground struct {
	frame mapView
	img   *image.RGBA
}

// drawGround draws what is not a marker. It touches no widget: on a large map it
// takes longer than a frame of the screen, and is done away from the loop.
func drawGround(t *theme.Theme, layers []view.Layer, shapes []shape, f mapView, pixels float32) *ground {
	g := &groundPen{theme: t, sketch: newSketch(int(f.w), int(f.h)), frame: f, pixels: pixels}
	g.ground(t.Map.Paper)
	seen := f.extent()
	first := 0
	for i, l := range layers {
		last := first
		for last < len(shapes) && shapes[last].layer == i {
			last++
		}
		g.layer(l, shapes[first:last], seen)
		first = last
	}
	return &ground{f, g.img}
}

type groundPen struct {
	*sketch
	theme  *theme.Theme
	frame  mapView
	pixels float32 // of the screen per unit of the theme
}

// layer draws the shapes of a layer, those of one tone in one go: drawn one by
// one a thousand houses would take a thousand passes.
func (g *groundPen) layer(l view.Layer, shapes []shape, seen extent) {
	for _, tone := range []view.Tone{view.Calm, view.Success, view.Warning, view.Refusal, view.Busy} {
		var areas, lines []*shape
		for i := range shapes {
			s := &shapes[i]
			switch {
			case s.tone != tone || !s.extent.meets(seen):
			case s.isArea():
				areas = append(areas, s)
			case !s.isPoint():
				lines = append(lines, s)
			}
		}
		if len(areas) > 0 {
			g.areas(l.Role, tone, areas)
		}
		if len(lines) > 0 {
			g.lines(l.Role, tone, lines)
		}
	}
}

func (g *groundPen) areas(role view.Role, tone view.Tone, shapes []*shape) {
	m, tint := g.theme.Map, g.theme.Tone(tone)
	fill, edge, width := color.NRGBA{}, color.NRGBA{}, g.theme.Stroke
	switch role {
	case view.RoleGround:
		fill, edge = m.Ground, m.Boundary
	case view.RoleWater:
		fill = m.Water
	case view.RoleGreen:
		fill = m.Green
	case view.RoleBuilding:
		fill, edge, width = m.Building, m.Casing, g.theme.Hairline
	case view.RoleBoundary:
		edge = m.Boundary
	case view.RoleRoad:
		fill = m.Road
	default:
		const veil = 0x8c // what lies below an area is still seen
		fill, edge = tint.Soft, tint.Strong
		fill.A = veil
	}
	if fill.A > 0 {
		g.paint(shapes, 0, fill)
	}
	if edge.A > 0 {
		g.paint(shapes, width, edge)
	}
}

func (g *groundPen) lines(role view.Role, tone view.Tone, shapes []*shape) {
	t := g.theme
	switch role {
	case view.RoleRoad:
		g.paint(shapes, t.Road+2*t.Stroke, t.Map.Casing)
		g.paint(shapes, t.Road, t.Map.Road)
	case view.RoleWater:
		g.paint(shapes, t.Road, t.Map.Water)
	case view.RoleBoundary:
		g.paint(shapes, t.Stroke, t.Map.Boundary)
	case view.RoleRoute:
		g.paint(shapes, t.Road*1.2+2*t.Stroke, t.Surface)
		g.paint(shapes, t.Road*1.2, t.Tone(tone).Strong)
	default:
		g.paint(shapes, t.Stroke*2, t.Tone(tone).Strong)
	}
}

// paint fills shapes, or draws along their lines where width is not 0.
func (g *groundPen) paint(shapes []*shape, width float32, c color.NRGBA) {
	width *= g.pixels
	room := box{0, 0, g.frame.w, g.frame.h}.grow(width + 2)
	all := nowhere
	for _, s := range shapes {
		all = all.join(s.extent)
	}
	a, b := g.frame.spot(world{all.x0, all.y0}), g.frame.spot(world{all.x1, all.y1})
	if !g.begin(box{max(a.x, room.x0), max(a.y, room.y0), min(b.x, room.x1), min(b.y, room.y1)}.grow(width + 1)) {
		return
	}
	for _, s := range shapes {
		for _, rings := range s.parts {
			for k, ring := range rings {
				ps := g.thin(ring)
				if width == 0 {
					g.area(clipRing(ps, room), k == 0)
					continue
				}
				for _, piece := range clipLine(ps, room) {
					g.line(piece, width)
				}
			}
		}
	}
	g.end(c)
}

// thin brings a line into the picture, leaving out what is closer than a pixel.
func (g *groundPen) thin(ring []world) []spot {
	const close = 0.7
	ps := make([]spot, 0, min(len(ring), 4096))
	for i, p := range ring {
		q := g.frame.spot(p)
		if n := len(ps); n > 0 && i < len(ring)-1 {
			if dx, dy := q.x-ps[n-1].x, q.y-ps[n-1].y; dx < close && dx > -close && dy < close && dy > -close {
				continue
			}
		}
		ps = append(ps, q)
	}
	return ps
}

// clipRing cuts a ring to a box (Sutherland and Hodgman).
func clipRing(ring []spot, b box) []spot {
	if len(ring) == 0 || bounds(ring).within(b) {
		return ring
	}
	cut := func(in []spot, inside func(spot) bool, cross func(a, b spot) spot) []spot {
		out := make([]spot, 0, len(in)+4)
		for i, p := range in {
			before := in[(i+len(in)-1)%len(in)]
			if inside(p) != inside(before) {
				out = append(out, cross(before, p))
			}
			if inside(p) {
				out = append(out, p)
			}
		}
		return out
	}
	atX := func(x float32) func(a, b spot) spot {
		return func(a, b spot) spot { return spot{x, a.y + (b.y-a.y)*(x-a.x)/(b.x-a.x)} }
	}
	atY := func(y float32) func(a, b spot) spot {
		return func(a, b spot) spot { return spot{a.x + (b.x-a.x)*(y-a.y)/(b.y-a.y), y} }
	}
	ring = cut(ring, func(p spot) bool { return p.x >= b.x0 }, atX(b.x0))
	ring = cut(ring, func(p spot) bool { return p.x <= b.x1 }, atX(b.x1))
	ring = cut(ring, func(p spot) bool { return p.y >= b.y0 }, atY(b.y0))
	return cut(ring, func(p spot) bool { return p.y <= b.y1 }, atY(b.y1))
}

// clipLine cuts a line to a box; what leaves it and comes back is in pieces.
func clipLine(ps []spot, b box) (pieces [][]spot) {
	if len(ps) == 0 {
		return nil
	}
	if bounds(ps).within(b) {
		return [][]spot{ps}
	}
	var piece []spot
	for i := 1; i < len(ps); i++ {
		from, to, ok := clipSegment(ps[i-1], ps[i], b)
		if !ok {
			continue
		}
		if n := len(piece); n == 0 || piece[n-1] != from {
			if n > 0 {
				pieces = append(pieces, piece)
			}
			piece = []spot{from}
		}
		piece = append(piece, to)
	}
	if len(piece) > 0 {
		pieces = append(pieces, piece)
	}
	return pieces
}

// clipSegment cuts a straight line to a box (Liang and Barsky).
func clipSegment(p, q spot, b box) (from, to spot, ok bool) {
	dx, dy := q.x-p.x, q.y-p.y
	t0, t1 := float32(0), float32(1)
	for _, e := range [4][2]float32{{-dx, p.x - b.x0}, {dx, b.x1 - p.x}, {-dy, p.y - b.y0}, {dy, b.y1 - p.y}} {
		switch d, room := e[0], e[1]; {
		case d == 0 && room < 0:
			return p, q, false
		case d < 0:
			t0 = max(t0, room/d)
		case d > 0:
			t1 = min(t1, room/d)
		}
	}
	if t0 > t1 {
		return p, q, false
	}
	from, to = p, q
	if t0 > 0 {
		from = spot{p.x + t0*dx, p.y + t0*dy}
	}
	if t1 < 1 {
		to = spot{p.x + t1*dx, p.y + t1*dy}
	}
	return from, to, true
}
