package sim

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/devicestest"
	"github.com/luohu/ting/devices/gps"
	"github.com/luohu/ting/devices/gps/gpstest"
	"github.com/luohu/ting/devices/gps/nmea"
	"github.com/luohu/ting/devices/port/pty"
)

var drivers = devices.Drivers[gps.Receiver]{"sim": Open, "nmea+serial": nmea.Open}

// TestSerial runs the suite on the real driver at a serial line, at whose other
// end the bus speaks.
func atLine(t *testing.T) gpstest.Receiver {
	t.Helper()
	cable := pty.New(filepath.Join(t.TempDir(), "ttyUSB0"))
	var driving sync.WaitGroup
	plug := func() error {
		end, err := cable.Plug()
		if err == nil {
			driving.Go(func() { _ = Bus{Lat: 30, Lon: 120, Every: 20 * time.Millisecond}.Drive(t.Context(), end) })
		}
		return err
	}
	if err := plug(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cable.Unplug(); err != nil {
			t.Error(err)
		}
		driving.Wait()
	})
	r, err := drivers.Open(t.Context(), "nmea+serial://"+cable.Path()+"?baud=4800")
	if err != nil {
		t.Fatal(err)
	}
	return gpstest.Receiver{Receiver: r, Plug: plug, Unplug: cable.Unplug}
}

func TestSerial(t *testing.T) {
	gpstest.Exercise(t, atLine)
}

func TestSim_IsWhereItsURLSays(t *testing.T) {
	r, err := drivers.Open(t.Context(), "sim:?lat=31.2304&lon=121.4737&every=5ms")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	f := await(t, r, func(gps.Fix) bool { return true })
	if d := abs(f.Lat-31.2304) + abs(f.Lon-121.4737); d > 0.02 {
		t.Errorf("it is at %.4f %.4f", f.Lat, f.Lon)
	}
	if f.Speed < 7.9 || f.Speed > 8.1 || f.Satellites != 12 {
		t.Errorf("fix %+v", f)
	}
}

func TestSim_ATunnelIsAFaultWithAHint(t *testing.T) {
	r, err := drivers.Open(t.Context(), "sim:?every=5ms&tunnel=1")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for r.Health().State != devices.Faulty {
		if ctx.Err() != nil {
			t.Fatalf("in a tunnel: %v", r.Health())
		}
	}
	if h := r.Health(); !strings.Contains(h.Hint, "sky") {
		t.Errorf("hint %q", h.Hint)
	}
	if f, ok := r.Fix(); ok {
		t.Errorf("in a tunnel it is at %+v", f)
	}
}

func TestSim_RefusesWhatItCannotBe(t *testing.T) {
	for _, raw := range []string{"sim:?lat=91", "sim:?lat=NaN", "sim:?speed=0", "sim:?every=0s", "sim:?fast=1"} {
		if _, err := drivers.Open(t.Context(), raw); err == nil {
			t.Errorf("%s was opened", raw)
		}
	}
}

// TestRoute keeps the bus on its block: never further than a side from the
// corner, and as far in a second as its speed says.
func TestRoute(t *testing.T) {
	var e0, n0 float64
	for m := 0.0; m < 5*4*side; m += 7 {
		e, n, _ := place(m)
		if e < 0 || e > side || n < 0 || n > side {
			t.Fatalf("after %g m it is at %g, %g", m, e, n)
		}
		if d := abs(e-e0) + abs(n-n0); m > 0 && (d < 6.999 || d > 7.001) {
			t.Fatalf("from %g m on it jumped %g m", m, d)
		}
		e0, n0 = e, n
	}
}

func await(t *testing.T, r gps.Receiver, good func(gps.Fix) bool) gps.Fix {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		if f, ok := r.Fix(); ok && good(f) {
			return f
		}
	}
	t.Fatal("no fix")
	return gps.Fix{}
}

func abs(v float64) float64 { return max(v, -v) }

func TestReplug(t *testing.T) {
	d := atLine(t)
	defer devicestest.Close(t, d)
	devicestest.Replug(t, devicestest.Away(d, d.Unplug, d.Plug))
}
