package district

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/camera"
)

func open(t *testing.T, c Config) *Camera {
	t.Helper()
	if c.W == 0 {
		c.W, c.H = 160, 120
	}
	cam, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return cam
}

func script(t *testing.T, text string) Script {
	t.Helper()
	s, err := ParseScript(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func next(t *testing.T, c *Camera) *camera.Frame {
	t.Helper()
	f, err := c.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// skip reads frames until d has passed on the clock.
func skip(t *testing.T, c *Camera, d time.Duration) *camera.Frame {
	t.Helper()
	end := time.Now().Add(d)
	for {
		if f := next(t, c); !f.Time.Before(end) {
			return f
		}
	}
}

// occupied reports whether somebody is in the picture: much of it differs from the empty place.
func occupied(c *Camera, f *camera.Frame) bool {
	empty := c.stage.backdrop[0]
	n := 0
	for i, v := range f.Pix {
		if d := int(v) - int(empty[i]); d > 40 || d < -40 {
			n++
		}
	}
	return n > len(f.Pix)/50
}

func TestNext_KeepsItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Config{Script: script(t, "nobody")})
		began := time.Now()
		for n := uint64(1); n <= 25; n++ {
			if f := next(t, c); f.Seq != n || f.W != 160 || f.H != 120 || f.Stride != 480 || len(f.Pix) != 480*120 {
				t.Fatalf("frame %d: number %d, %d×%d, stride %d, %d bytes", n, f.Seq, f.W, f.H, f.Stride, len(f.Pix))
			}
		}
		if d := time.Since(began); d < 1990*time.Millisecond || d > 2010*time.Millisecond {
			t.Errorf("24 periods took %v, want 2 s", d)
		}
		time.Sleep(time.Minute)
		began = time.Now()
		next(t, c)
		next(t, c)
		if d := time.Since(began); d < 80*time.Millisecond || d > 90*time.Millisecond {
			t.Errorf("after a pause two frames took %v, want one period: nothing to catch up", d)
		}
	})
}

func TestNext_IsDeterministic(t *testing.T) {
	play := func(t *testing.T, seed uint64) []*camera.Frame {
		var frames []*camera.Frame
		synctest.Test(t, func(t *testing.T) {
			c := open(t, Config{Script: script(t, "pupil 1 for 1s\ndark 1 for 1s"), Seed: seed})
			for range 24 {
				frames = append(frames, next(t, c))
			}
		})
		return frames
	}
	a, b, other := play(t, 5), play(t, 5), play(t, 6)
	differ := false
	for i := range a {
		if !bytes.Equal(a[i].Pix, b[i].Pix) {
			t.Fatalf("frame %d differs between two runs of one seed", i)
		}
		differ = differ || !bytes.Equal(a[i].Pix, other[i].Pix)
	}
	if !differ {
		t.Error("another seed gives the same pictures")
	}
}

func TestNext_PlaysTheScript(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Config{Script: script(t, "nobody for 2s\npupil 1 for 4s\nunplug for 3s\nnobody for 1s")})
		if occupied(c, skip(t, c, time.Second)) {
			t.Error("somebody is there while nobody should be")
		}
		if !occupied(c, skip(t, c, 3*time.Second)) {
			t.Error("the pupil is not there")
		}
		skip(t, c, 1700*time.Millisecond)
		var began time.Time
		away := 0
		for {
			_, err := c.Next(t.Context())
			if err == nil && away == 0 {
				began = time.Now()
				continue
			}
			if err == nil {
				break
			}
			if !errors.Is(err, camera.ErrUnplugged) || !strings.Contains(err.Error(), "comes back") {
				t.Fatalf("error %v, want ErrUnplugged with what to do", err)
			}
			away++
		}
		if d := time.Since(began); d < 2900*time.Millisecond || d > 3300*time.Millisecond || away != 2 {
			t.Errorf("away for %v, told %d times; want 3 s, twice", d, away)
		}
		time.Sleep(time.Hour)
		if occupied(c, next(t, c)) {
			t.Error("after the script's end somebody is there")
		}
	})
}

