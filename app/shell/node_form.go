package shell

import (
	"fyne.io/fyne/v2"

	"github.com/luohu/ting/kiosk/view"
)

// form draws view.Form. Its fields keep what was typed for as long as the form
// is on the page, whatever the page's updates say their value is.
type form struct {
	page   *pageView
	look   look
	fields []*field
	box    *fyne.Container
}

func (f *form) show(n view.Node, l look) {
	f.look = l
	old := map[string]*field{}
	for _, fd := range f.fields {
		old[fd.node.ID] = fd
	}
	f.fields = nil
	var objs []fyne.CanvasObject
	for _, vf := range n.(view.Form).Fields {
		fd := old[vf.ID]
		if fd == nil || fd.node.Kind != vf.Kind {
			fd = newField(f.page, vf)
		}
		fd.show(vf, l)
		f.fields = append(f.fields, fd)
		objs = append(objs, fd.box)
	}
	if f.box == nil {
		f.box = arrange(f.layout)
	}
	replace(f.box, objs...)
}

func (f *form) object() fyne.CanvasObject { return f.box }
func (f *form) fills() bool               { return false }

func (f *form) height(width float32) float32 {
	return f.place(width, func(*field, float32, float32, float32, float32) {})
}

func (f *form) layout(size fyne.Size) {
	f.place(size.Width, func(fd *field, x, y, w, h float32) { put(fd.box, x, y, w, h) })
}

// place gives every field its place, two side by side where the page is broad,
// and returns how tall all are.
func (f *form) place(width float32, at func(fd *field, x, y, w, h float32)) float32 {
	l, cols := f.look, 1
	if width > l.Column && len(f.fields) > 1 {
		cols = 2
	}
	w := (width - float32(cols-1)*l.L) / float32(cols)
	y, tallest := float32(0), float32(0)
	for i, fd := range f.fields {
		if i > 0 && i%cols == 0 {
			y, tallest = y+tallest+l.M, 0
		}
		h := fd.height(w)
		at(fd, float32(i%cols)*(w+l.L), y, w, h)
		tallest = max(tallest, h)
	}
	return y + tallest
}

func (f *form) values() map[string]view.Value {
	all := make(map[string]view.Value, len(f.fields))
	for _, fd := range f.fields {
		all[fd.node.ID] = fd.answer()
	}
	return all
}
