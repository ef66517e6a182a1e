package shell

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/kiosk/view"
)

// actions are a page's buttons: side by side while every label fits, in two
// columns or one above the other else.
type actions struct {
	look    look
	buttons []*button
	upper   bool // icons stand above their words, since there is little width
	box     *fyne.Container
}

func newActions(l look, as []view.Action, act func(id string)) *actions {
	a := &actions{look: l}
	var objs []fyne.CanvasObject
	for _, action := range as {
		p := l.secondary()
		if action.Primary {
			p = l.primary()
		}
		b := newButton(l, action.ID, action.Icon, l.say(action.Label), p, func() { act(action.ID) })
		a.buttons = append(a.buttons, b)
		objs = append(objs, b)
	}
	a.box = arrange(a.layout, objs...)
	return a
}

func (a *actions) object() fyne.CanvasObject { return a.box }

// columns is how many buttons stand side by side.
func (a *actions) columns(width float32) int {
	n := len(a.buttons)
	a.style(false)
	if cols := a.fitting(width); cols == n || n > 3 {
		return cols
	}
	if a.style(true); a.fitting(width) == n {
		return n
	}
	a.style(false)
	return a.fitting(width)
}

// style chooses between words beside their icons and small words below them.
func (a *actions) style(upper bool) {
	a.upper = upper
	for _, b := range a.buttons {
		b.upper = upper
		ty := theme.Type{Size: a.look.Body.Size, Bold: true}
		if upper {
			ty.Size = a.look.Small.Size
		}
		b.sized(ty)
	}
}

func (a *actions) fitting(width float32) int {
	n := len(a.buttons)
	for cols := min(n, 4); cols > 1; cols-- {
		if n > cols && n%cols == 1 {
			continue // nobody likes to stand alone
		}
		each := (width - float32(cols-1)*a.look.S) / float32(cols)
		fits := true
		for _, b := range a.buttons {
			fits = fits && b.natural() <= each
		}
		if fits {
			return cols
		}
	}
	return 1
}

func (a *actions) height(width float32) float32 {
	if len(a.buttons) == 0 {
		return 0
	}
	cols := a.columns(width)
	rows := (len(a.buttons) + cols - 1) / cols
	return float32(rows)*(a.look.Button+a.look.S) - a.look.S
}

func (a *actions) layout(size fyne.Size) {
	if len(a.buttons) == 0 {
		return
	}
	l, cols := a.look, a.columns(size.Width)
	w := (size.Width - float32(cols-1)*l.S) / float32(cols)
	x := float32(0)
	if size.Width > l.Column && cols < 3 { // on a wide screen: not as broad as the page
		w = min(w, l.Column/2)
		x = size.Width - float32(cols)*(w+l.S) + l.S
	}
	for i, b := range a.buttons {
		put(b, x+float32(i%cols)*(w+l.S), float32(i/cols)*(l.Button+l.S), w, l.Button)
	}
}

// steps says how far the visitor has come, in words and as a bar of parts.
type steps struct {
	look look
	bars []*canvas.Rectangle
	word *canvas.Text
	box  *fyne.Container
}

func newSteps(l look, step, of int) *steps {
	s := &steps{look: l}
	words := l.say(view.T(fmt.Sprintf("第 %d 步,共 %d 步", step, of), fmt.Sprintf("Step %d of %d", step, of)))
	s.word = l.text(words, l.Small, l.InkSoft)
	objs := []fyne.CanvasObject{s.word}
	const most = 12
	for i := range min(of, most) {
		fill := l.Line
		if i < step {
			fill = l.Brand
		}
		bar := panel(fill, l.XS/2)
		s.bars = append(s.bars, bar)
		objs = append(objs, bar)
	}
	s.box = arrange(s.layout, objs...)
	return s
}

func (s *steps) object() fyne.CanvasObject { return s.box }

func (s *steps) height(float32) float32 { return s.look.XS + s.look.S + s.word.MinSize().Height }

func (s *steps) layout(size fyne.Size) {
	l := s.look
	n := float32(len(s.bars))
	w := (size.Width - (n-1)*l.XS) / n
	for i, b := range s.bars {
		put(b, float32(i)*(w+l.XS), 0, w, l.XS)
	}
	word := s.word.MinSize()
	put(s.word, 0, l.XS+l.S, word.Width, word.Height)
}
