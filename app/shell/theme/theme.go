// Package theme holds the look of Ting as named tokens: colours, spaces, radii,
// type sizes. No other package writes a colour or a size as a number.
//
// A Theme is made for one screen: its scale is the shorter side over 1080 (1200
// on a wide screen), so that a page keeps its proportions on a 1080×1920 kiosk (where body text is
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
	Fonts   Fonts
	Fit     Fit
	Variant Variant
}

// Fit is what of a screen's size a theme depends on.
type Fit struct {
	Scale float32 // 1 is 1080×1920
	Wide  bool    // wider than tall
	Desk  bool    // a window that is worked in all day, with a mouse
}

// Dense is the fit of a desk in the same window: a clerk sits close, sees much at
// once and aims well.
func (f Fit) Dense() Fit {
	const dense, most = 0.8, 0.72
	f.Desk = true
	f.Scale = min(f.Scale*dense, most)
	return f
}

// FitFor is the fit of a screen of that size. The scale moves in steps of 1/50,
// so that dragging a window's edge does not restyle the page at every pixel.
func FitFor(size fyne.Size) Fit {
	const (
		upright, wide = 1080, 1200 // the shorter side at scale 1
		least, most   = 0.5, 2.4
		steps         = 50
	)
	f := Fit{Wide: size.Width > size.Height}
	s := min(size.Width, size.Height) / upright
	if f.Wide {
		s = size.Height / wide
	}
	f.Scale = min(max(float32(int(s*steps+0.5))/steps, least), most)
	return f
}

// New makes the theme of a variant on a screen.
func New(v Variant, f Fonts, fit Fit) *Theme {
	return &Theme{Palette: v.Palette(), Metrics: metricsAt(fit, v), Fonts: f, Fit: fit, Variant: v}
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
	case ftheme.ColorNameSelection, ftheme.ColorNamePressed:
		return t.BrandSoft
	case ftheme.ColorNameScrollBar:
		return t.Line
	case ftheme.ColorNameScrollBarBackground, ftheme.ColorNameShadow,
		ftheme.ColorNameHover: // a finger hovers nowhere, and its pointer stays where it was lifted
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
		const line = 1.448 // the typeface's line, so that a field is as tall as a button
		return (t.Button - t.Body.Size*line) / 2
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
