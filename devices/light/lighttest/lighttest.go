// Package lighttest is what every driver of a status lamp must pass: call
// Exercise from the driver's own test.
package lighttest

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

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
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // for a loaded machine
	defer cancel()
	t.Run("ShowsOneAtATime", func(t *testing.T) {
		l := open(t)
		defer devicestest.Close(t, l)
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
	})
	t.Run("Closed", func(t *testing.T) {
		l := open(t)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if err := l.Show(ctx, light.Red); !errors.Is(err, os.ErrClosed) {
			t.Errorf("closed: %v", err)
		}
		if s := l.Health().State; s != devices.Closed {
			t.Errorf("closed, and %s", s)
		}
	})
}
