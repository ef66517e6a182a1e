package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// faceBox is the mark around one face, with a name that is already masked.
type faceBox struct {
	look   look
	edge   *canvas.Rectangle
	ground *canvas.Rectangle
	label  *canvas.Text
}

func newFaceBox(l look) *faceBox {
	b := &faceBox{look: l, edge: l.outlined(nil, l.OnScreen, l.RadiusL), ground: panel(l.Veil, l.RadiusM)}
	b.edge.StrokeWidth = l.FaceLine
	b.label = l.text("", l.Small, l.OnScreen)
	b.hide()
	return b
}

func (b *faceBox) objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{b.edge, b.ground, b.label}
}

func (b *faceBox) hide() {
	for _, o := range b.objects() {
		o.Hide()
	}
}

// mark draws the box at a place in a picture of that size; what lies outside
// the picture is cut.
func (b *faceBox) mark(f FaceBox, at [4]float32, size fyne.Size) {
	l := b.look
	const breath = 0.14 // of the face's width, so that the box does not touch it
	grow := (at[2] - at[0]) * breath
	x0, y0 := max(at[0]-grow, l.XS), max(at[1]-grow, l.XS)
	x1, y1 := min(at[2]+grow, size.Width-l.XS), min(at[3]+grow, size.Height-l.XS)
	if x1-x0 < l.S || y1-y0 < l.S {
		b.hide()
		return
	}
	tint := l.Tone(f.Tone)
	b.edge.StrokeColor = l.OnScreen
	if f.Tone != "" {
		b.edge.StrokeColor = tint.Strong
	}
	put(b.edge, x0, y0, x1-x0, y1-y0)
	b.edge.Show()
	words := l.say(f.Label)
	if words == "" {
		b.ground.Hide()
		b.label.Hide()
		return
	}
	b.label.Text = l.fit(words, l.Small, size.Width-2*l.L)
	b.ground.FillColor = l.Veil
	if f.Tone != "" {
		b.ground.FillColor = tint.Strong
	}
	word := b.label.MinSize()
	w, h := word.Width+2*l.S, word.Height+l.XS
	x := min(max((x0+x1-w)/2, l.XS), size.Width-w-l.XS)
	y := y1 + l.XS
	if y+h > size.Height {
		y = y1 - h - l.XS
	}
	put(b.ground, x, y, w, h)
	put(b.label, x+l.S, y+(h-word.Height)/2, word.Width, word.Height)
	b.ground.Show()
	b.label.Show()
}
