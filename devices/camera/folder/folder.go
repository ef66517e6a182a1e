// Package folder shows the pictures of a folder as a camera would: for trying a
// terminal on photographs, and for tests that must see the same every time.
//
//	folder:///srv/faces?every=500ms&size=640x480
//
// JPEG and PNG files are shown in the order of their names, over and over, each
// fitted into size (640x480) and shown for every (500ms). Files that are no
// pictures are passed over. The folder is read again after its last picture.
package folder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // the two kinds of file that are shown
	_ "image/png"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/image/draw"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/port"
)

const (
	mostPixels = 100_000_000 // of a file: a larger one is passed over
	mostBytes  = 64 << 20
)

// Camera shows the pictures of a folder.
type Camera struct {
	camera.Latest
	dir   string
	every time.Duration
	w, h  int
	line  *port.Line
}

var _ camera.Camera = (*Camera)(nil)

// Open opens the folder at u, whether it is there or not. It is a devices.Opener.
func Open(_ context.Context, u *url.URL) (camera.Camera, error) {
	if u.Host != "" || u.Path == "" {
		return nil, errors.New("write it as in folder:///srv/faces, with three slashes")
	}
	c := &Camera{dir: u.Path, every: 500 * time.Millisecond, w: 640, h: 480}
	if err := port.Parameters(u.Query(), map[string]func(string) error{
		"every": port.Duration(&c.every, time.Hour),
		"size": func(s string) error {
			if n, err := fmt.Sscanf(s, "%dx%d", &c.w, &c.h); n != 2 || err != nil || c.w < 160 || c.h < 120 || c.w > 4096 || c.h > 3072 {
				return errors.New("write it as in size=640x480, from 160x120 to 4096x3072")
			}
			return nil
		},
	}); err != nil {
		return nil, err
	}
	c.line = port.Keep(port.Nothing, c.show)
	return c, nil
}

// Name is what people call the camera.
func (c *Camera) Name() string { return "pictures of " + c.dir }

// Health is whether there are pictures.
func (c *Camera) Health() devices.Health { return c.line.Health() }

// Close ends showing.
func (c *Camera) Close() error { return errors.Join(c.line.Close(), c.Latest.Close()) }

// show shows every picture of the folder over and over.
func (c *Camera) show(ctx context.Context, l *port.Line, _ io.Closer) error {
	tick := time.NewTicker(c.every)
	defer tick.Stop()
	var seq uint64
	for {
		files, err := os.ReadDir(c.dir) // by name
		if err != nil {
			return c.fail(ctx, err)
		}
		shown := 0
		for _, file := range files {
			name := file.Name()
			if !slices.Contains([]string{".jpg", ".jpeg", ".png"}, strings.ToLower(filepath.Ext(name))) {
				continue
			}
			f, err := c.frame(filepath.Join(c.dir, name))
			if err != nil {
				continue
			}
			seq++
			shown++
			f.Seq, f.Time = seq, time.Now()
			l.Ready()
			c.Put(f)
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
			}
		}
		if shown == 0 {
			return c.fail(ctx, errors.New("no JPEG or PNG picture in it"))
		}
	}
}

func (c *Camera) fail(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		c.Fail(fmt.Errorf("%w: %s: %w", camera.ErrUnplugged, c.dir, err))
	}
	return err
}

// frame reads one file and fits it in.
func (c *Camera) frame(path string) (*camera.Frame, error) {
	if s, err := os.Stat(path); err != nil || s.Size() > mostBytes {
		return nil, errors.Join(err, errors.New("too large"))
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	head, _, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil || head.Width*head.Height > mostPixels {
		return nil, errors.Join(err, errors.New("no picture, or too large"))
	}
	p, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	scale := min(float64(c.w)/float64(head.Width), float64(c.h)/float64(head.Height))
	w, h := max(1, int(float64(head.Width)*scale)), max(1, int(float64(head.Height)*scale))
	at := image.Rect(0, 0, w, h).Add(image.Pt((c.w-w)/2, (c.h-h)/2))
	canvas := image.NewRGBA(image.Rect(0, 0, c.w, c.h))
	draw.Draw(canvas, canvas.Bounds(), image.NewUniform(color.Black), image.Point{}, draw.Src)
	draw.ApproxBiLinear.Scale(canvas, at, p, p.Bounds(), draw.Over, nil)
	f := &camera.Frame{Pix: make([]byte, 3*c.w*c.h), W: c.w, H: c.h, Stride: 3 * c.w}
	for i := range c.w * c.h {
		copy(f.Pix[3*i:3*i+3], canvas.Pix[4*i:])
	}
	return f, nil
}
