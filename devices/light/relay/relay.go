// Package relay lights a lamp whose colours are relays of a board; see
// devices/relay for the boards.
//
//	modbus+tcp://10.0.0.9:502?red=4&yellow=5&green=6     the relay of each colour
//
// A colour the lamp does not have is left out; its signal is then dark.
package relay

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/light"
	"github.com/luohu/ting/devices/port"
	"github.com/luohu/ting/devices/relay"
)

// asksEvery is how often the relays are made sure of: a board that lost its
// power for a moment forgets them.
const asksEvery = 2 * time.Second

// Lamp is a lamp behind a relay board.
type Lamp struct {
	coils map[light.Signal]int
	line  *port.Line
	shows *port.Calls[light.Signal, struct{}]

	mu  sync.Mutex
	now light.Signal
}

var _ light.Lamp = (*Lamp)(nil)

// Schemes are the URL schemes Open takes.
func Schemes() []string { return relay.Schemes() }

// Open opens the lamp at u. It is a devices.Opener.
func Open(_ context.Context, u *url.URL) (light.Lamp, error) {
	dial, q, err := relay.Parse(u)
	if err != nil {
		return nil, err
	}
	coils := map[light.Signal]int{}
	known := map[string]func(string) error{}
	for _, s := range []light.Signal{light.Red, light.Yellow, light.Green} {
		known[string(s)] = func(v string) error {
			var n int
			err := port.Number(&n, 0, 255)(v)
			coils[s] = n
			return err
		}
	}
	if err := port.Parameters(q, known); err != nil {
		return nil, err
	}
	if len(coils) == 0 {
		return nil, errors.New("the relay of one colour at least is needed, as in red=4")
	}
	return New(dial, coils), nil
}

// New lights the lamp whose colours are those relays of the board that dial reaches.
func New(dial func(context.Context) (relay.Board, error), coils map[light.Signal]int) *Lamp {
	l := &Lamp{coils: coils, shows: port.NewCalls[light.Signal, struct{}](), now: light.Off}
	l.line = port.Keep(dial, l.serve)
	return l
}

// Show implements light.Lamp.
func (l *Lamp) Show(ctx context.Context, s light.Signal) error {
	l.mu.Lock()
	l.now = s // also for a board that is away
	l.mu.Unlock()
	if _, err := l.shows.Do(ctx, ctx, s); err != nil {
		return fmt.Errorf("lamp (%s): %w", l.Health(), err)
	}
	return nil
}

// Health implements light.Lamp.
func (l *Lamp) Health() devices.Health { return l.line.Health() }

// Close leaves the lamp as it is. It may be called twice.
func (l *Lamp) Close() error {
	err := l.line.Close()
	l.shows.Close()
	return err
}

func (l *Lamp) serve(ctx context.Context, line *port.Line, board relay.Board) error {
	ask := time.NewTicker(asksEvery)
	defer ask.Stop()
	for {
		l.mu.Lock()
		now := l.now
		l.mu.Unlock()
		if err := l.set(board, now); err != nil {
			return err
		}
		line.Ready()
		select {
		case <-ctx.Done():
			return nil
		case <-ask.C:
		case c := <-l.shows.Waiting():
			err := l.set(board, c.Ask)
			c.Answer(struct{}{}, err)
			if err != nil {
				return err
			}
		}
	}
}

// set switches the other colours off first, so that two never shine together.
func (l *Lamp) set(board relay.Board, s light.Signal) error {
	for other, coil := range l.coils {
		if other != s {
			if err := board.Set(coil, false); err != nil {
				return err
			}
		}
	}
	if coil, has := l.coils[s]; has {
		return board.Set(coil, true)
	}
	return nil
}
