package scores

import "math"

// Operating is what a threshold makes of the distances.
type Operating struct {
	Target    float64  `json:"target_far"` // the rate asked for
	Threshold float64  `json:"threshold"`
	FAR       Estimate `json:"far"`
	TAR       Estimate `json:"tar"`
	// Enough says that the impostor pairs suffice for the target: 30 errors are
	// expected among them, so that the rate is known to within a third (the "rule of
	// 30" of ISO/IEC 19795-1). Without one expected error Possible is false, too.
	Enough   bool `json:"enough_pairs"`
	Possible bool `json:"possible"`
}

// Estimate is a part of some trials with the interval that holds the true rate in
// 95 of 100 such measurements (Wilson), if the trials did not depend on each other.
type Estimate struct {
	Hits   uint64  `json:"hits"`
	Trials uint64  `json:"trials"`
	Rate   float64 `json:"rate"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

// NewEstimate estimates a rate. Without trials it may be anything from 0 to 1.
func NewEstimate(hits, trials uint64) Estimate {
	e := Estimate{Hits: hits, Trials: trials, High: 1}
	if trials == 0 {
		return e
	}
	const z = 1.959964
	n, p := float64(trials), float64(hits)/float64(trials)
	centre := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	e.Rate, e.Low, e.High = p, max(0, centre-half), min(1, centre+half)
	if hits == 0 {
		e.Low = 0
	}
	if hits == trials {
		e.High = 1
	}
	return e
}

// expectedErrors is from how many on a rate counts as known.
const expectedErrors = 30

// At is the operating point with the widest threshold whose FAR is no more than far.
func At(genuine, impostor *Distribution, far float64) Operating {
	o := With(genuine, impostor, impostor.At(far))
	o.Target = far
	o.Enough = float64(impostor.N())*far >= expectedErrors
	o.Possible = float64(impostor.N())*far >= 1
	return o
}

// With is the operating point of a threshold.
func With(genuine, impostor *Distribution, threshold float64) Operating {
	return Operating{
		Threshold: threshold,
		FAR:       NewEstimate(impostor.Within(threshold), impostor.N()),
		TAR:       NewEstimate(genuine.Within(threshold), genuine.N()),
		Enough:    true, Possible: true,
	}
}

// EqualErrorRate is where as many genuine pairs are refused as impostor pairs are
// accepted, and the threshold of that; NaN when either has no pair.
func EqualErrorRate(genuine, impostor *Distribution) (rate, threshold float64) {
	if genuine.n == 0 || impostor.n == 0 {
		return math.NaN(), math.NaN()
	}
	var g, i uint64
	was := [2]float64{1, 0} // refused and accepted, one step before
	for b := range bins {
		g, i = g+genuine.counts[b], i+impostor.counts[b]
		refused, accepted := 1-float64(g)/float64(genuine.n), float64(i)/float64(impostor.n)
		if accepted >= refused {
			// The two lines cross within this step.
			before, after := was[0]-was[1], accepted-refused
			part := 1.0
			if before+after > 0 {
				part = before / (before + after)
			}
			return was[1] + part*(accepted-was[1]), (float64(b) + part) * Step
		}
		was = [2]float64{refused, accepted}
	}
	return 1, 2
}

// Propose is the widest threshold whose FAR is below far with 97.5 % confidence;
// ok is false when there are too few impostor pairs to say that of any.
func Propose(impostor *Distribution, far float64) (threshold float64, ok bool) {
	var n uint64
	for i, c := range impostor.counts {
		n += c
		if NewEstimate(n, impostor.n).High > far {
			return float64(i) * Step, i > 0 && NewEstimate(0, impostor.n).High <= far
		}
	}
	return bins * Step, impostor.n > 0
}
