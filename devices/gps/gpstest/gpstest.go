// Package gpstest is what every driver of a satellite receiver must pass: call
// Exercise from the driver's own test.
package gpstest

import (
	"context"
	"testing"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/devicestest"
	"github.com/luohu/ting/devices/gps"
)

// Receiver is a receiver under test with a hand on its hardware.
type Receiver struct {
	gps.Receiver
	Unplug func() error
	Plug   func() error
}

// Factory makes a receiver that hears satellites.
type Factory func(t *testing.T) Receiver

// Exercise runs the suite.
func Exercise(t *testing.T, open Factory) {
	devicestest.Exercise(t, open,
		devicestest.Case[Receiver]{Name: "FindsItselfAndMoves", Run: func(ctx context.Context, t *testing.T, r Receiver) {
			first := await(ctx, t, r, func(gps.Fix) bool { return true })
			if first.Lat < -90 || first.Lat > 90 || first.Lon < -180 || first.Lon > 180 || first.Time.IsZero() {
				t.Errorf("fix %+v is nowhere", first)
			}
			if !r.Health().OK() {
				t.Errorf("with a fix it is %v", r.Health())
			}
			next := await(ctx, t, r, func(f gps.Fix) bool { return f.Time.After(first.Time) })
			if next.Lat == first.Lat && next.Lon == first.Lon {
				t.Errorf("a bus that drives at %.1f m/s has not moved", next.Speed)
			}
		}},
		devicestest.Case[Receiver]{Name: "ComesBack", Run: func(ctx context.Context, t *testing.T, r Receiver) {
			await(ctx, t, r, func(gps.Fix) bool { return true })
			if err := r.Unplug(); err != nil {
				t.Fatal(err)
			}
			devicestest.Until(ctx, t, r, devices.Away)
			if err := r.Plug(); err != nil {
				t.Fatal(err)
			}
			devicestest.Until(ctx, t, r, devices.Ready)
		}},
		devicestest.Case[Receiver]{Name: "Closed", Run: func(ctx context.Context, t *testing.T, r Receiver) {
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			if s := r.Health().State; s != devices.Closed {
				t.Errorf("closed, and %s", s)
			}
		}},
	)
}

func await(ctx context.Context, t *testing.T, r Receiver, good func(gps.Fix) bool) gps.Fix {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if f, ok := r.Fix(); ok && good(f) {
			return f
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			f, ok := r.Fix()
			t.Fatalf("waited in vain: %v, fix %+v (%v)", r.Health(), f, ok)
		}
	}
}
