package identity

import (
	"context"
	"slices"
	"sync"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity/decision"
)

// subscription is one reader of a watcher: a Watch or an Identify, which have a
// decider and get sightings, or an Enrol, which gets looks.
type subscription struct {
	decider *decision.Decider // used by the watcher's goroutine alone
	looks   chan look         // nil unless looks are wanted; holds the newest
	only    string            // the one person faces are compared with; "" is all members
	purpose string            // what a face is used for

	mu      sync.Mutex
	pending []kiosk.Sighting
	ended   bool
	ready   chan struct{} // holds one token while there is something to read
}

func newSubscription(d *decision.Decider) *subscription {
	return &subscription{decider: d, ready: make(chan struct{}, 1)}
}

// newSubscriptionTo is a subscription to one person's coming; to anybody's for "".
func newSubscriptionTo(person string, d *decision.Decider) *subscription {
	s := newSubscription(d)
	s.only = person
	return s
}

func newLooks() *subscription {
	return &subscription{looks: make(chan look, 1), ready: make(chan struct{}, 1)}
}

// offer hands over a look; one that nobody took yet is replaced.
func (s *subscription) offer(l look) {
	for {
		select {
		case s.looks <- l:
			return
		default:
		}
		select {
		case <-s.looks:
		default:
		}
	}
}

// maxPending bounds what a reader that does not read can hold.
const maxPending = 64

// tell queues a sighting. A newer one of the same person takes the older one's
// place at the end; so does a newer one of nobody.
func (s *subscription) tell(sg kiosk.Sighting) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	s.pending = slices.DeleteFunc(s.pending, func(old kiosk.Sighting) bool { return old.Person.ID == sg.Person.ID })
	if len(s.pending) == maxPending {
		s.pending = slices.Delete(s.pending, 0, 1)
	}
	s.pending = append(s.pending, sg)
	s.wake()
}

func (s *subscription) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.wake()
}

func (s *subscription) wake() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// errEnded is Next's error once a stream is closed.
func errEnded(cause error) error {
	return &kiosk.Error{Code: kiosk.CodeCancelled, Op: "watch", Cause: cause}
}

func (s *subscription) next(ctx context.Context) (kiosk.Sighting, error) {
	for {
		s.mu.Lock()
		if s.ended {
			s.wake() // for whoever waits beside us
			s.mu.Unlock()
			return kiosk.Sighting{}, errEnded(nil)
		}
		if len(s.pending) > 0 {
			sg := s.pending[0]
			s.pending = s.pending[1:]
			s.mu.Unlock()
			return sg, nil
		}
		s.mu.Unlock()
		select {
		case <-ctx.Done():
			return kiosk.Sighting{}, ctx.Err()
		case <-s.ready:
		}
	}
}

// sightings implements kiosk.Sightings.
type sightings struct {
	ctx context.Context // of the visit; Next has none of its own
	*subscription
	release func()
}

// Next leaves the person of a Lookalike out: whose face it is is not known yet.
func (s *sightings) Next() (kiosk.Sighting, error) {
	sg, err := s.next(s.ctx)
	if sg.Verdict == kiosk.Lookalike {
		sg.Person = kiosk.Person{}
	}
	return sg, err
}

func (s *sightings) Close() error {
	s.end()
	s.release()
	return nil
}

// Watch implements host.Identity. Where the terminal has no camera the stream
// tells NoCamera once, and then the cards.
func (i *Identity) Watch(ctx context.Context, v kiosk.Visit, r kiosk.WatchRequest) (kiosk.Sightings, error) {
	sub := newSubscription(decision.New(i.cfg.Limits, i.covers(purpose(r.Purpose, v))))
	sub.purpose = purpose(r.Purpose, v)
	unlisten := func() {}
	if len(r.Ways) == 0 || slices.Contains(r.Ways, kiosk.WayCard) {
		unlisten = i.cards.listen(sub)
	}
	w := i.watcherFor(v)
	switch {
	case len(r.Ways) > 0 && !slices.Contains(r.Ways, kiosk.WayFace):
		w = nil
	case w == nil:
		sub.tell(kiosk.Sighting{Verdict: kiosk.NoCamera, Time: i.cfg.Now(), Detail: "none configured"})
	case i.outOfDate():
		sub.tell(kiosk.Sighting{Verdict: kiosk.NoCamera, Time: i.cfg.Now(), Detail: "withdrawn consents are not known for too long"})
		w = nil
	default:
		w.subscribe(sub)
	}
	release := sync.OnceFunc(func() {
		unlisten()
		if w != nil {
			w.release(sub)
		}
	})
	stop := context.AfterFunc(ctx, release)
	return &sightings{ctx: ctx, subscription: sub, release: func() { stop(); release() }}, nil
}

func purpose(asked string, v kiosk.Visit) string {
	if asked == "" {
		return v.Module
	}
	return asked
}
