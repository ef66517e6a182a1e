// Package theme holds the look of Ting as named tokens: colours, spaces, radii,
// type sizes. No other package writes a colour or a size as a number.
//
// A Theme is made for one scale: the shorter side of the screen over 1080, so
// that a page keeps its proportions on a 1080×1920 kiosk (where body text is
// 34 px and nothing to touch is below 96 px), on 1280×800 and in a window on a
// desk. A Theme never changes; another size or palette is another Theme. It is
// a fyne.Theme too, for the few of Fyne's own widgets the shell uses.
package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
	ftheme "fyne.io/fyne/v2/theme"
)

// Fonts are the two cuts of the typeface. A nil font is the toolkit's own.
type Fonts struct{ Regular, Bold fyne.Resource }

// Type is a step of the type scale.
type Type struct {
	Size float32
	Bold bool
}

// Theme is one look at one scale.
type Theme struct {
	Palette
	Metrics
	Fonts Fonts
	Scale float32
}

// New makes the theme for a palette, fonts and a scale (see ScaleFor).
func New(p Palette, f Fonts, scale float32) *Theme {
	return &Theme{Palette: p, Metrics: metricsAt(scale), Fonts: f, Scale: scale}
}

// ScaleFor is the scale for a screen of that size. It moves in steps of 1/50,
// so that dragging a window's edge does not restyle the page at every pixel.
func ScaleFor(size fyne.Size) float32 {
	const reference, least, most, steps = 1080, 0.5, 2.4, 50
	s := min(size.Width, size.Height) / reference
	return min(max(float32(int(s*steps+0.5))/steps, least), most)
}

// Font returns the cut for a style.
func (t *Theme) Font(s fyne.TextStyle) fyne.Resource {
	if f := t.Source(s.Bold); f != nil && !s.Monospace && !s.Symbol {
		return f
	}
	return ftheme.DefaultTheme().Font(s)
}

// Source is the regular or the bold cut, or nil for the toolkit's own font.
func (t *Theme) Source(bold bool) fyne.Resource {
	if bold {
		return t.Fonts.Bold
	}
	return t.Fonts.Regular
}

// Icon returns the toolkit's own icons; the shell draws those of assets/icons.
func (t *Theme) Icon(name fyne.ThemeIconName) fyne.Resource {
	return ftheme.DefaultTheme().Icon(name)
}

// Color answers Fyne's own widgets in the colours of the palette.
func (t *Theme) Color(name fyne.ThemeColorName, _ fyne.ThemeVariant) color.Color {
	switch name {
	case ftheme.ColorNameBackground:
		return t.Ground
	case ftheme.ColorNameForeground:
		return t.Ink
	case ftheme.ColorNamePlaceHolder, ftheme.ColorNameDisabled:
		return t.InkFaint
	case ftheme.ColorNamePrimary, ftheme.ColorNameFocus:
		return t.Brand
	case ftheme.ColorNameInputBackground, ftheme.ColorNameOverlayBackground, ftheme.ColorNameMenuBackground:
		return t.Surface
	case ftheme.ColorNameInputBorder, ftheme.ColorNameSeparator:
		return t.Line
	case ftheme.ColorNameSelection, ftheme.ColorNameHover, ftheme.ColorNamePressed:
		return t.BrandSoft
	case ftheme.ColorNameScrollBar:
		return t.Line
	case ftheme.ColorNameScrollBarBackground, ftheme.ColorNameShadow:
		return color.Transparent
	}
	return ftheme.DefaultTheme().Color(name, ftheme.VariantLight)
}

// Size answers Fyne's own widgets in the measures of the theme.
func (t *Theme) Size(name fyne.ThemeSizeName) float32 {
	switch name {
	case ftheme.SizeNameText:
		return t.Body.Size
	case ftheme.SizeNameHeadingText:
		return t.Title.Size
	case ftheme.SizeNameSubHeadingText:
		return t.Heading.Size
	case ftheme.SizeNameCaptionText:
		return t.Small.Size
	case ftheme.SizeNameInputBorder:
		return t.Stroke
	case ftheme.SizeNameInputRadius, ftheme.SizeNameSelectionRadius:
		return t.RadiusS
	case ftheme.SizeNameInnerPadding:
		return t.S
	case ftheme.SizeNamePadding, ftheme.SizeNameLineSpacing:
		return t.XS / 2
	case ftheme.SizeNameScrollBar:
		return t.S
	case ftheme.SizeNameScrollBarSmall:
		return t.XS
	case ftheme.SizeNameScrollBarRadius:
		return t.XS / 2
	}
	return ftheme.DefaultTheme().Size(name)
}
