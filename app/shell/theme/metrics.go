package theme

import "fyne.io/fyne/v2"

// Metrics are the measures of a theme, in Fyne units at the theme's scale.
type Metrics struct {
	// The type scale.
	Display, Headline, Title, Heading, Lead, Body, Small, Caption, Clock, Digit Type

	// Spaces, from between an icon and its word to a page's edge.
	XS, S, M, L, XL float32

	// Radii of corners.
	RadiusS, RadiusM, RadiusL float32

	Stroke   float32 // of borders
	Hairline float32 // of rules between rows
	FaceLine float32 // of the box around a face

	Touch  float32 // least side of anything that can be touched
	Button float32 // height of a page's action
	Key    float32 // height of an on-screen key
	Row    float32 // height of a list's row
	Switch float32 // tallest a switch of the display panel gets
	Cell   float32 // height of a table's row

	Header, Footer float32 // heights of the bars
	Hero           float32 // height of the greeting above the services

	IconS, IconM, IconL, IconXL float32

	Rail     float32 // width of a desk's list of modules
	TabStrip float32 // height of its visits

	Column float32 // widest a page's column of text may get
	Panel  float32 // width of the panel beside a viewfinder on a wide screen
	QR     float32 // side of a QR code

	Plot      float32 // least height of a chart's plot
	Ring      float32 // side of a chart of shares
	Bar       float32 // broadest a bar gets
	Trace     float32 // width of a line in a chart
	Atlas     float32 // least height of a map
	Road      float32 // width of a street on it
	Marker    float32 // side of a point on it
	Picture   float32 // tallest a picture gets
	Signature float32 // height of the place to sign
	Pen       float32 // width of what a finger draws there

	KeypadWidth float32
	Tile        float32 // tallest a tile gets
}

func metricsAt(fit Fit, v Variant) Metrics {
	k := fit.Scale
	read, touch, bar := k*v.grow(elderType), k*v.grow(elderTouch), k*v.grow(elderBar)
	face := func(size float32, bold bool) Type { return Type{Size: size * read, Bold: bold} }
	m := Metrics{
		Display:  face(84, true),
		Headline: face(68, true),
		Title:    face(58, true),
		Heading:  face(44, true),
		Lead:     face(42, false),
		Body:     face(34, false),
		Small:    face(28, false),
		Caption:  face(23, false), // of keys, at a desk alone
		Clock:    Type{Size: 64 * bar, Bold: true},
		Digit:    face(52, true),

		XS: 10 * k, S: 18 * k, M: 28 * k, L: 44 * k, XL: 60 * k,

		RadiusS: 14 * k, RadiusM: 22 * k, RadiusL: 40 * k,

		Stroke: max(2.5*k, 1.5), Hairline: max(1.5*k, 1), FaceLine: 6 * k,

		Touch: 96 * touch, Button: 124 * touch, Key: 120 * bar, Row: 132 * touch, Switch: 176 * bar, Cell: 96 * touch,

		Header: 184 * bar, Footer: 136 * bar, Hero: 320 * k,

		IconS: 34 * read, IconM: 48 * read, IconL: 84 * read, IconXL: 168 * k,

		Rail: 440 * k, TabStrip: 84 * k,

		Column: 960 * k, Panel: 780 * read,
		QR: max(420*k, 240),

		Plot: 420 * k, Ring: 400 * k, Bar: 84 * k, Trace: 5 * k,
		Atlas: 560 * k, Road: 9 * k, Marker: 60 * k,
		Picture: 720 * k, Signature: 380 * k, Pen: 7 * k,

		KeypadWidth: 720 * k, Tile: 440 * touch,
	}
	if fit.Wide { // height is dear
		m.Header, m.Footer = 152*bar, 120*bar
		m.Picture, m.Signature, m.Plot, m.Ring, m.Atlas = 400*k, 300*k, 300*k, 320*k, 380*k
	}
	if fit.Desk {
		m.Clock.Size = 48 * bar
		m.Header, m.Footer = 112*bar, 112*bar
	}
	if v.Contrast { // borders say what is a thing of its own
		m.Stroke *= 1.6
		m.Hairline *= 1.6
	}
	return m
}

// Window is the size of a desk's window that remembers none.
var Window = fyne.NewSize(1280, 720)
