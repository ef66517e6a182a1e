// Package scores counts distances between descriptors, of one person (genuine) and
// of two (impostor), and says what a threshold makes of them: how many strangers it
// would accept (FAR, the false match rate of ISO/IEC 19795-1) and how many members
// (TAR), with what those numbers are worth.
//
// A Distribution holds counts alone, no pair and no person can be read from it; it
// may be written to a file that is not encrypted. Draw makes the picture.
package scores

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// The bins of a Distribution: distances of unit vectors are 0 to 2.
const (
	Step = 1.0 / 2048
	bins = 2 * 2048
)

// Distribution counts distances in steps of Step. The zero value is empty. It is
// not safe for several goroutines.
type Distribution struct {
	counts [bins]uint64
	n      uint64
}

// Add counts a distance.
func (d *Distribution) Add(distance float64) {
	i := 0
	if distance > 0 { // also false for NaN
		i = min(int(distance/Step), bins-1)
	}
	d.counts[i]++
	d.n++
}

// AddAll counts what another distribution has counted.
func (d *Distribution) AddAll(other *Distribution) {
	for i, c := range other.counts {
		d.counts[i] += c
	}
	d.n += other.n
}

// N is how many distances were counted.
func (d *Distribution) N() uint64 { return d.n }

// Within is how many distances are within a threshold, to the Step below it.
func (d *Distribution) Within(threshold float64) uint64 {
	var n uint64
	for i := range steps(threshold) {
		n += d.counts[i]
	}
	return n
}

// steps is the number of whole steps below a threshold.
func steps(threshold float64) int {
	return max(0, min(bins, int(math.Floor(threshold/Step+1e-9))))
}

// Rate is the part within a threshold; NaN of an empty distribution.
func (d *Distribution) Rate(threshold float64) float64 {
	return float64(d.Within(threshold)) / float64(d.n)
}

// Median is the distance that half of the distances are within; NaN when empty.
func (d *Distribution) Median() float64 {
	if d.n == 0 {
		return math.NaN()
	}
	var n uint64
	for i, c := range d.counts {
		if n += c; 2*n >= d.n {
			return (float64(i) + 0.5) * Step
		}
	}
	return 2
}

// At is the widest threshold whose rate is no more than rate.
func (d *Distribution) At(rate float64) float64 {
	var n uint64
	for i, c := range d.counts {
		if n += c; float64(n) > rate*float64(d.n) {
			return float64(i) * Step
		}
	}
	return bins * Step
}

// sparse is a Distribution's form in JSON: most bins are empty.
type sparse struct {
	Step   float64           `json:"step"`
	Counts map[string]uint64 `json:"counts"` // by bin
}

// MarshalJSON writes the counts of the bins that have some.
func (d *Distribution) MarshalJSON() ([]byte, error) {
	s := sparse{Step, map[string]uint64{}}
	for i, c := range d.counts {
		if c > 0 {
			s.Counts[fmt.Sprint(i)] = c
		}
	}
	return json.Marshal(s)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (d *Distribution) UnmarshalJSON(b []byte) error {
	var s sparse
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	if s.Step != Step {
		return errors.New("distances counted in other steps")
	}
	*d = Distribution{}
	for key, c := range s.Counts {
		var i int
		if _, err := fmt.Sscan(key, &i); err != nil || i < 0 || i >= bins || c > 1<<52 {
			return fmt.Errorf("no bin %q", key)
		}
		d.counts[i] += c
		d.n += c
	}
	return nil
}
