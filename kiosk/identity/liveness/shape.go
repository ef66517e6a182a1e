package liveness

import (
	"math"

	"github.com/luohu/ting/devices/face"
)

// rigid are the landmarks (iBUG 300-W) that a face cannot move much by itself: brows,
// nose, corners of the eyes, the mouth's outline. The jaw's line is left out: it is
// where cheek and background meet, another part of the head at every angle.
var rigid = [...]int{
	17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
	27, 28, 29, 30, 31, 32, 33, 34, 35,
	36, 39, 42, 45,
	48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59,
}

// shape is a face's landmarks about the nose's tip, in distances of the eyes.
type shape struct {
	points [len(rigid)][2]float64
	offset float64 // of the nose's tip, along the eyes' axis, from their middle
}

const noseTip = 30

// newShape measures landmarks; ok is false where they are none.
func newShape(l *[68]face.Point) (s shape, ok bool) {
	middle := func(a, b int) (x, y float64) {
		return float64(l[a].X+l[b].X) / 2, float64(l[a].Y+l[b].Y) / 2
	}
	rx, ry := middle(36, 39)
	lx, ly := middle(42, 45)
	dx, dy := lx-rx, ly-ry
	apart := math.Hypot(dx, dy)
	if !(apart >= 1) { // also NaN
		return s, false
	}
	nx, ny := float64(l[noseTip].X), float64(l[noseTip].Y)
	s.offset = ((nx-(lx+rx)/2)*dx + (ny-(ly+ry)/2)*dy) / (apart * apart)
	for i, k := range rigid {
		s.points[i] = [2]float64{(float64(l[k].X) - nx) / apart, (float64(l[k].Y) - ny) / apart}
	}
	return s, true
}

// unexplained is the root mean square of what the best projection of a plane (a
// homography) from a to b leaves, in distances of the eyes: little for a sheet of
// paper at whatever angle, more for a head, whose nose stands out.
func unexplained(a, b *shape) float64 {
	// h maps (u, v) to ((h0 u + h1 v + h2)/w, (h3 u + h4 v + h5)/w) with
	// w = h6 u + h7 v + 1: two equations a point, by least squares.
	var m [8][9]float64
	row := func(c [8]float64, y float64) {
		for i := range 8 {
			for j := range 8 {
				m[i][j] += c[i] * c[j]
			}
			m[i][8] += c[i] * y
		}
	}
	for i := range rigid {
		u, v, p, q := a.points[i][0], a.points[i][1], b.points[i][0], b.points[i][1]
		row([8]float64{u, v, 1, 0, 0, 0, -u * p, -v * p}, p)
		row([8]float64{0, 0, 0, u, v, 1, -u * q, -v * q}, q)
	}
	h, ok := solve(&m)
	if !ok {
		return 0 // points on a line: nothing that has depth
	}
	var sum float64
	for i := range rigid {
		u, v := a.points[i][0], a.points[i][1]
		w := h[6]*u + h[7]*v + 1
		sum += square((h[0]*u+h[1]*v+h[2])/w-b.points[i][0]) + square((h[3]*u+h[4]*v+h[5])/w-b.points[i][1])
	}
	r := math.Sqrt(sum / float64(len(rigid)))
	if math.IsNaN(r) || math.IsInf(r, 0) {
		return 0
	}
	return r
}

func square(x float64) float64 { return x * x }

// solve solves eight equations by elimination with pivots; ok is false when they
// do not determine the unknowns.
func solve(m *[8][9]float64) (x [8]float64, ok bool) {
	for i := range 8 {
		pivot := i
		for k := i + 1; k < 8; k++ {
			if math.Abs(m[k][i]) > math.Abs(m[pivot][i]) {
				pivot = k
			}
		}
		m[i], m[pivot] = m[pivot], m[i]
		if !(math.Abs(m[i][i]) > 1e-12) {
			return x, false
		}
		for k := range 8 {
			if k == i {
				continue
			}
			f := m[k][i] / m[i][i]
			for j := i; j < 9; j++ {
				m[k][j] -= f * m[i][j]
			}
		}
	}
	for i := range 8 {
		x[i] = m[i][8] / m[i][i]
	}
	return x, true
}
