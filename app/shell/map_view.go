package shell

import (
	"math"

	"github.com/luohu/ting/kiosk/view"
)

// world is a place on the map of the whole earth, from 0 in the west and north
// to 1 in the east and south (Web Mercator).
type world struct{ x, y float64 }

func project(p view.Position) world {
	const end = 85.051129 // where Web Mercator is as tall as wide
	lat := min(max(p[1], -end), end) * math.Pi / 180
	return world{p[0]/360 + 0.5, 0.5 - math.Log(math.Tan(math.Pi/4+lat/2))/(2*math.Pi)}
}

// latitude is the one at a height of the map, in degrees.
func latitude(y float64) float64 {
	return (2*math.Atan(math.Exp((0.5-y)*2*math.Pi)) - math.Pi/2) * 180 / math.Pi
}

// extent is a part of the map.
type extent struct{ x0, y0, x1, y1 float64 }

var nowhere = extent{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}

func (e extent) with(p world) extent {
	return extent{min(e.x0, p.x), min(e.y0, p.y), max(e.x1, p.x), max(e.y1, p.y)}
}

func (e extent) join(o extent) extent {
	return extent{min(e.x0, o.x0), min(e.y0, o.y0), max(e.x1, o.x1), max(e.y1, o.y1)}
}

func (e extent) meets(o extent) bool {
	return e.x0 <= o.x1 && o.x0 <= e.x1 && e.y0 <= o.y1 && o.y0 <= e.y1
}

// extentOf are bounds given in degrees.
func extentOf(b view.Bounds) extent {
	return nowhere.with(project(view.Position{b.West, b.South})).with(project(view.Position{b.East, b.North}))
}

// mapView is what part of the map is seen, and how large: its middle, and how many
// units (Fyne's or pixels) the whole earth would be wide.
type mapView struct {
	mid   world
	scale float64
	w, h  float32
}

// The limits of scale: from the earth on a screen to a door.
const (
	leastScale = 256
	mostScale  = 256 << 20
)

// frameOf shows an extent with some air around it.
func frameOf(e extent, w, h float32) mapView {
	const air, closest = 0.86, 256 << 16 // a single point is shown with its street
	f := mapView{mid: world{(e.x0 + e.x1) / 2, (e.y0 + e.y1) / 2}, w: w, h: h, scale: closest}
	if dx := e.x1 - e.x0; dx > 0 {
		f.scale = min(f.scale, float64(w)*air/dx)
	}
	if dy := e.y1 - e.y0; dy > 0 {
		f.scale = min(f.scale, float64(h)*air/dy)
	}
	f.scale = min(max(f.scale, leastScale), mostScale)
	return f
}

// spot is where a place lies in the frame.
func (f mapView) spot(p world) spot {
	return spot{float32((p.x-f.mid.x)*f.scale) + f.w/2, float32((p.y-f.mid.y)*f.scale) + f.h/2}
}

// place is what lies at a spot of the frame.
func (f mapView) place(s spot) world {
	return world{f.mid.x + float64(s.x-f.w/2)/f.scale, f.mid.y + float64(s.y-f.h/2)/f.scale}
}

// extent is the part of the map the frame shows.
func (f mapView) extent() extent {
	return nowhere.with(f.place(spot{0, 0})).with(f.place(spot{f.w, f.h}))
}

// moved is the frame after the map was pulled by so many units. The middle
// stays on the earth.
func (f mapView) moved(dx, dy float32) mapView {
	f.mid.x = min(max(f.mid.x-float64(dx)/f.scale, 0), 1)
	f.mid.y = min(max(f.mid.y-float64(dy)/f.scale, 0), 1)
	return f
}

// zoomed is the frame so many times larger, a spot of it staying where it is.
func (f mapView) zoomed(by float64, at spot) mapView {
	p := f.place(at)
	f.scale = min(max(f.scale*by, leastScale), mostScale)
	now := f.spot(p)
	return f.moved(at.x-now.x, at.y-now.y)
}

// metres is how many the frame's units are at its middle.
func (f mapView) metres() float64 {
	const around = 40075016.686 // the equator
	return around * math.Cos(latitude(f.mid.y)*math.Pi/180) / f.scale
}

// shape is a feature of a map, projected.
type shape struct {
	layer  int
	id     string
	name   view.Text
	tone   view.Tone
	icon   string
	kind   view.Shape
	extent extent
	parts  [][][]world
}

// isPoint reports whether the shape is drawn as markers.
func (s *shape) isPoint() bool { return s.kind == view.Point || s.kind == view.MultiPoint }

// isArea reports whether the shape encloses something.
func (s *shape) isArea() bool { return s.kind == view.Polygon || s.kind == view.MultiPolygon }

// shapesOf projects the features of a map.
func shapesOf(n view.Map) (all []shape, whole extent) {
	whole = nowhere
	for i, l := range n.Layers {
		for _, f := range l.Features {
			s := shape{layer: i, id: f.ID, name: f.Name, tone: f.Tone, icon: f.Icon, kind: f.Geometry.Shape, extent: nowhere}
			if s.tone == "" {
				s.tone = l.Tone
			}
			for _, rings := range f.Geometry.Parts {
				part := make([][]world, len(rings))
				for k, ring := range rings {
					part[k] = make([]world, len(ring))
					for j, p := range ring {
						part[k][j] = project(p)
						s.extent = s.extent.with(part[k][j])
					}
				}
				s.parts = append(s.parts, part)
			}
			all = append(all, s)
			whole = whole.join(s.extent)
		}
	}
	return all, whole
}
