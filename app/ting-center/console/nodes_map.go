package console

import (
	"fmt"
	"math"
	"strings"

	"github.com/luohu/ting/kiosk/view"
)

// The drawing's own units, and how much of it may be written on.
const (
	mapWide   = 800.0
	mapLeast  = 320.0 // its height,
	mapMost   = 800.0 // at most
	mapNames  = 60    // more would cover each other
	mapEdge   = 16.0
	clustered = 44.0 // points closer than this are one disc
)

// drawnMap is a view.Map as lines and shapes.
type drawnMap struct {
	Empty         bool
	Height        string
	Shapes        []shape
	Points        []point
	Legend        []legend
	Places        []string // for who does not see it
	MorePlaces    int
	Width, Middle string
}

type (
	shape struct{ D, Class, Title string }
	point struct {
		X, Y, NameY, Class, Title, Name string
		Count                           int // of a cluster
	}
)

// project is Web Mercator, in units of the whole world's width, north up.
func project(p view.Position) (x, y float64) {
	lat := math.Max(-85, math.Min(85, p[1])) * math.Pi / 180
	return p[0] / 360, -math.Log(math.Tan(math.Pi/4+lat/2)) / (2 * math.Pi)
}

// frame is the part of the world that is drawn, and how large.
type frame struct{ x0, y0, scale, height float64 }

func (f frame) place(p view.Position) (x, y float64) {
	x, y = project(p)
	return (x-f.x0)*f.scale + mapEdge, (y-f.y0)*f.scale + mapEdge
}

func drawMap(l view.Lang, n view.Map) (m drawnMap) {
	f, ok := frameOf(n)
	m.Width, m.Middle = coord(mapWide), coord(mapWide/2)
	if m.Empty = !ok; m.Empty {
		return m
	}
	m.Height = coord(f.height)
	for _, layer := range n.Layers {
		class := "map-" + string(layer.Role)
		if !layer.Name.IsZero() {
			m.Legend = append(m.Legend, legend{Class: class + tone(layer.Tone), Text: layer.Name.In(l)})
		}
		var points []point
		for _, feature := range layer.Features {
			t := feature.Tone
			if t == "" {
				t = layer.Tone
			}
			name := feature.Name.In(l)
			m.note(name)
			switch feature.Geometry.Shape {
			case view.Point, view.MultiPoint:
				for _, p := range positions(feature.Geometry) {
					x, y := f.place(p)
					points = append(points, point{coord(x), coord(y), coord(y - 12), class + tone(t), name, name, 1})
				}
			case view.LineString, view.MultiLineString:
				m.Shapes = append(m.Shapes, shape{f.path(feature.Geometry, false), class + " map-line" + tone(t), name})
			case view.Polygon, view.MultiPolygon:
				m.Shapes = append(m.Shapes, shape{f.path(feature.Geometry, true), class + " map-area" + tone(t), name})
			}
		}
		if layer.Cluster {
			points = cluster(points)
		}
		m.Points = append(m.Points, points...)
	}
	if len(m.Points) > mapNames {
		for i := range m.Points {
			m.Points[i].Name = ""
		}
	}
	return m
}

// placesTold is how many names of a map are listed in words.
const placesTold = 100

func (m *drawnMap) note(name string) {
	switch {
	case name == "":
	case len(m.Places) < placesTold:
		m.Places = append(m.Places, name)
	default:
		m.MorePlaces++
	}
}

func tone(t view.Tone) string {
	if t == "" {
		return ""
	}
	return " tone-" + string(t)
}

func positions(g view.Geometry) (list []view.Position) {
	for _, part := range g.Parts {
		for _, ring := range part {
			list = append(list, ring...)
		}
	}
	return list
}

// frameOf is the part that the map says, or everything that it has.
func frameOf(n view.Map) (frame, bool) {
	west, south, east, north := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, layer := range n.Layers {
		for _, feature := range layer.Features {
			for _, p := range positions(feature.Geometry) {
				west, east = math.Min(west, p[0]), math.Max(east, p[0])
				south, north = math.Min(south, p[1]), math.Max(north, p[1])
			}
		}
	}
	if west > east {
		return frame{}, false
	}
	if b := n.Bounds; b != nil {
		west, south, east, north = b.West, b.South, b.East, b.North
	}
	x0, y0 := project(view.Position{west, north})
	x1, y1 := project(view.Position{east, south})
	// A single place is shown with some hundred metres around it.
	const least = 1e-5
	if grow := least - (x1 - x0); grow > 0 {
		x0, x1 = x0-grow/2, x1+grow/2
	}
	if grow := (x1-x0)*0.4 - (y1 - y0); grow > 0 {
		y0, y1 = y0-grow/2, y1+grow/2
	}
	scale := (mapWide - 2*mapEdge) / (x1 - x0)
	if high := (y1 - y0) * scale; high > mapMost-2*mapEdge {
		scale *= (mapMost - 2*mapEdge) / high
		x0 -= ((mapWide-2*mapEdge)/scale - (x1 - x0)) / 2
	}
	return frame{x0, y0, scale, math.Max(mapLeast, (y1-y0)*scale+2*mapEdge)}, true
}

func (f frame) path(g view.Geometry, closed bool) string {
	var b strings.Builder
	for _, part := range g.Parts {
		for _, ring := range part {
			for i, p := range ring {
				x, y := f.place(p)
				b.WriteByte("ML"[min(i, 1)])
				b.WriteString(coord(x) + " " + coord(y))
			}
			if closed && len(ring) > 0 {
				b.WriteByte('Z')
			}
		}
	}
	return b.String()
}

// cluster joins points that lie close together.
func cluster(points []point) []point {
	type cell struct{ x, y int }
	at := map[cell]int{}
	var out []point
	for _, p := range points {
		var x, y float64
		_, _ = fmt.Sscan(p.X, &x) // coord wrote it
		_, _ = fmt.Sscan(p.Y, &y)
		k := cell{int(x / clustered), int(y / clustered)}
		if i, ok := at[k]; ok {
			out[i].Count++
			out[i].Title, out[i].Name = fmt.Sprint(out[i].Count), ""
			continue
		}
		at[k] = len(out)
		out = append(out, p)
	}
	return out
}
