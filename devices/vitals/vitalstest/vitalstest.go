// Package vitalstest is what every driver of a thermometer or cuff must pass:
// call Exercise from the driver's own test.
package vitalstest

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/devicestest"
	"github.com/luohu/ting/devices/vitals"
)

// Monitor is a monitor under test that measures Reading again and again: its
// temperature and its pressure, together or in turn.
type Monitor struct {
	vitals.Monitor
	Reading vitals.Reading
	Unplug  func() error
	Plug    func() error
}

// Factory makes a monitor that works.
type Factory func(t *testing.T) Monitor

// Exercise runs the suite.
func Exercise(t *testing.T, open Factory) {
	devicestest.Exercise(t, open,
		devicestest.Case[Monitor]{Name: "Measures", Run: func(ctx context.Context, t *testing.T, m Monitor) {
			measures(ctx, t, m)
		}},
		devicestest.Case[Monitor]{Name: "ComesBack", Run: func(ctx context.Context, t *testing.T, m Monitor) {
			measures(ctx, t, m)
			if err := m.Unplug(); err != nil {
				t.Fatal(err)
			}
			devicestest.Until(ctx, t, m, devices.Away)
			if err := m.Plug(); err != nil {
				t.Fatal(err)
			}
			measures(ctx, t, m)
		}},
		devicestest.Case[Monitor]{Name: "EndedContext", Run: func(ctx context.Context, t *testing.T, m Monitor) {
			ended, cancel := context.WithCancel(ctx)
			cancel()
			if r, err := m.Next(ended); !errors.Is(err, context.Canceled) {
				t.Errorf("%+v, %v", r, err)
			}
		}},
		devicestest.Case[Monitor]{Name: "Closed", Run: func(ctx context.Context, t *testing.T, m Monitor) {
			if err := m.Close(); err != nil {
				t.Fatal(err)
			}
			if r, err := m.Next(ctx); !errors.Is(err, os.ErrClosed) {
				t.Errorf("%+v, %v", r, err)
			}
		}},
	)
}

// measures waits until all of the reading has come.
func measures(ctx context.Context, t *testing.T, m Monitor) {
	t.Helper()
	var got vitals.Reading
	for got != m.Reading {
		r, err := m.Next(ctx)
		if err != nil {
			t.Fatalf("%v; until now %+v, want %+v", err, got, m.Reading)
		}
		if r.Temperature != 0 {
			got.Temperature = r.Temperature
		}
		if r.Systolic != 0 {
			r.Temperature = got.Temperature
			got = r
		}
	}
}
