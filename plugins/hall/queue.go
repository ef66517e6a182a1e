package hall

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Priority says why somebody is served before others.
type Priority string

// The priorities; the empty one is none.
const (
	Elder    Priority = "elder"
	Disabled Priority = "disabled"
)

// TicketState is where somebody with a ticket is.
type TicketState string

// The states of a ticket.
const (
	Waits  TicketState = "waiting"
	Called TicketState = "called"  // to a window, and not there yet
	Served TicketState = "served"  // at the window
	Done   TicketState = "done"    //
	Missed TicketState = "no-show" // called in vain
	Left   TicketState = "left"    // gave it back
)

// Step is what is done with a ticket.
type Step string

// The steps, all of a clerk.
const (
	Call     Step = "call"
	Recall   Step = "recall"
	Serve    Step = "serve" // he has come to the window
	Finish   Step = "finish"
	NoShow   Step = "no-show"
	Transfer Step = "transfer" // he waits again, for another window
	Requeue  Step = "requeue"  // who missed his call has come back
)

var steps = map[Step]struct {
	from []TicketState
	to   TicketState
}{
	Call:     {[]TicketState{Waits}, Called},
	Recall:   {[]TicketState{Called}, Called},
	Serve:    {[]TicketState{Called}, Served},
	Finish:   {[]TicketState{Called, Served}, Done},
	NoShow:   {[]TicketState{Called}, Missed},
	Transfer: {[]TicketState{Called, Served}, Waits},
	Requeue:  {[]TicketState{Missed}, Waits},
}

// Ticket is somebody's place in the queue. It changes by apply alone.
type Ticket struct {
	Taken    TicketTaken        `json:"taken"`
	State    TicketState        `json:"state"`
	Since    time.Time          `json:"since"`            // since when it waits, or was called
	Window   string             `json:"window,omitempty"` // where it was called to
	For      string             `json:"for,omitempty"`    // the only window that may call it
	Calls    int                `json:"calls,omitempty"`
	CalledAt time.Time          `json:"called_at,omitzero"`
	DoneAt   time.Time          `json:"done_at,omitzero"`
	Chain    Chain[QueueChange] `json:"chain"`
}

// Open takes the ticket in.
func (t *Ticket) Open(taken TicketTaken) {
	if t.Chain.Version == 0 {
		t.Taken, t.State, t.Since = taken, Waits, taken.At
	}
	t.Chain.Open(taken.ID, t.apply)
}

// Take takes a step in, whenever it arrives.
func (t *Ticket) Take(q QueueChange) { t.Chain.Take(q, t.apply) }

// Next is the basis of a step with the ticket as it is.
func (t *Ticket) Next(id string) Basis {
	return Basis{ID: id, Expected: t.Chain.Version, After: t.Chain.Last}
}

func (t *Ticket) apply(q QueueChange) error {
	s, known := steps[q.Step]
	switch {
	case !known || !slices.Contains(s.from, t.State):
		return ErrNotNow
	case q.Step == Call && t.For != "" && t.For != q.Window:
		return ErrWhose
	case q.Step != Call && q.Step != Requeue && t.Window != q.Window:
		return ErrWhose
	case q.Step == Transfer && (q.To == "" || q.To == q.Window):
		return ErrNotNow
	}
	t.State = s.to
	switch q.Step {
	case Call:
		t.Window, t.For, t.Calls, t.CalledAt, t.Since = q.Window, "", 1, q.At, q.At
	case Recall:
		t.Calls++
		t.Since = q.At
	case Finish:
		t.DoneAt = q.At
	case Transfer:
		t.For, t.Window, t.Since = q.To, "", q.At
	case Requeue:
		t.Window, t.Since = "", q.At
	}
	return nil
}

// The rules of the queue.
const (
	// priorityAhead is by how much earlier an elder or a disabled person counts as
	// having come. He is before all who came in that time; and nobody is overtaken
	// for ever, as in a queue of two classes.
	priorityAhead = 45 * time.Minute
	// usualService is how long a service is taken to last before any is known.
	usualService = 8 * time.Minute
	// sampled is how many of the latest services the forecast goes by.
	sampled = 20
	// openFor is how long after its last call a window counts as open.
	openFor = 40 * time.Minute
)

