// Package ffmpeg takes pictures from everything the program ffmpeg can read:
// cameras on the network (RTSP), recordings, and odd codecs. A child process
// decodes and writes raw pictures into a pipe, so that a hostile stream meets
// its decoder outside this program.
//
//	rtsp://user:password@10.0.0.20/stream1#size=1280x720&fps=10
//	http://10.0.0.21/mjpeg
//	file:///var/lib/ting/gate.mp4#loop=yes
//
// What stands behind # is for this driver, so that the camera's own parameters
// stay as they are:
//
//	size=640x480   of the pictures, whatever the camera's are: they are fitted in
//	fps=15         pictures a second at most
//	loop=yes       a file begins again at its end
//
// Latency is bounded: of pictures that come faster than they are taken only the
// newest is kept. A stream that ends, hangs or was never there is opened again
// within 2 s. ffmpeg's arguments, and with them the camera's password, can be
// seen by other users of this machine: a terminal has none.
package ffmpeg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/port"
)

const (
	hangsAfter = 6 * time.Second // without a picture: the stream is opened anew
	program    = "ffmpeg"
)

// Camera is a stream.
type Camera struct {
	camera.Latest
	name string
	args []string // ffmpeg's
	w, h int
	line *port.Line
}

var _ camera.Camera = (*Camera)(nil)

// Schemes are the URL schemes Open takes.
func Schemes() []string { return []string{"rtsp", "rtsps", "http", "https", "file"} }

// Open opens the stream at u, whether it is there or not. It is a devices.Opener.
func Open(_ context.Context, u *url.URL) (camera.Camera, error) {
	c, err := configure(u)
	if err != nil {
		return nil, err
	}
	c.line = port.Keep(port.Nothing, c.serve)
	return c, nil
}

func configure(u *url.URL) (*Camera, error) {
	q, err := url.ParseQuery(u.Fragment)
	if err != nil {
		return nil, fmt.Errorf("behind #: %w", err)
	}
	c := &Camera{w: 640, h: 480}
	fps, loop := 15, "no"
	if err := port.Parameters(q, map[string]func(string) error{
		"size": func(s string) error { return size(s, &c.w, &c.h) },
		"fps":  port.Number(&fps, 1, 60), "loop": port.OneOf(&loop, "yes", "no"),
	}); err != nil {
		return nil, err
	}
	source := *u
	source.Fragment, source.RawFragment = "", ""
	c.name = "video " + source.Redacted()
	c.args = []string{"-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1"}
	switch u.Scheme {
	case "file":
		if u.Host != "" || u.Path == "" {
			return nil, errors.New("write it as in file:///var/lib/ting/gate.mp4, with three slashes")
		}
		if loop == "yes" {
			c.args = append(c.args, "-stream_loop", "-1")
		}
		c.args = append(c.args, "-re", "-protocol_whitelist", "file", "-i", "file:"+u.Path)
	case "rtsp", "rtsps":
		c.args = append(c.args, "-fflags", "nobuffer", "-flags", "low_delay", "-rtsp_transport", "tcp", "-timeout", "5000000", "-i", source.String())
	default:
		c.args = append(c.args, "-fflags", "nobuffer", "-flags", "low_delay", "-rw_timeout", "5000000", "-i", source.String())
	}
	fit := fmt.Sprintf("fps=%d,scale=%d:%d:force_original_aspect_ratio=decrease,pad=%d:%d:(ow-iw)/2:(oh-ih)/2", fps, c.w, c.h, c.w, c.h)
	c.args = append(c.args, "-an", "-sn", "-dn", "-vf", fit, "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1")
	return c, nil
}

func size(s string, w, h *int) error {
	a, b, _ := strings.Cut(s, "x")
	var werr, herr error
	*w, werr = strconv.Atoi(a)
	*h, herr = strconv.Atoi(b)
	if werr != nil || herr != nil || *w < 160 || *h < 120 || *w > 4096 || *h > 3072 || *w%2 != 0 || *h%2 != 0 {
		return errors.New("write it as in size=640x480, even numbers from 160x120 to 4096x3072")
	}
	return nil
}

// Name is what people call the camera, without its password.
func (c *Camera) Name() string { return c.name }

// Health is whether pictures come.
func (c *Camera) Health() devices.Health { return c.line.Health() }

// Close ends ffmpeg.
func (c *Camera) Close() error { return errors.Join(c.line.Close(), c.Latest.Close()) }

// serve is one run of ffmpeg: it is started there, on the thread that its life hangs on.
func (c *Camera) serve(ctx context.Context, l *port.Line, _ io.Closer) error {
	err := c.run(ctx, l)
	if ctx.Err() == nil {
		c.Fail(fmt.Errorf("%w: %s: %w", camera.ErrUnplugged, c.name, err))
	}
	return err
}

func (c *Camera) run(ctx context.Context, l *port.Line) error {
	// The kernel ends the child with the thread that started it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, c.args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Env = []string{"LANG=C.UTF-8"}
	cmd.WaitDelay = time.Second
	said := &complaint{}
	cmd.Stderr = said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return &port.FaultError{Cause: err, Hint: "apt-get install ffmpeg"}
		}
		return err
	}
	hangs := time.AfterFunc(hangsAfter, cancel)
	defer hangs.Stop()
	var seq uint64
	for {
		f := &camera.Frame{Pix: make([]byte, 3*c.w*c.h), W: c.w, H: c.h, Stride: 3 * c.w}
		if _, err = io.ReadFull(out, f.Pix); err != nil {
			break
		}
		hangs.Reset(hangsAfter)
		seq++
		f.Seq, f.Time = seq, time.Now()
		l.Ready()
		c.Put(f)
	}
	cancel()
	_ = cmd.Wait() // killed, or it said why on its error output
	switch {
	case said.Len() > 0:
		return errors.New(said.first(c.args))
	case seq > 0:
		return errors.New("the stream ended")
	}
	return fmt.Errorf("no picture within %v", hangsAfter)
}

// complaint keeps the beginning of what ffmpeg says.
type complaint struct{ bytes.Buffer }

func (c *complaint) Write(b []byte) (int, error) {
	const most = 1 << 10
	if room := most - c.Len(); room > 0 {
		c.Buffer.Write(b[:min(room, len(b))])
	}
	return len(b), nil
}

// first is the first line, without the source's address: it may hold a password.
func (c *complaint) first(args []string) string {
	line, _, _ := strings.Cut(c.String(), "\n")
	for _, a := range args {
		if strings.Contains(a, "://") {
			line = strings.ReplaceAll(line, a, "the stream")
		}
	}
	return strings.TrimSpace(line)
}
