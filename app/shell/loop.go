package shell

import "sync"

// loop runs functions one after another on the goroutine that owns the widgets.
// Functions posted while it works run in the same round, in order.
type loop struct {
	schedule func(func()) // fyne.Do

	mu      sync.Mutex
	queue   []func()
	started bool // a round is scheduled or running
}

// post hands f to the loop and returns at once.
func (l *loop) post(f func()) {
	l.mu.Lock()
	l.queue = append(l.queue, f)
	first := !l.started
	l.started = true
	l.mu.Unlock()
	if first {
		l.schedule(l.round)
	}
}

// round runs what was posted. There is one round at a time, even where
// schedule runs it on the caller's own goroutine, as Fyne's test driver does.
func (l *loop) round() {
	for {
		l.mu.Lock()
		work := l.queue
		l.queue = nil
		if len(work) == 0 {
			l.started = false
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
		for _, f := range work {
			f()
		}
	}
}

// latest holds one value for the loop: a newer one replaces one not taken yet.
type latest[T any] struct {
	mu    sync.Mutex
	value T
	full  bool
}

// put stores v and reports whether nothing was waiting.
func (l *latest[T]) put(v T) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	empty := !l.full
	l.value, l.full = v, true
	return empty
}

// take empties the slot.
func (l *latest[T]) take() (T, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v, ok := l.value, l.full
	var zero T
	l.value, l.full = zero, false
	return v, ok
}

// waiting reports whether a value is waiting to be taken.
func (l *latest[T]) waiting() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.full
}
