package shell

import (
	"bytes"
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/assets/icons"
	"github.com/luohu/ting/kiosk/view"
)

// look is how things are drawn at the moment: a theme and a language. It is
// cheap to copy and never changes.
type look struct {
	*theme.Theme
	lang   view.Lang
	pixels float32 // of the screen per Fyne unit
	set    setting
}

// seated reports whether everything to touch has to stay in the lower half.
func (l look) seated() bool { return l.Variant.Seated && !l.Fit.Wide }

// say is a page's text in the language of the moment, safe to draw.
func (l look) say(t view.Text) string {
	return view.Punctuate(clean(t.In(l.lang)), l.lang)
}

// text makes one line of text.
func (l look) text(s string, ty theme.Type, c color.Color) *canvas.Text {
	t := canvas.NewText(s, c)
	t.TextSize = ty.Size
	t.TextStyle.Bold = ty.Bold
	t.FontSource = l.Source(ty.Bold)
	return t
}

// measure is the size of one line of text.
func (l look) measure(s string, ty theme.Type) fyne.Size {
	size, _ := fyne.CurrentApp().Driver().RenderedTextSize(s, ty.Size, fyne.TextStyle{Bold: ty.Bold}, l.Source(ty.Bold))
	return size
}

// line is how tall a line of a type is. It does not depend on the words, and
// measuring them would shape each once more.
func (l look) line(ty theme.Type) float32 { return l.measure("M", ty).Height }

// width is how wide a line of text is, a kerning too wide at most.
func (l look) width(s string, ty theme.Type) float32 {
	of, w := l.ruler(ty), float32(0)
	for _, r := range s {
		w += of(r)
	}
	return w
}

// slack keeps a width that was measured from breaking its own text.
const slack = 0.5

// fit shortens s with an ellipsis until it is no wider than width.
func (l look) fit(s string, ty theme.Type, width float32) string {
	s = oneLine(s)
	of, w := l.ruler(ty), float32(0)
	for _, r := range s {
		if w += of(r); w > width+slack {
			return shorten(s, of, width)
		}
	}
	return s
}

// icon draws an icon of assets/icons at a size; nil when there is none of that
// name. The toolkit scales an SVG but not its strokes, so their width is
// written for the size.
func (l look) icon(name string, c color.NRGBA, side float32) *canvas.Image {
	const grid, stroke = 24, 2
	svg, ok := icons.SVG(name, theme.Hex(c))
	if !ok {
		return nil
	}
	width := fmt.Sprintf("%.2f", stroke*side*l.pixels/grid)
	svg = bytes.Replace(svg, []byte(`stroke-width="2"`), []byte(`stroke-width="`+width+`"`), 1)
	img := canvas.NewImageFromResource(fyne.NewStaticResource(name+theme.Hex(c)+"-"+width+".svg", svg))
	img.FillMode = canvas.ImageFillContain
	return img
}

// symbol is an icon that is drawn for whatever size it is given; nil when there
// is none of that name.
func (l look) symbol(name string, c color.NRGBA) *fyne.Container {
	if _, ok := icons.SVG(name, ""); !ok {
		return nil
	}
	drawn := float32(0)
	var box *fyne.Container
	box = arrange(func(size fyne.Size) {
		side := min(size.Width, size.Height)
		if side <= 0 {
			return
		}
		if side != drawn {
			drawn = side
			box.Objects = []fyne.CanvasObject{l.icon(name, c, side)}
		}
		put(box.Objects[0], 0, 0, size.Width, size.Height)
	})
	return box
}

// panel makes a rounded rectangle.
func panel(fill color.Color, radius float32) *canvas.Rectangle {
	r := canvas.NewRectangle(fill)
	r.CornerRadius = radius
	return r
}

// outlined makes a rounded rectangle with a border.
func (l look) outlined(fill, stroke color.Color, radius float32) *canvas.Rectangle {
	r := panel(fill, radius)
	r.StrokeColor, r.StrokeWidth = stroke, l.Stroke
	return r
}

// toneIcon is the icon that goes with a tone.
func toneIcon(t view.Tone) string {
	switch t {
	case view.Success:
		return "check"
	case view.Warning:
		return "warning"
	case view.Refusal:
		return "pause"
	case view.Busy:
		return "busy"
	}
	return "info"
}
