package relay_test

import (
	"context"
	"testing"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/devicestest"
	"github.com/luohu/ting/devices/light"
	"github.com/luohu/ting/devices/light/lighttest"
	"github.com/luohu/ting/devices/light/relay"
	"github.com/luohu/ting/devices/light/sim"
	"github.com/luohu/ting/devices/relay/turnstile"
)

var drivers = devices.Drivers[light.Lamp]{"sim": sim.Open, "modbus+tcp": relay.Open}

// open makes a lamp behind a simulated board.
func open(t *testing.T) (lighttest.Lamp, *turnstile.Turnstile) {
	t.Helper()
	board := turnstile.New()
	if err := board.Listen(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = board.Stop() })
	l, err := drivers.Open(t.Context(), "modbus+tcp://"+board.Addr()+"?red=4&yellow=5&green=6")
	if err != nil {
		t.Fatal(err)
	}
	return lighttest.Lamp{Lamp: l, Shines: func() (s []light.Signal) {
		for i, colour := range []light.Signal{light.Red, light.Yellow, light.Green} {
			if board.Coil(turnstile.CoilLamp + i) {
				s = append(s, colour)
			}
		}
		return s
	}}, board
}

func TestLamp(t *testing.T) {
	lighttest.Exercise(t, func(t *testing.T) lighttest.Lamp {
		l, _ := open(t)
		return l
	})
}

func TestSim(t *testing.T) {
	lighttest.Exercise(t, func(*testing.T) lighttest.Lamp {
		l := sim.New()
		return lighttest.Lamp{Lamp: l, Shines: func() []light.Signal {
			if s := l.Shows(); s != light.Off {
				return []light.Signal{s}
			}
			return nil
		}}
	})
}

// TestBoardWithoutPower shows the last signal again when the board is back, also
// one that was given while it was away.
func TestBoardWithoutPower(t *testing.T) {
	l, board := open(t)
	defer l.Close()
	if err := l.Show(t.Context(), light.Green); err != nil {
		t.Fatal(err)
	}
	if err := board.Stop(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := l.Show(ctx, light.Red); err == nil {
		t.Error("a board without power lit a lamp")
	}
	if err := board.Listen(); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(20 * time.Second)
	for s := l.Shines(); len(s) != 1 || s[0] != light.Red; s = l.Shines() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("it shines %v, and is %v", s, l.Health())
		}
	}
}

func TestOpen_RefusesWhatItCannotBe(t *testing.T) {
	for _, raw := range []string{"modbus+tcp://h", "modbus+tcp://h?red=-1", "modbus+tcp://h?blue=1", "sim:?red=1"} {
		if l, err := drivers.Open(t.Context(), raw); err == nil {
			l.Close()
			t.Errorf("%s was opened", raw)
		}
	}
}

func TestReplug(t *testing.T) {
	l, board := open(t)
	defer devicestest.Close(t, l)
	devicestest.Replug(t, devicestest.Away(l, board.Stop, board.Listen))
}
