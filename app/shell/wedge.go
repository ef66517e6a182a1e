package shell

import (
	"strings"
	"time"
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
	if now.Sub(w.last) > w.gap() || len(number) < wedgeLeast || !strings.ContainsAny(number, "0123456789") {
		return "" // a fast hand's word has no digit
	}
	return number
}

func (s *Shell) card(number string) {
	s.touched()
	if s.opts.OnCard != nil {
		s.courier.send("card", func() { s.opts.OnCard(number) })
	}
}
