package view

import "math"

// Limits of a map.
const (
	maxLayers    = 16
	maxFeatures  = 20_000  // of a page
	maxPositions = 200_000 // of a page
)

// Map draws places: layers of areas, lines and points, given as GeoJSON. It
// needs no tiles and no network. A finger moves it; two buttons zoom. A feature
// with an ID can be touched and answers with it, as a tile does.
//
// Positions are WGS 84 longitude and latitude in degrees (RFC 7946). Where the
// law wants another datum or a review number for published maps, the module
// converts, and names its source in Credit.
type Map struct {
	Key
	Layers []Layer `json:"layers"` // the lowest first
	// Bounds is the part to show first; nil is everything.
	Bounds *Bounds `json:"bounds,omitempty"`
	// Alt says what is to be seen, as Picture.Alt.
	Alt    Text `json:"alt"`
	Credit Text `json:"credit,omitzero"` // source and review number, drawn small in the corner
	Empty  Text `json:"empty,omitzero"`  // said when no layer has a feature
}

// Bounds are a part of the earth, in degrees.
type Bounds struct {
	West  float64 `json:"west"`
	South float64 `json:"south"`
	East  float64 `json:"east"`
	North float64 `json:"north"`
}

// Role says what a layer's features are; the theme draws each in its own way.
type Role string

// The roles.
const (
	RoleArea     Role = "area"     // what the map is about: districts, zones; in the tone's colour
	RoleGround   Role = "ground"   // land and blocks, behind everything
	RoleWater    Role = "water"    // rivers and lakes
	RoleGreen    Role = "green"    // parks and fields
	RoleBuilding Role = "building" // houses
	RoleRoad     Role = "road"     // streets
	RoleBoundary Role = "boundary" // limits of districts
	RoleRoute    Role = "route"    // the way to go
	RolePlace    Role = "place"    // points with a name
	RoleHere     Role = "here"     // where the terminal stands
)

// Layer is features of one role.
type Layer struct {
	Role Role `json:"role"`
	// Name is the layer's in the legend; a layer without one is not in it.
	Name Text `json:"name,omitzero"`
	// Tone is of features that have none of their own.
	Tone Tone `json:"tone,omitempty"`
	// Cluster draws points that lie close together as one disc with their
	// number; touching it zooms in.
	Cluster bool `json:"cluster,omitempty"`
	// Features are a GeoJSON FeatureCollection on the wire; ParseGeoJSON reads a file.
	Features Features `json:"features"`
}

// NodeKind implements Node.
func (Map) NodeKind() string { return "map" }

func (c *checker) mapNode(where string, n Map) {
	c.alt(where, n.Alt)
	c.text(where, n.Credit, n.Empty)
	if len(n.Layers) > maxLayers {
		c.fail("%s: %d layers, at most %d", where, len(n.Layers), maxLayers)
	}
	if b := n.Bounds; b != nil && !b.valid() {
		c.fail("%s: bounds are west < east within ±180 and south < north within ±85", where)
	}
	for i, l := range n.Layers {
		switch l.Role {
		case RoleArea, RoleGround, RoleWater, RoleGreen, RoleBuilding, RoleRoad, RoleBoundary, RoleRoute, RolePlace, RoleHere:
		default:
			c.fail("%s: layer %d: unknown role %q", where, i, l.Role)
		}
		c.text(where, l.Name)
		c.features(where, i, l.Features)
	}
}

func (c *checker) features(where string, layer int, fs Features) {
	if c.feats += len(fs); c.feats > maxFeatures {
		c.fail("%s: layer %d: %d features on one page, at most %d", where, layer, c.feats, maxFeatures)
		return
	}
	for k, f := range fs {
		if f.ID != "" {
			c.id("feature", f.ID)
		}
		c.text(where, f.Name)
		if err := f.Geometry.check(); err != nil {
			c.fail("%s: layer %d: feature %d: %v", where, layer, k, err)
			return
		}
		if c.positions += f.Geometry.positions(); c.positions > maxPositions {
			c.fail("%s: layer %d: %d positions on one page, at most %d: simplify the lines", where, layer, c.positions, maxPositions)
			return
		}
	}
}

// mercator is where Web Mercator ends.
const mercator = 85.06

func (b Bounds) valid() bool {
	ok := true
	for _, v := range []float64{b.West, b.South, b.East, b.North} {
		ok = ok && !math.IsNaN(v)
	}
	return ok && b.West < b.East && b.South < b.North && b.West >= -180 && b.East <= 180 && b.South >= -mercator && b.North <= mercator
}
