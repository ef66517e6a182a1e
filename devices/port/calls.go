package port

import (
	"context"
	"fmt"
	"os"
	"sync"
)

// Calls hands calls from many goroutines to the one that speaks to the device,
// and its outcomes back: a caller Does, the serving goroutine receives from
// Waiting and Answers. Its methods are safe for several goroutines; make one with
// NewCalls.
type Calls[A, R any] struct {
	calls chan Call[A, R]
	done  chan struct{}
	once  sync.Once
}

// Call is what one caller asks for.
type Call[A, R any] struct {
	Ctx     context.Context // the caller's
	Ask     A
	outcome chan outcome[R]
}

type outcome[R any] struct {
	result R
	err    error
}

// NewCalls makes a hand-over that nobody waits at.
func NewCalls[A, R any]() *Calls[A, R] {
	return &Calls[A, R]{calls: make(chan Call[A, R]), done: make(chan struct{})}
}

// Waiting is where the serving goroutine takes calls from.
func (c *Calls[A, R]) Waiting() <-chan Call[A, R] { return c.calls }

// Answer hands the outcome to the caller, who may have gone. It never waits, and
// is called once for each call that was taken.
func (c Call[A, R]) Answer(result R, err error) { c.outcome <- outcome[R]{result, err} }

// Do hands a call over and waits for its outcome. It fails with taken's error when
// nobody took the call until that has ended (a device that is away takes none),
// and with os.ErrClosed. A call that was taken is waited for however long it
// takes: whoever serves looks at ctx, and knows what has become of it.
func (c *Calls[A, R]) Do(ctx, taken context.Context, ask A) (r R, err error) {
	call := Call[A, R]{ctx, ask, make(chan outcome[R], 1)}
	select {
	case <-c.done:
		return r, fmt.Errorf("device: %w", os.ErrClosed)
	default:
	}
	select {
	case c.calls <- call:
	case <-taken.Done():
		return r, &NotTakenError{taken.Err()}
	case <-c.done:
		return r, fmt.Errorf("device: %w", os.ErrClosed)
	}
	select {
	case o := <-call.outcome:
		return o.result, o.err
	case <-c.done:
		select { // both may have happened
		case o := <-call.outcome:
			return o.result, o.err
		default:
			return r, fmt.Errorf("device: %w", os.ErrClosed)
		}
	}
}

// Close ends all waiting, now and later. It may be called twice.
func (c *Calls[A, R]) Close() { c.once.Do(func() { close(c.done) }) }

// NotTakenError is Do's when nobody took the call: the device is away.
type NotTakenError struct{ Cause error }

// Error says so.
func (e *NotTakenError) Error() string { return "the device does not answer: " + e.Cause.Error() }

// Unwrap returns the context's error.
func (e *NotTakenError) Unwrap() error { return e.Cause }
