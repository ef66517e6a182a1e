package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/kiosk/view"
)

// viewfinder draws view.Viewfinder. The first one of a page shows the live
// picture; a second one has nothing to show but says so.
type viewfinder struct {
	preview *preview
	look    look
	node    view.Viewfinder
	first   bool
	ground  *canvas.Rectangle
	icon    *canvas.Image
	box     *fyne.Container
}

func newViewfinder(p *preview) *viewfinder {
	v := &viewfinder{preview: p}
	v.box = arrange(v.layout)
	return v
}

func (v *viewfinder) show(n view.Node, l look) {
	v.node, v.look = n.(view.Viewfinder), l
	v.ground, v.icon = panel(l.Screen, l.RadiusM), l.icon("camera-off", l.OnScreen, l.IconXL)
	v.live(v.first)
}

// live gives the viewfinder the picture, or takes it away.
func (v *viewfinder) live(on bool) {
	v.first = on
	if on {
		v.preview.restyle(v.look)
		replace(v.box, v.preview.box)
		return
	}
	replace(v.box, v.ground, v.icon)
}

func (v *viewfinder) hint() string { return v.look.say(v.node.Hint) }

func (v *viewfinder) object() fyne.CanvasObject    { return v.box }
func (v *viewfinder) fills() bool                  { return true }
func (v *viewfinder) height(width float32) float32 { return width * 0.5 }

func (v *viewfinder) layout(size fyne.Size) {
	if v.first {
		put(v.preview.box, 0, 0, size.Width, size.Height)
		return
	}
	put(v.ground, 0, 0, size.Width, size.Height)
	side := v.look.IconXL
	put(v.icon, (size.Width-side)/2, (size.Height-side)/2, side, side)
}