func TestNext_Loops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Config{Script: script(t, "pupil 1 for 4s\nnobody for 4s\nloop")})
		time.Sleep(80*time.Second + 2*time.Second)
		if !occupied(c, next(t, c)) {
			t.Error("the pupil is not there the eleventh time")
		}
		time.Sleep(4 * time.Second)
		if occupied(c, next(t, c)) {
			t.Error("somebody is there in the pause after")
		}
	})
}

func TestNext_ReadsAChangedScriptAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "script.txt")
		write := func(text string) {
			t.Helper()
			if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(path+".new", path); err != nil {
				t.Fatal(err)
			}
		}
		write("nobody for 1h")
		var log bytes.Buffer
		c := open(t, Config{ScriptFile: path, Log: slog.New(slog.NewTextHandler(&log, nil))})
		if occupied(c, skip(t, c, time.Second)) {
			t.Fatal("somebody is there")
		}
		write("still 2 for 1h")
		if !occupied(c, skip(t, c, time.Second)) {
			t.Fatal("the new script is not played")
		}
		write("nobody for 1h\nteacher 3")
		if !occupied(c, skip(t, c, 3*time.Second)) {
			t.Fatal("a wrong script replaced a right one")
		}
		if n := strings.Count(log.String(), "line 2"); n != 1 {
			t.Errorf("the wrong line is logged %d times, want once: %s", n, &log)
		}
		write("nobody for 1h")
		if occupied(c, skip(t, c, time.Second)) {
			t.Fatal("the mended script is not played")
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		skip(t, c, time.Second)
		write("still 2 for 1h")
		if !occupied(c, skip(t, c, time.Second)) {
			t.Fatal("after the file was away it is not read again")
		}
	})
}

func TestNext_EndsWithItsContextAndWithClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Config{Script: script(t, "unplug for 1h"), FPS: 1})
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		if _, err := c.Next(t.Context()); !errors.Is(err, camera.ErrUnplugged) {
			t.Fatalf("error %v, want ErrUnplugged", err)
		}
		if _, err := c.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want DeadlineExceeded", err)
		}
		time.AfterFunc(100*time.Millisecond, func() { c.Close() })
		if _, err := c.Next(t.Context()); !errors.Is(err, os.ErrClosed) {
			t.Errorf("error %v, want os.ErrClosed", err)
		}
		if err := c.Close(); err != nil {
			t.Errorf("second Close: %v", err)
		}
	})
}

func TestURL(t *testing.T) {
	good := filepath.Join(t.TempDir(), "good.txt")
	if err := os.WriteFile(good, []byte("pupil 1"), 0o600); err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(t.TempDir(), "bad.txt")
	if err := os.WriteFile(bad, []byte("pupil 1\npupil one"), 0o600); err != nil {
		t.Fatal(err)
	}
	drivers := devices.Drivers[camera.Camera]{"sim": Open}
	for _, raw := range []string{"sim:", "sim:district?size=320x240&fps=5&seed=9", "sim:still?person=3",
		"sim:script?size=64x48&file=" + url.QueryEscape(good)} {
		c, err := drivers.Open(t.Context(), raw)
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		if c.Name() == "" {
			t.Errorf("%s has no name", raw)
		}
		if f, err := c.Next(t.Context()); err != nil || f.W == 0 {
			t.Errorf("%s: frame %v, %v", raw, f, err)
		}
		c.Close()
	}
	for raw, want := range map[string]string{
		"sim:school": "sim:district", "sim:script": "file", "sim:script?file=/nowhere/x": "no such file",
		"sim:script?file=" + url.QueryEscape(bad): "line 2", "sim:still": "people 1 to", "sim:still?person=99": "people 1 to",
		"sim:district?size=640": "size", "sim:district?size=4x4": "size", "sim:district?size=axb": "size",
		"sim:district?fps=0": "fps", "sim:district?fps=NaN": "fps", "sim:district?seed=-1": "seed", "sim:district?person=3": "person",
	} {
		if _, err := drivers.Open(t.Context(), raw); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q in it", raw, err, want)
		}
	}
}
