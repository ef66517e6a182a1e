package sim

import (
	"context"
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/barrier"
	"github.com/luohu/ting/devices/barrier/barriertest"
)

func TestConformance(t *testing.T) {
	for name, c := range map[string]Config{"prompt": {}, "slow": {Delay: time.Millisecond}} {
		t.Run(name, func(t *testing.T) {
			barriertest.Exercise(t, func(*testing.T) barrier.Barrier { return New(c) })
		})
	}
}

func TestOpen_StaysOpenForThePulse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Config{Pulse: 2 * time.Second})
		if err := b.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2*time.Second - 1)
		if !b.Status().Open {
			t.Error("closed before the pulse ended")
		}
		if err := b.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2*time.Second - 1)
		if !b.Status().Open {
			t.Error("a second release did not keep it open")
		}
		time.Sleep(time.Nanosecond)
		if s := b.Status(); s.Open || s.Opened != 2 {
			t.Errorf("after the pulse the status is %+v, want closed, two releases", s)
		}
	})
}

func TestOpen_WaitsForTheHardware(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Config{Delay: 300 * time.Millisecond})
		began := time.Now()
		if err := b.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(began); d != 300*time.Millisecond {
			t.Errorf("confirmed after %v, want 300ms", d)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := b.Open(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want DeadlineExceeded", err)
		}
		if s := b.Status(); s.Opened != 1 || !errors.Is(s.Err, context.DeadlineExceeded) {
			t.Errorf("status %+v, want one release and the error", s)
		}
	})
}

func TestOpen_Sticks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Config{Stick: 2})
		if err := b.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := b.Open(ctx); !errors.Is(err, ErrStuck) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want ErrStuck and DeadlineExceeded", err)
		}
		if s := b.Status(); s.Opened != 1 || !errors.Is(s.Err, ErrStuck) {
			t.Errorf("status %+v, want one release and ErrStuck", s)
		}
	})
}

func TestClose_EndsAWaitingRelease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Config{Stick: 1})
		ended := make(chan error)
		go func() { ended <- b.Open(t.Context()) }()
		synctest.Wait()
		b.Close()
		if err := <-ended; !errors.Is(err, os.ErrClosed) {
			t.Errorf("error %v, want os.ErrClosed", err)
		}
	})
}

func TestURL(t *testing.T) {
	drivers := devices.Drivers[barrier.Barrier]{"sim": Open}
	for raw, want := range map[string]Config{
		"sim:":                     {Pulse: 3 * time.Second},
		"sim:?pulse=1s&delay=20ms": {Pulse: time.Second, Delay: 20 * time.Millisecond},
		"sim:?stick=5":             {Pulse: 3 * time.Second, Stick: 5},
	} {
		b, err := drivers.Open(t.Context(), raw)
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		got := b.(*Barrier).cfg
		got.Now = nil
		if got.Pulse != want.Pulse || got.Delay != want.Delay || got.Stick != want.Stick {
			t.Errorf("%s: %+v, want %+v", raw, got, want)
		}
	}
	for raw, want := range map[string]string{
		"sim:?pulse=fast": "pulse", "sim:?delay=-1s": "delay", "sim:?delay=2h": "delay",
		"sim:?stick=0": "stick", "sim:?coil=0": "coil", "sim:?%zz": "",
	} {
		if _, err := Open(t.Context(), parse(t, raw)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one that names %q", raw, err, want)
		}
	}
}

func parse(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
