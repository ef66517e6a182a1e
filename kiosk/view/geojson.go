package view

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
)

// Features are GeoJSON features (RFC 7946). On the wire they are a FeatureCollection.
type Features []Feature

// Feature is one thing on a map. Of its GeoJSON properties these are read, all
// of them optional: "name" and "name:en" (as OpenStreetMap has them), "tone"
// and "icon". Other properties are dropped.
type Feature struct {
	ID       string // answered as Answer.Action; one without cannot be touched
	Name     Text   // drawn beside it where there is room
	Tone     Tone   // its layer's when empty
	Icon     string // a name in assets/icons, for points
	Geometry Geometry
}

// Position is longitude and latitude in degrees, WGS 84.
type Position [2]float64

// Shape is a kind of geometry, by its name in GeoJSON.
type Shape string

// The shapes. A GeometryCollection is refused: make a feature of each part.
const (
	Point           Shape = "Point"
	MultiPoint      Shape = "MultiPoint"
	LineString      Shape = "LineString"
	MultiLineString Shape = "MultiLineString"
	Polygon         Shape = "Polygon"
	MultiPolygon    Shape = "MultiPolygon"
)

// Geometry is where a feature lies. Its parts are held in one form for every
// shape: polygons of rings of positions, the first ring of a polygon being its
// outline and the others holes. Lines are the rings of one polygon, points the
// positions of one ring.
type Geometry struct {
	Shape Shape
	Parts [][][]Position
}

// At is a point.
func At(lon, lat float64) Geometry {
	return Geometry{Shape: Point, Parts: [][][]Position{{{{lon, lat}}}}}
}

// Line is a line through positions.
func Line(ps ...Position) Geometry {
	return Geometry{Shape: LineString, Parts: [][][]Position{{ps}}}
}

// Area is a polygon of an outline, whose last position is its first, and holes.
func Area(rings ...[]Position) Geometry {
	return Geometry{Shape: Polygon, Parts: [][][]Position{rings}}
}

// depth is how deep arrays are nested in a shape's coordinates: 0 for a single position.
func (s Shape) depth() (int, bool) {
	switch s {
	case Point:
		return 0, true
	case MultiPoint, LineString:
		return 1, true
	case MultiLineString, Polygon:
		return 2, true
	case MultiPolygon:
		return 3, true
	}
	return 0, false
}

// ParseGeoJSON reads a FeatureCollection or a single Feature. Features without a
// geometry are left out. Its errors wrap ErrPage.
func ParseGeoJSON(b []byte) (Features, error) {
	var fs Features
	if err := json.Unmarshal(b, &fs); err != nil {
		if errors.Is(err, ErrPage) {
			return nil, err
		}
		return nil, fmt.Errorf("%w: GeoJSON: %w", ErrPage, err)
	}
	return fs, nil
}

type wireFeature struct {
	Type       string          `json:"type"`
	ID         json.RawMessage `json:"id,omitempty"`
	Properties *wireProperties `json:"properties"`
	Geometry   *wireGeometry   `json:"geometry"`
}

type wireProperties struct {
	Name   string `json:"name,omitempty"`
	NameEN string `json:"name:en,omitempty"`
	Tone   Tone   `json:"tone,omitempty"`
	Icon   string `json:"icon,omitempty"`
}

