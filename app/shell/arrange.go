package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// part is a piece of a page that knows how tall it wants to be at a width.
// Fyne's own MinSize cannot say that, and text that wraps needs it.
type part interface {
	object() fyne.CanvasObject
	height(width float32) float32
}

// arrangement lays a container out by a function of its size.
type arrangement func(size fyne.Size)

// Layout implements fyne.Layout.
func (a arrangement) Layout(_ []fyne.CanvasObject, size fyne.Size) { a(size) }

// MinSize implements fyne.Layout: the screen decides how much room there is.
func (a arrangement) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

// arrange makes a container whose objects place puts in their places.
func arrange(place func(fyne.Size), objs ...fyne.CanvasObject) *fyne.Container {
	return container.New(arrangement(place), objs...)
}

// put moves and resizes o; a nil object is no matter.
func put(o fyne.CanvasObject, x, y, w, h float32) {
	if o == nil {
		return
	}
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(max(w, 0), max(h, 0)))
}

// replace gives a container new objects and lays it out again.
func replace(c *fyne.Container, objs ...fyne.CanvasObject) {
	c.Objects = objs
	c.Refresh()
}

// stackHeight is the height of parts one above the other.
func stackHeight(parts []part, width, gap float32) float32 {
	h := float32(0)
	for i, p := range parts {
		if i > 0 {
			h += gap
		}
		h += p.height(width)
	}
	return h
}

// stack places parts one above the other and returns where they end.
func stack(parts []part, x, y, width, gap float32) float32 {
	for i, p := range parts {
		if i > 0 {
			y += gap
		}
		h := p.height(width)
		put(p.object(), x, y, width, h)
		y += h
	}
	return y
}
