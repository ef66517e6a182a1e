package theme

import (
	"image/color"
	"math"
	"testing"
)

// TestSeriesCanBeToldApart holds the colours of charts: each stands out from the
// surface by WCAG's 3 for graphics, and no two of them look alike, neither to
// most people nor to those who see no green (deuteranopia) or no red
// (protanopia), by the simulation of Machado and others (2009).
func TestSeriesCanBeToldApart(t *testing.T) {
	const graphics, apart = 3, 12
	sight := map[string][9]float64{
		"normal":       {1, 0, 0, 0, 1, 0, 0, 0, 1},
		"deuteranopia": {0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881},
		"protanopia":   {0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998},
	}
	for name, p := range map[string]Palette{"day": Day, "contrast": Contrast, "night": Night, "contrast at night": ContrastNight} {
		for i, a := range p.Chart.Series {
			if c := contrast(a, p.Surface); c < graphics {
				t.Errorf("%s: series %d has a contrast of %.1f to the surface", name, i, c)
			}
			for k, b := range p.Chart.Series[:i] {
				for who, m := range sight {
					if d := distance(a, b, m); d < apart {
						t.Errorf("%s: series %d and %d are %.1f apart with %s, at least %d", name, k, i, d, who, apart)
					}
				}
			}
		}
		if c := contrast(p.Map.Label, p.Map.Ground); c < 7 {
			t.Errorf("%s: a map's label has a contrast of %.1f", name, c)
		}
	}
}

// distance is CIE76's between two colours as somebody sees them.
func distance(a, b color.NRGBA, sight [9]float64) float64 {
	la, lb := lab(a, sight), lab(b, sight)
	return math.Sqrt((la[0]-lb[0])*(la[0]-lb[0]) + (la[1]-lb[1])*(la[1]-lb[1]) + (la[2]-lb[2])*(la[2]-lb[2]))
}

func lab(c color.NRGBA, m [9]float64) [3]float64 {
	lin := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	r, g, b := lin(c.R), lin(c.G), lin(c.B)
	clip := func(v float64) float64 { return min(max(v, 0), 1) }
	r, g, b = clip(m[0]*r+m[1]*g+m[2]*b), clip(m[3]*r+m[4]*g+m[5]*b), clip(m[6]*r+m[7]*g+m[8]*b)
	f := func(v float64) float64 {
		if v > 216.0/24389 {
			return math.Cbrt(v)
		}
		return (24389.0/27*v + 16) / 116
	}
	x := f((0.4124*r + 0.3576*g + 0.1805*b) / 0.95047)
	y := f(0.2126*r + 0.7152*g + 0.0722*b)
	z := f((0.0193*r + 0.1192*g + 0.9505*b) / 1.08883)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}
