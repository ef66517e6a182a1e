package shell

import (
	"fmt"
	"math"
	"testing"

	"github.com/luohu/ting/kiosk/view"
)

func TestTicksAreRound(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		whole     bool
		want      string
	}{
		{0, 7, true, "[0 2 4 6 8]"},
		{0, 1, true, "[0 1]"},
		{0, 3, true, "[0 1 2 3]"},
		{0, 96, true, "[0 25 50 75 100]"},
		{0, 0, true, "[0 1]"},
		{-3, 12.4, false, "[-5 0 5 10 15]"},
		{36.2, 37.9, false, "[36 36.5 37 37.5 38]"},
		{0, 12345, true, "[0 5000 10000 15000]"},
		{0, 1e15, false, "[0 2.5e+14 5e+14 7.5e+14 1e+15]"},
	} {
		if got := fmt.Sprint(ticks(c.low, c.high, 5, c.whole)); got != c.want {
			t.Errorf("ticks(%v, %v) = %s, want %s", c.low, c.high, got, c.want)
		}
	}
}

func FuzzTicks(f *testing.F) {
	f.Add(0.0, 7.0, true)
	f.Add(-1e15, 1e15, false)
	f.Add(1e-300, 1e-299, false)
	f.Fuzz(func(t *testing.T, low, high float64, whole bool) {
		if math.IsNaN(low) || math.IsNaN(high) || math.Abs(low) > 1e15 || math.Abs(high) > 1e15 {
			return
		}
		ts := ticks(low, high, 5, whole)
		if len(ts) == 0 || len(ts) > 64 {
			t.Fatalf("%d ticks for %v to %v", len(ts), low, high)
		}
	})
}

func TestNumber(t *testing.T) {
	for _, c := range []struct {
		lang view.Lang
		v    float64
		step float64
		want string
	}{
		{view.ZH, 0, 20, "0"}, {view.ZH, 1234, 1, "1,234"}, {view.ZH, 12000, 2000, "1.2万"}, {view.ZH, 12345, 1, "12,345"},
		{view.ZH, 2.5, 2.5, "2.5"}, {view.ZH, -3, 1, "\u22123"}, {view.ZH, 3e8, 1e8, "3亿"}, {view.EN, 12000, 2000, "12k"},
		{view.EN, 36.5, 0.5, "36.5"}, {view.EN, 2500000, 500000, "2.5m"}, {view.ZH, -0.001, 0.1, "0.0"},
	} {
		if got := number(c.lang, c.v, c.step); got != c.want {
			t.Errorf("number(%v, step %v) in %s = %q, want %q", c.v, c.step, c.lang, got, c.want)
		}
	}
}
