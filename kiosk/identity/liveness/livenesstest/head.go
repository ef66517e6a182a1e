// Package livenesstest has the landmarks of a head and of a sheet of paper, for tests
// of what looks at turns of the head.
package livenesstest

import (
	"math"

	"github.com/luohu/ting/devices/face"
)

// Head is where the landmarks of a head are that is turned by yaw, in radians: to the
// picture's right when positive.
func Head(yaw float64) [68]face.Point { return project(yaw, 1) }

// Print is where they are on a photograph of that head, looking straight ahead, when
// the sheet is turned by yaw.
func Print(yaw float64) [68]face.Point { return project(yaw, 0) }

// project turns the landmarks about the vertical axis, their depth scaled, and sees
// them from 8 distances of the eyes away.
func project(yaw, depth float64) (l [68]face.Point) {
	sin, cos := math.Sincos(yaw)
	for i := range l {
		x, y, z := landmark(i)
		z *= depth
		x, z = x*cos+z*sin, z*cos-x*sin
		near := 8 / (8 - z)
		l[i] = face.Point{X: float32(300 + 80*x*near), Y: float32(200 + 80*y*near)}
	}
	return l
}

// landmark is where a landmark is on a head, in distances of the eyes: right, down
// and out of the plane of the eyes. iBUG 300-W order.
func landmark(i int) (x, y, z float64) {
	along := func(from, n int) float64 { return float64(i-from)/float64(n-1)*2 - 1 } // -1 to 1
	switch {
	case i < 17: // jaw
		a := along(0, 17) * math.Pi / 2
		return 1.15 * math.Sin(a), 0.2 + 1.5*math.Cos(a), -0.5 + 0.5*math.Cos(a)
	case i < 22: // the right brow
		a := along(17, 5)
		return -0.55 + 0.33*a, -0.38 - 0.06*(1-a*a), 0.06 + 0.08*a
	case i < 27: // the left one
		a := along(22, 5)
		return 0.55 + 0.33*a, -0.38 - 0.06*(1-a*a), 0.06 - 0.08*a
	case i < 31: // the nose's ridge
		a := float64(i-27) / 3
		return 0, 0.05 + 0.55*a, 0.15 + 0.4*a
	case i < 36: // nostrils
		a := along(31, 5)
		return 0.22 * a, 0.75, 0.35 - 0.12*a*a
	case i < 42: // the right eye: corners, and lids between
		return eye(i-36, -0.5)
	case i < 48:
		return eye(i-42, 0.5)
	}
	a := float64(i-48) / 12 * 2 * math.Pi // the mouth's outline, and the inner one
	r := 1.0
	if i >= 60 {
		a, r = float64(i-60)/8*2*math.Pi, 0.7
	}
	return -0.42 * r * math.Cos(a), 1.15 - 0.16*r*math.Sin(a), 0.3 - 0.15*math.Cos(a)*math.Cos(a)
}

func eye(k int, middle float64) (x, y, z float64) {
	at := [6][2]float64{{-0.22, 0}, {-0.08, -0.08}, {0.08, -0.08}, {0.22, 0}, {0.08, 0.07}, {-0.08, 0.07}}[k]
	return middle + at[0], at[1], 0.05
}
