package camera_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/camera/district"
	"github.com/luohu/ting/devices/camera/ffmpeg"
	"github.com/luohu/ting/devices/camera/folder"
)

var sources = devices.Drivers[camera.Camera]{
	"sim": district.Open, "folder": folder.Open, "file": ffmpeg.Open, "http": ffmpeg.Open,
}

// BenchmarkSource is the way from each source to the engine's door, a Reader of a Hub
// that three read, as in a terminal (preview, engine, codes):
//
//	latency-ms   from the moment the picture was taken; of the network camera from the
//	             moment it sent it, by a number that is drawn into the picture
//	cpu-ms       a frame, of this process and its children (ffmpeg); the network
//	             camera's own work is in this process too
//
// The baseline is image/jpeg in this process, which decodes one such picture. CPU per
// frame at 640×480 and 1280×720, on two cores that others kept busy (the baseline took
// four times what it does when they are quiet, and latencies were as noisy):
//
//	sim        6.7 and 13.7 ms     drawn anew for each frame
//	folder     4.9 and 12.7 ms
//	file       3.1 and 9.1 ms
//	network    3.6 ms              at 640×480
func BenchmarkSource(b *testing.B) {
	for _, size := range []image.Point{{X: 640, Y: 480}, {X: 1280, Y: 720}} {
		wxh := fmt.Sprintf("%dx%d", size.X, size.Y)
		b.Run(wxh+"/sim", func(b *testing.B) { follow(b, "sim:still?person=3&size="+wxh+"&fps=15", nil) })
		b.Run(wxh+"/folder", func(b *testing.B) {
			dir := b.TempDir()
			for i := range 4 {
				if err := os.WriteFile(filepath.Join(dir, strconv.Itoa(i)+".jpg"), numbered(b, size, i), 0o600); err != nil {
					b.Fatal(err)
				}
			}
			follow(b, "folder://"+dir+"?every=66ms&size="+wxh, nil)
		})
		b.Run(wxh+"/file", func(b *testing.B) {
			needFFmpeg(b)
			path := filepath.Join(b.TempDir(), "gate.mkv")
			cmd := exec.Command("ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc=size="+wxh+":rate=15:duration=4", "-c:v", "mjpeg", path)
			if out, err := cmd.CombinedOutput(); err != nil {
				b.Fatalf("%v: %s", err, out)
			}
			follow(b, "file://"+path+"#loop=yes&fps=15&size="+wxh, nil)
		})
		b.Run(wxh+"/network", func(b *testing.B) {
			needFFmpeg(b)
			n := &networkCamera{size: size, pictures: make([][]byte, numbers), sent: map[int]time.Time{}}
			for i := range n.pictures {
				n.pictures[i] = numbered(b, size, i)
			}
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			server := &http.Server{Handler: n, ReadHeaderTimeout: time.Minute}
			go func() { _ = server.Serve(l) }()
			defer server.Close()
			follow(b, "http://"+l.Addr().String()+"/#fps=15&size="+wxh, n.when)
		})
		b.Run(wxh+"/jpeg-baseline", func(b *testing.B) {
			p := numbered(b, size, 3)
			for b.Loop() {
				if _, err := jpeg.Decode(bytes.NewReader(p)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func needFFmpeg(b *testing.B) {
	b.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		b.Skip(err)
	}
}

// follow reads frames and reports what they cost. when says when a frame was sent; nil
// takes its own time.
func follow(b *testing.B, url string, when func(*camera.Frame) (time.Time, bool)) {
	b.Helper()
	cam, err := sources.Open(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	hub := camera.NewHub(cam)
	defer hub.Close()
	ctx, cancel := context.WithCancel(b.Context())
	var others sync.WaitGroup
	defer others.Wait()
	defer cancel()
	for range 2 {
		others.Go(func() {
			r := hub.Reader()
			defer r.Close()
			for ctx.Err() == nil {
				_, _ = r.Next(ctx)
			}
		})
	}
	r := hub.Reader()
	defer r.Close()
	next := func() *camera.Frame {
		for {
			f, err := r.Next(ctx)
			if err == nil {
				return f
			}
			if ctx.Err() != nil {
				b.Fatal(err)
			}
		}
	}
	next() // it has begun
	var late time.Duration
	counted := 0
	began := cpu(b)
	for b.Loop() {
		f := next()
		at, ok := f.Time, true
		if when != nil {
			at, ok = when(f)
		}
		if ok {
			late += time.Since(at)
			counted++
		}
	}
	spent := cpu(b) - began
	b.ReportMetric(float64(spent.Microseconds())/1000/float64(b.N), "cpu-ms")
	if counted > 0 {
		b.ReportMetric(float64(late.Microseconds())/1000/float64(counted), "latency-ms")
	}
}

// cpu is what this process and those it has waited for have spent, and what its living
// children have.
func cpu(b *testing.B) (all time.Duration) {
	b.Helper()
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var u unix.Rusage
		if err := unix.Getrusage(who, &u); err != nil {
			b.Fatal(err)
		}
		all += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	tasks, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil {
		b.Fatal(err)
	}
	for _, t := range tasks {
		list, err := os.ReadFile(t)
		if err != nil {
			continue // the thread has gone
		}
		for _, pid := range bytes.Fields(list) {
			stat, err := os.ReadFile("/proc/" + string(pid) + "/stat")
			if err != nil {
				continue // so has the child
			}
			fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
			const user, system, ticks = 11, 12, 100 // a second
			for _, i := range []int{user, system} {
				if n, err := strconv.Atoi(string(fields[i])); err == nil {
					all += time.Duration(n) * time.Second / ticks
				}
			}
		}
	}
	return all
}

// The numbers that are drawn into pictures: eight squares at the top, black or white.
const (
	numbers = 256
	bits    = 8
)

func numbered(b testing.TB, size image.Point, n int) []byte {
	b.Helper()
	p := image.NewRGBA(image.Rectangle{Max: size})
	side := size.X / bits
	for y := range size.Y {
		for x := range size.X {
			c := color.RGBA{byte(x), byte(y), byte(x ^ y), 255}
			if y < side {
				v := byte(0)
				if n>>(x/side)&1 != 0 {
					v = 255
				}
				c = color.RGBA{v, v, v, 255}
			}
			p.SetRGBA(x, y, c)
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, p, nil); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

// networkCamera sends motion JPEG and remembers when it sent which picture.
type networkCamera struct {
	size     image.Point
	pictures [][]byte

	mu   sync.Mutex
	sent map[int]time.Time
}

func (c *networkCamera) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	out.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=frame")
	tick := time.NewTicker(time.Second / 15)
	defer tick.Stop()
	for n := 0; ; n = (n + 1) % numbers {
		c.mu.Lock()
		c.sent[n] = time.Now()
		c.mu.Unlock()
		if _, err := fmt.Fprintf(out, "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n", len(c.pictures[n]), c.pictures[n]); err != nil {
			return
		}
		if err := http.NewResponseController(out).Flush(); err != nil {
			return
		}
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
}

// when says when the picture in a frame was sent.
func (c *networkCamera) when(f *camera.Frame) (time.Time, bool) {
	side, n := f.W/bits, 0
	for i := range bits {
		if f.Pix[(side/2)*f.Stride+3*(i*side+side/2)] > 127 {
			n |= 1 << i
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	at, ok := c.sent[n]
	return at, ok
}
