// Package scaletest is what every driver of a scale must pass: call Exercise
// from the driver's own test.
package scaletest

import (
	"context"
	"errors"
	"testing"

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
	devicestest.Exercise(t, open,
		devicestest.Case[Scale]{Name: "WeighsWhatLiesStill", Run: func(ctx context.Context, t *testing.T, s Scale) {
			for range 2 {
				if w, err := s.Weigh(ctx); err != nil || w != s.Weight {
					t.Errorf("%d mg, %v; want %d", w, err, s.Weight)
				}
			}
			if !s.Health().OK() {
				t.Errorf("it weighs, and is %v", s.Health())
			}
		}},
		devicestest.Case[Scale]{Name: "EndedContext", Run: func(ctx context.Context, t *testing.T, s Scale) {
			ended, cancel := context.WithCancel(ctx)
			cancel()
			if w, err := s.Weigh(ended); !errors.Is(err, context.Canceled) {
				t.Errorf("%d mg, %v", w, err)
			}
		}},
		devicestest.Case[Scale]{Name: "ComesBack", Run: func(ctx context.Context, t *testing.T, s Scale) {
			if _, err := s.Weigh(ctx); err != nil {
				t.Fatal(err)
			}
			if err := s.Unplug(); err != nil {
				t.Fatal(err)
			}
			devicestest.Until(ctx, t, s, devices.Away)
			if err := s.Plug(); err != nil {
				t.Fatal(err)
			}
			if w, err := s.Weigh(ctx); err != nil || w != s.Weight {
				t.Errorf("%d mg, %v", w, err)
			}
		}},
		devicestest.Case[Scale]{Name: "Closed", Run: func(ctx context.Context, t *testing.T, s Scale) {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Weigh(ctx); err == nil {
				t.Error("a closed scale weighed")
			}
		}},
	)
}
