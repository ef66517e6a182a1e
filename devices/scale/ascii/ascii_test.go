package ascii

import (
	"errors"
	"strings"
	"testing"
)

func TestParseLine(t *testing.T) {
	for in, want := range map[string]Line{
		"ST,GS,+  0.0525kg\r\n": {Stable, 52_500},
		"ST,NT,+00012.3  g":     {Stable, 12_300},
		"US,NT,-00012.3  g":     {Unstable, -12_300},
		"ST,GS,+      7mg":      {Stable, 7},
		"ST,GS,+ 12.3456789 g":  {Stable, 12_345}, // finer than is kept
		"OL,GS,+9999999 kg":     {Overload, 0},
	} {
		if got, err := ParseLine(in); err != nil || got != want {
			t.Errorf("%q: %+v, %v; want %+v", in, got, err, want)
		}
	}
	for _, in := range []string{
		"", "ST", "ST,GS", "ST,GS,", "ST,GS,+kg", "ST,GS,+1.2", "ST,GS,+1.2lb", "XX,GS,+1 g", "ST,XX,+1 g",
		"ST,GS,+1.2.3g", "ST,GS,+99999999999999999999kg", "ST,GS,+1.g" + strings.Repeat("g", 40), "ST,GS,+1e3g",
	} {
		if l, err := ParseLine(in); !errors.Is(err, ErrLine) {
			t.Errorf("%q: %+v, %v", in, l, err)
		}
	}
}

// FuzzParseLine: what is accepted is a weight a scale can show, and stands for
// itself when it is sent again.
func FuzzParseLine(f *testing.F) {
	f.Add("ST,GS,+  0.0525kg\r\n")
	f.Add("OL,GS,+9999999 kg")
	f.Add("US,NT,-1 g")
	f.Fuzz(func(t *testing.T, s string) {
		l, err := ParseLine(s)
		if err != nil {
			if !errors.Is(err, ErrLine) {
				t.Fatal(err)
			}
			return
		}
		again, err := ParseLine(l.String())
		if l.Weight.Grams() < 1e8 && l.Weight.Grams() > -1e8 && (err != nil || again != l) {
			t.Fatalf("%q is %+v, and its own %q is %+v, %v", s, l, l.String(), again, err)
		}
	})
}
