package sim_test

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/devicestest"
	"github.com/luohu/ting/devices/port/pty"
	"github.com/luohu/ting/devices/scale"
	"github.com/luohu/ting/devices/scale/ascii"
	"github.com/luohu/ting/devices/scale/scaletest"
	"github.com/luohu/ting/devices/scale/sim"
)

var drivers = devices.Drivers[scale.Scale]{"sim": sim.Open, "scale+serial": ascii.Open}

const weight = 20_500

func atLine(t *testing.T) scaletest.Scale {
	t.Helper()
	cable := pty.New(filepath.Join(t.TempDir(), "ttyUSB0"))
	var speaking sync.WaitGroup
	plug := func() error {
		end, err := cable.Plug()
		if err == nil {
			speaking.Go(func() { _ = sim.Speak(t.Context(), end, []scale.Weight{weight}, 5*time.Millisecond) })
		}
		return err
	}
	if err := plug(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cable.Unplug()
		speaking.Wait()
	})
	s, err := drivers.Open(t.Context(), "scale+serial://"+cable.Path()+"?parity=none&bits=8")
	if err != nil {
		t.Fatal(err)
	}
	return scaletest.Scale{Scale: s, Weight: weight, Plug: plug, Unplug: cable.Unplug}
}

func TestSerialScale(t *testing.T) {
	scaletest.Exercise(t, atLine)
}

func TestSim_WeighsWhatItsURLSays(t *testing.T) {
	s, err := drivers.Open(t.Context(), "sim:?grams=350&every=5ms")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if w, err := s.Weigh(t.Context()); err != nil || w.Grams() != 350 {
		t.Errorf("%g g, %v", w.Grams(), err)
	}
	for _, raw := range []string{"sim:?grams=", "sim:?grams=-1", "sim:?grams=x", "sim:?every=0s", "sim:?tare=1"} {
		if s, err := drivers.Open(t.Context(), raw); err == nil {
			s.Close()
			t.Errorf("%s was opened", raw)
		}
	}
}

func TestReplug(t *testing.T) {
	d := atLine(t)
	defer devicestest.Close(t, d)
	devicestest.Replug(t, devicestest.Away(d, d.Unplug, d.Plug))
}
