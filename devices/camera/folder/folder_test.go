package folder_test

import (
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/camera/cameratest"
	"github.com/luohu/ting/devices/camera/folder"
)

var drivers = devices.Drivers[camera.Camera]{"folder": folder.Open}

func paint(w, h int, c color.Color) image.Image {
	p := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		p.Set(i%w, i/w, c)
	}
	return p
}

func write(t *testing.T, path string, p image.Image) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Ext(path) == ".png" {
		err = png.Encode(f, p)
	} else {
		err = jpeg.Encode(f, p, nil)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

func atFolder(t *testing.T) cameratest.Camera {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "faces")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "a.JPG"), paint(300, 300, color.White))
	write(t, filepath.Join(dir, "b.png"), paint(100, 300, color.White))
	cam, err := drivers.Open(t.Context(), "folder://"+dir+"?every=10ms&size=320x240")
	if err != nil {
		t.Fatal(err)
	}
	away := dir + ".away"
	return cameratest.Camera{
		Camera: cam, W: 320, H: 240,
		Unplug: func() error { return os.Rename(dir, away) },
		Plug:   func() error { return os.Rename(away, dir) },
	}
}

func TestFolder(t *testing.T) {
	cameratest.Exercise(t, atFolder)
}

// TestFits shows a tall picture whole, in the middle, with black beside it, and
// passes over what is no picture.
func TestFits(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "tall.png"), paint(100, 200, color.RGBA{200, 100, 50, 255}))
	for name, b := range map[string]string{"broken.jpg": "\xff\xd8\xff", "empty.png": "", "note.txt": "x"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cam, err := drivers.Open(t.Context(), "folder://"+dir+"?every=5ms&size=320x240")
	if err != nil {
		t.Fatal(err)
	}
	defer cam.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	f, err := cam.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	at := func(x, y int) [3]byte { return [3]byte(f.Pix[y*f.Stride+3*x:]) }
	if at(2, 120) != [3]byte{} || at(318, 120) != [3]byte{} || at(160, 120) != [3]byte{200, 100, 50} || at(160, 2) != [3]byte{200, 100, 50} {
		t.Errorf("beside %v and %v, in the middle %v, at the top %v", at(2, 120), at(318, 120), at(160, 120), at(160, 2))
	}
}

func TestOpen_RefusesWhatItCannotBe(t *testing.T) {
	for _, raw := range []string{"folder:", "folder://host/x", "folder:///x?size=1x1", "folder:///x?every=0s", "folder:///x?loop=yes"} {
		if cam, err := drivers.Open(t.Context(), raw); err == nil {
			cam.Close()
			t.Errorf("%s was opened", raw)
		}
	}
}

func TestReplug(t *testing.T) { cameratest.Replug(t, atFolder) }
