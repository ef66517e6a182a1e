package district

import "math"

// vec is a point, a direction or a colour (R, G, B from 0 to 1). Points are in
// head units: a head is about two units high, x to the viewer's right, y up,
// z towards the viewer.
type vec struct{ X, Y, Z float64 }

func (a vec) plus(b vec) vec      { return vec{a.X + b.X, a.Y + b.Y, a.Z + b.Z} }
func (a vec) minus(b vec) vec     { return vec{a.X - b.X, a.Y - b.Y, a.Z - b.Z} }
func (a vec) times(k float64) vec { return vec{a.X * k, a.Y * k, a.Z * k} }
func (a vec) dot(b vec) float64   { return a.X*b.X + a.Y*b.Y + a.Z*b.Z }
func (a vec) unit() vec           { return a.times(1 / math.Sqrt(a.dot(a)+1e-12)) }
func mix(a, b vec, t float64) vec { return a.times(1 - t).plus(b.times(t)) }

func (a vec) cross(b vec) vec {
	return vec{a.Y*b.Z - a.Z*b.Y, a.Z*b.X - a.X*b.Z, a.X*b.Y - a.Y*b.X}
}

// bell is a Gaussian of height 1; beyond four sigma it is taken for 0.
func bell(x, sigma float64) float64 {
	q := x * x / (sigma * sigma)
	if q > 16 {
		return 0
	}
	return math.Exp(-q / 2)
}

func clamp01(x float64) float64 { return math.Max(0, math.Min(1, x)) }

// step rises smoothly from 0 at a to 1 at b; it falls when b < a.
func step(a, b, x float64) float64 {
	t := clamp01((x - a) / (b - a))
	return t * t * (3 - 2*t)
}

// pose turns points: first yaw about y, then pitch about x, then roll about z.
type pose struct{ r [3]vec }

func newPose(yaw, pitch, roll float64) pose {
	cy, sy := math.Cos(yaw), math.Sin(yaw)
	cp, sp := math.Cos(pitch), math.Sin(pitch)
	cr, sr := math.Cos(roll), math.Sin(roll)
	turn := func(p vec) vec {
		p = vec{p.X*cy + p.Z*sy, p.Y, -p.X*sy + p.Z*cy}
		p = vec{p.X, p.Y*cp - p.Z*sp, p.Y*sp + p.Z*cp}
		return vec{p.X*cr - p.Y*sr, p.X*sr + p.Y*cr, p.Z}
	}
	x, y, z := turn(vec{1, 0, 0}), turn(vec{0, 1, 0}), turn(vec{0, 0, 1})
	return pose{[3]vec{{x.X, y.X, z.X}, {x.Y, y.Y, z.Y}, {x.Z, y.Z, z.Z}}}
}

func (p pose) turn(v vec) vec { return vec{p.r[0].dot(v), p.r[1].dot(v), p.r[2].dot(v)} }

// back undoes turn.
func (p pose) back(v vec) vec {
	return p.r[0].times(v.X).plus(p.r[1].times(v.Y)).plus(p.r[2].times(v.Z))
}