type wireGeometry struct {
	Type        Shape           `json:"type"`
	Coordinates json.RawMessage `json:"coordinates"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (fs *Features) UnmarshalJSON(b []byte) error {
	var w struct {
		wireFeature
		Features limited[json.RawMessage] `json:"features"`
	}
	w.Features.most, w.Features.what = maxFeatures, "features"
	if err := json.Unmarshal(b, &w); err != nil {
		return geojsonError(err)
	}
	*fs = nil
	switch w.Type {
	case "FeatureCollection":
	case "Feature":
		w.Features.items = []json.RawMessage{b}
	default:
		return fmt.Errorf("%w: GeoJSON: a FeatureCollection or a Feature is needed, not %q", ErrPage, w.Type)
	}
	budget := maxPositions
	for i, raw := range w.Features.items {
		f, ok, err := parseFeature(raw, &budget)
		if err != nil {
			return fmt.Errorf("%w: GeoJSON: feature %d: %w", ErrPage, i, err)
		}
		if ok {
			*fs = append(*fs, f)
		}
	}
	return nil
}

func geojsonError(err error) error {
	if errors.Is(err, ErrPage) {
		return err
	}
	return fmt.Errorf("%w: GeoJSON: %w", ErrPage, err)
}

func parseFeature(raw json.RawMessage, budget *int) (f Feature, drawn bool, err error) {
	var w wireFeature
	if err := json.Unmarshal(raw, &w); err != nil {
		return Feature{}, false, err
	}
	if w.Type != "Feature" {
		return Feature{}, false, fmt.Errorf("type %q, a Feature is needed", w.Type)
	}
	if w.Geometry == nil {
		return Feature{}, false, nil
	}
	if f.ID, err = featureID(w.ID); err != nil {
		return Feature{}, false, err
	}
	if p := w.Properties; p != nil {
		f.Name, f.Tone, f.Icon = Text{ZH: p.Name, EN: p.NameEN}, p.Tone, p.Icon
	}
	if f.Geometry, err = parseGeometry(*w.Geometry, budget); err != nil {
		return Feature{}, false, err
	}
	return f, true, nil
}

// featureID reads an ID, which GeoJSON lets be a string or a number.
func featureID(raw json.RawMessage) (string, error) {
	if len(raw) == 0 || raw[0] == 'n' {
		return "", nil
	}
	if raw[0] != '"' {
		if _, err := strconv.ParseFloat(string(raw), 64); err != nil {
			return "", errors.New("an id is a string or a number")
		}
		return string(raw), nil
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err
}

func parseGeometry(w wireGeometry, budget *int) (Geometry, error) {
	depth, ok := w.Type.depth()
	if !ok {
		return Geometry{}, fmt.Errorf("geometry %q is not drawn: make a feature of each part", w.Type)
	}
	r := coordinates{rest: bytes.TrimSpace(w.Coordinates), budget: budget}
	g := Geometry{Shape: w.Type}
	var err error
	switch depth {
	case 0:
		var p Position
		p, err = r.position()
		g.Parts = [][][]Position{{{p}}}
	case 1:
		var ps []Position
		ps, err = array(&r, (*coordinates).position)
		g.Parts = [][][]Position{{ps}}
	case 2:
		var rings [][]Position
		rings, err = array(&r, (*coordinates).ring)
		g.Parts = [][][]Position{rings}
	case 3:
		g.Parts, err = array(&r, (*coordinates).polygon)
	}
	if err == nil && len(r.rest) > 0 {
		err = errors.New("coordinates: more than one value")
	}
	if err != nil {
		return Geometry{}, err
	}
	return g, g.check()
}

// coordinates reads nested arrays of numbers: many times faster than a general
// decoder, and never deeper than the shape allows.
type coordinates struct {
	rest   []byte
	budget *int // positions that may still be read
}

func (r *coordinates) space() {
	for len(r.rest) > 0 && (r.rest[0] == ' ' || r.rest[0] == '\n' || r.rest[0] == '\t' || r.rest[0] == '\r') {
		r.rest = r.rest[1:]
	}
}

// take skips one byte that has to be there.
func (r *coordinates) take(c byte) bool {
	r.space()
	if len(r.rest) == 0 || r.rest[0] != c {
		return false
	}
	r.rest = r.rest[1:]
	return true
}

func array[T any](r *coordinates, one func(*coordinates) (T, error)) ([]T, error) {
	if !r.take('[') {
		return nil, errors.New("coordinates: an array is needed here, nested as the geometry's type says")
	}
	var all []T
	if r.take(']') {
		return all, nil
	}
	for {
		v, err := one(r)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
		if r.take(']') {
			return all, nil
		}
		if !r.take(',') {
			return nil, errors.New("coordinates: ',' or ']' is needed")
		}
	}
}

func (r *coordinates) ring() ([]Position, error)      { return array(r, (*coordinates).position) }
func (r *coordinates) polygon() ([][]Position, error) { return array(r, (*coordinates).ring) }

// position reads [lon, lat]; a height behind them is dropped.
func (r *coordinates) position() (p Position, err error) {
	if *r.budget--; *r.budget < 0 {
		return p, fmt.Errorf("more than %d positions: simplify the lines", maxPositions)
	}
	if !r.take('[') {
		return p, errors.New("coordinates: an array is needed here, nested as the geometry's type says")
	}
	const most = 4
	for n := 0; n < most; n++ {
		v, err := r.number()
		if err != nil {
			return p, err
		}
		if n < len(p) {
			p[n] = v
		}
		if r.take(']') {
			if n == 0 {
				break
			}
			return p, nil
		}
		if !r.take(',') {
			return p, errors.New("coordinates: ',' or ']' is needed")
		}
	}
	return p, errors.New("coordinates: a position is longitude, latitude and perhaps a height")
}

// number reads a number. Those with few digits, as nearly all are, need no
// general parser: both parts of the fraction are exact, so its value is too.
func (r *coordinates) number() (float64, error) {
	r.space()
	n, digits, point := 0, uint64(0), -1
	simple, negative := true, false
scan:
	for ; n < len(r.rest); n++ {
		switch c := r.rest[n]; {
		case c >= '0' && c <= '9':
			digits = digits*10 + uint64(c-'0')
		case c == '-' && n == 0:
			negative = true
		case c == '.' && point < 0:
			point = n
		case c == 'e' || c == 'E' || c == '+' || c == '-' || c == '.':
			simple = false
		default:
			break scan
		}
	}
	const most = 16 // digits with sign and point: below 2^53
	if simple && n > 0 && n <= most && r.rest[n-1] >= '0' && r.rest[n-1] <= '9' {
		v := float64(digits)
		if point >= 0 {
			v /= tenTo[n-1-point]
		}
		if negative {
			v = -v
		}
		r.rest = r.rest[n:]
		return v, nil
	}
	v, err := strconv.ParseFloat(string(r.rest[:n]), 64)
	if err != nil {
		return 0, errors.New("coordinates: a number is needed")
	}
	r.rest = r.rest[n:]
	return v, nil
}

var tenTo = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16}

func (g Geometry) positions() (n int) {
	for _, rings := range g.Parts {
		for _, ring := range rings {
			n += len(ring)
		}
	}
	return n
}

// check holds a geometry to its shape.
func (g Geometry) check() error {
	depth, ok := g.Shape.depth()
	if !ok {
		return fmt.Errorf("unknown geometry %q", g.Shape)
	}
	switch {
	case depth < 3 && len(g.Parts) != 1, depth < 2 && len(g.Parts[0]) != 1, depth == 0 && len(g.Parts[0][0]) != 1:
		return fmt.Errorf("a %s whose parts are not a %s's", g.Shape, g.Shape)
	}
	for _, rings := range g.Parts {
		for _, ring := range rings {
			if err := g.checkRing(ring); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g Geometry) checkRing(ring []Position) error {
	for _, p := range ring {
		if !(math.Abs(p[0]) <= 180) || !(math.Abs(p[1]) <= 90) {
			return fmt.Errorf("position %v is not on earth: longitude within ±180, then latitude within ±90", p)
		}
	}
	switch g.Shape {
	case Polygon, MultiPolygon:
		if n := len(ring); n < 4 || ring[0] != ring[n-1] {
			return errors.New("a ring has at least 4 positions, the last the same as the first")
		}
	case LineString, MultiLineString:
		if len(ring) < 2 {
			return errors.New("a line has at least 2 positions")
		}
	}
	return nil
}

// MarshalJSON implements json.Marshaler.
func (fs Features) MarshalJSON() ([]byte, error) {
	b := []byte(`{"type":"FeatureCollection","features":[`)
	for i, f := range fs {
		if i > 0 {
			b = append(b, ',')
		}
		if err := f.Geometry.check(); err != nil {
			return nil, fmt.Errorf("feature %d: %w", i, err)
		}
		w := wireFeature{Type: "Feature", Geometry: &wireGeometry{f.Geometry.Shape, f.Geometry.appendTo(nil)}}
		if p := (wireProperties{f.Name.ZH, f.Name.EN, f.Tone, f.Icon}); p != (wireProperties{}) {
			w.Properties = &p
		}
		if f.ID != "" {
			id, err := json.Marshal(f.ID)
			if err != nil {
				return nil, err
			}
			w.ID = id
		}
		one, err := json.Marshal(w)
		if err != nil {
			return nil, err
		}
		b = append(b, one...)
	}
	return append(b, "]}"...), nil
}

func (g Geometry) appendTo(b []byte) []byte {
	depth, _ := g.Shape.depth()
	list := func(n int, one func(int)) {
		b = append(b, '[')
		for i := range n {
			if i > 0 {
				b = append(b, ',')
			}
			one(i)
		}
		b = append(b, ']')
	}
	ring := func(ps []Position) {
		list(len(ps), func(i int) { b = ps[i].appendTo(b) })
	}
	rings := func(rs [][]Position) {
		list(len(rs), func(i int) { ring(rs[i]) })
	}
	switch depth {
	case 0:
		b = g.Parts[0][0][0].appendTo(b)
	case 1:
		ring(g.Parts[0][0])
	case 2:
		rings(g.Parts[0])
	default:
		list(len(g.Parts), func(i int) { rings(g.Parts[i]) })
	}
	return b
}

func (p Position) appendTo(b []byte) []byte {
	b = append(b, '[')
	b = strconv.AppendFloat(b, p[0], 'f', -1, 64)
	b = append(b, ',')
	b = strconv.AppendFloat(b, p[1], 'f', -1, 64)
	return append(b, ']')
}
