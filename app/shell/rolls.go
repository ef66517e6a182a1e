package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// rolls are the rows of a list or table, of any number: only those on screen
// exist. They follow a finger and the wheel, and a cursor walks through them.
type rolls struct {
	widget.List
	id     string // for the focus
	glide  *glide
	tall   func() float32     // height of a row
	ids    func(i int) string // names of the rows; nil where they have none
	choose func(i int)        // a row was chosen by key; nil where rows say nothing
	tell   func(i int) string // what is spoken of a row
	cursor int                // the row the keys are at
	box    *fyne.Container    // the list and the brake
}

// newRolls makes rows; fill draws row i into what is shown of it.
func newRolls(s *Shell, id string, count func() int, tall func() float32, fill func(r *row, i int)) *rolls {
	r := &rolls{id: id, tall: tall}
	r.HideSeparators = true
	r.Length = count
	r.CreateItem = func() fyne.CanvasObject { return newRow(tall(), r) }
	r.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) {
		if i < count() {
			fill(o.(*row), i)
		}
	}
	r.ExtendBaseWidget(r)
	r.glide = newGlide(s, r.GetScrollOffset, func(to float32) {
		r.ScrollToOffset(min(max(to, 0), r.most()))
	})
	r.box = container.NewStack(r, r.glide.brake)
	return r
}

// pitch is from one row to the next.
func (r *rolls) pitch() float32 { return r.tall() + r.Theme().Size("padding") }

// most is how far the rows can be scrolled.
func (r *rolls) most() float32 {
	return max(float32(r.Length())*r.pitch()-r.Theme().Size("padding")-r.Size().Height, 0)
}

// touchID names the rows for the focus.
func (r *rolls) touchID() string { return "rows:" + r.id }

// page is how many rows are seen at once.
func (r *rolls) page() int { return max(int(r.Size().Height/r.pitch()), 1) }

// walk moves the cursor by keys and reports whether it was one of its keys.
func (r *rolls) walk(k fyne.KeyName) bool {
	to := r.cursor
	switch k {
	case fyne.KeyDown:
		to++
	case fyne.KeyUp:
		to--
	case fyne.KeyPageDown:
		to += r.page()
	case fyne.KeyPageUp:
		to -= r.page()
	case fyne.KeyHome:
		to = 0
	case fyne.KeyEnd:
		to = r.Length() - 1
	default:
		return false
	}
	r.at(to)
	return true
}

// at puts the cursor on a row and shows it.
func (r *rolls) at(i int) {
	r.cursor = min(max(i, 0), max(r.Length()-1, 0))
	top := float32(r.cursor) * r.pitch()
	offset := r.GetScrollOffset()
	if bottom := top + r.tall(); bottom > offset+r.Size().Height {
		offset = bottom - r.Size().Height
	}
	r.glide.stop()
	r.ScrollToOffset(min(max(min(offset, top), 0), r.most()))
}

// place is where the cursor's row lies within the rows.
func (r *rolls) place() (y, height float32) {
	return float32(r.cursor)*r.pitch() - r.GetScrollOffset(), r.tall()
}
