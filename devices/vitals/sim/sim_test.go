package sim_test

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/devicestest"
	"github.com/luohu/ting/devices/port/pty"
	"github.com/luohu/ting/devices/vitals"
	"github.com/luohu/ting/devices/vitals/gatt"
	"github.com/luohu/ting/devices/vitals/sim"
	"github.com/luohu/ting/devices/vitals/vitalstest"
)

var drivers = devices.Drivers[vitals.Monitor]{"sim": sim.Open, "gatt+serial": gatt.Open}

var want = vitals.Reading{Temperature: 38.25, Systolic: 151, Diastolic: 92, Mean: 112, Pulse: 97, Doubt: vitals.CuffLoose}

func atBridge(t *testing.T) vitalstest.Monitor {
	t.Helper()
	cable := pty.New(filepath.Join(t.TempDir(), "rfcomm0"))
	var measuring sync.WaitGroup
	plug := func() error {
		end, err := cable.Plug()
		if err == nil {
			measuring.Go(func() { _ = sim.Measure(t.Context(), end, want, 10*time.Millisecond) })
		}
		return err
	}
	if err := plug(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cable.Unplug()
		measuring.Wait()
	})
	m, err := drivers.Open(t.Context(), "gatt+serial://"+cable.Path())
	if err != nil {
		t.Fatal(err)
	}
	return vitalstest.Monitor{Monitor: m, Reading: want, Plug: plug, Unplug: cable.Unplug}
}

func TestBridge(t *testing.T) {
	vitalstest.Exercise(t, atBridge)
}

func TestSim(t *testing.T) {
	m, err := drivers.Open(t.Context(), "sim:?temperature=39.8&pressure=90/60&pulse=120&every=5ms")
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for seen := 0; seen < 3; {
		r, err := m.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if r.Temperature == 39.8 {
			seen |= 1
		}
		if r.Systolic == 90 && r.Diastolic == 60 && r.Pulse == 120 {
			seen |= 2
		}
	}
	for _, raw := range []string{"sim:?temperature=x", "sim:?temperature=4", "sim:?pressure=80/120", "sim:?pressure=80", "sim:?weight=1"} {
		if m, err := drivers.Open(t.Context(), raw); err == nil {
			m.Close()
			t.Errorf("%s was opened", raw)
		}
	}
}

func TestReplug(t *testing.T) {
	d := atBridge(t)
	defer devicestest.Close(t, d)
	devicestest.Replug(t, devicestest.Away(d, d.Unplug, d.Plug))
}
