package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/kiosk/view"
)

// illustration takes the live picture's place on a page that only says
// something: a large icon in the tone's colour, which can be told from afar.
type illustration struct {
	ground *canvas.Rectangle
	halos  [2]*canvas.Circle
	disc   *canvas.Circle
	icon   *fyne.Container
	box    *fyne.Container
}

func newIllustration(l look, tone view.Tone, icon string) *illustration {
	tint := l.Tone(tone)
	i := &illustration{ground: canvas.NewRectangle(tint.Soft), disc: canvas.NewCircle(tint.Strong)}
	if i.icon = l.symbol(icon, tint.On); i.icon == nil {
		i.icon = l.symbol(toneIcon(tone), tint.On)
	}
	objs := []fyne.CanvasObject{i.ground}
	for k := range i.halos {
		i.halos[k] = canvas.NewCircle(tint.Halo())
		objs = append(objs, i.halos[k])
	}
	i.box = arrange(i.layout, append(objs, i.disc, i.icon)...)
	return i
}

func (i *illustration) object() fyne.CanvasObject { return i.box }

func (i *illustration) layout(size fyne.Size) {
	const share, inner, outer = 0.36, 1.4, 1.8 // of the shorter side; of the disc
	put(i.ground, 0, 0, size.Width, size.Height)
	side := min(size.Width, size.Height) * share
	round := func(o fyne.CanvasObject, side float32) {
		put(o, (size.Width-side)/2, (size.Height-side)/2, side, side)
	}
	round(i.halos[0], side*outer)
	round(i.halos[1], side*inner)
	round(i.disc, side)
	round(i.icon, side*glyph)
}

// mark is a disc with a tone's icon.
type mark struct {
	disc *canvas.Circle
	icon *fyne.Container
	box  *fyne.Container
}

func newMark(l look, tone view.Tone) *mark {
	m := &mark{disc: canvas.NewCircle(l.Tone(tone).Strong), icon: l.symbol(toneIcon(tone), l.Tone(tone).On)}
	m.box = arrange(func(size fyne.Size) {
		put(m.disc, 0, 0, size.Width, size.Height)
		side := min(size.Width, size.Height) * glyph
		put(m.icon, (size.Width-side)/2, (size.Height-side)/2, side, side)
	}, m.disc, m.icon)
	return m
}
