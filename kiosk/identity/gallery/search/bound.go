package search

import (
	"math"

	"github.com/luohu/ting/devices/face"
)

// How a distance is bounded from below. A shot x is kept as bytes b around 128
// and a scale, so that x = scale·(b-128) + e, with the length of e known; a probe
// q likewise as 15-bit numbers. With J the whole-number product of the two,
//
//	q·x ≤ scale·probe.scale·J + |q|·|e| + |x-e|·|q's rest|
//	|q-x|² = |q|² + |x|² - 2·q·x
//
// so that a shot is nearer than some distance only if
//
//	2·scale·probe.scale·J - base > limit
//
// where base = |x|² - 2·maxLength·|e| is the shot's, and limit the probe's and the
// distance's. slack pays for the rounding of float32 on both sides of this.
const (
	slack = 5e-5
	// roundedLength is the most that |x-e| can be: x at its longest, e half a step in every dimension.
	roundedLength = maxLength * (1 + 0.05)
	probeRange    = 127 * 128 // of a probe's numbers to either side
)

// round writes a shot's bytes, scale and base.
func round(x *face.Descriptor, bytes *[face.Dim]byte) (scale, base float32) {
	var most float32
	for _, v := range x {
		most = max(most, v, -v)
	}
	scale = most / 127
	if scale == 0 {
		scale = 1
	}
	var length, rest float64
	for i, v := range x {
		n := math.RoundToEven(float64(v / scale))
		n = min(max(n, -128), 127)
		bytes[i] = byte(int(n) + 128)
		e := float64(v) - float64(scale)*n
		length += float64(v) * float64(v)
		rest += e * e
	}
	return scale, float32(length - 2*maxLength*math.Sqrt(rest))
}

// probe is a descriptor to look for, prepared.
type probe struct {
	exact  face.Descriptor
	whole  [face.Dim]int16 // rounded, within probeRange
	high   [face.Dim]int8  // whole = 128·high + low
	low    [face.Dim]int8
	scale2 float32 // twice the scale of whole
	offset int32   // 128 times the sum of whole: what the bytes' 128 adds to a product
	length float64 // squared, less what the rest of rounding can add
}

// newProbe prepares d; ok is false when the bounds do not hold for it.
func newProbe(d *face.Descriptor) (p *probe, ok bool) {
	p = &probe{exact: *d}
	var most float32
	var length float64
	for _, v := range d {
		most = max(most, v, -v)
		length += float64(v) * float64(v)
	}
	if !(length <= maxLength*maxLength) || most == 0 { // also false for NaN
		return nil, false
	}
	scale := most / probeRange
	var rest float64
	var sum int32
	for i, v := range d {
		n := math.RoundToEven(float64(v / scale))
		n = min(max(n, -probeRange), probeRange)
		p.whole[i] = int16(n)
		high := (int(n) + 64) >> 7
		p.high[i], p.low[i] = int8(high), int8(int(n)-128*high)
		sum += int32(n)
		e := float64(v) - float64(scale)*n
		rest += e * e
	}
	p.scale2, p.offset = 2*scale, 128*sum
	p.length = length - 2*roundedLength*math.Sqrt(rest) - slack
	return p, true
}

// limit is what a shot's product less its base must exceed to be nearer than a
// squared distance.
func (p *probe) limit(square float32) float32 { return float32(p.length - float64(square)) }
