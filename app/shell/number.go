package shell

import (
	"math"
	"strconv"
	"strings"

	"github.com/luohu/ting/kiosk/view"
)

// ticks are the numbers of an axis: round ones, a few, the first at or below low
// and the last at or above high. Counts get whole numbers.
func ticks(low, high float64, most int, whole bool) []float64 {
	if high <= low {
		high = low + 1
	}
	raw := (high - low) / float64(max(most-1, 1))
	magnitude := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * magnitude
	for _, m := range []float64{1, 2, 2.5, 5} {
		if m*magnitude >= raw*(1-1e-9) && (!whole || m*magnitude == math.Trunc(m*magnitude)) {
			step = m * magnitude
			break
		}
	}
	if whole {
		step = max(math.Trunc(step), 1)
	}
	first, last := math.Floor(low/step+1e-9), math.Ceil(high/step-1e-9)
	var ts []float64
	for k := first; k <= last && len(ts) < 64; k++ {
		ts = append(ts, k*step)
	}
	return ts
}

// number writes a value for a chart in as many decimals as step has. Large ones
// are written in the language's own units: 1.2万, 12k.
func number(l view.Lang, v, step float64) string {
	type unit struct {
		size float64
		name string
	}
	units := []unit{{1e8, "亿"}, {1e4, "万"}}
	if l == view.EN {
		units = []unit{{1e9, "bn"}, {1e6, "m"}, {1e3, "k"}}
	}
	if step >= 1 { // ticks of ones stay what they are
		for _, u := range units {
			if math.Abs(v) >= u.size && (step >= u.size/100 || math.Abs(v) >= 100*u.size) {
				return short(plain(v/u.size, step/u.size)) + u.name
			}
		}
	}
	return plain(v, step)
}

// short leaves out zeros behind a point.
func short(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// plain writes a value with a comma before every three digits.
func plain(v, step float64) string {
	decimals := 0
	if step > 0 && step < 1 {
		decimals = min(int(math.Ceil(-math.Log10(step)-1e-9)), 6)
	}
	// 2.5 has one decimal more than its magnitude says.
	if scaled := step * math.Pow(10, float64(decimals)); step > 0 && decimals < 6 && math.Abs(scaled-math.Round(scaled)) > 1e-6 {
		decimals++
	}
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Trim(s, "-0.") == "" {
		s = strings.TrimPrefix(s, "-")
	}
	whole, part, point := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if point {
		whole += "." + part
	}
	if strings.HasPrefix(s, "-") {
		return "\u2212" + whole
	}
	return whole
}

// grain is the step in which values are told apart: 1 for counts, else a
// thousandth of the largest, rounded to a power of ten.
func grain(values ...float64) float64 {
	largest, whole := 0.0, true
	for _, v := range values {
		largest = max(largest, math.Abs(v))
		whole = whole && v == math.Trunc(v)
	}
	if whole || largest == 0 {
		return 1
	}
	return math.Pow(10, max(math.Floor(math.Log10(largest))-2, -6))
}
