package figures

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	barriersim "github.com/luohu/ting/devices/barrier/sim"
	"github.com/luohu/ting/devices/camera/district"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/devices/face/engine"
	fixture "github.com/luohu/ting/fyne-tests/district"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/kiosk/identity/decision"
	"github.com/luohu/ting/kiosk/identity/gallery"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/sync/journal"
)

// latencies collects one duration per operation and reports percentiles.
type latencies []time.Duration

func (l latencies) report(b *testing.B) {
	slices.Sort(l)
	at := func(p float64) float64 { return float64(l[int(p*float64(len(l)-1))].Microseconds()) / 1e3 }
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(at(.5), "ms/p50")
	b.ReportMetric(at(.99), "ms/p99")
}

// BenchmarkFrameToDecision is one frame of 640×480 from the camera's hand to
// what the decision makes of it: shared memory, ting-face, a gallery of 1,000
// people, the rules. "first" is a face never seen before (the whole frame
// searched, described); "tracked" is one that is being followed and is described
// again only once in a while. Target: p50 of first sight under 40 ms.
func BenchmarkFrameToDecision(b *testing.B) {
	e := engine.New(engine.Options{Command: []string{filepath.Join(fixture.Programs(b), "ting-face")}})
	defer func() { _ = e.Close() }()
	if err := e.Ready(b.Context()); err != nil {
		b.Fatal(err)
	}
	g := crowd(b)
	frames := district.Portraits(district.Person(1), 12)
	for _, c := range []struct {
		name   string
		camera func(n int) string
	}{
		{"first", func(n int) string { return fmt.Sprint("bench-", n) }},
		{"tracked", func(int) string { return "bench" }},
	} {
		b.Run(c.name, func(b *testing.B) {
			rules := decision.New(decision.Defaults(), func(string) bool { return true })
			var took latencies
			for n := 0; b.Loop(); n++ {
				f := *frames[n%len(frames)]
				began := time.Now()
				faces, err := e.Analyze(b.Context(), face.Request{Frame: &f, Camera: c.camera(n)})
				if err != nil || len(faces) != 1 {
					b.Fatalf("%d faces, %v", len(faces), err)
				}
				seen := decision.Seen{Track: faces[0].Track, Size: faces[0].Quality.Size, Quality: faces[0].Quality}
				if faces[0].Described {
					m, _ := g.Find(&faces[0].Descriptor)
					seen.Shot = &decision.Shot{Person: m.Person, Distance: m.Distance, Second: m.Second}
				}
				rules.Frame(began, []decision.Seen{seen})
				took = append(took, time.Since(began))
			}
			took.report(b)
		})
	}
}

// crowd is a gallery of 1,000 people with three shots each.
func crowd(b *testing.B) *gallery.Gallery {
	b.Helper()
	g, _, err := gallery.Open(b.TempDir(), gallery.Binding{Terminal: "bench", Site: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = g.Close() })
	for person := range 1000 {
		shots := make([]face.Descriptor, 3)
		for i := range shots {
			shots[i][person%face.Dim] = 0.8
			shots[i][(person/face.Dim+person+1)%face.Dim] = 0.6
		}
		if _, err := g.Put(gallery.Entry{Person: kiosk.Person{ID: fmt.Sprint(person)}, Purposes: []string{"gate"}}, shots); err != nil {
			b.Fatal(err)
		}
	}
	return g
}

// BenchmarkDecisionToBarrier is the way from a decided sighting to the barrier's
// release, through the gate's own process and back: the record is durable on
// disk (synchronous=FULL) before the barrier is asked.
func BenchmarkDecisionToBarrier(b *testing.B) {
	j, err := journal.Open(b.Context(), filepath.Join(b.TempDir(), "journal.db"), journal.Options{Terminal: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	lane := &oneLane{barrier: barriersim.New(barriersim.Config{Pulse: time.Millisecond}), opened: make(chan time.Time)}
	eye := &scripted{sightings: make(chan kiosk.Sighting)}
	h, err := host.New(host.Config{
		Terminal: "bench", Site: "bench", Dir: filepath.Join(b.TempDir(), "run"),
		Modules: []host.Module{{
			ID: "gate", Lane: "east", Command: []string{filepath.Join(fixture.Programs(b), "ting-module"), "gate"},
			Grants: []kiosk.Permission{kiosk.PermWatch, kiosk.PermIdentify, kiosk.PermRecord, kiosk.PermFeeds, kiosk.PermBarrier},
		}},
		Services: host.Services{Screen: blind{}, Identity: eye, Recorder: journal.Recorder{Journal: j}, Barriers: lane},
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := h.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = h.Shutdown(context.Background()) }()
	var took latencies
	for n := 0; b.Loop(); n++ {
		began := time.Now()
		eye.sightings <- kiosk.Sighting{Verdict: kiosk.Recognised, Track: uint64(n), Time: began,
			Person: kiosk.Person{ID: fmt.Sprint("P-", n), Name: "林知夏", Role: "pupil", Way: kiosk.WayFace}}
		took = append(took, (<-lane.opened).Sub(began))
	}
	took.report(b)
}

// oneLane tells when its barrier was released.
type oneLane struct {
	barrier *barriersim.Barrier
	opened  chan time.Time
}

func (l *oneLane) Open(ctx context.Context, _ string) error {
	err := l.barrier.Open(ctx)
	l.opened <- time.Now()
	return err
}

// blind is a screen that nobody looks at.
type blind struct{}

func (blind) Present(kiosk.Visit, view.Page) {}

// scripted is an identity that sees what the benchmark says.
type scripted struct {
	host.Identity
	sightings chan kiosk.Sighting
}

func (s *scripted) Watch(ctx context.Context, _ kiosk.Visit, _ kiosk.WatchRequest) (kiosk.Sightings, error) {
	return &script{ctx, s.sightings}, nil
}

type script struct {
	ctx       context.Context
	sightings chan kiosk.Sighting
}

func (s *script) Next() (kiosk.Sighting, error) {
	select {
	case sg := <-s.sightings:
		return sg, nil
	case <-s.ctx.Done():
		return kiosk.Sighting{}, s.ctx.Err()
	}
}

func (*script) Close() error { return nil }
