// Package v4l2 drives USB cameras through Linux's Video4Linux. The URL scheme
// is v4l2:
//
//	v4l2:///dev/video0?size=640x480&fps=15
//	v4l2:///dev/v4l/by-id/usb-046d_HD_Webcam-video-index0
//
// The path under by-id stays the same whichever socket the camera is in. size
// (640x480) and fps (15) are wishes: the camera's nearest format is taken. brightness,
// contrast, saturation, sharpness, gain, backlight, power_line, and with what the camera
// does by itself switched off exposure, white_balance and focus set its controls, as
// v4l2-ctl -l lists them.
//
// A camera that is told of dark faces (camera.Metered) is exposed for them.
//
// Guarantees: a camera that is unplugged, hangs or is not there yet is reported
// as camera.ErrUnplugged with what to do, and is opened again within 2 s of
// coming back. Half frames are dropped. Every frame is the newest one; nothing queues.
//
// Next must not be called from several goroutines at once. What lies above the
// kernel is tested with a scripted stream; try the rest on a machine with a camera.
package v4l2

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/luohu/ting/devices/camera"
)

const (
	retryEvery = time.Second     // between two attempts to open a device that is away
	hangsAfter = 3 * time.Second // without a picture: the device is opened anew
	badInARow  = 30              // broken pictures after which a camera is reported
)

// Camera is one device. Make it with Open, end it with Close.
type Camera struct {
	path string
	w, h int
	fps  float64
	open opener

	controls map[string]int32 // to be set, by their names in the URL

	stop   context.CancelFunc
	closed <-chan struct{}
	done   chan struct{}

	mu      sync.Mutex
	metered int // brightness of a face that the stream was not told of yet; below 0 is none
	latest  picture
	news    chan struct{} // closed and replaced when latest changes

	// For the goroutine in Next.
	seen uint64
	seq  uint64
	bad  int
}

// picture is what the device said last: a raw picture or why there is none.
type picture struct {
	version uint64
	raw     []byte
	format  format
	time    time.Time
	err     error
}

// Open opens the camera a v4l2: URL names, whether it is plugged in or not. It is a devices.Opener.
func Open(_ context.Context, u *url.URL) (camera.Camera, error) {
	c, err := configure(u)
	if err != nil {
		return nil, err
	}
	c.start(openDevice)
	return c, nil
}

func configure(u *url.URL) (*Camera, error) {
	c := &Camera{path: u.Path, w: 640, h: 480, fps: 15, metered: -1, controls: map[string]int32{}}
	if u.Host != "" || !strings.HasPrefix(c.path, "/") || len(c.path) < 2 {
		return nil, errors.New("write it as in v4l2:///dev/video0, with three slashes")
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, err
	}
	for key := range q {
		value := q.Get(key)
		switch key {
		case "size":
			w, h, _ := strings.Cut(value, "x")
			var werr, herr error
			c.w, werr = strconv.Atoi(w)
			c.h, herr = strconv.Atoi(h)
			if werr != nil || herr != nil || c.w < 160 || c.h < 120 || c.w > 4096 || c.h > 3072 {
				return nil, fmt.Errorf("size=%q: write it as in size=640x480, from 160x120 to 4096x3072", value)
			}
		case "fps":
			if c.fps, err = strconv.ParseFloat(value, 64); err != nil || !(c.fps >= 1 && c.fps <= 120) {
				return nil, fmt.Errorf("fps=%q: a number from 1 to 120", value)
			}
		default:
			if _, ok := knownControls[key]; !ok {
				return nil, fmt.Errorf("unknown parameter %q; there are size, fps, %s",
					key, strings.Join(slices.Sorted(maps.Keys(knownControls)), ", "))
			}
			if c.controls[key], err = parseControl(key, value); err != nil {
				return nil, err
			}
		}
	}
	return c, nil
}

func (c *Camera) start(open opener) {
	ctx, stop := context.WithCancel(context.Background())
	c.open, c.stop, c.closed = open, stop, ctx.Done()
	c.done, c.news = make(chan struct{}), make(chan struct{})
	go c.run(ctx)
}

// Name is what people call the camera.
func (c *Camera) Name() string { return "USB camera " + c.path }

// Close ends a waiting Next and lets the device go, within about a second.
func (c *Camera) Close() error {
	c.stop()
	<-c.done
	return nil
}