// place orders those who wait: who was sent on from another window first, then by
// the time they came.
func place(a, b Ticket) int {
	return cmp.Or(
		boolFirst(a.For != "", b.For != ""),
		a.counted().Compare(b.counted()),
		strings.Compare(a.Taken.Number, b.Taken.Number),
		strings.Compare(a.Taken.ID, b.Taken.ID),
	)
}

func boolFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// counted is when somebody counts as having come.
func (t Ticket) counted() time.Time {
	if t.Taken.Priority != "" {
		return t.Since.Add(-priorityAhead)
	}
	return t.Since
}

// Queue is a day's tickets.
type Queue []Ticket

// Of is the queue of one day.
func (q Queue) Of(day string) Queue {
	return slices.DeleteFunc(slices.Clone(q), func(t Ticket) bool { return t.Taken.Day != day })
}

// Waiting are those who wait, in the order in which they are called. A window
// named leaves out those who wait for another one.
func (q Queue) Waiting(window string) Queue {
	var w Queue
	for _, t := range q {
		if t.State == Waits && (t.For == "" || window == "" || t.For == window) {
			w = append(w, t)
		}
	}
	slices.SortFunc(w, place)
	return w
}

// At is the ticket that was called to a window and is not done with.
func (q Queue) At(window string) (Ticket, bool) {
	i := slices.IndexFunc(q, func(t Ticket) bool { return t.Window == window && (t.State == Called || t.State == Served) })
	if i < 0 {
		return Ticket{}, false
	}
	return q[i], true
}

// Find is the ticket of that number.
func (q Queue) Find(number string) (Ticket, bool) {
	number = strings.ToUpper(strings.TrimSpace(number))
	i := slices.IndexFunc(q, func(t Ticket) bool { return t.Taken.Number == number })
	if i < 0 {
		return Ticket{}, false
	}
	return q[i], true
}

// Ahead is how many are called before a ticket.
func (q Queue) Ahead(t Ticket) (n int) {
	for _, o := range q.Waiting("") {
		if o.Taken.ID != t.Taken.ID && place(o, t) < 0 {
			n++
		}
	}
	return n
}

// Windows are those that are open: each that has called somebody lately.
func (q Queue) Windows(now time.Time) []string {
	var open []string
	for _, t := range q {
		if t.Window != "" && now.Sub(t.CalledAt) < openFor && !slices.Contains(open, t.Window) {
			open = append(open, t.Window)
		}
	}
	slices.Sort(open)
	return open
}

// ServiceTime is how long one service lasts, by the middle one of the latest:
// a few very long ones do not make everybody's forecast longer.
func (q Queue) ServiceTime() time.Duration {
	done := slices.DeleteFunc(slices.Clone(q), func(t Ticket) bool { return t.State != Done || !t.DoneAt.After(t.CalledAt) })
	slices.SortFunc(done, func(a, b Ticket) int { return b.DoneAt.Compare(a.DoneAt) })
	times := make([]time.Duration, 0, sampled)
	for _, t := range done[:min(len(done), sampled)] {
		times = append(times, t.DoneAt.Sub(t.CalledAt))
	}
	// Until three are known, what is usual counts as one of them.
	for len(times) < 3 {
		times = append(times, usualService)
	}
	slices.Sort(times)
	return times[len(times)/2]
}

// Forecast is how long a ticket will wait: each open window takes the next as
// soon as it is free. Windows that are busy are taken to be half done.
func (q Queue) Forecast(t Ticket, now time.Time) time.Duration {
	windows := max(len(q.Windows(now)), 1)
	busy := 0
	for _, o := range q {
		if o.State == Called || o.State == Served {
			busy++
		}
	}
	each := q.ServiceTime()
	ahead := q.Ahead(t)
	free := max(windows-busy, 0)
	if ahead < free {
		return 0
	}
	rounds := (ahead-free)/windows + 1
	return time.Duration(rounds)*each - each/2
}

// nextTicketNumber is a kiosk's letter and the number after its last of the day.
func nextTicketNumber(letter string, last int) string { return fmt.Sprintf("%s%03d", letter, last+1) }

// LastNumber is the greatest number of tickets with a letter.
func (q Queue) LastNumber(letter string) (last int) {
	for _, t := range q {
		if s, ok := strings.CutPrefix(t.Taken.Number, letter); ok {
			if n, err := strconv.Atoi(s); err == nil {
				last = max(last, n)
			}
		}
	}
	return last
}
