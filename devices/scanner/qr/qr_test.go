package qr

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"sync"
	"testing"
	"time"

	qrcode "github.com/skip2/go-qrcode"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/scanner"
)

// scene is how a code is held before the camera.
type scene struct {
	size  float64 // of the code, as a part of the picture's height
	turn  float64 // degrees in the picture's plane
	tilt  float64 // degrees away from it
	blur  int     // radius of a box in pixels, applied twice
	noise int     // plus and minus, of 255
	light float64 // at the right edge, of that at the left
}

// shoot takes the picture of a code on a phone.
func shoot(data string, w, h int, s scene) *camera.Frame {
	code, err := qrcode.New(data, qrcode.Medium)
	if err != nil {
		panic(err)
	}
	bitmap := code.Bitmap()
	n := float64(len(bitmap))
	grey := make([]float64, w*h)
	side := s.size * float64(h)
	sin, cos := math.Sincos(s.turn * math.Pi / 180)
	lean := math.Sin(s.tilt * math.Pi / 180)
	const over = 2 // samples a pixel each way
	for y := range h {
		for x := range w {
			sum := 0.0
			for i := range over * over {
				px := float64(x) + (float64(i%over)+0.5)/over - float64(w)/2
				py := float64(y) + (float64(i/over)+0.5)/over - float64(h)/2
				u, v := (px*cos+py*sin)/side, (-px*sin+py*cos)/side
				// A plane that leans away: what is further off is smaller.
				d := 1 - lean*v*0.8
				u, v = u/d, v/d/math.Cos(s.tilt*math.Pi/180)
				cx, cy := (u+0.5)*n, (v+0.5)*n
				value := 90.0 // the hand and the wall behind it
				if cx >= 0 && cy >= 0 && cx < n && cy < n {
					if value = 235; bitmap[int(cy)][int(cx)] {
						value = 30
					}
				}
				sum += value
			}
			grey[y*w+x] = sum / (over * over)
		}
	}
	for range 2 {
		grey = box(grey, w, h, s.blur)
	}
	f := &camera.Frame{Pix: make([]byte, 3*w*h), W: w, H: h, Stride: 3 * w, Time: time.Now()}
	seed := uint32(7)
	for i, v := range grey {
		if s.light > 0 {
			v *= 1 + (s.light-1)*float64(i%w)/float64(w)
		}
		seed = seed*1664525 + 1013904223
		if s.noise > 0 {
			v += float64(int(seed>>16)%(2*s.noise+1) - s.noise)
		}
		b := byte(min(max(v, 0), 255))
		f.Pix[3*i], f.Pix[3*i+1], f.Pix[3*i+2] = b, b, b
	}
	return f
}

func box(in []float64, w, h, r int) []float64 {
	if r == 0 {
		return in
	}
	pass := func(in []float64, n, step, lines, line int) []float64 {
		out := make([]float64, len(in))
		for l := range lines {
			for i := range n {
				sum, count := 0.0, 0.0
				for k := max(0, i-r); k <= min(n-1, i+r); k++ {
					sum += in[l*line+k*step]
					count++
				}
				out[l*line+i*step] = sum / count
			}
		}
		return out
	}
	return pass(pass(in, w, 1, h, w), h, w, w, 1)
}

const pass = "TING1:eyJwIjoiMjAxOS0wMzE3IiwidCI6MTc5NTUyNjEyMH0.k3Jd9xQ2vW"

// TestDecode holds codes before the camera as people do. TING_SCENES names a
// folder to keep the pictures in.
func TestDecode(t *testing.T) {
	for name, s := range map[string]scene{
		"straight":             {size: 0.5},
		"small":                {size: 0.3},
		"turned":               {size: 0.5, turn: 33},
		"upside down":          {size: 0.5, turn: 180},
		"tilted":               {size: 0.55, tilt: 30},
		"turned and tilted":    {size: 0.6, turn: 20, tilt: 25},
		"out of focus":         {size: 0.6, blur: 1},
		"noisy":                {size: 0.5, noise: 30},
		"in the shade":         {size: 0.5, light: 0.35},
		"all of it, at a desk": {size: 0.6, turn: 12, tilt: 15, blur: 1, noise: 12, light: 0.6},
	} {
		f := shoot(pass, 640, 480, s)
		keep(t, name, f)
		if got, ok := Decode(f); !ok || got != pass {
			t.Errorf("%s: read %q", name, got)
		}
	}
}

