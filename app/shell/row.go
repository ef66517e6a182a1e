package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// row is one row of a virtual list: it is filled again and again with what is
// on screen, follows a finger and can be touched.
type row struct {
	widget.BaseWidget
	id     string
	least  float32 // height
	list   *rolls
	wash   *canvas.Rectangle // behind a row a finger is on
	holder *fyne.Container
	tapped func()
}

func newRow(height float32, list *rolls) *row {
	r := &row{least: height, list: list, holder: container.NewStack()}
	r.ExtendBaseWidget(r)
	return r
}

// set fills the row; wash is what lies behind it while a finger is on it, nil
// where it cannot be touched.
func (r *row) set(id string, tapped func(), wash *canvas.Rectangle, content fyne.CanvasObject) {
	r.id, r.tapped, r.wash = id, tapped, wash
	r.holder.Objects = []fyne.CanvasObject{content}
	if wash != nil {
		wash.Hidden = true
		r.holder.Objects = []fyne.CanvasObject{wash, content}
	}
	r.holder.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (r *row) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.holder) }

// MinSize tells the list how tall its rows are.
func (r *row) MinSize() fyne.Size {
	r.ExtendBaseWidget(r)
	return fyne.NewSize(0, r.least)
}

// Tapped implements fyne.Tappable.
func (r *row) Tapped(*fyne.PointEvent) {
	if r.tapped != nil {
		r.tapped()
	}
}

// Dragged implements fyne.Draggable.
func (r *row) Dragged(e *fyne.DragEvent) { r.list.glide.drag(e.Dragged.DY) }

// DragEnd implements fyne.Draggable.
func (r *row) DragEnd() {
	if r.list.glide.end() {
		touchBelow()
	}
	r.press(false)
}

// MouseDown implements desktop.Mouseable.
func (r *row) MouseDown(*desktop.MouseEvent) {
	finger = r
	r.press(true)
}

// MouseUp implements desktop.Mouseable: of a row that is dragged it tells
// before DragEnd, which has to know what the finger was on.
func (r *row) MouseUp(*desktop.MouseEvent) {
	if r.wash != nil && !r.wash.Hidden {
		r.wash.Hide()
	}
}

func (r *row) press(down bool) {
	if r.wash != nil && r.wash.Hidden == down {
		r.wash.Hidden = !down
		r.wash.Refresh()
	}
}
