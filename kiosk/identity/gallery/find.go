package gallery

import (
	"math"

	"github.com/luohu/ting/devices/face"
)

// Match is the nearest person to a descriptor.
type Match struct {
	Person   string
	Model    string  // of the person's shots, as they were put
	Distance float64 // to the nearest of the person's shots
	Second   float64 // to the nearest shot of anybody else; +Inf when there is nobody else
}

// Find returns the person nearest to d; ok is false in an empty gallery. It is
// exact: every shot is compared.
func (g *Gallery) Find(d *face.Descriptor) (m Match, ok bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	best, second := float32(math.Inf(1)), float32(math.Inf(1))
	owner := int32(-1)
	for i := range g.rows {
		// Half the dimensions usually show that a row cannot be second.
		s := squares((*[half]float32)(d[:half]), (*[half]float32)(g.rows[i][:half]))
		if s >= second {
			continue
		}
		s += squares((*[half]float32)(d[half:]), (*[half]float32)(g.rows[i][half:]))
		switch o := g.owners[i]; {
		case o == owner:
			best = min(best, s)
		case s < best:
			best, second, owner = s, best, o
		case s < second:
			second = s
		}
	}
	if owner < 0 {
		return Match{}, false
	}
	return Match{
		Person:   g.members[owner].Person.ID,
		Model:    g.members[owner].Model,
		Distance: math.Sqrt(float64(best)),
		Second:   math.Sqrt(float64(second)),
	}, true
}

const half = face.Dim / 2

// squares is the squared distance of two half rows. Four sums keep the
// processor's units busy where one would wait for itself.
func squares(a, b *[half]float32) float32 {
	var s0, s1, s2, s3 float32
	for i := 0; i < half; i += 4 {
		d0, d1, d2, d3 := a[i]-b[i], a[i+1]-b[i+1], a[i+2]-b[i+2], a[i+3]-b[i+3]
		s0 += d0 * d0
		s1 += d1 * d1
		s2 += d2 * d2
		s3 += d3 * d3
	}
	return s0 + s1 + s2 + s3
}
