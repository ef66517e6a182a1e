package pages

import (
	"fmt"
	"image/color"
	"reflect"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"github.com/luohu/ting/app/shell/theme"
)

// markup writes an object and what is in it as text, places being relative to
// the screen: colours by their names in a palette, of a list so many lines.
func markup(o fyne.CanvasObject, p theme.Palette, rows int) string {
	w := writer{names: tokensOf(p), rows: rows}
	w.write(o, fyne.Position{}, fyne.NewSize(1e6, 1e6), 0)
	return w.String()
}

type writer struct {
	strings.Builder
	names map[color.NRGBA]string
	rows  int
}

func (b *writer) write(o fyne.CanvasObject, at fyne.Position, clip fyne.Size, depth int) {
	if o == nil || !o.Visible() {
		return
	}
	at = at.Add(o.Position())
	size := o.Size()
	line := func(kind string, format string, a ...any) {
		fmt.Fprintf(b, "%s%s %.0f,%.0f %.0fx%.0f%s\n", strings.Repeat("  ", depth), kind, at.X, at.Y, size.Width, size.Height,
			strings.TrimRight(" "+fmt.Sprintf(format, a...), " "))
	}
	switch o := o.(type) {
	case *fyne.Container:
		for _, c := range o.Objects {
			b.write(c, at, clip, depth)
		}
	case *canvas.Text:
		if o.Text == "" {
			return
		}
		weight := ""
		if o.TextStyle.Bold {
			weight = " bold"
		}
		line("text", "size %.0f%s %s %q", o.TextSize, weight, b.name(o.Color), o.Text)
	case *canvas.Rectangle:
		radius := max(o.CornerRadius, o.TopLeftCornerRadius)
		line("rect", "%s%s radius %.0f", b.name(o.FillColor), b.stroke(o.StrokeColor, o.StrokeWidth), radius)
	case *canvas.Circle:
		line("disc", "%s", b.name(o.FillColor))
	case *canvas.Image:
		if o.Resource != nil {
			line("icon", "%s", b.iconName(o.Resource.Name()))
			return
		}
		if o.Image != nil {
			line("image", "%v", o.Image.Bounds().Size())
		}
	case *canvas.Raster:
		line("picture", "")
	case *container.Scroll:
		line("scroll", "")
		b.write(o.Content, at, size, depth+1)
	case interface {
		fyne.Widget
		GetScrollOffset() float32 // a list of the toolkit, or one of ours built on it
	}:
		line("list", "")
		n := strings.Count(b.String(), "\n")
		for _, c := range test.WidgetRenderer(o).Objects() {
			b.write(c, at, size, depth+1)
		}
		b.cutRows(n)
	case fyne.Widget:
		if _, ok := o.(fyne.Tappable); ok {
			line("touch", "")
			depth++
		}
		for _, c := range test.WidgetRenderer(o).Objects() {
			b.write(c, at, clip, depth)
		}
	}
}

// cutRows keeps the first rows of a list: the others are more of the same.
func (b *writer) cutRows(from int) {
	lines := strings.SplitAfter(b.String(), "\n")
	if len(lines) > from+b.rows {
		b.Reset()
		b.WriteString(strings.Join(lines[:from+b.rows], "") + "…\n")
	}
}

// name is the theme's name for a colour.
func (b *writer) name(c color.Color) string {
	n, ok := c.(color.NRGBA)
	if !ok {
		return "toolkit"
	}
	if n.A == 0 {
		return "none"
	}
	if known, ok := b.names[n]; ok {
		return known
	}
	return "unnamed" + theme.Hex(n)
}

func (b *writer) stroke(c color.Color, width float32) string {
	if c == nil || width == 0 {
		return ""
	}
	return fmt.Sprintf(" edge %s %.1f", b.name(c), width)
}

// iconName drops the width of the strokes, and says the colour by name.
func (b *writer) iconName(resource string) string {
	icon, hex, ok := strings.Cut(strings.TrimSuffix(resource, ".svg"), "#")
	if !ok {
		return "toolkit"
	}
	hex, _, _ = strings.Cut(hex, "-")
	for c, n := range b.names {
		if theme.Hex(c) == "#"+hex && c.A == 0xff {
			return icon + " " + n
		}
	}
	return icon + " unnamed"
}

// tokensOf are a palette's colours by value. Of two names for one colour the
// first in the palette stands for both.
func tokensOf(p theme.Palette) map[color.NRGBA]string {
	all := map[color.NRGBA]string{}
	var add func(name string, v reflect.Value)
	add = func(name string, v reflect.Value) {
		if c, ok := v.Interface().(color.NRGBA); ok {
			if _, taken := all[c]; !taken {
				all[c] = name
			}
			return
		}
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				add(strings.TrimPrefix(name+"."+v.Type().Field(i).Name, "."), v.Field(i))
			}
		case reflect.Array:
			for i := range v.Len() {
				add(fmt.Sprint(name, i+1), v.Index(i))
			}
		}
	}
	add("", reflect.ValueOf(p))
	return all
}
