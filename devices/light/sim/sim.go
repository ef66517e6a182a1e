// Package sim is a simulated status lamp: it remembers what it shows. The URL is
// sim: without parameters.
package sim

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/light"
	"github.com/luohu/ting/devices/port"
)

// Lamp is a simulated lamp. Its methods are safe for several goroutines.
type Lamp struct {
	mu     sync.Mutex
	shows  light.Signal
	closed bool
	since  time.Time
}

var _ light.Lamp = (*Lamp)(nil)

// Open opens a simulated lamp. It is a devices.Opener.
func Open(_ context.Context, u *url.URL) (light.Lamp, error) {
	if err := port.Parameters(u.Query(), nil); err != nil {
		return nil, err
	}
	return New(), nil
}

// New makes a lamp that is dark.
func New() *Lamp { return &Lamp{shows: light.Off, since: time.Now()} }

// Show implements light.Lamp.
func (l *Lamp) Show(ctx context.Context, s light.Signal) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("lamp: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return fmt.Errorf("lamp: %w", os.ErrClosed)
	}
	l.shows = s
	return nil
}

// Shows is the signal it shows.
func (l *Lamp) Shows() light.Signal {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.shows
}

// Health implements light.Lamp.
func (l *Lamp) Health() devices.Health {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return devices.Health{State: devices.Closed}
	}
	return devices.Health{State: devices.Ready, Since: l.since}
}

// Close implements light.Lamp.
func (l *Lamp) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	return nil
}
