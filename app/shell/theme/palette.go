package theme

import (
	"image/color"

	"github.com/luohu/ting/kiosk/view"
)

// Tint is the colours of one tone.
type Tint struct {
	Strong color.NRGBA // icons, edges, filled shapes
	On     color.NRGBA // icons on Strong
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
	BrandDark   color.NRGBA // the header, and the rail of a desk
	BrandSoft   color.NRGBA // a wash of it: what is pressed or chosen
	Pressed     color.NRGBA // Brand under a finger
	OnBrand     color.NRGBA // words on Brand and Pressed
	OnBar       color.NRGBA // words on BrandDark
	OnBrandSoft color.NRGBA // second words on BrandDark
	BrandVeil   color.NRGBA // chips and buttons on BrandDark
	BarPressed  color.NRGBA // such a button under a finger
	HallRing    color.NRGBA // rings on the greeting's ground
	Accent      color.NRGBA // the one accent: what wants a look, never a mood
	OnAccent    color.NRGBA
	Screen      color.NRGBA // behind the live picture
	OnScreen    color.NRGBA // words and marks on it
	Veil        color.NRGBA // under words on a live picture

	Calm, Success, Warning, Refusal, Busy Tint

	Chart Chart
	Map   Map
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
	Pressed:     rgb(0x0a3f80),
	OnBar:       rgb(0xffffff),
	BarPressed:  rgb(0x0f56a8),
	OnBrandSoft: rgb(0xc4d9f2),
	BrandVeil:   rgb(0x1c5296),
	HallRing:    rgba(0xffffff, 0x12),
	Accent:      rgb(0xf2b23e),
	OnAccent:    rgb(0x3a2600),
	Screen:      rgb(0x101d30),
	OnScreen:    rgb(0xffffff),
	Veil:        rgba(0x0a1a30, 0xb8),

	Calm:    Tint{Strong: rgb(0x0f56a8), On: rgb(0xffffff), Ink: rgb(0x0a3f80), Soft: rgb(0xe2edf9)},
	Success: Tint{Strong: rgb(0x1a8a55), On: rgb(0xffffff), Ink: rgb(0x0e5a36), Soft: rgb(0xe3f4ea)},
	Warning: Tint{Strong: rgb(0xc77d12), On: rgb(0xffffff), Ink: rgb(0x6e4200), Soft: rgb(0xfdf1dc)},
	Refusal: Tint{Strong: rgb(0x4b5f80), On: rgb(0xffffff), Ink: rgb(0x2b3b57), Soft: rgb(0xe8edf4)},
	Busy:    Tint{Strong: rgb(0x3f7cc4), On: rgb(0xffffff), Ink: rgb(0x0a3f80), Soft: rgb(0xe8f1fb)},

	Chart: chartDay,
	Map:   mapDay,
}

// Contrast is the palette for people who see little: black on white, dark
// tones, every word at WCAG's level AAA.
var Contrast = Palette{
	Ground:      rgb(0xffffff),
	Surface:     rgb(0xffffff),
	Sunken:      rgb(0xf0f0f0),
	Line:        rgb(0x2e2e2e),
	Ink:         rgb(0x000000),
	InkSoft:     rgb(0x1e1e1e),
	InkFaint:    rgb(0x4a4a4a),
	Brand:       rgb(0x00337a),
	BrandDark:   rgb(0x001f4d),
	BrandSoft:   rgb(0xdce9fb),
	OnBrand:     rgb(0xffffff),
	Pressed:     rgb(0x001f4d),
	OnBar:       rgb(0xffffff),
	BarPressed:  rgb(0x0a4aa3),
	OnBrandSoft: rgb(0xffffff),
	BrandVeil:   rgb(0x00337a),
	HallRing:    rgba(0xffffff, 0x10),
	Accent:      rgb(0xffc233),
	OnAccent:    rgb(0x000000),
	Screen:      rgb(0x000000),
	OnScreen:    rgb(0xffffff),
	Veil:        rgba(0x000000, 0xe0),

	Calm:    Tint{Strong: rgb(0x00337a), On: rgb(0xffffff), Ink: rgb(0x001f4d), Soft: rgb(0xdce9fb)},
	Success: Tint{Strong: rgb(0x00572d), On: rgb(0xffffff), Ink: rgb(0x003d1f), Soft: rgb(0xdff5e8)},
	Warning: Tint{Strong: rgb(0x7a4200), On: rgb(0xffffff), Ink: rgb(0x4d2a00), Soft: rgb(0xfff0d6)},
	Refusal: Tint{Strong: rgb(0x2b3b57), On: rgb(0xffffff), Ink: rgb(0x14213a), Soft: rgb(0xe6eaf1)},
	Busy:    Tint{Strong: rgb(0x00337a), On: rgb(0xffffff), Ink: rgb(0x001f4d), Soft: rgb(0xdce9fb)},

	Chart: chartContrast,
	Map:   mapContrast,
}

