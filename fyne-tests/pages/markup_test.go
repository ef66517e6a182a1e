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
// the screen.
func markup(o fyne.CanvasObject) string {
	var b strings.Builder
	write(&b, o, fyne.Position{}, fyne.NewSize(1e6, 1e6), 0)
	return b.String()
}

func write(b *strings.Builder, o fyne.CanvasObject, at fyne.Position, clip fyne.Size, depth int) {
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
			write(b, c, at, clip, depth)
		}
	case *canvas.Text:
		if o.Text == "" {
			return
		}
		weight := ""
		if o.TextStyle.Bold {
			weight = " bold"
		}
		line("text", "size %.0f%s %s %q", o.TextSize, weight, name(o.Color), o.Text)
	case *canvas.Rectangle:
		radius := max(o.CornerRadius, o.TopLeftCornerRadius)
		line("rect", "%s%s radius %.0f", name(o.FillColor), stroke(o.StrokeColor, o.StrokeWidth), radius)
	case *canvas.Circle:
		line("disc", "%s", name(o.FillColor))
	case *canvas.Image:
		if o.Resource != nil {
			line("icon", "%s", iconName(o.Resource.Name()))
			return
		}
		line("image", "%v", o.Image.Bounds().Size())
	case *canvas.Raster:
		line("picture", "")
	case *container.Scroll:
		line("scroll", "")
		write(b, o.Content, at, size, depth+1)
	case interface {
		fyne.Widget
		GetScrollOffset() float32 // a list of the toolkit, or one of ours built on it
	}:
		line("list", "")
		n := strings.Count(b.String(), "\n")
		for _, c := range test.WidgetRenderer(o).Objects() {
			write(b, c, at, size, depth+1)
		}
		cutRows(b, n)
	case fyne.Widget:
		if _, ok := o.(fyne.Tappable); ok {
			line("touch", "")
			depth++
		}
		for _, c := range test.WidgetRenderer(o).Objects() {
			write(b, c, at, clip, depth)
		}
	}
}

// cutRows keeps the first rows of a list: the others are more of the same.
func cutRows(b *strings.Builder, from int) {
	const kept = 24
	lines := strings.SplitAfter(b.String(), "\n")
	if len(lines) > from+kept {
		b.Reset()
		b.WriteString(strings.Join(lines[:from+kept], "") + "…\n")
	}
}

// name is the theme's name for a colour.
func name(c color.Color) string {
	n, ok := c.(color.NRGBA)
	if !ok {
		return "toolkit"
	}
	if n.A == 0 {
		return "none"
	}
	if known, ok := tokens[n]; ok {
		return known
	}
	return "unnamed" + theme.Hex(n)
}

func stroke(c color.Color, width float32) string {
	if c == nil || width == 0 {
		return ""
	}
	return fmt.Sprintf(" edge %s %.1f", name(c), width)
}

// iconName drops the width of the strokes, and says the colour by name.
func iconName(resource string) string {
	icon, hex, ok := strings.Cut(strings.TrimSuffix(resource, ".svg"), "#")
	if !ok {
		return "toolkit"
	}
	hex, _, _ = strings.Cut(hex, "-")
	for c, n := range tokens {
		if theme.Hex(c) == "#"+hex && c.A == 0xff {
			return icon + " " + n
		}
	}
	return icon + " unnamed"
}

// tokens are the day palette's colours by value. Of two names for one colour
// the first in the palette stands for both.
var tokens = func() map[color.NRGBA]string {
	all := map[color.NRGBA]string{}
	var add func(prefix string, v reflect.Value)
	add = func(prefix string, v reflect.Value) {
		for i := range v.NumField() {
			field := prefix + v.Type().Field(i).Name
			switch x := v.Field(i).Interface().(type) {
			case color.NRGBA:
				if _, taken := all[x]; !taken {
					all[x] = field
				}
			case theme.Tint:
				add(field+".", v.Field(i))
			}
		}
	}
	add("", reflect.ValueOf(theme.Day))
	return all
}()
