package center

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// The capacity of each lane: batches held in memory at once, each at most a
// little over 1 MiB, and requests that may wait, unread, for one of those places.
// Batches without records have a way of their own.
const (
	ordinarySlots   = 96
	ordinaryWaiting = 1024
	urgentSlots     = 32
	urgentWaiting   = 256
	askSlots        = 64
	askWaiting      = 512
	slotPatience    = 5 * time.Second
)

var errBusy = errors.New("too many batches at once")

// lane is a bounded way in.
type lane struct {
	slots   chan struct{}
	queue   chan *batch // as many as slots: sending never blocks
	waiting atomic.Int64
	most    int64
}

func newLane(slots int, waiting int64) *lane {
	return &lane{slots: make(chan struct{}, slots), queue: make(chan *batch, slots), most: waiting}
}

// enter waits for a place, for a short while; leave gives it back.
func (l *lane) enter(ctx context.Context) (leave func(), err error) {
	leave = func() { <-l.slots }
	select {
	case l.slots <- struct{}{}:
		return leave, nil
	default:
	}
	defer l.waiting.Add(-1)
	if l.waiting.Add(1) > l.most {
		return nil, errBusy
	}
	patience := time.NewTimer(slotPatience)
	defer patience.Stop()
	select {
	case l.slots <- struct{}{}:
		return leave, nil
	case <-patience.C:
		return nil, errBusy
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// inflight counts what each terminal has under way.
type inflight struct {
	mu    sync.Mutex
	count map[string]int
}

// begin counts one more unless there are most already.
func (f *inflight) begin(who string, most int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count == nil {
		f.count = map[string]int{}
	}
	if f.count[who] >= most {
		return false
	}
	f.count[who]++
	return true
}

func (f *inflight) end(who string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count[who]--; f.count[who] <= 0 {
		delete(f.count, who)
	}
}
