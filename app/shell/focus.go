package shell

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"image/color"
)

// focused is what the keys of a keyboard are about. It is kept by name: what is
// drawn anew keeps the focus. While nobody uses Tab it is nowhere, and the keys
// belong to the field that is typed into.
type focused struct {
	id   string
	ring *canvas.Rectangle
}

// stop is something the focus can stand on.
type stop struct {
	id    string
	o     fyne.CanvasObject
	act   func()
	rows  *rolls    // nil for what is no rows
	field *field    // nil for what is not typed into
	page  *pageView // nil for what stands around the pages
}

// unfocusable begin the names of what a keyboard has keys of its own for, and of
// what is hidden from visitors.
var unfocusable = []string{"key:", "cand:", "clear:", "keyboard:", "ting.door"}

// stops are what the focus can stand on, in the order in which it is gone
// through: the page, the one beside it, then what stands around them; or what
// lies over the page alone, while it does.
func (s *Shell) stops() []stop {
	switch {
	case s.leaving.asks():
		return gather(s.leaving.box, nil, nil, "")
	case s.panel.open:
		return gather(s.panel.box, nil, nil, "")
	}
	pages := []*pageView{s.page}
	if s.desk != nil {
		pages = s.desk.shown()
	}
	var all []stop
	for i, v := range pages {
		prefix := ""
		if i > 0 {
			prefix = "beside/" // it may be another visit with the same page
		}
		all = append(all, gather(v.box, nil, v, prefix)...)
	}
	return append(all, gather(s.root, s.pagesBox, nil, "")...)
}

// gather finds the stops in an object, but for a part of it.
func gather(root, but fyne.CanvasObject, page *pageView, prefix string) []stop {
	var all []stop
	walkVisible(root, func(o fyne.CanvasObject) bool {
		if o == but && o != nil {
			return false
		}
		switch o := o.(type) {
		case *rolls:
			all = append(all, stop{id: prefix + o.touchID(), o: o, rows: o, page: page})
			return false
		case *veil:
			return true
		case touchable:
			id := o.touchID()
			for _, no := range unfocusable {
				if id == "" || strings.HasPrefix(id, no) {
					return true
				}
			}
			st := stop{id: prefix + id, o: o, act: func() { o.Tapped(&fyne.PointEvent{}) }, page: page}
			if w, ok := o.(*well); ok {
				st.field = w.field
			}
			all = append(all, st)
		}
		return true
	})
	return all
}

// walkVisible visits an object and what is drawn in it; visit reports whether it
// wants to see what is inside.
func walkVisible(o fyne.CanvasObject, visit func(fyne.CanvasObject) bool) {
	if o == nil || !o.Visible() || !visit(o) {
		return
	}
	switch o := o.(type) {
	case *fyne.Container:
		for _, c := range o.Objects {
			walkVisible(c, visit)
		}
	case *container.Scroll:
		walkVisible(o.Content, visit)
	case interface{ inside() fyne.CanvasObject }:
		walkVisible(o.inside(), visit)
	}
}

// place is where an object is on the screen.
func place(o fyne.CanvasObject) fyne.Position {
	return fyne.CurrentApp().Driver().AbsolutePositionForObject(o)
}

func (t *touch) inside() fyne.CanvasObject   { return t.content }
func (d *dragged) inside() fyne.CanvasObject { return d.content }
func (w *well) inside() fyne.CanvasObject    { return w.box }

// current is the stop the focus stands on, and its number; -1 for none.
func (s *Shell) current() (stop, int, []stop) {
	all := s.stops()
	for i, st := range all {
		if st.id == s.focused.id {
			return st, i, all
		}
	}
	return stop{}, -1, all
}

// moveFocus goes to the next (1) or previous (-1) stop, around the ends: there is
// no stop that Tab does not lead out of, and none it does not reach.
func (s *Shell) moveFocus(by int) {
	_, i, all := s.current()
	if len(all) == 0 {
		return
	}
	if i < 0 {
		i = s.fromField(all)
		if i < 0 && by < 0 {
			i = 0
		}
	}
	s.focusOn(all[(i+by+len(all))%len(all)])
}

// fromField is the number of the stop of the field that is typed into; -1 for none.
func (s *Shell) fromField(all []stop) int {
	if f := s.page.active; f != nil {
		for i, st := range all {
			if st.field == f {
				return i
			}
		}
	}
	return -1
}

