// Package speaker says sentences aloud, for people who read badly, see badly or
// stand too far away. Drivers are in the folders below.
//
// A sentence is handed over as it stands on the screen. The driver turns it
// into words that can be heard (Reading): numbers of people digit by digit,
// amounts as amounts, and of a masked name only what is not masked.
package speaker

import (
	"context"
	"errors"
	"sync"
)

// Lang is a language a speaker knows.
type Lang string

// The languages.
const (
	ZH Lang = "zh" // Mandarin
	EN Lang = "en"
)

// Sentence is what is to be said.
type Sentence struct {
	Text string // as on the screen; what is beyond MaxRunes is not said
	Lang Lang
}

// MaxRunes is how much is said at once: about a minute. Nobody listens longer.
const MaxRunes = 200

// Speaker says one sentence at a time. Its methods are safe for several goroutines.
type Speaker interface {
	// Say says s and returns nil when it was heard to its end. The latest
	// sentence wins: a later Say, or Hush, cuts it short, and Say returns
	// ErrCut; when ctx ends first it returns ctx's error. A speaker that cannot
	// be heard (no sound card, no program) fails at once with the reason.
	Say(ctx context.Context, s Sentence) error
	// Hush cuts short what is being said and returns when it is quiet.
	Hush()
	// Status is what the speaker knows of itself.
	Status() Status
	// Close is Hush for good: every later Say fails.
	Close() error
}

// Status is what a speaker knows of itself.
type Status struct {
	Said uint64 // sentences heard to their end since start
	Err  error  // why it cannot be heard; nil when it can, as far as is known
}

// ErrCut is returned by a Say that was cut short by a later one or by Hush.
var ErrCut = errors.New("cut short")

// ErrClosed is wrapped by every Say after Close.
var ErrClosed = errors.New("the speaker is closed")

// Floor belongs to one sentence at a time. Drivers use it to keep Speaker's
// promise that the latest wins. The zero value is free.
type Floor struct {
	mu     sync.Mutex
	cut    context.CancelCauseFunc // of who has the floor; nil when it is free
	done   chan struct{}           // closed when he has left it
	closed bool
}

// Take cuts short whoever has the floor and returns when he has left it. What
// is then said ends with the context returned, whose cause is ErrCut when
// another took the floor; leave must be called.
func (f *Floor) Take(ctx context.Context) (speaking context.Context, leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	speaking, cut := context.WithCancelCause(ctx)
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		cut(nil)
		return nil, nil, ErrClosed
	}
	before := f.done
	if f.cut != nil {
		f.cut(ErrCut)
	}
	done := make(chan struct{})
	f.cut, f.done = cut, done
	f.mu.Unlock()
	leave = func() {
		if before != nil {
			<-before // a later one waits for all that were before it
		}
		cut(nil)
		close(done)
	}
	if before != nil {
		select {
		case <-before:
		case <-speaking.Done():
		}
	}
	if speaking.Err() != nil {
		err = context.Cause(speaking)
		go leave() // not before the one before; the caller need not wait for that
		return nil, nil, err
	}
	return speaking, leave, nil
}

// Clear cuts short whoever has the floor and returns when he has left it.
func (f *Floor) Clear() {
	f.mu.Lock()
	cut, done := f.cut, f.done
	f.mu.Unlock()
	if cut != nil {
		cut(ErrCut)
		<-done
	}
}

// Close is Clear, after which nobody takes the floor any more.
func (f *Floor) Close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.Clear()
}
