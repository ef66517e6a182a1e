package pages

import (
	"fmt"
	"image/color"
	"math"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"github.com/luohu/ting/app/shell"
	"github.com/luohu/ting/app/shell/sample"
	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// TestEveryWordCanBeRead measures each word against what is drawn below it, on
// every page in every palette: the contrast of WCAG 2.1, at least 3 for the large
// type of a terminal, 7 in high contrast. What is faint on purpose, the days that
// cannot be chosen and the prompt of an empty field, is left out.
func TestEveryWordCanBeRead(t *testing.T) {
	needTypeface(t)
	for _, v := range []theme.Variant{{}, {Night: true}, {Contrast: true}, {Night: true, Contrast: true}, {Night: true, Seated: true}} {
		least := 3.0
		if v.Contrast {
			least = 7
		}
		palette := shell.Display{Variant: v}.Palette()
		t.Run(fmt.Sprintf("%+v", v), func(t *testing.T) {
			s, w, done := start(t, shell.Options{Mode: shell.Kiosk, Display: shell.Display{Lang: view.ZH, Variant: v}, Windowed: fyne.NewSize(1080, 1920)})
			defer done()
			s.SetStatus(shell.Status{Network: shell.Online, Unsent: 3, IdleLeft: 30 * time.Second})
			for i, p := range sample.All() {
				p.Page.Rev = uint64(i + 1)
				s.Present(kiosk.Visit{ID: fmt.Sprint("visit-", i), Module: "sample"}, p.Page)
				words := 0
				eachWord(w.Content(), palette.Ground, func(word *canvas.Text, below color.NRGBA) {
					ink, ok := word.Color.(color.NRGBA)
					if words++; !ok || ink == palette.InkFaint {
						return
					}
					if c := contrast(over(ink, below), below); c < least {
						t.Errorf("%s: %q in %s on %s has a contrast of %.1f, %.0f is wanted", p.Name, word.Text, theme.Hex(ink), theme.Hex(below), c, least)
					}
				})
				if words == 0 {
					t.Errorf("%s: no word was found", p.Name)
				}
			}
		})
	}
}

// eachWord visits what is written, with the colour of what is drawn last behind
// the middle of it: ground where nothing is. What stands on a picture or a gradient
// is passed over.
func eachWord(root fyne.CanvasObject, ground color.NRGBA, visit func(*canvas.Text, color.NRGBA)) {
	type patch struct {
		at, to fyne.Position
		fill   color.NRGBA
		known  bool
	}
	var drawn []patch
	var walk func(o fyne.CanvasObject, at fyne.Position)
	walk = func(o fyne.CanvasObject, at fyne.Position) {
		if o == nil || !o.Visible() {
			return
		}
		at = at.Add(o.Position())
		to := at.Add(o.Size())
		fill := func(c color.Color) {
			if n, ok := c.(color.NRGBA); ok && n.A > 0 {
				drawn = append(drawn, patch{at, to, n, true})
			}
		}
		switch o := o.(type) {
		case *fyne.Container:
			for _, c := range o.Objects {
				walk(c, at)
			}
		case *container.Scroll:
			walk(o.Content, at)
		case *canvas.Rectangle:
			fill(o.FillColor)
		case *canvas.Circle:
			fill(o.FillColor)
		case *canvas.Image, *canvas.Raster, *canvas.LinearGradient, *canvas.Arc:
			drawn = append(drawn, patch{at: at, to: to})
		case *canvas.Text:
			x, y := at.X+o.Size().Width/2, at.Y+o.Size().Height/2
			below, known := ground, true
			for _, p := range drawn {
				if x < p.at.X || y < p.at.Y || x > p.to.X || y > p.to.Y {
					continue
				}
				known = p.known && (known || p.fill.A == 0xff)
				below = over(p.fill, below)
			}
			if o.Text != "" && known {
				visit(o, below)
			}
		case fyne.Widget:
			for _, c := range test.WidgetRenderer(o).Objects() {
				walk(c, at)
			}
		}
	}
	walk(root, fyne.Position{})
}

// over is what is seen of a colour that lies over an opaque one.
func over(c, below color.NRGBA) color.NRGBA {
	mix := func(a, b uint8) uint8 { return uint8((int(a)*int(c.A) + int(b)*(255-int(c.A))) / 255) }
	return color.NRGBA{R: mix(c.R, below.R), G: mix(c.G, below.G), B: mix(c.B, below.B), A: 0xff}
}

// contrast is the ratio of two colours' luminances.
func contrast(a, b color.NRGBA) float64 {
	part := func(v uint8) float64 {
		if s := float64(v) / 255; s > .04045 {
			return math.Pow((s+.055)/1.055, 2.4)
		}
		return float64(v) / 255 / 12.92
	}
	light := func(c color.NRGBA) float64 { return .2126*part(c.R) + .7152*part(c.G) + .0722*part(c.B) }
	hi, lo := light(a), light(b)
	if hi < lo {
		hi, lo = lo, hi
	}
	return (hi + .05) / (lo + .05)
}
