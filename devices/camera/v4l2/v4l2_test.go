package v4l2

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/devicestest"
)

// rig is a machine with one camera socket. It stands in for the kernel.
type rig struct {
	mu      sync.Mutex
	fault   error // of opening, and of reading an open stream
	silent  bool
	picture []byte
	f       format
	opened  int
	closed  int
	wanted  map[string]int32
	steps   int // by which the exposure is shifted
}

// grey is a whole YUYV picture.
func grey(f format) []byte {
	raw := make([]byte, 2*f.w*f.h)
	for i := range raw {
		raw[i] = 128
	}
	return raw
}

func newRig() *rig {
	f := format{yuyv, 160, 120}
	return &rig{f: f, picture: grey(f)}
}

func (r *rig) set(change func(*rig)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(r)
}

func (r *rig) open(string, int, int, float64) (stream, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fault != nil {
		return nil, r.fault
	}
	r.opened++
	return r, nil
}

func (r *rig) format() format { return r.f }

func (r *rig) read(use func([]byte)) error {
	r.mu.Lock()
	wait := 50 * time.Millisecond
	if r.silent {
		wait = time.Second
	}
	r.mu.Unlock()
	time.Sleep(wait)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.fault != nil:
		return r.fault
	case r.silent:
		return errSilent
	}
	use(r.picture)
	return nil
}

func (r *rig) control(wanted map[string]int32) error {
	r.set(func(r *rig) { r.wanted = wanted })
	return nil
}

func (r *rig) expose(steps int) error {
	r.set(func(r *rig) { r.steps = steps })
	return nil
}

// inBubble runs f with a camera on a rig, whose time passes at once.
func inBubble(t *testing.T, f func(*testing.T, *rig, *Camera)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		f(t, r, r.start(t))
	})
}

func (r *rig) close() error {
	r.set(func(r *rig) { r.closed++ })
	return nil
}

// start makes a camera on the rig, closed with the test.
func (r *rig) start(t *testing.T) *Camera {
	t.Helper()
	c, err := configure(&url.URL{Scheme: "v4l2", Path: "/dev/video0"})
	if err != nil {
		t.Fatal(err)
	}
	c.start(r.open)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if r.opened != r.closed {
			t.Errorf("device opened %d times, closed %d times", r.opened, r.closed)
		}
	})
	return c
}

func frame(t *testing.T, c *Camera) *camera.Frame {
	t.Helper()
	f, err := c.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func away(t *testing.T, c *Camera, hint string) {
	t.Helper()
	_, err := c.Next(t.Context())
	if !errors.Is(err, camera.ErrUnplugged) || !strings.Contains(err.Error(), hint) {
		t.Fatalf("error %v, want ErrUnplugged with %q", err, hint)
	}
}

func TestNext_DeliversTheNewestPicture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newRig().start(t)
		for n := uint64(1); n <= 3; n++ {
			f := frame(t, c)
			if f.Seq != n || f.W != 160 || f.H != 120 || f.Stride != 480 || len(f.Pix) != 160*120*3 {
				t.Fatalf("frame %d is %d×%d, stride %d, %d bytes, number %d", n, f.W, f.H, f.Stride, len(f.Pix), f.Seq)
			}
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if f := frame(t, c); time.Since(f.Time) > 60*time.Millisecond {
			t.Errorf("after a pause the frame is %v old", time.Since(f.Time))
		}
	})
}

func TestNext_ReportsUnpluggedAndComesBackWithinTwoSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		c := r.start(t)
		frame(t, c)
		r.set(func(r *rig) { r.fault = syscall.ENODEV })
		away(t, c, "plug the camera in")
		r.set(func(r *rig) { r.fault = &fs.PathError{Op: "open", Path: "/dev/video0", Err: syscall.ENOENT} })
		for range 5 {
			asked := time.Now()
			away(t, c, "plug the camera in")
			if d := time.Since(asked); d > 2*time.Second {
				t.Fatalf("tried again after %v, want 2 s at most", d)
			}
		}
		r.set(func(r *rig) { r.fault = nil })
		back := time.Now()
		frame(t, c)
		if d := time.Since(back); d > 2*time.Second {
			t.Errorf("the first frame came %v after the camera, want 2 s at most", d)
		}
	})
}

