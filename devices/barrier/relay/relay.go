// Package relay opens barriers that a relay releases, and watches them by their
// contacts. The board may be any of devices/relay.
//
//	modbus+tcp://10.0.0.9:502?coil=0             a turnstile's controller
//	modbus+rtu:///dev/ttyUSB0?coil=0
//	lcus+serial:///dev/ttyUSB1?coil=0            a relay at a USB port
//	gpio:///dev/gpiochip0?coil=17                one at the machine's own lines
//
//	pulse=500ms     how long the relay is held for one passage
//	rest=on         the relay is on while the gate is locked: wired so, the gate
//	                is free when its power or this terminal fails. Usual is off
//	pass=0          input of the light barrier that counts who passes
//	closed=1        input that is on while the arm is in its place
//	held=15s        how long it may stay open after a passage
//	fire=2          input of the building's fire alarm: the gate is released and
//	                stays so as long as it is on
//
// Releasing fails open in hardware or not at all: a gate on a way of escape must
// be wired with rest=on, so that no program has to live for people to get out.
package relay

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/barrier"
	"github.com/luohu/ting/devices/port"
	"github.com/luohu/ting/devices/relay"
)

// How often the board is spoken to.
const (
	looksEvery = 100 * time.Millisecond // where there are contacts to look at
	asksEvery  = 2 * time.Second        // where there are none

	closesWithin = 2500 * time.Millisecond // a board that takes its time
)

// Config says how a gate is wired.
type Config struct {
	Coil  int
	Pulse time.Duration // 0 is 500 ms
	Rest  bool          // the relay is on while the gate is locked
	// Inputs by their number on the board; below 0 is none.
	Pass, Closed, Fire int
	Held               time.Duration // 0 is 15 s
}

func (c Config) watched() bool { return c.Pass >= 0 || c.Closed >= 0 || c.Fire >= 0 }

// Barrier is a gate behind a relay.
type Barrier struct {
	config   Config
	line     *port.Line
	releases *port.Calls[struct{}, struct{}]
	ending   chan chan struct{}
	once     sync.Once
	closed   error // what Close returned first

	mu     sync.Mutex
	status barrier.Status
	until  time.Time // the relay is held until then
}

var _ barrier.Barrier = (*Barrier)(nil)

// Schemes are the URL schemes Open takes.
func Schemes() []string { return relay.Schemes() }

// Open opens the barrier at u. It is a devices.Opener.
func Open(_ context.Context, u *url.URL) (barrier.Barrier, error) {
	dial, q, err := relay.Parse(u)
	if err != nil {
		return nil, err
	}
	c := Config{Pass: -1, Closed: -1, Fire: -1}
	rest := "off"
	const mostInputs = 255
	if err := port.Parameters(q, map[string]func(string) error{
		"coil": port.Number(&c.Coil, 0, mostInputs), "pulse": port.Duration(&c.Pulse, time.Minute),
		"rest": port.OneOf(&rest, "on", "off"), "held": port.Duration(&c.Held, time.Hour),
		"pass": port.Number(&c.Pass, 0, mostInputs), "closed": port.Number(&c.Closed, 0, mostInputs),
		"fire": port.Number(&c.Fire, 0, mostInputs),
	}); err != nil {
		return nil, err
	}
	c.Rest = rest == "on"
	return New(dial, c), nil
}

// New drives the gate behind the board that dial reaches.
func New(dial func(context.Context) (relay.Board, error), c Config) *Barrier {
	if c.Pulse == 0 {
		c.Pulse = 500 * time.Millisecond
	}
	if c.Held == 0 {
		c.Held = 15 * time.Second
	}
	b := &Barrier{config: c, releases: port.NewCalls[struct{}, struct{}](), ending: make(chan chan struct{})}
	b.line = port.Keep(dial, b.serve)
	return b
}

// Open implements barrier.Barrier.
func (b *Barrier) Open(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("barrier: %w", err)
	}
	_, err := b.releases.Do(ctx, ctx, struct{}{})
	if none := (*port.NotTakenError)(nil); errors.As(err, &none) {
		return fmt.Errorf("the barrier does not answer: %s: %w", b.Health(), ctx.Err())
	}
	return err
}

// Status implements barrier.Barrier.
func (b *Barrier) Status() barrier.Status {
	h := b.line.Health()
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.status
	s.Open = time.Now().Before(b.until) || s.Open
	switch h.State {
	case devices.Ready, devices.Starting:
	case devices.Closed:
		s.Err = fmt.Errorf("barrier: %w", os.ErrClosed)
	default:
		s.Err = errors.New(h.Reason)
	}
	return s
}