func keep(t *testing.T, name string, f *camera.Frame) {
	dir := os.Getenv("TING_SCENES")
	if dir == "" {
		return
	}
	p := image.NewRGBA(image.Rect(0, 0, f.W, f.H))
	for i := range f.W * f.H {
		p.Set(i%f.W, i/f.W, color.RGBA{f.Pix[3*i], f.Pix[3*i+1], f.Pix[3*i+2], 255})
	}
	out, err := os.Create(fmt.Sprintf("%s/%s.png", dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(png.Encode(out, p), out.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestDecode_NothingThere(t *testing.T) {
	for name, f := range map[string]*camera.Frame{
		"a wall":   {Pix: make([]byte, 3*64*48), W: 64, H: 48, Stride: 3 * 64},
		"one dot":  {Pix: make([]byte, 3), W: 1, H: 1, Stride: 3},
		"noise":    shoot(pass, 160, 120, scene{size: 0.01, noise: 127}),
		"too far":  shoot(pass, 640, 480, scene{size: 0.05}),
		"too soft": shoot(pass, 640, 480, scene{size: 0.4, blur: 6}),
	} {
		if got, ok := Decode(f); ok {
			t.Errorf("%s: read %q", name, got)
		}
	}
}

// pictures is a camera that shows the same picture again and again.
type pictures struct {
	mu    sync.Mutex
	frame *camera.Frame
	err   error
	open  int
}

func (p *pictures) Next(ctx context.Context) (*camera.Frame, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.frame, p.err
}

func (p *pictures) Name() string { return "pictures" }

func (p *pictures) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open--
	return nil
}

func (p *pictures) reader() camera.Camera {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open++
	return p
}

func (p *pictures) set(f *camera.Frame, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frame, p.err = f, err
}

func TestReader(t *testing.T) {
	cam := &pictures{err: camera.ErrUnplugged}
	r := New(cam.reader)
	type outcome struct {
		code scanner.Code
		err  error
	}
	got := make(chan outcome, 1)
	go func() {
		c, err := r.Next(t.Context())
		got <- outcome{c, err}
	}()
	cam.set(shoot(pass, 640, 480, scene{size: 0.5}), nil)
	if o := <-got; o.err != nil || o.code.Text != pass || o.code.Symbology != scanner.QR {
		t.Errorf("%+v", o)
	}
	if cam.open != 0 {
		t.Errorf("%d readers hold the camera while nobody waits", cam.open)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Next(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
	cam.set(&camera.Frame{Pix: make([]byte, 3), W: 1, H: 1, Stride: 3}, nil)
	go func() {
		_, err := r.Next(context.Background())
		got <- outcome{err: err}
	}()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if o := <-got; !errors.Is(o.err, os.ErrClosed) {
		t.Errorf("closed: %v", o.err)
	}
}

// BenchmarkDecode is the search for a code in one picture of a camera, found and
// not found.
func BenchmarkDecode(b *testing.B) {
	for _, size := range []image.Point{{X: 640, Y: 480}, {X: 1280, Y: 720}} {
		for name, s := range map[string]scene{
			"found":   {size: 0.5, turn: 12, tilt: 15, noise: 8},
			"nothing": {size: 0.01, noise: 8},
		} {
			f := shoot(pass, size.X, size.Y, s)
			b.Run(fmt.Sprintf("%dx%d/%s", size.X, size.Y, name), func(b *testing.B) {
				for b.Loop() {
					if _, ok := Decode(f); ok != (name == "found") {
						b.Fatalf("found: %v", ok)
					}
				}
			})
		}
	}
}