// TestReplug pulls the camera a hundred times, whose time passes at once (more with TING_CYCLES); start's
// clean-up counts that what was opened is closed.
func TestReplug(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		c := r.start(t)
		for range max(devicestest.Cycles(t), 100) {
			frame(t, c)
			r.set(func(r *rig) { r.fault = syscall.ENODEV })
			for {
				if _, err := c.Next(t.Context()); errors.Is(err, camera.ErrUnplugged) {
					break
				}
			}
			r.set(func(r *rig) { r.fault = nil })
			for {
				if _, err := c.Next(t.Context()); err == nil {
					break
				}
			}
		}
	})
}

func TestOpen_WaitsForACameraThatIsNotThereYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.fault = syscall.ENOENT
		c := r.start(t)
		away(t, c, "plug the camera in")
		r.set(func(r *rig) { r.fault = nil })
		frame(t, c)
	})
}

func TestNext_OpensAHangingCameraAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		c := r.start(t)
		frame(t, c)
		r.set(func(r *rig) { r.silent = true })
		away(t, c, "no picture for 3s")
		r.set(func(r *rig) { r.silent = false })
		frame(t, c)
		if r.opened != 2 {
			t.Errorf("device opened %d times, want 2", r.opened)
		}
	})
}

func TestNext_DropsHalfFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		c := r.start(t)
		frame(t, c)
		whole := r.picture
		r.set(func(r *rig) { r.picture = whole[:len(whole)/2] })
		time.AfterFunc(500*time.Millisecond, func() { r.set(func(r *rig) { r.picture = whole }) })
		began := time.Now()
		if f := frame(t, c); f.Seq != 2 || time.Since(began) < 500*time.Millisecond {
			t.Errorf("frame %d after %v, want the first whole one", f.Seq, time.Since(began))
		}
		r.set(func(r *rig) { r.picture = whole[:100] })
		away(t, c, "half a frame")
	})
}

func TestClose_EndsNextAndLetsTheDeviceGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.fault = syscall.ENOENT
		c := r.start(t)
		away(t, c, "")
		ended := make(chan error)
		go func() {
			for {
				if _, err := c.Next(context.Background()); !errors.Is(err, camera.ErrUnplugged) {
					ended <- err
					return
				}
			}
		}()
		time.Sleep(10 * time.Second)
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; !errors.Is(err, os.ErrClosed) {
			t.Errorf("error %v, want os.ErrClosed", err)
		}
	})
}

func TestNext_EndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.silent = true
		c := r.start(t)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := c.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want DeadlineExceeded", err)
		}
	})
}

