package scanner

import (
	"context"
	"fmt"
	"os"
	"sync"
)

// Desk is where a driver lays codes down and callers of Next pick them up. Its
// methods are safe for several goroutines. The zero Desk is ready.
type Desk struct {
	mu      sync.Mutex
	waiting map[chan Code]struct{}
	closed  chan struct{}
}

// Lay hands a code to everybody who waits for one, and to nobody else.
func (d *Desk) Lay(c Code) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for w := range d.waiting {
		w <- c // capacity 1, and each is handed one
		delete(d.waiting, w)
	}
}

// Next implements Scanner.
func (d *Desk) Next(ctx context.Context) (Code, error) {
	w := make(chan Code, 1)
	d.mu.Lock()
	if d.waiting == nil {
		d.waiting = map[chan Code]struct{}{}
	}
	d.waiting[w] = struct{}{}
	closed := d.end()
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		delete(d.waiting, w)
		d.mu.Unlock()
	}()
	select {
	case c := <-w:
		return c, nil
	case <-ctx.Done():
		return Code{}, ctx.Err()
	case <-closed:
		return Code{}, fmt.Errorf("scanner: %w", os.ErrClosed)
	}
}

// end is closed when the desk is. d.mu is held.
func (d *Desk) end() chan struct{} {
	if d.closed == nil {
		d.closed = make(chan struct{})
	}
	return d.closed
}

// Close ends waiting. It may be called twice.
func (d *Desk) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	select {
	case <-d.end():
	default:
		close(d.closed)
	}
	return nil
}
