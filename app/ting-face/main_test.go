package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	_ "image/jpeg" // the photographs
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/devices/face/engine"
)

// asEngine as the first argument makes the test binary the program itself.
const asEngine = "run-ting-face"

// asTerminal makes it a terminal that starts an engine, prints its PID and waits to be killed.
const asTerminal = "run-terminal"

func terminal() int {
	e := engine.New(engine.Options{Command: []string{os.Args[0], asEngine}})
	if err := e.Ready(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(e.Status().PID)
	select {}
}

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == asEngine {
		os.Exit(run(os.Args[2:]))
	}
	if len(os.Args) > 1 && os.Args[1] == asTerminal {
		os.Exit(terminal())
	}
	os.Exit(m.Run())
}

// launch starts the program through the client that a terminal uses.
func launch(t testing.TB, o engine.Options) *engine.Engine {
	t.Helper()
	o.Command = []string{os.Args[0], asEngine}
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	e := engine.New(o)
	t.Cleanup(func() { e.Close() })
	return e
}

// ready waits for a launched engine.
func ready(t testing.TB, e *engine.Engine) engine.Status {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := e.Ready(ctx); err != nil {
		t.Fatalf("engine is not ready: %v", err)
	}
	return e.Status()
}

// faces is the folder of photographs: TING_FACES, or beside the module.
func faces(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("TING_FACES")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "faces")
	}
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		t.Skipf("no photographs in %s (set TING_FACES)", dir)
	}
	return dir
}

// photograph reads a picture as a frame.
func photograph(t testing.TB, path string) *camera.Frame {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	b := img.Bounds()
	rgba := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(rgba, rgba.Bounds(), img, b.Min, draw.Src)
	frame := flat(b.Dx(), b.Dy(), 0)
	for y := range frame.H {
		for x := range frame.W {
			copy(frame.Pix[y*frame.Stride+3*x:][:3], rgba.Pix[y*rgba.Stride+4*x:][:3])
		}
	}
	return frame
}

// flat is a frame of one tone.
func flat(w, h int, tone byte) *camera.Frame {
	return &camera.Frame{W: w, H: h, Stride: 3 * w, Pix: bytes.Repeat([]byte{tone}, 3*w*h)}
}

// analyze asks about one frame and fails the test on an error.
func analyze(t testing.TB, e face.Engine, r face.Request) []face.Face {
	t.Helper()
	found, err := e.Analyze(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return found
}
