package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// row is one row of a virtual list: it is filled again and again with what is
// on screen, follows a finger and can be touched.
type row struct {
	widget.BaseWidget
	id     string
	least  float32 // height
	list   *widget.List
	holder *fyne.Container
	tapped func()
}

func newRow(height float32, list *widget.List) *row {
	r := &row{least: height, list: list, holder: container.NewStack()}
	r.ExtendBaseWidget(r)
	return r
}

func (r *row) set(id string, tapped func(), content fyne.CanvasObject) {
	r.id, r.tapped = id, tapped
	r.holder.Objects = []fyne.CanvasObject{content}
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
func (r *row) Dragged(e *fyne.DragEvent) {
	r.list.ScrollToOffset(r.list.GetScrollOffset() - e.Dragged.DY)
}

// DragEnd implements fyne.Draggable.
func (r *row) DragEnd() {}