// The kernel's side, as far as it goes without a camera.
func TestOpenDevice_RefusesWhatIsNoCamera(t *testing.T) {
	file := filepath.Join(t.TempDir(), "video7")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, hint := range map[string]string{
		file:                                 "check that it is a camera",
		filepath.Join(t.TempDir(), "video0"): "plug the camera in",
	} {
		c, err := Open(t.Context(), &url.URL{Scheme: "v4l2", Path: path})
		if err != nil {
			t.Fatal(err)
		}
		away(t, c.(*Camera), hint)
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

// device is what a driver says of itself.
type device struct {
	bus, name string
	err       error
}

func (d device) GetBusInfo() (string, error) { return d.bus, d.err }
func (d device) GetName() (string, error)    { return d.name, d.err }

func TestRefuseVirtual(t *testing.T) {
	for _, test := range []struct {
		device
		virtual bool
	}{
		{device{bus: "usb-0000:00:14.0-1", name: "HD Pro Webcam C920"}, false},
		{device{bus: "PCI:0000:00:03.0", name: "Integrated IR Camera"}, false},
		{device{bus: "platform:v4l2loopback-000", name: "HD Pro Webcam C920"}, true},
		{device{bus: "platform:v4l2loopback-000", name: "Dummy video device (0x0000)"}, true},
		{device{bus: "platform:vivid-000", name: "vivid"}, true},
		{device{bus: "usb-0000:00:14.0-1", name: "OBS Virtual Camera"}, true},
	} {
		err := refuseVirtual(test.device)
		if errors.Is(err, ErrVirtual) != test.virtual {
			t.Errorf("%s on %s: %v", test.name, test.bus, err)
		}
		if test.virtual && advice("/dev/video0", err) == "" {
			t.Errorf("%v: no advice", err)
		}
	}
	if err := refuseVirtual(device{err: syscall.EIO}); err == nil || errors.Is(err, ErrVirtual) {
		t.Errorf("a device that does not answer: %v", err)
	}
}

func TestAdvice(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{syscall.ENOENT, "plug"}, {syscall.ENODEV, "plug"}, {syscall.ENXIO, "plug"},
		{syscall.EACCES, "group video"}, {syscall.EPERM, "group video"},
		{syscall.EBUSY, "another program"}, {syscall.EINVAL, "check"},
	} {
		if got := advice("/nowhere/video0", c.err); !strings.Contains(got, c.want) {
			t.Errorf("%v: %q, want %q in it", c.err, got, c.want)
		}
	}
}

func TestURL(t *testing.T) {
	for raw, want := range map[string]*Camera{
		"v4l2:///dev/video0":                       {path: "/dev/video0", w: 640, h: 480, fps: 15},
		"v4l2:///dev/video2?size=1280x720&fps=7.5": {path: "/dev/video2", w: 1280, h: 720, fps: 7.5},
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		c, err := configure(u)
		if err != nil || c.path != want.path || c.w != want.w || c.h != want.h || c.fps != want.fps {
			t.Errorf("%s: %+v, %v", raw, c, err)
		}
	}
	drivers := devices.Drivers[camera.Camera]{"v4l2": Open}
	for raw, want := range map[string]string{
		"v4l2://dev/video0": "three slashes", "v4l2:video0": "three slashes", "v4l2:///": "three slashes",
		"v4l2:///dev/video0?size=big": "size", "v4l2:///dev/video0?size=9x9": "size",
		"v4l2:///dev/video0?fps=0": "fps", "v4l2:///dev/video0?fps=NaN": "fps", "v4l2:///dev/video0?rate=3": "rate",
	} {
		if _, err := drivers.Open(t.Context(), raw); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q in it", raw, err, want)
		}
	}
}

func TestChoose(t *testing.T) {
	for name, c := range map[string]struct {
		offers []format
		w, h   int
		want   format
	}{
		"raw where it fits":          {[]format{{mjpeg, 640, 480}, {yuyv, 640, 480}}, 640, 480, format{yuyv, 640, 480}},
		"packed when it is large":    {[]format{{yuyv, 1280, 720}, {mjpeg, 1280, 720}}, 1280, 720, format{mjpeg, 1280, 720}},
		"the nearest size":           {[]format{{yuyv, 320, 240}, {yuyv, 800, 600}, {yuyv, 1600, 1200}}, 640, 480, format{yuyv, 800, 600}},
		"size goes before coding":    {[]format{{yuyv, 320, 240}, {mjpeg, 640, 480}}, 640, 480, format{mjpeg, 640, 480}},
		"other codings are left out": {[]format{{"H264", 640, 480}, {mjpeg, 1920, 1080}}, 640, 480, format{mjpeg, 1920, 1080}},
	} {
		if got, err := choose(c.offers, c.w, c.h); err != nil || got != c.want {
			t.Errorf("%s: %v, %v; want %v", name, got, err, c.want)
		}
	}
	for _, offers := range [][]format{nil, {{"H264", 640, 480}}, {{yuyv, 641, 480}}, {{yuyv, 0, 0}}} {
		if got, err := choose(offers, 640, 480); !errors.Is(err, errNoFormat) {
			t.Errorf("%v: chose %v, error %v; want errNoFormat", offers, got, err)
		}
	}
}

func TestWithin(t *testing.T) {
	for _, c := range []struct {
		want            int
		low, high, step uint32
		got             int
	}{{640, 0, 0, 0, 640}, {640, 320, 320, 0, 320}, {640, 800, 1920, 16, 800}, {645, 160, 1920, 16, 640}, {4000, 160, 1920, 1, 1920}} {
		if got := within(c.want, c.low, c.high, c.step); got != c.got {
			t.Errorf("within(%d, %d to %d by %d) = %d, want %d", c.want, c.low, c.high, c.step, got, c.got)
		}
	}
}
