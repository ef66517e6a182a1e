package scores

import (
	"encoding/json"
	"image/color"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func of(distances ...float64) *Distribution {
	d := new(Distribution)
	for _, x := range distances {
		d.Add(x)
	}
	return d
}

// TestCounts holds a distribution's answers against the sorted distances.
func TestCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(rapid.Float64Range(0, 2), 1, 200).Draw(t, "distances")
		d := of(all...)
		slices.Sort(all)
		threshold := rapid.Float64Range(0, 2).Draw(t, "threshold")
		low, high := 0, 0
		for _, x := range all {
			if x < threshold-Step {
				low++
			}
			if x < threshold+1e-9 {
				high++
			}
		}
		if n := int(d.Within(threshold)); n < low || n > high {
			t.Fatalf("%d within %g, want %d to %d", n, threshold, low, high)
		}
		if m := d.Median(); math.Abs(m-all[(len(all)-1)/2]) > Step {
			t.Fatalf("median %g, want %g", m, all[(len(all)-1)/2])
		}
		rate := rapid.Float64Range(0, 1).Draw(t, "rate")
		at := d.At(rate)
		if d.Rate(at) > rate || at < 2 && d.Rate(at+2*Step) <= rate && d.Within(at+Step) != d.Within(at) {
			t.Fatalf("At(%g) = %g with rate %g", rate, at, d.Rate(at))
		}
		b, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var back Distribution
		if err := json.Unmarshal(b, &back); err != nil || back != *d {
			t.Fatalf("read back: %v", err)
		}
	})
}

func TestOddDistances(t *testing.T) {
	d := of(math.NaN(), -1, 0, 2, 7)
	if d.N() != 5 || d.Within(Step) != 3 || d.Within(2) != 5 || d.Within(-1) != 0 || d.Within(100) != 5 {
		t.Errorf("%d, %d within a step, %d in all", d.N(), d.Within(Step), d.Within(2))
	}
	for _, bad := range []string{`{`, `{"step":0.1}`, `{"step":0.00048828125,"counts":{"-1":3}}`,
		`{"step":0.00048828125,"counts":{"4096":3}}`, `{"step":0.00048828125,"counts":{"x":3}}`} {
		if err := json.Unmarshal([]byte(bad), new(Distribution)); err == nil {
			t.Errorf("%s: accepted", bad)
		}
	}
}

// TestEstimate compares with published Wilson intervals.
func TestEstimate(t *testing.T) {
	for _, test := range []struct {
		hits, trials uint64
		low, high    float64
	}{{0, 10, 0, 0.2775}, {10, 10, 0.7225, 1}, {5, 10, 0.2366, 0.7634}, {1, 100, 0.0018, 0.0545}, {0, 0, 0, 1}} {
		if e := NewEstimate(test.hits, test.trials); math.Abs(e.Low-test.low) > 1e-4 || math.Abs(e.High-test.high) > 1e-4 {
			t.Errorf("%d of %d: %.4f to %.4f, want %.4f to %.4f", test.hits, test.trials, e.Low, e.High, test.low, test.high)
		}
	}
}

// TestRates uses two normal distributions, whose error rates are known.
func TestRates(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	genuine, impostor := new(Distribution), new(Distribution)
	for range 200_000 {
		genuine.Add(0.3 + 0.05*r.NormFloat64())
		impostor.Add(0.6 + 0.05*r.NormFloat64())
	}
	// Both are three deviations from 0.45: Φ(-3) = 0.00135.
	if eer, at := EqualErrorRate(genuine, impostor); math.Abs(eer-0.00135) > 0.0003 || math.Abs(at-0.45) > 0.005 {
		t.Errorf("equal error rate %g at %g", eer, at)
	}
	// FAR 1e-2 is 2.326 deviations below 0.6, where Φ(3.674) of the genuine are.
	o := At(genuine, impostor, 1e-2)
	if math.Abs(o.Threshold-(0.6-0.05*2.326)) > 0.002 || o.FAR.Rate > 1e-2 || math.Abs(o.TAR.Rate-0.99988) > 1e-4 || !o.Enough {
		t.Errorf("%+v", o)
	}
	if o := At(genuine, impostor, 1e-4); o.Enough || !o.Possible {
		t.Errorf("20 expected errors are said to be enough: %+v", o)
	}
	if o := At(genuine, impostor, 1e-6); o.Possible {
		t.Errorf("a rate no pair can show is said to be possible: %+v", o)
	}
	proposed, ok := Propose(impostor, 1e-3)
	if e := NewEstimate(impostor.Within(proposed), impostor.N()); !ok || e.High > 1e-3 || e.High < 0.95e-3 {
		t.Errorf("proposed %g: %+v", proposed, e)
	}
	if p, ok := Propose(of(0.1, 0.5, 0.6), 1e-3); ok {
		t.Errorf("three pairs propose %g", p)
	}
	if eer, _ := EqualErrorRate(genuine, new(Distribution)); !math.IsNaN(eer) {
		t.Errorf("equal error rate without impostors: %g", eer)
	}
}

// TestSeparate: nothing overlaps, nothing goes wrong.
func TestSeparate(t *testing.T) {
	eer, at := EqualErrorRate(of(0.1, 0.2), of(0.7, 0.8))
	if eer != 0 || at < 0.2 || at > 0.7 {
		t.Errorf("%g at %g", eer, at)
	}
	if eer, _ := EqualErrorRate(of(0.9), of(0.1)); eer < 0.99 {
		t.Errorf("all wrong: %g", eer)
	}
}

// TestDraw looks for the bars where they belong.
func TestDraw(t *testing.T) {
	m, err := Draw("a test", of(0.3, 0.3, 0.31), of(0.6, 0.7, 0.7), []Line{{0.45, "in use"}, {math.NaN(), "none"}})
	if err != nil {
		t.Fatal(err)
	}
	c := &chart{}
	look := func(distance float64, height int) (r, b int) {
		p := color.RGBAModel.Convert(m.At(c.x(distance)-1, floor-height)).(color.RGBA)
		return int(p.R), int(p.B)
	}
	if r, b := look(0.3, 200); b < r+50 {
		t.Errorf("no genuine bar at 0.3: red %d, blue %d", r, b)
	}
	if r, b := look(0.7, 200); r < b+50 {
		t.Errorf("no impostor bar at 0.7: red %d, blue %d", r, b)
	}
	if r, b := look(0.5, 200); r < 200 || b < 200 {
		t.Errorf("something at 0.5: red %d, blue %d", r, b)
	}
	if p := color.RGBAModel.Convert(m.At(c.x(0.45), 300)).(color.RGBA); p.R < 150 || p.G > 60 {
		t.Errorf("no line at 0.45: %v", p)
	}
	if _, err := Draw(strings.Repeat("long ", 100), new(Distribution), new(Distribution), nil); err != nil {
		t.Errorf("an empty picture: %v", err)
	}
}
