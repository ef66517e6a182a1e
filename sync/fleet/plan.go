package fleet

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/luohu/ting/sync/fleet/network"
)

// event is something that befalls the fleet, so long after its beginning.
type event struct {
	at  time.Duration
	do  func() error
	why string
}

// plan draws what befalls the fleet. The same seed gives the same plan.
func (f *Fleet) plan() []event {
	var list []event
	whole := time.Duration(f.o.Days) * f.o.Day
	add := func(at time.Duration, why string, do func() error) { list = append(list, event{at, do, why}) }
	anytime := func() time.Duration { return time.Duration(f.random.Int64N(int64(whole))) }
	for _, line := range f.lines {
		if f.random.IntN(100) < f.o.Dark {
			// From an hour of the first day on, until an hour of the last.
			from := time.Duration(f.random.Int64N(int64(f.o.Day) / 2))
			add(from, "dark", func() error { return line.Set(network.Cut) })
			add(whole-time.Duration(f.random.Int64N(int64(f.o.Day)/3)), "light", func() error { return line.Set(network.Fair) })
			continue
		}
		for quarter := range 4 * f.o.Days {
			w := network.Pick(f.random, f.o.Bad)
			at := time.Duration(quarter)*f.o.Day/4 + time.Duration(f.random.Int64N(int64(f.o.Day)/4))
			add(at, string(w), func() error { return line.Set(w) })
		}
	}
	for range f.o.Cuts {
		m := f.machines[f.random.IntN(len(f.machines))]
		add(anytime(), "power cut", func() error { return f.cut(m) })
	}
	for range f.o.Kills {
		m := f.machines[f.random.IntN(len(f.machines))]
		add(anytime(), "kill", func() error { return f.kill(m) })
	}
	for range f.o.Restarts {
		add(anytime(), "center killed", f.killCenter)
	}
	slices.SortStableFunc(list, func(a, b event) int { return cmp.Compare(a.at, b.at) })
	return append(list, event{whole, func() error { return nil }, "the end"})
}

// live lets the plan happen.
func (f *Fleet) live(ctx context.Context, plan []event) error {
	var happening sync.WaitGroup
	failed := make(chan error, len(plan))
	for _, e := range plan {
		wait := time.NewTimer(time.Until(f.began.Add(e.at)))
		select {
		case <-ctx.Done():
			wait.Stop()
			happening.Wait()
			return ctx.Err()
		case err := <-failed:
			happening.Wait()
			return err
		case <-wait.C:
		}
		happening.Go(func() {
			if err := e.do(); err != nil {
				failed <- fmt.Errorf("%s: %w", e.why, err)
			}
		})
	}
	happening.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

func (f *Fleet) cut(m *machine) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	f.done.cuts.Add(1)
	if err := m.Cut(); err != nil {
		return err
	}
	return m.Start()
}

func (f *Fleet) kill(m *machine) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	f.done.kills.Add(1)
	m.Kill()
	return m.Start()
}

func (f *Fleet) killCenter() error {
	f.restarting.Lock()
	defer f.restarting.Unlock()
	f.done.restarts.Add(1)
	f.o.Center.Kill()
	return f.o.Center.Start()
}
