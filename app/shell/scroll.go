package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// dragged makes what it holds follow a finger: Fyne scrolls by wheel only on
// desktop builds, and a kiosk has no wheel.
type dragged struct {
	widget.BaseWidget
	content fyne.CanvasObject
	glide   *glide
}

func newDragged(content fyne.CanvasObject, g *glide) *dragged {
	d := &dragged{content: content, glide: g}
	d.ExtendBaseWidget(d)
	return d
}

// CreateRenderer implements fyne.Widget.
func (d *dragged) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(d.content) }

// Dragged implements fyne.Draggable.
func (d *dragged) Dragged(e *fyne.DragEvent) { d.glide.drag(e.Dragged.DY) }

// DragEnd implements fyne.Draggable.
func (d *dragged) DragEnd() {
	if d.glide.end() {
		touchBelow()
	}
}

// MouseDown implements desktop.Mouseable: what is dragged learns of the end
// before what the finger is on.
func (d *dragged) MouseDown(*desktop.MouseEvent) { finger = nil }

// MouseUp implements desktop.Mouseable.
func (d *dragged) MouseUp(*desktop.MouseEvent) {}

// scrolled shows nodes one above the other, and scrolls when there are more
// than there is room for. A node that fills takes the room the others leave.
type scrolled struct {
	content *fyne.Container
	tall    *tall
	scroll  *container.Scroll
	glide   *glide
	box     *fyne.Container // the scroll and the brake
}

func newScrolled(sh *Shell) *scrolled {
	s := &scrolled{tall: &tall{}}
	s.content = container.New(s.tall)
	s.glide = newGlide(sh, func() float32 { return s.scroll.Offset.Y }, s.to)
	s.scroll = container.NewVScroll(newDragged(s.content, s.glide))
	s.box = container.NewStack(s.scroll, s.glide.brake)
	return s
}

// to scrolls to an offset, or as far as it goes.
func (s *scrolled) to(offset float32) {
	s.scroll.ScrollToOffset(fyne.NewPos(0, min(max(offset, 0), s.most())))
}

// most is how far it can be scrolled.
func (s *scrolled) most() float32 { return max(s.tall.height-s.scroll.Size().Height, 0) }

func (s *scrolled) object() fyne.CanvasObject { return s.box }

func (s *scrolled) place(nodes []node, x, y, width, height, gap, bar float32) {
	parts := make([]part, len(nodes))
	objs := make([]fyne.CanvasObject, len(nodes))
	filling := 0
	natural := float32(0)
	for i, n := range nodes {
		parts[i], objs[i] = n, n.object()
		if i > 0 {
			natural += gap
		}
		if n.fills() {
			filling++
		}
		natural += n.height(width)
	}
	s.content.Objects = objs
	extra := float32(0)
	if filling > 0 {
		extra = max(height-natural, 0) / float32(filling)
	}
	s.tall.width, s.tall.height = width, max(natural, height)
	s.tall.place = func() {
		at := float32(0)
		for i, n := range nodes {
			h := n.height(width)
			if n.fills() {
				h += extra
			}
			put(objs[i], 0, at, width, h)
			at += h + gap
		}
	}
	put(s.box, x, y, width+bar, height) // the bar stands beside the nodes
	s.content.Refresh()
	s.scroll.Refresh()
}

// reveal scrolls as little as is needed for a part between two heights to be seen.
// Of a part that is taller than the room its end is seen: it is typed into there.
func (s *scrolled) reveal(top, bottom float32) {
	at, room := s.scroll.Offset.Y, s.scroll.Size().Height
	if bottom-top > room {
		top = max(top, bottom-room)
	}
	if room <= 0 { // not in its place yet
		return
	}
	if bottom > at+room {
		at = bottom - room
	}
	at = min(at, top)
	if at != s.scroll.Offset.Y {
		s.scroll.ScrollToOffset(fyne.NewPos(0, at))
	}
}

// tall is the layout of content whose height its owner knows.
type tall struct {
	width, height float32
	place         func()
}

// Layout implements fyne.Layout.
func (t *tall) Layout([]fyne.CanvasObject, fyne.Size) {
	if t.place != nil {
		t.place()
	}
}

// MinSize implements fyne.Layout.
func (t *tall) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(0, t.height) }