// Health implements barrier.Barrier.
func (b *Barrier) Health() devices.Health { return b.line.Health() }

// Close leaves the gate locked where the board can still be told. It may be called twice.
func (b *Barrier) Close() error {
	b.once.Do(func() {
		ended := make(chan struct{})
		select {
		case b.ending <- ended:
			<-ended
		case <-time.After(closesWithin): // away
		}
		b.closed = b.line.Close()
		b.releases.Close()
	})
	return b.closed
}

// serve speaks to the board over one connection. The gate is locked first,
// whatever an earlier one left behind.
func (b *Barrier) serve(ctx context.Context, l *port.Line, board relay.Board) error {
	b.mu.Lock()
	g := gate{config: b.config, board: board, sensors: sensors{held: b.config.Held, passed: b.status.Passed}}
	b.mu.Unlock()
	if err := g.lock(); err != nil {
		return err
	}
	every := asksEvery
	if b.config.watched() {
		every = looksEvery
	}
	look := time.NewTicker(every)
	defer look.Stop()
	for {
		if err := g.look(time.Now()); err != nil {
			return err
		}
		b.tell(l, &g)
		var over <-chan time.Time
		if g.held {
			over = time.After(time.Until(g.until))
		}
		select {
		case <-ctx.Done():
			return nil
		case ended := <-b.ending:
			err := g.lock()
			close(ended)
			return err
		case <-look.C:
		case <-over:
			if err := g.lock(); err != nil {
				return err
			}
		case r := <-b.releases.Waiting():
			err := r.Ctx.Err()
			if err == nil {
				err = g.release(time.Now())
			}
			b.count(&g, err)
			r.Answer(struct{}{}, err)
			if err != nil && r.Ctx.Err() == nil {
				return err
			}
		}
	}
}

// count notes a release that the board has confirmed.
func (b *Barrier) count(g *gate, err error) {
	if err != nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.status.Opened++
	b.status.Last, b.until = time.Now(), g.until
}

// tell passes on what the sensors say.
func (b *Barrier) tell(l *port.Line, g *gate) {
	b.mu.Lock()
	s := &g.sensors
	b.status.Passed, b.status.Alarm = s.passed, s.alarm
	b.status.Open = b.config.Closed >= 0 && !s.last.closed
	b.mu.Unlock()
	switch s.alarm {
	case barrier.Forced:
		l.Fault("opened without a release", "somebody must look at the gate")
	case barrier.HeldOpen:
		l.Fault("it does not close", "see whether something holds its arm")
	default:
		l.Ready() // fire is no fault of the gate's
	}
}

// gate is the board's side of a barrier.
type gate struct {
	config  Config
	board   relay.Board
	sensors sensors
	held    bool      // the relay is held for a passage
	until   time.Time // and that long
	burning bool
}

// lock has the relay at rest, unless there is fire.
func (g *gate) lock() error {
	g.held = false
	if g.burning {
		return nil
	}
	return g.board.Set(g.config.Coil, g.config.Rest)
}

// release holds the relay for a passage; another one holds it on.
func (g *gate) release(now time.Time) error {
	if err := g.board.Set(g.config.Coil, !g.config.Rest); err != nil {
		return err
	}
	g.held, g.until = true, now.Add(g.config.Pulse)
	g.sensors.release(now, g.config.Pulse)
	return nil
}

// look reads the contacts; without any it makes sure that the relay is as it should be.
func (g *gate) look(now time.Time) error {
	if !g.config.watched() {
		return g.board.Set(g.config.Coil, g.config.Rest != (g.held || g.burning))
	}
	c, err := g.contacts()
	if err != nil {
		return err
	}
	if c.fire != g.burning {
		g.burning = c.fire
		if err := g.board.Set(g.config.Coil, g.config.Rest != (g.held || g.burning)); err != nil {
			return err
		}
	}
	g.sensors.see(now, c)
	return nil
}

// contacts reads all inputs there are in one question.
func (g *gate) contacts() (contacts, error) {
	c := contacts{closed: true}
	var numbers []int
	var into []*bool
	for _, i := range []struct {
		number int
		into   *bool
	}{{g.config.Pass, &c.beam}, {g.config.Closed, &c.closed}, {g.config.Fire, &c.fire}} {
		if i.number >= 0 {
			numbers, into = append(numbers, i.number), append(into, i.into)
		}
	}
	in, err := g.board.Inputs(numbers)
	if err != nil {
		return c, err
	}
	for i, on := range in {
		*into[i] = on
	}
	return c, nil
}