// run keeps the device open and takes its pictures until ctx ends.
func (c *Camera) run(ctx context.Context) {
	defer close(c.done)
	for ctx.Err() == nil {
		err := c.stream(ctx)
		if ctx.Err() != nil {
			return
		}
		c.publish(picture{err: c.away(err)})
		select {
		case <-time.After(retryEvery):
		case <-ctx.Done():
		}
	}
}

// stream opens the device once and takes pictures until it fails.
func (c *Camera) stream(ctx context.Context) (err error) {
	s, err := c.open(c.path, c.w, c.h, c.fps)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.control(c.controls); err != nil {
		return err
	}
	last := time.Now()
	var light meter
	for ctx.Err() == nil {
		c.meter(s, &light, time.Now())
		err := s.read(func(raw []byte) {
			last = time.Now()
			c.publish(picture{raw: append([]byte(nil), raw...), format: s.format(), time: last})
		})
		switch {
		case err == nil:
		case !errors.Is(err, errSilent):
			return err
		case time.Since(last) >= hangsAfter:
			return fmt.Errorf("no picture for %v", hangsAfter)
		}
	}
	return nil
}

// MeterFace says how bright a face in a picture is, from 0 to 255. It returns at once;
// a dark face has the exposure shifted. It implements camera.Metered.
func (c *Camera) MeterFace(mean uint8) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.metered = int(mean) // the newest counts
}

// meter follows what was said about faces.
func (c *Camera) meter(s stream, m *meter, now time.Time) {
	c.mu.Lock()
	mean := c.metered
	c.metered = -1
	c.mu.Unlock()
	var changed bool
	if mean < 0 {
		changed = m.nobody(now)
	} else {
		changed = m.face(uint8(mean), now)
	}
	if changed {
		// A camera that cannot be told shows what it shows.
		_ = s.expose(m.steps)
	}
}

// away makes the error that a reader gets.
func (c *Camera) away(err error) error {
	if hint := advice(c.path, err); hint != "" {
		return fmt.Errorf("camera %s: %w: %w (%s)", c.path, camera.ErrUnplugged, err, hint)
	}
	return fmt.Errorf("camera %s: %w: %w", c.path, camera.ErrUnplugged, err)
}

func (c *Camera) publish(p picture) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p.version = c.latest.version + 1
	c.latest = p
	close(c.news)
	c.news = make(chan struct{})
}

// Next waits for the next frame. See camera.Camera.
func (c *Camera) Next(ctx context.Context) (*camera.Frame, error) {
	for {
		p, err := c.wait(ctx)
		if err != nil {
			return nil, err
		}
		if p.err != nil {
			return nil, p.err
		}
		f, err := p.decode()
		if err == nil {
			c.bad = 0
			c.seq++
			f.Seq = c.seq
			return f, nil
		}
		if c.bad++; c.bad >= badInARow {
			c.bad = 0
			return nil, fmt.Errorf("camera %s: %w: it sends no whole picture (%w); try another cable or socket",
				c.path, camera.ErrUnplugged, err)
		}
	}
}

// wait returns the newest thing the device said that Next has not seen.
func (c *Camera) wait(ctx context.Context) (picture, error) {
	for {
		c.mu.Lock()
		p, news := c.latest, c.news
		c.mu.Unlock()
		if err := ctx.Err(); err != nil {
			return p, err
		}
		select {
		case <-c.closed:
			return p, fmt.Errorf("camera %s: %w", c.path, os.ErrClosed)
		default:
		}
		if p.version != c.seen {
			c.seen = p.version
			return p, nil
		}
		select {
		case <-news:
		case <-c.closed:
		case <-ctx.Done():
		}
	}
}

// decode makes a frame of a raw picture.
func (p picture) decode() (*camera.Frame, error) {
	f := &camera.Frame{W: p.format.w, H: p.format.h, Time: p.time}
	var err error
	if p.format.coding == mjpeg {
		f.Pix, f.W, f.H, err = decodeMJPEG(p.raw)
	} else {
		f.Pix = make([]byte, 3*f.W*f.H)
		err = convertYUYV(f.Pix, p.raw, f.W, f.H)
	}
	f.Stride = 3 * f.W
	return f, err
}
