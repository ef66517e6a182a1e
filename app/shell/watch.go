package shell

import (
	"sync"
	"time"
)

// watchdog bites when an answer is later than its patience allows.
type watchdog struct {
	patience time.Duration
	bite     func(late time.Duration)

	mu    sync.Mutex
	since time.Time // of the beat that is not answered; zero for none
}

// expect notes that an answer is due, and reports false while one is already.
func (w *watchdog) expect(now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.since.IsZero() {
		return false
	}
	w.since = now
	return true
}

func (w *watchdog) answered() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.since = time.Time{}
}

// look bites when the answer is too late. The clock is monotonic, so a machine
// that slept or was set does not count as stuck for more than it was.
func (w *watchdog) look(now time.Time) {
	w.mu.Lock()
	since := w.since
	w.mu.Unlock()
	if !since.IsZero() && now.Sub(since) > w.patience {
		w.bite(now.Sub(since))
	}
}