// focusOn puts the focus on a stop: a field is then typed into.
func (s *Shell) focusOn(st stop) {
	if st.page != nil && st.page != s.page {
		s.desk.bring(st.page)
	}
	s.focused.id = st.id
	switch v := s.page; {
	case st.field != nil && st.field != v.active:
		v.activate(st.field)
	case st.field == nil && v.active != nil:
		v.activate(nil)
	}
	s.revealStop()
	s.voice.label(st.spoken())
}

// keysAbout reports whether the keys are typed into f: nothing else has the focus.
func (s *Shell) keysAbout(f *field) bool {
	st, i, _ := s.current()
	return f != nil && (i < 0 || st.field == f)
}

// revealStop scrolls the page so that the focus is seen.
func (s *Shell) revealStop() {
	st, i, _ := s.current()
	body := s.page.body()
	if i < 0 || body == nil || st.rows != nil {
		return
	}
	inside := false
	walkVisible(body.content, func(o fyne.CanvasObject) bool {
		inside = inside || o == st.o
		return !inside
	})
	if inside {
		top := place(st.o).Y - place(body.content).Y
		body.reveal(top, top+st.o.Size().Height)
	}
}

// activateFocused touches what the focus stands on, and reports whether it
// stands on anything.
func (s *Shell) activateFocused() bool {
	st, i, _ := s.current()
	switch {
	case i < 0:
		return false
	case st.rows != nil:
		if st.rows.choose != nil {
			s.touched()
			st.rows.choose(st.rows.cursor)
		}
	default:
		st.act()
	}
	return true
}

// rowKey moves the cursor in rows that have the focus, or in the only rows of a
// page where nothing has.
func (s *Shell) rowKey(k fyne.KeyName) bool {
	st, i, all := s.current()
	if i < 0 && s.page.active == nil {
		for _, one := range all {
			if one.rows != nil {
				s.focused.id = one.id
				return s.walkRows(one, k)
			}
		}
	}
	return i >= 0 && st.rows != nil && s.walkRows(st, k)
}

func (s *Shell) walkRows(st stop, k fyne.KeyName) bool {
	if !st.rows.walk(k) {
		return false
	}
	s.voice.label(st.spoken())
	return true
}

// steer goes to the nearest stop in a direction.
func (s *Shell) steer(k fyne.KeyName) {
	st, i, all := s.current()
	if i < 0 {
		if i = s.fromField(all); i < 0 {
			s.moveFocus(1)
			return
		}
		st = all[i]
	}
	x, y := center(st.o)
	best, least := -1, float32(0)
	for j, other := range all {
		ox, oy := center(other.o)
		along, aside := ox-x, abs(oy-y)
		switch k {
		case fyne.KeyLeft:
			along = -along
		case fyne.KeyUp:
			along, aside = y-oy, abs(ox-x)
		case fyne.KeyDown:
			along, aside = oy-y, abs(ox-x)
		}
		const straight = 2 // aside counts so many times
		if far := along + straight*aside; j != i && along > 1 && (best < 0 || far < least) {
			best, least = j, far
		}
	}
	if best >= 0 {
		s.focusOn(all[best])
	}
}

func center(o fyne.CanvasObject) (x, y float32) {
	at, size := place(o), o.Size()
	return at.X + size.Width/2, at.Y + size.Height/2
}

// placeRing draws the mark of the focus where it stands now.
func (s *Shell) placeRing() {
	r := s.focused.ring
	st, i, _ := s.current()
	if i < 0 {
		if !r.Hidden {
			r.Hide()
		}
		return
	}
	l := s.look
	at, size := place(st.o), st.o.Size()
	if st.rows != nil {
		y, h := st.rows.place()
		at.Y, size.Height = at.Y+max(y, 0), min(h, size.Height)
	}
	out := l.Stroke * 1.5
	r.StrokeColor, r.StrokeWidth, r.CornerRadius = l.Accent, l.Stroke*2.2, l.RadiusM
	put(r, at.X-out, at.Y-out, size.Width+2*out, size.Height+2*out)
	r.Show()
	r.Refresh()
}

// unfocus takes the focus away: somebody touches.
func (s *Shell) unfocus() {
	if s.focused.id != "" && !s.byKey {
		s.focused.id = ""
		s.placeRing()
	}
}

func newRing() *canvas.Rectangle {
	r := canvas.NewRectangle(color.Transparent)
	r.Hide()
	return r
}
