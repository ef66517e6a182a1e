// Package devicestest is what the suites of all kinds of devices share: the frame
// in which their cases run, waiting for a state, and unplugging again and again.
package devicestest

import (
	"context"
	"io"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/luohu/ting/devices"
)

// Patience is how long a case may take on a loaded machine; nothing waits so long.
const Patience = time.Minute

// Case is one thing that every driver of a kind must do.
type Case[D io.Closer] struct {
	Name string
	Run  func(context.Context, *testing.T, D)
}

// Exercise runs cases, each with a device of its own that is opened by open and
// ready, where it says how it is. It is closed afterwards, also one that the case
// has closed: closing twice is no error.
func Exercise[D io.Closer](t *testing.T, open func(*testing.T) D, cases ...Case[D]) {
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), Patience)
			defer cancel()
			d := open(t)
			defer Close(t, d)
			if h, ok := any(d).(Healthy); ok {
				Until(ctx, t, h, devices.Ready)
			}
			c.Run(ctx, t, d)
		})
	}
}

// Healthy is a device that says how it is.
type Healthy interface{ Health() devices.Health }

// Until waits until a device is in a state.
func Until(ctx context.Context, t testing.TB, d Healthy, s devices.State) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for d.Health().State != s {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("it is %v, and never became %s", d.Health(), s)
		}
	}
}

// Cycles is how often Replug unplugs: a handful, and TING_CYCLES=1000 for the
// whole proof.
func Cycles(t testing.TB) int {
	set := os.Getenv("TING_CYCLES")
	if set == "" {
		return 3
	}
	n, err := strconv.Atoi(set)
	if err != nil || n < 3 {
		t.Fatalf("TING_CYCLES=%q: a number from 3 is needed", set)
	}
	return n
}

// Hand is the hand on a device's cable.
type Hand struct {
	Unplug func() error
	Plug   func() error
	// Gone waits until the device is noticed to be away, Back until it works again.
	Gone, Back func(context.Context, *testing.T)
}

// Away is the hand on a device that says how it is.
func Away(d Healthy, unplug, plug func() error) Hand {
	return Hand{unplug, plug,
		func(ctx context.Context, t *testing.T) { Until(ctx, t, d, devices.Away) },
		func(ctx context.Context, t *testing.T) { Until(ctx, t, d, devices.Ready) },
	}
}

// Replug unplugs a device and plugs it in again, Cycles times: it must notice, come
// back by itself, and leave neither goroutines nor open files behind. (That it is
// back within five seconds follows from the pauses of port.Line, of at most two.)
func Replug(t *testing.T, h Hand) {
	t.Helper()
	before, files := 0, 0
	cycles := Cycles(t)
	for n := range cycles {
		ctx, cancel := context.WithTimeout(t.Context(), Patience)
		if err := h.Unplug(); err != nil {
			t.Fatalf("cycle %d: unplug: %v", n, err)
		}
		h.Gone(ctx, t)
		if err := h.Plug(); err != nil {
			t.Fatalf("cycle %d: plug in: %v", n, err)
		}
		h.Back(ctx, t)
		cancel()
		if n == 1 {
			before, files = runtime.NumGoroutine(), OpenFiles(t)
		}
	}
	settles(t, cycles, before, files)
}

// settles waits for what the last cycle has left: a goroutine of a simulator ends a
// moment after its line. What has leaked stays.
func settles(t *testing.T, cycles, before, files int) {
	t.Helper()
	const slack = 3 // pollers and timers of the runtime's own
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	for {
		g, f := runtime.NumGoroutine(), OpenFiles(t)
		if g <= before+slack && f <= files+slack {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("after %d cycles %d goroutines and %d files, %d and %d after the second", cycles, g, f, before, files)
		}
	}
}

// OpenFiles counts the files this process has open.
func OpenFiles(t testing.TB) int {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(fds)
}

// Close closes what a test has opened; the test fails when that fails.
func Close(t testing.TB, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}