// ContrastNight is the same in the dark: white on black, the thing to touch in
// yellow, which the eye keeps longest.
var ContrastNight = Palette{
	Ground:      rgb(0x000000),
	Surface:     rgb(0x000000),
	Sunken:      rgb(0x1c1c1c),
	Line:        rgb(0xd0d0d0),
	Ink:         rgb(0xffffff),
	InkSoft:     rgb(0xe6e6e6),
	InkFaint:    rgb(0xb4b4b4),
	Brand:       rgb(0xffd84a),
	BrandDark:   rgb(0x141414),
	BrandSoft:   rgb(0x3a3000),
	OnBrand:     rgb(0x000000),
	Pressed:     rgb(0xffe88f),
	OnBar:       rgb(0xffffff),
	BarPressed:  rgb(0x4a4a4a),
	OnBrandSoft: rgb(0xffffff),
	BrandVeil:   rgb(0x2a2a2a),
	HallRing:    rgba(0xffffff, 0x10),
	Accent:      rgb(0xffd84a),
	OnAccent:    rgb(0x000000),
	Screen:      rgb(0x000000),
	OnScreen:    rgb(0xffffff),
	Veil:        rgba(0x000000, 0xe0),

	Calm:    Tint{Strong: rgb(0x8ec5ff), On: rgb(0x000000), Ink: rgb(0xd6eaff), Soft: rgb(0x0a1c33)},
	Success: Tint{Strong: rgb(0x6fe3a5), On: rgb(0x000000), Ink: rgb(0xcff7e1), Soft: rgb(0x062417)},
	Warning: Tint{Strong: rgb(0xffc861), On: rgb(0x000000), Ink: rgb(0xffe9c2), Soft: rgb(0x2b1e04)},
	Refusal: Tint{Strong: rgb(0xc3d3ee), On: rgb(0x000000), Ink: rgb(0xe8effa), Soft: rgb(0x1a2230)},
	Busy:    Tint{Strong: rgb(0x8ec5ff), On: rgb(0x000000), Ink: rgb(0xd6eaff), Soft: rgb(0x0a1c33)},

	Chart: chartContrastNight,
	Map:   mapContrastNight,
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
	Brand:       rgb(0x86b9f4),
	BrandDark:   rgb(0x0a2a54),
	BrandSoft:   rgb(0x1a3557),
	OnBrand:     rgb(0x071524),
	Pressed:     rgb(0xb3d3fa),
	OnBar:       rgb(0xffffff),
	BarPressed:  rgb(0x1f5499),
	OnBrandSoft: rgb(0xb7cde8),
	BrandVeil:   rgb(0x153e73),
	HallRing:    rgba(0x86b9f4, 0x12),
	Accent:      rgb(0xf2b23e),
	OnAccent:    rgb(0x3a2600),
	Screen:      rgb(0x060c14),
	OnScreen:    rgb(0xffffff),
	Veil:        rgba(0x060c14, 0xc8),

	Calm:    Tint{Strong: rgb(0x6fa8e8), On: rgb(0x0b1522), Ink: rgb(0xcfe2f8), Soft: rgb(0x1a3557)},
	Success: Tint{Strong: rgb(0x4fc48a), On: rgb(0x0b1522), Ink: rgb(0xcdf2de), Soft: rgb(0x153b2a)},
	Warning: Tint{Strong: rgb(0xe7ac4d), On: rgb(0x0b1522), Ink: rgb(0xfae5c1), Soft: rgb(0x43331a)},
	Refusal: Tint{Strong: rgb(0x9db1cf), On: rgb(0x0b1522), Ink: rgb(0xdbe4f1), Soft: rgb(0x26364f)},
	Busy:    Tint{Strong: rgb(0x6fa8e8), On: rgb(0x0b1522), Ink: rgb(0xcfe2f8), Soft: rgb(0x1a3557)},

	Chart: chartNight,
	Map:   mapNight,
}

// Paper and Print are the colours of what leaves the screen or is read by a
// machine: a signature, a QR code. They are the same in every look.
var (
	Paper = rgb(0xffffff)
	Print = rgb(0x000000)
)

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
