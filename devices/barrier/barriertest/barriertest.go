// Package barriertest is what every barrier driver must pass: call Exercise
// from the driver's own test. A driver with hardware behind it runs it against
// that hardware's simulator.
package barriertest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/barrier"
	"github.com/luohu/ting/devices/devicestest"
)

// Factory makes a closed barrier that works. It is called once per test; what
// it opens is closed by Exercise.
type Factory func(t *testing.T) barrier.Barrier

// Exercise runs the suite.
func Exercise(t *testing.T, open Factory) {
	devicestest.Exercise(t, open,
		devicestest.Case[barrier.Barrier]{Name: "StartsClosed", Run: startsClosed},
		devicestest.Case[barrier.Barrier]{Name: "OpenReleasesAndCounts", Run: openReleasesAndCounts},
		devicestest.Case[barrier.Barrier]{Name: "ConcurrentOpensCountEach", Run: concurrentOpensCountEach},
		devicestest.Case[barrier.Barrier]{Name: "EndedContextReleasesNothing", Run: endedContextReleasesNothing},
		devicestest.Case[barrier.Barrier]{Name: "ClosedBarrierRefuses", Run: closedBarrierRefuses},
	)
}

func startsClosed(_ context.Context, t *testing.T, b barrier.Barrier) {
	s := b.Status()
	if s.Open || s.Opened != 0 || !s.Last.IsZero() || s.Err != nil || s.Alarm != barrier.NoAlarm {
		t.Errorf("status of a new barrier is %+v, want closed, never opened, no error", s)
	}
	if h := b.Health(); !h.OK() {
		t.Errorf("a new barrier is %v", h)
	}
}

func openReleasesAndCounts(ctx context.Context, t *testing.T, b barrier.Barrier) {
	var last time.Time
	for n := uint64(1); n <= 3; n++ {
		if err := b.Open(ctx); err != nil {
			t.Fatalf("release %d: %v", n, err)
		}
		s := b.Status()
		if !s.Open || s.Opened != n || s.Err != nil {
			t.Errorf("after release %d the status is %+v, want open, %d releases, no error", n, s, n)
		}
		if s.Last.IsZero() || s.Last.Before(last) {
			t.Errorf("after release %d the last one is said to be at %v, the one before at %v", n, s.Last, last)
		}
		last = s.Last
	}
}

func concurrentOpensCountEach(ctx context.Context, t *testing.T, b barrier.Barrier) {
	const people = 8
	var all sync.WaitGroup
	for range people {
		all.Go(func() {
			if err := b.Open(ctx); err != nil {
				t.Error(err)
			}
			_ = b.Status()
		})
	}
	all.Wait()
	if n := b.Status().Opened; n != people {
		t.Errorf("%d releases counted, want %d", n, people)
	}
}

func endedContextReleasesNothing(ctx context.Context, t *testing.T, b barrier.Barrier) {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if err := b.Open(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want one that wraps context.Canceled", err)
	}
	if s := b.Status(); s.Open || s.Opened != 0 {
		t.Errorf("status is %+v, want nothing released", s)
	}
	if err := b.Open(ctx); err != nil {
		t.Errorf("the next release fails too: %v", err)
	}
}

func closedBarrierRefuses(ctx context.Context, t *testing.T, b barrier.Barrier) {
	if err := b.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	if err := b.Open(ctx); err == nil {
		t.Error("a closed barrier was opened")
	}
	if s := b.Status(); s.Opened != 0 || s.Err == nil {
		t.Errorf("status is %+v, want nothing released and an error", s)
	}
	if h := b.Health(); h.State != devices.Closed {
		t.Errorf("a closed barrier is %v", h)
	}
}
