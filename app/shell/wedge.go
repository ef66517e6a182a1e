package shell

import (
	"time"

	"fyne.io/fyne/v2"
)

// A card reader that is a keyboard types the card's number faster than any
// hand, and then Enter.
const (
	wedgeGap = 80 * time.Millisecond // longest pause between its keys, where hands type too
	// Where no field takes keys only a reader types; a repaint between two of
	// its keys must not lose the card.
	wedgeAlone = time.Second
	wedgeLeast = 4 // fewest characters of a number
	wedgeMost  = 64
)

// wedge collects what a card reader types.
type wedge struct {
	typed []rune
	last  time.Time
	alone bool // no field takes keys
}

func (w *wedge) gap() time.Duration {
	if w.alone {
		return wedgeAlone
	}
	return wedgeGap
}

// rune takes a character typed at now, and reports whether a number may begin with it.
func (w *wedge) rune(r rune, now time.Time) bool {
	if now.Sub(w.last) > w.gap() || len(w.typed) >= wedgeMost {
		w.typed = w.typed[:0]
	}
	w.last = now
	if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
		w.typed = append(w.typed, r)
	} else {
		w.typed = w.typed[:0]
	}
	return len(w.typed) == 1
}

// enter takes Enter and returns the number, or "" when no reader typed it.
func (w *wedge) enter(now time.Time) string {
	number := string(w.typed)
	w.typed = w.typed[:0]
	if now.Sub(w.last) > w.gap() || len(number) < wedgeLeast {
		return ""
	}
	return number
}

// typedRune is a key while no text field has the focus.
func (s *Shell) typedRune(r rune) {
	s.woken()
	before := s.page.value()
	s.wedge.alone = s.page.active == nil
	if s.wedge.rune(r, s.opts.Now()) {
		s.beforeCard = before
	}
	s.page.typed(r)
}

func (s *Shell) typedKey(e *fyne.KeyEvent) {
	if s.woken() {
		return
	}
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		if number := s.wedge.enter(s.opts.Now()); number != "" {
			s.page.restore(s.beforeCard)
			s.card(number)
			return
		}
		s.touched()
		s.page.enter()
	case fyne.KeyBackspace:
		s.touched()
		s.page.erase()
	}
}

func (s *Shell) card(number string) {
	s.touched()
	if s.opts.OnCard != nil {
		s.courier.send("card", func() { s.opts.OnCard(number) })
	}
}
