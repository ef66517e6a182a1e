package identity

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/camera/district"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/devices/face/engine"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity/decision"
)

// shown is a camera that shows one picture of somebody after the other, for ever.
type shown struct {
	frames atomic.Pointer[[]*camera.Frame]
	n      uint64
}

func (s *shown) Next(ctx context.Context) (*camera.Frame, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(30 * time.Millisecond):
	}
	s.n++
	frames := *s.frames.Load()
	f := *frames[s.n%uint64(len(frames))]
	f.Seq, f.Time = s.n, time.Now()
	return &f, nil
}

// realEngine starts the engine that terminals use.
func realEngine(t *testing.T) *engine.Engine {
	t.Helper()
	program := filepath.Join("..", "..", "bin", "ting-face")
	if _, err := os.Stat(program); err != nil {
		program = filepath.Join(t.TempDir(), "ting-face")
		if out, err := exec.Command("go", "build", "-o", program, "../../app/ting-face").CombinedOutput(); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("ting-face does not build: %v\n%s", err, out)
			}
			t.Skipf("ting-face does not build here: %v", err)
		}
	}
	e := engine.New(engine.Options{Command: []string{program}, RequestTimeout: 30 * time.Second})
	t.Cleanup(func() { e.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := e.Ready(ctx); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the engine does not start: %v, %+v", err, e.Status())
		}
		t.Skipf("the engine does not start here: %v, %+v", err, e.Status())
	}
	return e
}

// TestRealEngine: rendered people, found and told apart by dlib.
func TestRealEngine(t *testing.T) {
	if testing.Short() {
		t.Skip("needs the face engine")
	}
	e := realEngine(t)
	show := &shown{}
	blank := []*camera.Frame{{Pix: make([]byte, 640*480*3), W: 640, H: 480, Stride: 640 * 3}}
	show.frames.Store(&blank)
	i, err := Open(t.Context(), Config{
		Dir: t.TempDir(), Terminal: "gate-1", Site: "school-1", Engine: e,
		Cameras: map[string]func() Frames{"": func() Frames { return show }},
		Log:     slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	enrol := func(n int, as string) error {
		who := kiosk.Person{ID: as, Name: "人员" + as, Role: "pupil"}
		_, err := i.EnrolFrames(t.Context(), who, district.Portraits(district.Person(n), 5), consentNow(), []string{"gate"})
		return err
	}
	for n := range 4 {
		if err := enrol(n+1, fmt.Sprint(n+1)); err != nil {
			t.Fatalf("person %d: %v", n+1, err)
		}
	}
	if err := enrol(1, "another number"); kiosk.CodeOf(err) != kiosk.CodeInvalid {
		t.Errorf("one face under two numbers: %v", err)
	}

	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	w, err := i.Watch(ctx, visit, kiosk.WatchRequest{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	next := func() kiosk.Sighting {
		t.Helper()
		sg, err := w.Next()
		if err != nil {
			t.Fatal(err)
		}
		return sg
	}
	// A picture that is not among those enrolled, again and again: pictures of
	// several poses would be several tracks.
	for n := range 4 {
		frames := district.Portraits(district.Person(n+1), 7)[6:]
		show.frames.Store(&frames)
		sg := next()
		if sg.Verdict != kiosk.Recognised || sg.Person.ID != fmt.Sprint(n+1) || sg.Person.Score > i.cfg.Limits.Threshold {
			t.Errorf("person %d: %s as %q at %.3f (%s)", n+1, sg.Verdict, sg.Person.ID, sg.Person.Score, sg.Detail)
		}
		show.frames.Store(&blank)
		if sg := next(); sg.Verdict != kiosk.NoFace {
			t.Errorf("after person %d: %s", n+1, sg.Verdict)
		}
	}
	stranger := district.Portraits(district.Person(14), 1)
	show.frames.Store(&stranger)
	if sg := next(); sg.Verdict != kiosk.Stranger {
		t.Errorf("somebody who never enrolled: %s as %q", sg.Verdict, sg.Person.ID)
	}
}

// BenchmarkFrameToVerdict is one frame through engine, gallery and decision, as
// the watcher's goroutine does it, with one face that is described in each frame. It
// was 66 ms while six compilers shared the two cores; nearly all of it is the engine.
func BenchmarkFrameToVerdict(b *testing.B) {
	program := filepath.Join("..", "..", "bin", "ting-face")
	if _, err := os.Stat(program); err != nil {
		b.Skip("make build first")
	}
	e := engine.New(engine.Options{Command: []string{program}, RequestTimeout: 30 * time.Second})
	defer e.Close()
	if err := e.Ready(b.Context()); err != nil {
		b.Skip(err)
	}
	i, err := Open(b.Context(), Config{Dir: b.TempDir(), Terminal: "t", Site: "s", Engine: e, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer i.Close()
	frames := district.Portraits(district.Person(1), 8)
	if _, err := i.EnrolFrames(b.Context(), kiosk.Person{ID: "1", Name: "一"}, frames[:4], consentNow(), []string{"gate"}); err != nil {
		b.Fatal(err)
	}
	w := newWatcher(i, "bench", nil)
	sub := newSubscription(decision.New(i.cfg.Limits, i.covers("gate")))
	for n := 0; b.Loop(); n++ {
		f := *frames[4+n%4]
		faces, err := e.Analyze(b.Context(), face.Request{Frame: &f, Camera: "bench", Describe: face.DescribeAll})
		if err != nil {
			b.Fatal(err)
		}
		w.judge(b.Context(), []*subscription{sub}, &f, faces)
	}
}
