package camera

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// ticker is a camera that makes ten frames a second, and is away while asked.
type ticker struct {
	seq    uint64
	away   atomic.Bool
	reads  atomic.Int64
	closed atomic.Bool
}

func (c *ticker) Next(ctx context.Context) (*Frame, error) {
	c.reads.Add(1)
	select {
	case <-time.After(100 * time.Millisecond):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if c.away.Load() {
		return nil, fmt.Errorf("ticker: %w: plug it in", ErrUnplugged)
	}
	c.seq++
	return &Frame{Seq: c.seq, Time: time.Now()}, nil
}

func (c *ticker) Name() string { return "ticker" }

func (c *ticker) Close() error {
	c.closed.Store(true)
	return nil
}

func next(t *testing.T, c Camera) *Frame {
	t.Helper()
	f, err := c.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestHub_ReadersGetEveryFrameTheyWaitFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHub(&ticker{})
		defer h.Close()
		a, b := h.Reader(), h.Reader()
		got := make(chan uint64, 64)
		go func() {
			for {
				f, err := b.Next(t.Context())
				if err != nil {
					close(got)
					return
				}
				got <- f.Seq
			}
		}()
		for want := uint64(1); want <= 20; want++ {
			if f := next(t, a); f.Seq != want {
				t.Fatalf("frame %d, want %d", f.Seq, want)
			}
			if seq := <-got; seq != want {
				t.Fatalf("the other reader got frame %d, want %d", seq, want)
			}
		}
		b.Close()
		if _, open := <-got; open {
			t.Fatal("a closed reader got another frame")
		}
	})
}

func TestHub_SlowReaderSeesTheNewestAndHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHub(&ticker{})
		defer h.Close()
		slow, quick := h.Reader(), h.Reader()
		next(t, slow)
		next(t, quick)
		for range 9 {
			next(t, quick)
		}
		if f := next(t, slow); f.Seq != 10 {
			t.Fatalf("slow reader got frame %d, want the newest, 10", f.Seq)
		}
		if f := next(t, slow); f.Seq != 11 {
			t.Fatalf("slow reader then got frame %d, want 11", f.Seq)
		}
	})
}

func TestHub_ReportsAwayAndResumes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cam := &ticker{}
		h := NewHub(cam)
		defer h.Close()
		a, b := h.Reader(), h.Reader()
		next(t, a)
		next(t, b)
		cam.away.Store(true)
		for _, r := range []*Reader{a, b} {
			if _, err := r.Next(t.Context()); !errors.Is(err, ErrUnplugged) {
				t.Fatalf("error %v, want ErrUnplugged", err)
			}
		}
		cam.away.Store(false)
		for _, r := range []*Reader{a, b} {
			// One more report may have been on its way.
			if f, err := r.Next(t.Context()); err == nil && f.Seq < 2 || err != nil && !errors.Is(err, ErrUnplugged) {
				t.Fatalf("got frame %v, error %v", f, err)
			}
			next(t, r)
		}
	})
}

func TestHub_ReadsOnlyWhenWanted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cam := &ticker{}
		h := NewHub(cam)
		defer h.Close()
		idle := func(why string) {
			t.Helper()
			synctest.Wait()
			before := cam.reads.Load()
			time.Sleep(time.Hour)
			if n := cam.reads.Load() - before; n != 0 {
				t.Fatalf("%s: the camera was read %d times", why, n)
			}
		}
		idle("no reader yet")
		r := h.Reader()
		next(t, r)
		h.Pause()
		idle("paused")
		waiting, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if f, err := r.Next(waiting); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("paused reader got frame %v, error %v; want it to wait", f, err)
		}
		if !h.Paused() {
			t.Fatal("Paused is false after Pause")
		}
		h.Resume()
		began := time.Now()
		if f := next(t, r); f.Time.Before(began) {
			t.Fatal("after Resume the reader got an old frame")
		}
		r.Close()
		idle("the last reader closed")
	})
}

func TestHub_NewReaderStartsWithANewFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHub(&ticker{})
		defer h.Close()
		next(t, h.Reader())
		began := time.Now()
		if f := next(t, h.Reader()); !f.Time.After(began) {
			t.Fatal("a new reader got a frame from before it came")
		}
	})
}

func TestHub_CloseEndsReadersAndCamera(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cam := &ticker{}
		h := NewHub(cam)
		r := h.Reader()
		h.Pause()
		ended := make(chan error)
		go func() {
			_, err := r.Next(context.Background())
			ended <- err
		}()
		synctest.Wait()
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; !errors.Is(err, os.ErrClosed) {
			t.Fatalf("waiting reader got %v, want os.ErrClosed", err)
		}
		if _, err := r.Next(t.Context()); !errors.Is(err, os.ErrClosed) {
			t.Fatalf("later read got %v, want os.ErrClosed", err)
		}
		if !cam.closed.Load() {
			t.Fatal("the camera is still open")
		}
		if err := h.Close(); err != nil {
			t.Fatalf("second Close: %v", err)
		}
	})
}

func TestReader_NextEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHub(&ticker{})
		defer h.Close()
		h.Pause()
		r := h.Reader()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := r.Next(ctx); !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v, want context.Canceled", err)
		}
	})
}

// instant is a camera that always has a new frame.
type instant struct{ f Frame }

func (c *instant) Next(ctx context.Context) (*Frame, error) { return &c.f, ctx.Err() }
func (c *instant) Name() string                             { return "instant" }
func (c *instant) Close() error                             { return nil }

// BenchmarkHub hands frames from a camera that is never late to four readers;
// one operation is one frame received by one of them, about 1.5 µs.
func BenchmarkHub(b *testing.B) {
	h := NewHub(&instant{})
	defer h.Close()
	b.ReportAllocs()
	b.SetParallelism(2)
	b.RunParallel(func(pb *testing.PB) {
		r := h.Reader()
		defer r.Close()
		for pb.Next() {
			if _, err := r.Next(b.Context()); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
