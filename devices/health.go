package devices

import "time"

// State is how well a device works, in one word.
type State string

// The states.
const (
	Starting State = "starting" // opened, not heard of yet
	Ready    State = "ready"    // it works
	Away     State = "away"     // unplugged or unreachable; it comes back by itself
	Faulty   State = "faulty"   // it answers, and needs somebody: paper out, stuck, held open
	Closed   State = "closed"   // given up by this program
)

// Health is what a device says of itself, for the maintenance page, the console
// and ting doctor. It never holds a visitor's data.
type Health struct {
	State  State
	Reason string    // what is wrong, for a technician; "" while Ready
	Hint   string    // what to do about it; may be empty
	Since  time.Time // when the state began
}

// OK reports whether the device can be used now.
func (h Health) OK() bool { return h.State == Ready }

// String is "ready", or the state with reason and hint: "away: no such file (plug it in)".
func (h Health) String() string {
	s := string(h.State)
	if h.Reason != "" {
		s += ": " + h.Reason
	}
	if h.Hint != "" {
		s += " (" + h.Hint + ")"
	}
	return s
}
