// Package scaletest is what every driver of a scale must pass: call Exercise
// from the driver's own test.
package scaletest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/devicestest"
	"github.com/luohu/ting/devices/scale"
)

// Scale is a scale under test on which Weight lies again and again.
type Scale struct {
	scale.Scale
	Weight scale.Weight
	Unplug func() error
	Plug   func() error
}

// Factory makes a scale that works.
type Factory func(t *testing.T) Scale

// Exercise runs the suite.
func Exercise(t *testing.T, open Factory) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // for a loaded machine
	defer cancel()
	t.Run("WeighsWhatLiesStill", func(t *testing.T) {
		s := open(t)
		defer devicestest.Close(t, s)
		for range 2 {
			if w, err := s.Weigh(ctx); err != nil || w != s.Weight {
				t.Errorf("%d mg, %v; want %d", w, err, s.Weight)
			}
		}
		if !s.Health().OK() {
			t.Errorf("it weighs, and is %v", s.Health())
		}
	})
	t.Run("EndedContext", func(t *testing.T) {
		s := open(t)
		defer devicestest.Close(t, s)
		ended, cancel := context.WithCancel(ctx)
		cancel()
		if w, err := s.Weigh(ended); !errors.Is(err, context.Canceled) {
			t.Errorf("%d mg, %v", w, err)
		}
	})
	t.Run("ComesBack", func(t *testing.T) {
		s := open(t)
		defer devicestest.Close(t, s)
		if _, err := s.Weigh(ctx); err != nil {
			t.Fatal(err)
		}
		if err := s.Unplug(); err != nil {
			t.Fatal(err)
		}
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for s.Health().State != devices.Away {
			select {
			case <-tick.C:
			case <-ctx.Done():
				t.Fatalf("unplugged, and %v", s.Health())
			}
		}
		if err := s.Plug(); err != nil {
			t.Fatal(err)
		}
		if w, err := s.Weigh(ctx); err != nil || w != s.Weight {
			t.Errorf("%d mg, %v", w, err)
		}
	})
	t.Run("Closed", func(t *testing.T) {
		s := open(t)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Weigh(ctx); err == nil {
			t.Error("a closed scale weighed")
		}
	})
}
