// Package gpstest is what every driver of a satellite receiver must pass: call
// Exercise from the driver's own test.
package gpstest

import (
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

// patience is for a loaded machine; nothing waits so long.
const patience = 20 * time.Second

// Exercise runs the suite.
func Exercise(t *testing.T, open Factory) {
	t.Run("FindsItselfAndMoves", func(t *testing.T) {
		r := open(t)
		defer devicestest.Close(t, r)
		first := await(t, r, func(gps.Fix) bool { return true })
		if first.Lat < -90 || first.Lat > 90 || first.Lon < -180 || first.Lon > 180 || first.Time.IsZero() {
			t.Errorf("fix %+v is nowhere", first)
		}
		if !r.Health().OK() {
			t.Errorf("with a fix it is %v", r.Health())
		}
		next := await(t, r, func(f gps.Fix) bool { return f.Time.After(first.Time) })
		if next.Lat == first.Lat && next.Lon == first.Lon {
			t.Errorf("a bus that drives at %.1f m/s has not moved", next.Speed)
		}
	})
	t.Run("ComesBack", func(t *testing.T) {
		r := open(t)
		defer devicestest.Close(t, r)
		await(t, r, func(gps.Fix) bool { return true })
		if err := r.Unplug(); err != nil {
			t.Fatal(err)
		}
		until(t, r, func() bool { return r.Health().State == devices.Away })
		if err := r.Plug(); err != nil {
			t.Fatal(err)
		}
		until(t, r, func() bool { return r.Health().OK() })
	})
	t.Run("Closed", func(t *testing.T) {
		r := open(t)
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if s := r.Health().State; s != devices.Closed {
			t.Errorf("closed, and %s", s)
		}
	})
}

func await(t *testing.T, r Receiver, good func(gps.Fix) bool) (f gps.Fix) {
	t.Helper()
	until(t, r, func() bool {
		var ok bool
		f, ok = r.Fix()
		return ok && good(f)
	})
	return f
}

func until(t *testing.T, r Receiver, good func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !good() {
		select {
		case <-tick.C:
		case <-deadline.C:
			f, ok := r.Fix()
			t.Fatalf("waited in vain: %v, fix %+v (%v)", r.Health(), f, ok)
		}
	}
}
