package theme

import (
	"image/color"

	"github.com/luohu/ting/kiosk/view"
)

// Tint is the colours of one tone.
type Tint struct {
	Strong color.NRGBA // icons, edges, filled shapes
	Ink    color.NRGBA // words on Soft
	Soft   color.NRGBA // the ground behind them
}

// Halo is the veil around an illustration in the tone's colour.
func (t Tint) Halo() color.NRGBA {
	c := t.Strong
	c.A = 0x1c
	return c
}

// Palette is the colours of a look, each named for its task.
type Palette struct {
	Ground      color.NRGBA // behind everything
	Surface     color.NRGBA // cards, panels, bars
	Sunken      color.NRGBA // keys and wells in a surface
	Line        color.NRGBA // borders and rules
	Ink         color.NRGBA // words
	InkSoft     color.NRGBA // second words
	InkFaint    color.NRGBA // what cannot be used now
	Brand       color.NRGBA // the one thing to touch
	BrandDark   color.NRGBA // the same, pressed; the header
	BrandSoft   color.NRGBA // a wash of it
	OnBrand     color.NRGBA // words on Brand and BrandDark
	OnBrandSoft color.NRGBA // second words on them
	BrandVeil   color.NRGBA // chips on BrandDark
	Accent      color.NRGBA // the one accent: what wants a look, never a mood
	OnAccent    color.NRGBA
	Screen      color.NRGBA // behind the live picture
	OnScreen    color.NRGBA // words and marks on it
	Veil        color.NRGBA // under words on a live picture

	Calm, Success, Warning, Refusal, Busy Tint
}

// Tone returns the colours of a tone.
func (p *Palette) Tone(t view.Tone) Tint {
	switch t {
	case view.Success:
		return p.Success
	case view.Warning:
		return p.Warning
	case view.Refusal:
		return p.Refusal
	case view.Busy:
		return p.Busy
	}
	return p.Calm
}

// Day is the palette of a lit hall: government blue on white, amber as accent.
var Day = Palette{
	Ground:      rgb(0xf3f6fa),
	Surface:     rgb(0xffffff),
	Sunken:      rgb(0xedf2f8),
	Line:        rgb(0xd3deea),
	Ink:         rgb(0x13233b),
	InkSoft:     rgb(0x52647d),
	InkFaint:    rgb(0x93a1b4),
	Brand:       rgb(0x0f56a8),
	BrandDark:   rgb(0x0a3f80),
	BrandSoft:   rgb(0xe2edf9),
	OnBrand:     rgb(0xffffff),
	OnBrandSoft: rgb(0xc4d9f2),
	BrandVeil:   rgb(0x1c5296),
	Accent:      rgb(0xf2b23e),
	OnAccent:    rgb(0x3a2600),
	Screen:      rgb(0x101d30),
	OnScreen:    rgb(0xffffff),
	Veil:        rgba(0x0a1a30, 0xb8),

	Calm:    Tint{Strong: rgb(0x0f56a8), Ink: rgb(0x0a3f80), Soft: rgb(0xe2edf9)},
	Success: Tint{Strong: rgb(0x1a8a55), Ink: rgb(0x0e5a36), Soft: rgb(0xe3f4ea)},
	Warning: Tint{Strong: rgb(0xc77d12), Ink: rgb(0x6e4200), Soft: rgb(0xfdf1dc)},
	Refusal: Tint{Strong: rgb(0x4b5f80), Ink: rgb(0x2b3b57), Soft: rgb(0xe8edf4)},
	Busy:    Tint{Strong: rgb(0x3f7cc4), Ink: rgb(0x0a3f80), Soft: rgb(0xe8f1fb)},
}

// Contrast is the palette for people who see little: black on white, dark tones.
var Contrast = Palette{
	Ground:      rgb(0xffffff),
	Surface:     rgb(0xffffff),
	Sunken:      rgb(0xf0f0f0),
	Line:        rgb(0x4a4a4a),
	Ink:         rgb(0x000000),
	InkSoft:     rgb(0x1e1e1e),
	InkFaint:    rgb(0x5c5c5c),
	Brand:       rgb(0x00337a),
	BrandDark:   rgb(0x001f4d),
	BrandSoft:   rgb(0xdce9fb),
	OnBrand:     rgb(0xffffff),
	OnBrandSoft: rgb(0xffffff),
	BrandVeil:   rgb(0x00337a),
	Accent:      rgb(0xffc233),
	OnAccent:    rgb(0x000000),
	Screen:      rgb(0x000000),
	OnScreen:    rgb(0xffffff),
	Veil:        rgba(0x000000, 0xe0),

	Calm:    Tint{Strong: rgb(0x00337a), Ink: rgb(0x001f4d), Soft: rgb(0xdce9fb)},
	Success: Tint{Strong: rgb(0x00572d), Ink: rgb(0x003d1f), Soft: rgb(0xdff5e8)},
	Warning: Tint{Strong: rgb(0x8a4b00), Ink: rgb(0x4d2a00), Soft: rgb(0xfff0d6)},
	Refusal: Tint{Strong: rgb(0x2b3b57), Ink: rgb(0x14213a), Soft: rgb(0xe6eaf1)},
	Busy:    Tint{Strong: rgb(0x00337a), Ink: rgb(0x001f4d), Soft: rgb(0xdce9fb)},
}

// Night is the palette of an unlit gate: it must not blind.
var Night = Palette{
	Ground:      rgb(0x0e1826),
	Surface:     rgb(0x172538),
	Sunken:      rgb(0x203149),
	Line:        rgb(0x33475f),
	Ink:         rgb(0xe9f0f8),
	InkSoft:     rgb(0xaebdd0),
	InkFaint:    rgb(0x74869c),
	Brand:       rgb(0x2f79cf),
	BrandDark:   rgb(0x0a2a54),
	BrandSoft:   rgb(0x1a3557),
	OnBrand:     rgb(0xffffff),
	OnBrandSoft: rgb(0xb7cde8),
	BrandVeil:   rgb(0x153e73),
	Accent:      rgb(0xf2b23e),
	OnAccent:    rgb(0x3a2600),
	Screen:      rgb(0x060c14),
	OnScreen:    rgb(0xffffff),
	Veil:        rgba(0x060c14, 0xc8),

	Calm:    Tint{Strong: rgb(0x6fa8e8), Ink: rgb(0xcfe2f8), Soft: rgb(0x1a3557)},
	Success: Tint{Strong: rgb(0x4fc48a), Ink: rgb(0xcdf2de), Soft: rgb(0x153b2a)},
	Warning: Tint{Strong: rgb(0xe7ac4d), Ink: rgb(0xfae5c1), Soft: rgb(0x43331a)},
	Refusal: Tint{Strong: rgb(0x9db1cf), Ink: rgb(0xdbe4f1), Soft: rgb(0x26364f)},
	Busy:    Tint{Strong: rgb(0x6fa8e8), Ink: rgb(0xcfe2f8), Soft: rgb(0x1a3557)},
}

func rgb(v uint32) color.NRGBA { return rgba(v, 0xff) }

func rgba(v uint32, alpha uint8) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: alpha}
}

// Hex writes a colour as an SVG wants it.
func Hex(c color.NRGBA) string {
	const digits = "0123456789abcdef"
	b := []byte{'#'}
	for _, v := range []uint8{c.R, c.G, c.B} {
		b = append(b, digits[v>>4], digits[v&15])
	}
	return string(b)
}
