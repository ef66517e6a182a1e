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

func (f *form) parts() []part {
	ps := make([]part, len(f.fields))
	for i, fd := range f.fields {
		ps[i] = fd
	}
	return ps
}

func (f *form) height(width float32) float32 { return stackHeight(f.parts(), width, f.look.M) }

func (f *form) layout(size fyne.Size) { stack(f.parts(), 0, 0, size.Width, f.look.M) }

func (f *form) values() map[string]string {
	all := make(map[string]string, len(f.fields))
	for _, fd := range f.fields {
		all[fd.node.ID] = fd.value
	}
	return all
}
