package ffmpeg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/camera/cameratest"
)

func need(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

func open(t testing.TB, raw string) camera.Camera {
	t.Helper()
	d := devices.Drivers[camera.Camera]{}
	for _, s := range Schemes() {
		d[s] = Open
	}
	cam, err := d.Open(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	return cam
}

// webcam is a camera on the network that sends JPEG pictures (MJPEG over HTTP).
type webcam struct {
	addr string

	mu     sync.Mutex
	server *http.Server
	half   bool // pictures are cut in the middle
}

func (w *webcam) plug() error {
	addr := w.addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	w.mu.Lock()
	w.addr, w.server = l.Addr().String(), &http.Server{Handler: w, ReadHeaderTimeout: time.Second}
	server := w.server
	w.mu.Unlock()
	go func() { _ = server.Serve(l) }()
	return nil
}

func (w *webcam) unplug() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.server.Close()
}

func (w *webcam) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	out.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=frame")
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		p := image.NewGray(image.Rect(0, 0, 320, 240))
		for i := range p.Pix {
			p.Pix[i] = byte(n + i/320)
		}
		p.SetGray(0, 0, color.Gray{Y: 255})
		var b bytes.Buffer
		if err := jpeg.Encode(&b, p, nil); err != nil {
			return
		}
		body := b.Bytes()
		w.mu.Lock()
		if w.half && n%2 == 1 {
			body = body[:len(body)/2]
		}
		w.mu.Unlock()
		if _, err := fmt.Fprintf(out, "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n", len(body), body); err != nil {
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

func onNetwork(t *testing.T) cameratest.Camera {
	t.Helper()
	w := &webcam{}
	if err := w.plug(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.unplug() })
	return cameratest.Camera{Camera: open(t, "http://"+w.addr+"/#size=320x240&fps=25"), W: 320, H: 240, Plug: w.plug, Unplug: w.unplug}
}

func TestNetworkCamera(t *testing.T) {
	need(t)
	t.Parallel()
	cameratest.Exercise(t, onNetwork)
}

// TestRecording plays a file over and over, fitted into another size.
func atFile(t *testing.T) cameratest.Camera {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gate.mkv")
	record(t, path)
	away := path + ".away"
	cam := open(t, "file://"+path+"#size=200x120&fps=25")
	return cameratest.Camera{
		Camera: cam, W: 200, H: 120,
		Unplug: func() error { return os.Rename(path, away) }, // at its end it is not found again
		Plug:   func() error { return os.Rename(away, path) },
	}
}

func TestRecording(t *testing.T) {
	need(t)
	t.Parallel()
	cameratest.Exercise(t, atFile)
}

func record(t *testing.T, path string) {
	t.Helper()
	cmd := exec.Command(program, "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc=size=160x120:rate=25:duration=0.4", "-c:v", "mjpeg", path)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// TestHalfPictures come from a camera with a bad cable: the whole ones between
// them are delivered.
func TestHalfPictures(t *testing.T) {
	need(t)
	t.Parallel()
	w := &webcam{half: true}
	if err := w.plug(); err != nil {
		t.Fatal(err)
	}
	defer w.unplug()
	cam := open(t, "http://"+w.addr+"/#size=320x240")
	defer cam.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for n := 0; n < 5; {
		if _, err := cam.Next(ctx); err == nil {
			n++
		} else if ctx.Err() != nil {
			t.Fatal(err)
		}
	}
}

// TestKilled has ffmpeg die under the camera, again and again: it comes back, and
// nothing is left behind. TING_CYCLES=1000 for the whole proof.
func TestKilled(t *testing.T) {
	need(t)
	cycles := 3
	if _, err := fmt.Sscan(os.Getenv("TING_CYCLES"), &cycles); err != nil {
		cycles = 3
	}
	w := &webcam{}
	if err := w.plug(); err != nil {
		t.Fatal(err)
	}
	defer w.unplug()
	cam := open(t, "http://"+w.addr+"/#size=160x120")
	defer cam.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(cycles)*20*time.Second)
	defer cancel()
	before := 0
	for n := range cycles {
		for {
			f, err := cam.Next(ctx)
			if err == nil && f != nil {
				break
			}
			if ctx.Err() != nil {
				t.Fatalf("cycle %d: it does not come back: %v", n, err)
			}
		}
		pids := children(t, w.addr)
		if len(pids) != 1 {
			t.Fatalf("cycle %d: %d programs run", n, len(pids))
		}
		p, err := os.FindProcess(pids[0])
		if err == nil {
			err = p.Kill()
		}
		if err != nil {
			t.Fatal(err)
		}
		for {
			if _, err := cam.Next(ctx); errors.Is(err, camera.ErrUnplugged) {
				break
			} else if ctx.Err() != nil {
				t.Fatalf("cycle %d: its death is not told", n)
			}
		}
		if n == 0 {
			before = runtime.NumGoroutine()
		}
	}
	if g := runtime.NumGoroutine(); g > before+5 {
		t.Errorf("%d goroutines after %d deaths, %d after the first", g, cycles, before)
	}
}

// children are this test's programs that read from an address.
func children(t *testing.T, addr string) (pids []int) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil || !bytes.Contains(b, []byte(addr)) || !bytes.HasPrefix(b, []byte(program)) {
			continue
		}
		var pid int
		if _, err := fmt.Sscanf(f, "/proc/%d/cmdline", &pid); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

func TestTheErrorKeepsThePassword(t *testing.T) {
	need(t)
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close() // nobody listens there
	cam := open(t, "rtsp://admin:secret@"+l.Addr().String()+"/stream1")
	defer cam.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err = cam.Next(ctx)
	if !errors.Is(err, camera.ErrUnplugged) || strings.Contains(err.Error(), "secret") || strings.Contains(cam.Name(), "secret") {
		t.Errorf("%s: %v", cam.Name(), err)
	}
}

func TestConfigure(t *testing.T) {
	u, err := url.Parse("rtsp://10.0.0.20/stream1?channel=2#size=1280x720&fps=10")
	if err != nil {
		t.Fatal(err)
	}
	c, err := configure(u)
	if err != nil {
		t.Fatal(err)
	}
	if c.w != 1280 || c.h != 720 || !slices.Contains(c.args, "rtsp://10.0.0.20/stream1?channel=2") {
		t.Errorf("%d×%d, %q", c.w, c.h, c.args)
	}
	for _, raw := range []string{"file:x", "file://host/x", "file:///x#size=1x1", "file:///x#fps=0", "http://h/#speed=2", "file:///x#size=321x240"} {
		if u, err := url.Parse(raw); err == nil {
			if _, err := configure(u); err == nil {
				t.Errorf("%s is accepted", raw)
			}
		}
	}
}

func TestReplug_Network(t *testing.T) {
	need(t)
	cameratest.Replug(t, onNetwork)
}

func TestReplug_File(t *testing.T) {
	need(t)
	cameratest.Replug(t, atFile)
}
