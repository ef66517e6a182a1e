package retention

import (
	"sync"
	"time"
)

// Leap is by how much the machine's clock may be ahead of where this program left it
// and still be believed: a year and a month, longer than any terminal stands in a
// store-room between two school years.
const Leap = 400 * 24 * time.Hour

// Clock is the time that retention goes by. It starts from a mark that was kept and
// moves with the machine's monotonic clock while the program runs; the wall's clock
// moves it forward only.
type Clock struct {
	wall   func() time.Time
	passed func() time.Duration // since the start, deaf to a clock that is set

	mu   sync.Mutex
	mark time.Time     // the latest time that was believed
	at   time.Duration // passed, then
}

// NewClock continues from a mark; zero is the machine's time. passed is how long the
// machine has run since some moment, whatever its clock was set to; nil is Go's own
// monotonic reading.
func NewClock(mark time.Time, wall func() time.Time, passed func() time.Duration) *Clock {
	if passed == nil {
		began := time.Now()
		passed = func() time.Duration { return time.Since(began) }
	}
	c := &Clock{wall: wall, passed: passed, mark: mark, at: passed()}
	if mark.IsZero() {
		c.mark = wall().Round(0)
	}
	return c
}

// Now is the time. doubted says that the machine's clock is ahead by more than Leap, so
// that nothing may be deleted by it before a person has looked.
func (c *Clock) Now() (now time.Time, doubted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	passed, wall := c.passed(), c.wall().Round(0)
	c.mark, c.at = c.mark.Add(passed-c.at), passed
	if wall.Sub(c.mark) > Leap {
		return c.mark, true
	}
	if wall.After(c.mark) {
		c.mark = wall
	}
	return c.mark, false
}

// Believe takes the machine's time as it is, after a person has looked.
func (c *Clock) Believe() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mark, c.at = c.wall().Round(0), c.passed()
}
