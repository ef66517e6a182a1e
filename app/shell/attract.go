package shell

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/kiosk/view"
)

// attract is what a kiosk shows while nobody has touched it for a while: the
// place, the time and what to do. It changes once a minute, so that it costs
// nothing, and any touch or key takes it away.
type attract struct {
	shell *Shell
	look  look
	shown bool
	now   time.Time

	ground *canvas.Rectangle
	accent *canvas.Rectangle
	halos  [3]*canvas.Circle
	clock  *canvas.Text
	date   *paragraph
	place  *paragraph
	pill   *canvas.Rectangle

	words *paragraph
	touch *touch
	box   *fyne.Container
}

func newAttract(l look, s *Shell) *attract {
	a := &attract{shell: s, look: l}
	a.box = arrange(a.layout)
	a.box.Hide()
	return a
}

// due reports whether nobody is there: a kiosk whose page is nobody's visit and
// says nothing that somebody must read.
func (a *attract) due(now time.Time) bool {
	s := a.shell
	p := s.page
	return s.opts.Attract > 0 && s.opts.Mode == Kiosk && now.Sub(s.lastTouch) >= s.opts.Attract &&
		s.status.IdleLeft == 0 && p.page.ID != "" && p.page.Tone == view.Calm && p.finder == nil && !s.leaving.asks()
}

// beat shows it when it is due, and keeps its clock.
func (a *attract) beat(now time.Time) {
	due := a.due(now)
	switch {
	case due && !a.shown:
		a.shown, a.now = true, now
		a.build()
		a.box.Show()
	case !due && a.shown:
		a.wake()
		return
	case a.shown && !now.Truncate(time.Minute).Equal(a.now.Truncate(time.Minute)):
		a.now = now
		a.build()
	default:
		return
	}
	a.shell.root.Refresh()
}

// wake takes it away; it reports whether it was there.
func (a *attract) wake() bool {
	if !a.shown {
		return false
	}
	a.shown = false
	a.box.Hide()
	a.box.Objects = nil
	a.shell.root.Refresh()
	return true
}

func (a *attract) restyle(l look) {
	a.look = l
	if a.shown {
		a.build()
	}
}

func (a *attract) build() {
	l := a.look
	a.ground, a.accent = canvas.NewRectangle(l.BrandDark), canvas.NewRectangle(l.Accent)
	for i := range a.halos {
		a.halos[i] = canvas.NewCircle(l.OnBrand)
		veil := l.OnBrand
		veil.A = 0x0a
		a.halos[i].FillColor = veil
	}
	a.clock = l.text(a.now.Format("15:04"), l.Display, l.OnBrand)
	a.clock.TextSize = l.Display.Size * 2.2
	a.date = newParagraph(l, dateIn(a.now, l.lang)[0], l.Lead, l.OnBrandSoft).centered()
	a.place = newParagraph(l, l.say(a.shell.opts.Place), l.Display, l.OnBrand).centered().atMost(2)
	a.pill = panel(l.Accent, l.Button/2)
	a.words = newParagraph(l, l.say(view.T("轻触屏幕,开始办理", "Touch the screen to begin")), l.Heading, l.OnAccent).centered()
	a.touch = newTouch("ting.wake", a.ground, func() { a.shell.touched() })
	objs := []fyne.CanvasObject{a.touch}
	for _, h := range a.halos {
		objs = append(objs, h)
	}
	a.box.Objects = append(objs, a.accent, a.place.object(), a.clock, a.date.object(), a.pill, a.words.object())
	a.layout(a.box.Size())
}

func (a *attract) layout(size fyne.Size) {
	if len(a.box.Objects) == 0 {
		return
	}
	l := a.look
	put(a.touch, 0, 0, size.Width, size.Height)
	put(a.accent, 0, size.Height-l.XS/2, size.Width, l.XS/2)
	// The rings stand behind the clock, as a bell's sound would.
	middle := size.Height * 0.42
	for i, h := range a.halos {
		side := min(size.Width, size.Height) * (0.62 + 0.3*float32(i))
		put(h, (size.Width-side)/2, middle-side/2, side, side)
	}
	width := size.Width - 2*l.XL
	clock, date := a.clock.MinSize(), a.date.height(width)
	y := middle - (clock.Height+date)/2
	put(a.clock, (size.Width-clock.Width)/2, y, clock.Width, clock.Height)
	put(a.date.object(), l.XL, y+clock.Height, width, date)
	place := a.place.height(width)
	put(a.place.object(), l.XL, max(l.L, (y-place)*0.5), width, place)
	words := a.words.height(width)
	pill := min(width, l.Column*0.8)
	y = size.Height*0.8 - l.Button/2
	put(a.pill, (size.Width-pill)/2, y, pill, l.Button)
	put(a.words.object(), (size.Width-pill)/2, y+(l.Button-words)/2, pill, words)
}

// woken is told of a key, and reports whether it only answered the question that
// lies over the page. What a card reader types counts all the same.
func (s *Shell) woken() bool {
	if !s.leaving.asks() && !s.attract.shown {
		return false
	}
	asked := s.leaving.asks()
	s.touched()
	return asked
}
