package theme

import (
	"image/color"
	"math"
	"testing"

	"github.com/luohu/ting/kiosk/view"
)

// TestContrast holds both palettes to WCAG: 7 for what a page says, 4.5 for
// second words, 3 for icons on their discs.
func TestContrast(t *testing.T) {
	const words, second, icons = 7, 4.5, 3
	for name, p := range map[string]Palette{"day": Day, "contrast": Contrast} {
		check := func(what string, ink, ground color.NRGBA, least float64) {
			t.Helper()
			if got := contrast(ink, ground); got < least {
				t.Errorf("%s: %s has a contrast of %.1f, at least %.1f", name, what, got, least)
			}
		}
		check("ink on ground", p.Ink, p.Ground, words)
		check("ink on surface", p.Ink, p.Surface, words)
		check("soft ink on ground", p.InkSoft, p.Ground, second)
		check("soft ink on surface", p.InkSoft, p.Surface, second)
		check("a primary button", p.OnBrand, p.Brand, second)
		check("the header", p.OnBrand, p.BrandDark, words)
		check("the header's date", p.OnBrandSoft, p.BrandDark, second)
		check("what is to be sent", p.OnAccent, p.Accent, second)
		for _, tone := range []view.Tone{view.Calm, view.Success, view.Warning, view.Refusal, view.Busy} {
			tint := p.Tone(tone)
			check("title of tone "+string(tone), tint.Ink, tint.Soft, words)
			check("title on a poster of tone "+string(tone), tint.Ink, p.Surface, words)
			check("soft ink on tone "+string(tone), p.InkSoft, tint.Soft, second)
			check("icon of tone "+string(tone), p.OnBrand, tint.Strong, icons)
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
