package district

import "math/rand/v2"

// grain is the sensor's noise, drawn once: a run of Gaussian values that every
// frame reads from places of its own.
type grain struct {
	values []int8
}

const grainLength = 1 << 16

func newGrain(sigma float64) *grain {
	r := rand.New(rand.NewPCG(0x9ea1, 7))
	g := &grain{values: make([]int8, grainLength+4096)}
	for i := range grainLength {
		g.values[i] = int8(max(-127, min(127, r.NormFloat64()*sigma)))
	}
	copy(g.values[grainLength:], g.values)
	return g
}

// add puts noise on a picture whose rows are stride bytes long.
func (g *grain) add(pix []byte, stride int, seed uint64) {
	for len(pix) > 0 {
		row := pix[:min(stride, len(pix), 4096)]
		pix = pix[len(row):]
		seed = seed*6364136223846793005 + 1442695040888963407
		noise := g.values[seed>>48:][:len(row)]
		for i, n := range noise {
			v := int(row[i]) + int(n)
			if uint(v) > 255 {
				v = ^(v >> 63) & 255 // below 0 becomes 0, above 255 becomes 255
			}
			row[i] = byte(v)
		}
	}
}
