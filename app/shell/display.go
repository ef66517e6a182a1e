package shell

import (
	"time"

	"fyne.io/fyne/v2"

	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// Display is how pages are shown: as the site has set it, or as the person
// before the screen has chosen it for as long as he is there.
type Display struct {
	Lang view.Lang // "" is view.ZH
	theme.Variant
	Voice bool // pages are read out
}

// Nights are the hours in which a terminal is dark by itself, as times of the
// day; they may span midnight. Two equal times are no hours.
type Nights struct{ From, Until time.Duration }

// hold reports whether now is at night.
func (n Nights) hold(now time.Time) bool {
	at := time.Duration(now.Hour())*time.Hour + time.Duration(now.Minute())*time.Minute
	if n.From <= n.Until {
		return at >= n.From && at < n.Until
	}
	return at >= n.From || at < n.Until
}

// What a person chooses lasts while he is there. While a visit is under way the
// idle countdown says so; before and between visits a touch has to.
const (
	choiceLasts = 30 * time.Second // without a touch, while no visit is under way
	justTouched = 5 * time.Second  // before a visit's end: its visitor is still there
)

// usual is what the site has set for this time of the day.
func (s *Shell) usual() Display {
	d := s.opts.Display
	if s.opts.Nights.hold(s.opts.Now()) {
		d.Night = true
	}
	return d
}

// choose changes the display for the person before the screen.
func (s *Shell) choose(change func(*Display)) {
	s.touched()
	d := s.display
	change(&d)
	if d.Elder != s.display.Elder {
		d.Voice = d.Elder || s.opts.Display.Voice // large type comes with a voice, which can be turned off
	}
	s.chosen = true
	s.wear(d)
}

// resetDisplay gives the next person what the site has set.
func (s *Shell) resetDisplay() {
	s.chosen = false
	s.panel.close()
	s.wear(s.usual())
}

// keepDisplay follows the hour, and ends a choice whose person has gone.
func (s *Shell) keepDisplay(now time.Time) {
	switch {
	case !s.chosen:
		s.wear(s.usual())
	case s.status.IdleLeft > 0: // the visit's end decides
	case now.Sub(s.lastTouch) >= choiceLasts*time.Duration(s.display.Pace()):
		s.resetDisplay()
	}
}

// leaveDisplay ends a choice together with the visit it was made for, unless the
// visitor has just touched something: he goes on to another service.
func (s *Shell) leaveDisplay(next kiosk.Visit) {
	ended := s.page.visit != "" && next.ID != s.page.visit && next.Module == ""
	if ended && s.chosen && s.opts.Now().Sub(s.lastTouch) >= justTouched {
		s.resetDisplay()
	}
}

// wear draws everything as d says. What is typed, the scroll and the focus stay.
func (s *Shell) wear(d Display) {
	if d == s.display {
		return
	}
	slower, before := d.Pace() != s.display.Pace(), s.display
	s.display = d
	s.restyle(s.newLook(s.look.Fit))
	s.voice.worn(before)
	if slower {
		s.page.arm()
	}
	s.root.Refresh()
	s.tellDisplay()
}

func (s *Shell) tellDisplay() {
	if d := s.display; s.opts.OnDisplay != nil {
		s.courier.send("display", func() { s.opts.OnDisplay(d) })
	}
}

// fitFor is the fit of the window, which a desk fills more densely.
func (s *Shell) fitFor(size fyne.Size) theme.Fit {
	fit := theme.FitFor(size)
	if s.opts.Mode == Desk {
		fit = fit.Dense()
	}
	return fit
}

// newLook is the look of the moment on a screen of that fit.
func (s *Shell) newLook(fit theme.Fit) look {
	l := look{Theme: theme.New(s.display.Variant, s.fonts, fit), lang: s.display.Lang, pixels: 1}
	if s.window != nil {
		l.pixels = s.window.Canvas().Scale()
	}
	return l
}

func (s *Shell) switchLanguage() {
	s.choose(func(d *Display) { d.Lang = otherLanguage(d.Lang) })
}

// otherLanguage is the one a person can switch to.
func otherLanguage(l view.Lang) view.Lang {
	if l == view.EN {
		return view.ZH
	}
	return view.EN
}
