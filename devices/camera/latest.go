package camera

import (
	"context"
	"os"
	"sync"
)

// Latest is where a driver that reads pictures as they come leaves the newest
// one for Next. Its methods are safe for several goroutines, and Next is meant
// for one. The zero Latest is ready.
type Latest struct {
	mu      sync.Mutex
	frame   *Frame
	err     error // why there is none now
	version uint64
	seen    uint64
	news    chan struct{} // closed and replaced at every change
	closed  bool
}

// Put leaves a picture; one that nobody has taken is replaced.
func (l *Latest) Put(f *Frame) { l.change(f, nil) }

// Fail says why there is no picture, until the next one comes.
func (l *Latest) Fail(err error) { l.change(nil, err) }

func (l *Latest) change(f *Frame, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.frame, l.err = f, err
	l.version++
	if l.news != nil {
		close(l.news)
		l.news = nil
	}
}

// Next waits for a picture or a failure newer than the one it returned last.
func (l *Latest) Next(ctx context.Context) (*Frame, error) {
	for {
		l.mu.Lock()
		switch {
		case l.closed:
			l.mu.Unlock()
			return nil, os.ErrClosed
		case l.version > l.seen:
			l.seen = l.version
			f, err := l.frame, l.err
			l.mu.Unlock()
			return f, err
		}
		if l.news == nil {
			l.news = make(chan struct{})
		}
		news := l.news
		l.mu.Unlock()
		select {
		case <-news:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Close ends waiting with os.ErrClosed.
func (l *Latest) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.news != nil {
		close(l.news)
		l.news = nil
	}
	return nil
}
