// Package cameratest is what every camera driver must pass: call Exercise from
// the driver's own test.
package cameratest

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/devicestest"
)

// Camera is a camera under test with a hand on its cable.
type Camera struct {
	camera.Camera
	W, H   int // of its pictures
	Unplug func() error
	Plug   func() error
}

// Factory makes a camera that works.
type Factory func(t *testing.T) Camera

// Exercise runs the suite.
func Exercise(t *testing.T, open Factory) {
	devicestest.Exercise(t, open,
		devicestest.Case[Camera]{Name: "HasAName", Run: hasAName},
		devicestest.Case[Camera]{Name: "Delivers", Run: delivers},
		devicestest.Case[Camera]{Name: "EndedContext", Run: endedContext},
		devicestest.Case[Camera]{Name: "ComesBack", Run: comesBack},
		devicestest.Case[Camera]{Name: "Closed", Run: closed},
	)
}

func hasAName(_ context.Context, t *testing.T, c Camera) {
	if c.Name() == "" {
		t.Error("it has no name")
	}
}

func next(ctx context.Context, t *testing.T, c Camera) *camera.Frame {
	t.Helper()
	for {
		f, err := c.Next(ctx)
		if err == nil {
			return f
		}
		if ctx.Err() != nil {
			t.Fatalf("no picture came, the last error: %v", err)
		}
		if !errors.Is(err, camera.ErrUnplugged) {
			t.Fatal(err)
		}
	}
}

func delivers(ctx context.Context, t *testing.T, c Camera) {
	var last *camera.Frame
	for range 3 {
		f := next(ctx, t, c)
		if f.W != c.W || f.H != c.H || f.Stride < 3*f.W || len(f.Pix) < f.Stride*(f.H-1)+3*f.W || f.Time.IsZero() {
			t.Fatalf("frame of %d×%d, %d bytes a row, %d in all", f.W, f.H, f.Stride, len(f.Pix))
		}
		if last != nil && f.Seq <= last.Seq {
			t.Errorf("frame %d after %d", f.Seq, last.Seq)
		}
		last = f
	}
}

func endedContext(ctx context.Context, t *testing.T, c Camera) {
	next(ctx, t, c)
	ended, cancel := context.WithCancel(ctx)
	cancel()
	for range 3 { // a picture that is there already may come
		if _, err := c.Next(ended); errors.Is(err, context.Canceled) {
			return
		}
	}
	t.Error("Next does not end with its context")
}

func comesBack(ctx context.Context, t *testing.T, c Camera) {
	next(ctx, t, c)
	if err := c.Unplug(); err != nil {
		t.Fatal(err)
	}
	gone(ctx, t, c)
	if err := c.Plug(); err != nil {
		t.Fatal(err)
	}
	next(ctx, t, c)
}

// Replug unplugs a camera again and again (see devicestest.Replug). Each time the
// reader is told, and has pictures again without doing anything.
func Replug(t *testing.T, open Factory) {
	c := open(t)
	defer devicestest.Close(t, c)
	ctx, cancel := context.WithTimeout(t.Context(), devicestest.Patience)
	defer cancel()
	next(ctx, t, c)
	devicestest.Replug(t, devicestest.Hand{
		Unplug: c.Unplug, Plug: c.Plug,
		Gone: func(ctx context.Context, t *testing.T) { gone(ctx, t, c) },
		Back: func(ctx context.Context, t *testing.T) { next(ctx, t, c) },
	})
}

// gone reads until the camera is said to be away.
func gone(ctx context.Context, t *testing.T, c Camera) {
	t.Helper()
	for {
		_, err := c.Next(ctx)
		if errors.Is(err, camera.ErrUnplugged) {
			return
		}
		if err != nil {
			t.Fatalf("unplugged: %v", err)
		}
	}
}

func closed(_ context.Context, t *testing.T, c Camera) {
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Next(context.Background()); !errors.Is(err, os.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}
