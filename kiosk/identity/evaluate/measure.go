package evaluate

import (
	"context"
	"encoding/json"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/luohu/ting/kiosk/identity/scores"
)

// Targets are the false-accept rates that a report states.
var Targets = []float64{1e-2, 1e-3, 1e-4}

// Report is what was measured.
type Report struct {
	Photos     int       `json:"photos"`
	People     int       `json:"people"` // with a descriptor
	Described  int       `json:"described"`
	Several    int       `json:"several_faces"` // photographs with more than one face
	Unreadable []Problem `json:"unreadable"`
	NoFace     []Problem `json:"no_face"`

	// FailureToDetect is the part of the readable photographs without a face.
	FailureToDetect scores.Estimate `json:"failure_to_detect"`

	Genuine  *scores.Distribution `json:"genuine"`
	Impostor *scores.Distribution `json:"impostor"`

	EER          Number             `json:"eer"` // "null" where there are no pairs
	EERThreshold Number             `json:"eer_threshold"`
	Rates        []scores.Operating `json:"rates"` // at Targets
	Default      scores.Operating   `json:"default"`
	// Rank1 is the part of photographs whose nearest other photograph is of the same
	// person, among those whose person has another.
	Rank1 scores.Estimate `json:"rank1"`

	// Proposed is the threshold whose FAR is below ProposedFAR with confidence; 0 when
	// there are too few pairs, and the default is to be kept.
	Proposed    float64 `json:"proposed_threshold"`
	ProposedFAR float64 `json:"proposed_far"`
}

// Number is a float64 that JSON can hold: null where it is none.
type Number float64

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) {
	if f := float64(n); math.IsNaN(f) || math.IsInf(f, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// Measure compares all pairs of the shots, on every processor. threshold is the one
// in use, far the rate for which to propose one.
func Measure(ctx context.Context, d *Described, threshold, far float64) (*Report, error) {
	shots := sorted(d.Shots)
	genuine, impostor, hits, trials, err := compare(ctx, shots)
	if err != nil {
		return nil, err
	}
	r := &Report{
		Photos:     len(d.Shots) + len(d.NoFace) + len(d.Unreadable),
		People:     len(people(shots)),
		Described:  len(shots),
		Several:    d.Several,
		Unreadable: d.Unreadable, NoFace: d.NoFace,
		FailureToDetect: scores.NewEstimate(uint64(len(d.NoFace)), uint64(len(d.NoFace)+len(shots))),
		Genuine:         genuine, Impostor: impostor,
		Default:     scores.With(genuine, impostor, threshold),
		Rank1:       scores.NewEstimate(hits, trials),
		ProposedFAR: far,
	}
	eer, at := scores.EqualErrorRate(genuine, impostor)
	r.EER, r.EERThreshold = Number(eer), Number(at)
	for _, target := range Targets {
		r.Rates = append(r.Rates, scores.At(genuine, impostor, target))
	}
	if proposed, ok := scores.Propose(impostor, far); ok {
		r.Proposed = proposed
	}
	return r, nil
}

// compare counts the distances of all pairs, and how many shots have their nearest
// among the same person's.
func compare(ctx context.Context, shots []Shot) (genuine, impostor *scores.Distribution, hits, trials uint64, err error) {
	genuine, impostor = new(scores.Distribution), new(scores.Distribution)
	n := people(shots)
	var next atomic.Int64
	var mu sync.Mutex
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			var same, other scores.Distribution
			var right, tried uint64
			for i := int(next.Add(1) - 1); i < len(shots) && ctx.Err() == nil; i = int(next.Add(1) - 1) {
				a := &shots[i]
				nearest, ours := 3.0, false
				for j := range shots {
					if i == j {
						continue
					}
					b := &shots[j]
					distance, mine := a.Descriptor.Distance(&b.Descriptor), a.Person == b.Person
					if distance < nearest {
						nearest, ours = distance, mine
					}
					if j > i {
						continue // each pair is counted once
					}
					if mine {
						same.Add(distance)
					} else {
						other.Add(distance)
					}
				}
				if n[a.Person] > 1 {
					tried++
					if ours {
						right++
					}
				}
			}
			mu.Lock()
			defer mu.Unlock()
			genuine.AddAll(&same)
			impostor.AddAll(&other)
			hits, trials = hits+right, trials+tried
		})
	}
	all.Wait()
	return genuine, impostor, hits, trials, ctx.Err()
}
