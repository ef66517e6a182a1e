package center

import (
	"sync"

	"github.com/luohu/ting/sync/center/projection"
)

// Event is something the console may want to show at once.
type Event struct {
	Terminal string               // heard of, or changed
	Enrolled bool                 // it was let in
	Alarm    bool                 // it was quarantined
	Line     *projection.Line     // a record that was told,
	Record   *projection.Received // and the record
	Board    string               // a projection whose board changed
	Changed  []string             // what else did: "letters", "forks", "enrolments", "feeds"
}

// Events sends what happens to whoever listens. A listener that is slow misses
// events; it never holds up the center.
type Events struct {
	mu        sync.Mutex
	listeners map[chan Event]struct{}
}

// Listen returns a stream of events, and what ends it.
func (e *Events) Listen() (_ <-chan Event, stop func()) {
	ch := make(chan Event, 256)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.listeners == nil {
		e.listeners = map[chan Event]struct{}{}
	}
	e.listeners[ch] = struct{}{}
	return ch, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.listeners, ch)
	}
}

func (e *Events) publish(ev Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for ch := range e.listeners {
		select {
		case ch <- ev:
		default:
		}
	}
}

// Announce tells the consoles that something changed which they may show, by its
// name: "accounts", "audit".
func (e *Events) Announce(changed ...string) { e.publish(Event{Changed: changed}) }

// heard reports whether anybody listens.
func (e *Events) heard() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.listeners) > 0
}

// signals wake everybody who waits for a name.
type signals struct {
	mu sync.Mutex
	ch map[string]chan struct{}
}

// wait returns a channel that is closed at the next wake of the name.
func (s *signals) wait(name string) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch == nil {
		s.ch = map[string]chan struct{}{}
	}
	if s.ch[name] == nil {
		s.ch[name] = make(chan struct{})
	}
	return s.ch[name]
}

func (s *signals) wake(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ch := s.ch[name]; ch != nil {
		close(ch)
		delete(s.ch, name)
	}
}

func (s *signals) wakeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, ch := range s.ch {
		close(ch)
		delete(s.ch, name)
	}
}
