package devices

import (
	"context"
	"os"
	"sync"
)

// Desk is where a driver lays down what comes by itself (a code that was
// scanned, a pulse that was measured) and callers of Next pick it up. Its methods
// are safe for several goroutines. The zero Desk is ready.
type Desk[T any] struct {
	mu      sync.Mutex
	waiting map[chan T]struct{}
	closed  chan struct{}
}

// Lay hands v to everybody who waits, and to nobody else: what nobody waited for
// is about somebody who has gone.
func (d *Desk[T]) Lay(v T) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for w := range d.waiting {
		w <- v // capacity 1, and each is handed one
		delete(d.waiting, w)
	}
}

// Next waits for what is laid down after the call. It fails with ctx's error, or
// os.ErrClosed.
func (d *Desk[T]) Next(ctx context.Context) (v T, err error) {
	w := make(chan T, 1)
	d.mu.Lock()
	if d.waiting == nil {
		d.waiting = map[chan T]struct{}{}
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
	case v = <-w:
		return v, nil
	case <-ctx.Done():
		return v, ctx.Err()
	case <-closed:
		return v, os.ErrClosed
	}
}

// end is closed when the desk is. d.mu is held.
func (d *Desk[T]) end() chan struct{} {
	if d.closed == nil {
		d.closed = make(chan struct{})
	}
	return d.closed
}

// Close ends waiting. It may be called twice.
func (d *Desk[T]) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	select {
	case <-d.end():
	default:
		close(d.closed)
	}
	return nil
}
