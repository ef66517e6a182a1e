// Package sim is a simulated barrier: it opens for a while at every release and
// counts the passages. The URL scheme is sim.
//
//	sim:                           opens for 3 s
//	sim:?pulse=1s                  opens for 1 s
//	sim:?delay=200ms               the hardware confirms 200 ms after it was asked
//	sim:?stick=5                   from the 5th release on it is stuck and never confirms
//
// A release while it is open keeps it open for another pulse, and counts.
// Test with testing/synctest, or Config.Clock.
package sim

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/barrier"
)

// Config says how a Barrier behaves.
type Config struct {
	Pulse time.Duration // how long it stays open; 0 is 3 s
	Delay time.Duration // until the hardware confirms a release
	Stick int           // the release, counted from 1, from which on it is stuck; 0 is never
	// Now is the clock of Status; nil is time.Now.
	Now func() time.Time
}

// ErrStuck is wrapped by Open's error when the barrier does not move.
var ErrStuck = errors.New("barrier is stuck")

// Barrier is a simulated barrier. Its methods are safe for several goroutines.
type Barrier struct {
	cfg    Config
	turn   chan struct{} // capacity 1: one release at a time, as on a relay
	closed chan struct{}
	once   sync.Once

	mu     sync.Mutex
	tries  int
	opened uint64
	last   time.Time
	err    error
	since  time.Time // when err became what it is
}

var _ barrier.Barrier = (*Barrier)(nil)

// Open opens the barrier a sim: URL names. It is a devices.Opener.
func Open(_ context.Context, u *url.URL) (barrier.Barrier, error) {
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, err
	}
	var c Config
	for key := range q {
		value := q.Get(key)
		switch key {
		case "pulse":
			c.Pulse, err = duration(key, value)
		case "delay":
			c.Delay, err = duration(key, value)
		case "stick":
			if c.Stick, err = strconv.Atoi(value); err != nil || c.Stick < 1 {
				err = fmt.Errorf("stick=%q: the release, counted from 1, at which the barrier sticks", value)
			}
		default:
			err = fmt.Errorf("unknown parameter %q; there are pulse, delay and stick", key)
		}
		if err != nil {
			return nil, err
		}
	}
	return New(c), nil
}

func duration(key, value string) (time.Duration, error) {
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 || d > time.Minute {
		return 0, fmt.Errorf("%s=%q: a duration up to 1m, as in %s=500ms", key, value, key)
	}
	return d, nil
}

// New makes a closed barrier.
func New(c Config) *Barrier {
	if c.Pulse == 0 {
		c.Pulse = 3 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Barrier{cfg: c, since: c.Now(), turn: make(chan struct{}, 1), closed: make(chan struct{})}
}

// Open releases the barrier. See barrier.Barrier.
func (b *Barrier) Open(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("simulated barrier: %w", err)
	}
	select {
	case <-b.closed:
		return fmt.Errorf("simulated barrier: %w", os.ErrClosed)
	case b.turn <- struct{}{}:
		defer func() { <-b.turn }()
	case <-ctx.Done():
		return fmt.Errorf("simulated barrier did not answer: %w", ctx.Err())
	}
	err := b.confirm(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil {
		b.opened++
		b.last = b.cfg.Now()
	}
	if (err == nil) != (b.err == nil) {
		b.since = b.cfg.Now()
	}
	b.err = err
	return err
}

// confirm waits for the hardware.
func (b *Barrier) confirm(ctx context.Context) error {
	b.mu.Lock()
	b.tries++
	stuck := b.cfg.Stick > 0 && b.tries >= b.cfg.Stick
	b.mu.Unlock()
	var confirmed <-chan time.Time
	switch {
	case stuck: // never
	case b.cfg.Delay > 0:
		t := time.NewTimer(b.cfg.Delay)
		defer t.Stop()
		confirmed = t.C
	default:
		select {
		case <-b.closed:
			return fmt.Errorf("simulated barrier: %w", os.ErrClosed)
		default:
			return nil
		}
	}
	select {
	case <-confirmed:
		return nil
	case <-b.closed:
		return fmt.Errorf("simulated barrier: %w", os.ErrClosed)
	case <-ctx.Done():
		if stuck {
			return fmt.Errorf("simulated barrier: %w (stick=%d): free its arm: %w", ErrStuck, b.cfg.Stick, ctx.Err())
		}
		return fmt.Errorf("simulated barrier did not answer: %w", ctx.Err())
	}
}

// Status is what the barrier knows of itself.
func (b *Barrier) Status() barrier.Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	open := !b.last.IsZero() && b.cfg.Now().Sub(b.last) < b.cfg.Pulse
	return barrier.Status{Open: open, Opened: b.opened, Last: b.last, Err: b.err}
}

// Health is whether it works now.
func (b *Barrier) Health() devices.Health {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := devices.Health{State: devices.Ready, Since: b.since}
	switch {
	case errors.Is(b.err, os.ErrClosed):
		h.State = devices.Closed
	case b.err != nil:
		h.State, h.Reason, h.Hint = devices.Faulty, b.err.Error(), "free the barrier's arm"
	}
	return h
}

// Close ends waiting releases; later ones fail.
func (b *Barrier) Close() error {
	b.once.Do(func() {
		close(b.closed)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.err = fmt.Errorf("simulated barrier: %w", os.ErrClosed)
	})
	return nil
}
