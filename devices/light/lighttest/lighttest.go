// Package lighttest is what every driver of a status lamp must pass: call
// Exercise from the driver's own test.
package lighttest

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/devicestest"
	"github.com/luohu/ting/devices/light"
)

// Lamp is a lamp under test with an eye on it.
type Lamp struct {
	light.Lamp
	Shines func() []light.Signal // the colours that shine now
}

// Factory makes a lamp that works and is dark.
type Factory func(t *testing.T) Lamp

// Exercise runs the suite.
func Exercise(t *testing.T, open Factory) {
	devicestest.Exercise(t, open,
		devicestest.Case[Lamp]{Name: "ShowsOneAtATime", Run: func(ctx context.Context, t *testing.T, l Lamp) {
			for _, s := range append(light.Signals(), light.Red, light.Green, light.Off) {
				if err := l.Show(ctx, s); err != nil {
					t.Fatal(err)
				}
				shines := l.Shines()
				if s == light.Off && len(shines) != 0 || s != light.Off && (len(shines) != 1 || shines[0] != s) {
					t.Errorf("told %s, it shines %v", s, shines)
				}
			}
			if !l.Health().OK() {
				t.Errorf("it shines, and is %v", l.Health())
			}
		}},
		devicestest.Case[Lamp]{Name: "Closed", Run: func(ctx context.Context, t *testing.T, l Lamp) {
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			if err := l.Show(ctx, light.Red); !errors.Is(err, os.ErrClosed) {
				t.Errorf("closed: %v", err)
			}
			if s := l.Health().State; s != devices.Closed {
				t.Errorf("closed, and %s", s)
			}
		}},
	)
}
