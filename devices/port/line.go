package port

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"sync"
	"syscall"
	"time"

	"github.com/luohu/ting/devices"
)

// How often a device that is away is tried again: soon, and soon enough for the
// promise that it is back within five seconds.
const (
	firstRetry = 200 * time.Millisecond
	lastRetry  = 2 * time.Second
)

// Nothing is dialled by a Line whose serve opens the device itself.
func Nothing(context.Context) (io.Closer, error) { return io.NopCloser(nil), nil }

// FaultError ends a connection to a device that answers and needs somebody.
type FaultError struct {
	Cause error
	Hint  string // what to do
}

// Error is the cause's.
func (e *FaultError) Error() string { return e.Cause.Error() }

// Unwrap returns the cause.
func (e *FaultError) Unwrap() error { return e.Cause }

// AwayError is why a device cannot be reached, with a better hint than its cause gives.
type AwayError struct {
	Cause error
	Hint  string // what to do
}

// Error is the cause's.
func (e *AwayError) Error() string { return e.Cause.Error() }

// Unwrap returns the cause.
func (e *AwayError) Unwrap() error { return e.Cause }

// Line keeps a connection to one device: it dials, serves, and dials again when
// the connection was lost. Its methods are safe for several goroutines; it runs
// one goroutine, which Close ends.
type Line struct {
	connect func(context.Context) error // one connection, from its dialling to its end
	stop    context.CancelFunc
	done    chan struct{}

	mu      sync.Mutex
	health  devices.Health
	changed chan struct{} // closed and replaced when health changes
}

// Keep starts to keep a line. serve speaks to the device over one connection
// until that ends or ctx does; it calls Line.Ready once it has heard the device.
// The connection is closed when ctx ends, and after serve.
func Keep[C io.Closer](dial func(context.Context) (C, error), serve func(context.Context, *Line, C) error) *Line {
	ctx, stop := context.WithCancel(context.Background())
	l := &Line{
		stop: stop, done: make(chan struct{}),
		health: devices.Health{State: devices.Starting, Since: time.Now()}, changed: make(chan struct{}),
	}
	l.connect = func(ctx context.Context) error {
		c, err := dial(ctx)
		if err != nil {
			return err
		}
		closed := context.AfterFunc(ctx, func() { c.Close() })
		defer c.Close()
		defer closed()
		return serve(ctx, l, c)
	}
	go l.run(ctx)
	return l
}

func (l *Line) run(ctx context.Context) {
	defer close(l.done)
	pause := firstRetry
	for {
		if l.once(ctx) { // it worked until now: soon again
			pause = firstRetry
		}
		select {
		case <-ctx.Done():
			l.set(devices.Health{State: devices.Closed})
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, lastRetry)
	}
}

// once is one connection; it reports whether the device was heard over it.
func (l *Line) once(ctx context.Context) (heard bool) {
	err := l.connect(ctx)
	state := l.Health().State
	if ctx.Err() == nil {
		if err == nil {
			err = io.EOF
		}
		h := devices.Health{State: devices.Away, Reason: err.Error(), Hint: hint(err)}
		if f := (*FaultError)(nil); errors.As(err, &f) {
			h.State, h.Hint = devices.Faulty, f.Hint
		}
		l.set(h)
	}
	return state == devices.Ready || state == devices.Faulty
}

// hint is what a technician can do about an error of dialling or speaking.
func hint(err error) string {
	if a := (*AwayError)(nil); errors.As(err, &a) {
		return a.Hint
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "plug it in, or correct its path in terminal.toml"
	case errors.Is(err, fs.ErrPermission):
		return "let the terminal's user read and write it (group dialout or lp)"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the address answers and nothing listens there: check port and device"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "check the network cable and the address"
	case errors.Is(err, syscall.EBUSY):
		return "another program has it open"
	}
	return "check its power and its cable"
}

// Ready says that the device was heard and works.
func (l *Line) Ready() { l.set(devices.Health{State: devices.Ready}) }

// Fault says that the device answers and needs somebody.
func (l *Line) Fault(reason, hint string) {
	l.set(devices.Health{State: devices.Faulty, Reason: reason, Hint: hint})
}

// Away says that what answers (a service, a hub) misses the device itself; it is
// told again by Ready when it comes.
func (l *Line) Away(reason, hint string) {
	l.set(devices.Health{State: devices.Away, Reason: reason, Hint: hint})
}

func (l *Line) set(h devices.Health) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.health.State == devices.Closed || h.State == l.health.State && h.Reason == l.health.Reason {
		return
	}
	h.Since = time.Now()
	l.health = h
	close(l.changed)
	l.changed = make(chan struct{})
}

// Health is the device's last known state.
func (l *Line) Health() devices.Health {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.health
}

// Wait returns when the device's state is one of those wanted, or with ctx's error.
func (l *Line) Wait(ctx context.Context, wanted ...devices.State) error {
	for {
		l.mu.Lock()
		now, changed := l.health.State, l.changed
		l.mu.Unlock()
		for _, w := range wanted {
			if now == w {
				return nil
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Close ends the line; a connection that is open is closed. It may be called twice.
func (l *Line) Close() error {
	l.stop()
	<-l.done
	return nil
}
