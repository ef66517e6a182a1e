package theme

import (
	"image/color"
	"math"
	"testing"

	"github.com/luohu/ting/kiosk/view"
)

// TestContrast holds every palette to WCAG. Those for everybody: 7 for what a
// page says, 4.5 for second words and buttons, 3 for icons on their discs. Those
// for people who see little: level AAA, 7 for every word, 4.5 for every icon,
// border and mark.
func TestContrast(t *testing.T) {
	for _, p := range []struct {
		name                 string
		palette              Palette
		words, second, marks float64
		lines                bool // borders carry meaning
	}{
		{"day", Variant{}.Palette(), 7, 4.5, 3, false},
		{"night", Variant{Night: true}.Palette(), 7, 4.5, 3, false},
		{"contrast", Variant{Contrast: true}.Palette(), 7, 7, 4.5, true},
		{"contrast at night", Variant{Contrast: true, Night: true}.Palette(), 7, 7, 4.5, true},
	} {
		check := func(what string, ink, ground color.NRGBA, least float64) {
			t.Helper()
			if got := contrast(ink, ground); got < least {
				t.Errorf("%s: %s has a contrast of %.2f, at least %.1f", p.name, what, got, least)
			}
		}
		c := p.palette
		for _, ground := range []struct {
			name string
			at   color.NRGBA
		}{{"ground", c.Ground}, {"surface", c.Surface}, {"sunken", c.Sunken}, {"brand soft", c.BrandSoft}} {
			check("ink on "+ground.name, c.Ink, ground.at, p.words)
			check("soft ink on "+ground.name, c.InkSoft, ground.at, p.second)
			check("the words of a button on "+ground.name, c.Brand, ground.at, min(p.second, 4.5))
			if p.lines {
				check("a border on "+ground.name, c.Line, ground.at, p.marks)
			}
		}
		check("the words of a button on surface", c.Brand, c.Surface, p.second)
		check("a primary button", c.OnBrand, c.Brand, p.second)
		check("a primary button under a finger", c.OnBrand, c.Pressed, p.second)
		check("the header", c.OnBar, c.BrandDark, p.words)
		check("the header's date", c.OnBrandSoft, c.BrandDark, p.second)
		check("the header's chips", c.OnBar, c.BrandVeil, p.second)
		check("a header's button under a finger", c.OnBar, c.BarPressed, p.second)
		check("what is to be sent", c.OnAccent, c.Accent, p.second)
		check("words on the picture", c.OnScreen, c.Screen, p.words)
		for _, tone := range []view.Tone{view.Calm, view.Success, view.Warning, view.Refusal, view.Busy} {
			tint := c.Tone(tone)
			check("title of tone "+string(tone), tint.Ink, tint.Soft, p.words)
			check("title on a poster of tone "+string(tone), tint.Ink, c.Surface, p.words)
			check("soft ink on tone "+string(tone), c.InkSoft, tint.Soft, p.second)
			check("icon of tone "+string(tone), tint.On, tint.Strong, p.marks)
			check("edge of tone "+string(tone), tint.Strong, c.Surface, p.marks)
		}
	}
}

// contrast is WCAG's ratio of two opaque colours, from 1 to 21.
func contrast(a, b color.NRGBA) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func luminance(c color.NRGBA) float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}
