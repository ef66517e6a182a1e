// Package engine is the face.Engine that a terminal uses: dlib in a process of its
// own, app/ting-face, which may crash while the terminal does not.
//
// New returns at once; the process loads its models in about a second. Until it is
// ready, and whenever it is away, Analyze fails with face.ErrRestarting, and Status
// says why. A process that dies is started again: at once after it had been well,
// then with growing pauses, and every RetryPause when it keeps failing (weights
// that somebody will replace), forever. One that does not answer in time is killed.
// The process ends with its parent, whatever happens to that.
//
// Frames are copied once, into memory shared with the process, and wiped there
// after the answer. The package is pure Go. Test with `go test ./devices/face/engine`
// (the test binary plays a process that misbehaves) and `go test ./app/ting-face`
// (the real one, killed, stopped and fed damaged weights).
package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/face"
)

// Options configure an Engine. Zero values are the defaults.
type Options struct {
	Command   []string // program and its arguments; default: ting-face beside this program
	Weights   string   // file of dlib-compatible weights; default: the built-in network
	Landmarks string   // file of the 68-point predictor; default: Debian's
	Log       *slog.Logger

	StartTimeout   time.Duration // until the process is ready; default 30 s
	RequestTimeout time.Duration // for an answer before the process is killed; default 5 s
	RetryPause     time.Duration // between starts of a process that keeps failing; default 10 s
}

// Status is how the engine is.
type Status struct {
	Ready    bool
	Err      error  // why it is not ready; nil while it starts for the first time
	Restarts int    // starts after the first
	PID      int    // 0 while there is no process
	Model    string // of the weights in use: keep it with every template, compare only equal ones
	Path     string // the instruction set in use
}

// Engine is a face.Engine that runs in a process of its own.
type Engine struct {
	options Options
	log     *slog.Logger
	closing chan struct{}
	closed  chan struct{}
	once    sync.Once

	mu      sync.Mutex
	status  Status
	process *process // nil while not ready
	changed chan struct{}
}

var _ face.Engine = (*Engine)(nil)

// ErrClosed is returned by Analyze after Close.
var ErrClosed = errors.New("face engine is closed")

// New starts the engine and returns at once.
func New(o Options) *Engine {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if len(o.Command) == 0 {
		o.Command = []string{beside("ting-face")}
	}
	defaultTo(&o.StartTimeout, 30*time.Second)
	defaultTo(&o.RequestTimeout, 5*time.Second)
	defaultTo(&o.RetryPause, 10*time.Second)
	e := &Engine{
		options: o,
		log:     o.Log.With("device", "face engine"),
		closing: make(chan struct{}),
		closed:  make(chan struct{}),
		changed: make(chan struct{}),
	}
	go e.supervise()
	return e
}

func defaultTo(d *time.Duration, value time.Duration) {
	if *d <= 0 {
		*d = value
	}
}

// beside is the path of a program in this program's folder.
func beside(name string) string {
	self, err := os.Executable()
	if err != nil {
		return name
	}
	return filepath.Join(filepath.Dir(self), name)
}

// Analyze implements face.Engine. An unusable frame fails at once and does the
// engine no harm; so does a ctx that ends, though its picture is still worked on.
func (e *Engine) Analyze(ctx context.Context, r face.Request) ([]face.Face, error) {
	if err := checkFrame(r.Frame); err != nil {
		return nil, err
	}
	e.mu.Lock()
	p, why := e.process, e.status.Err
	e.mu.Unlock()
	select {
	case <-e.closing:
		return nil, ErrClosed
	default:
	}
	if p == nil {
		return nil, restarting(why)
	}
	return p.analyze(ctx, r)
}

func restarting(why error) error {
	if why == nil {
		return face.ErrRestarting
	}
	return fmt.Errorf("%w: %w", face.ErrRestarting, why)
}

func checkFrame(f *camera.Frame) error {
	switch {
	case f == nil:
		return errors.New("face engine: the request has no frame")
	case f.W < 1 || f.H < 1 || f.W > maxSide || f.H > maxSide:
		return fmt.Errorf("face engine: a frame of %d×%d pixels; from 1×1 to %d×%d can be analysed", f.W, f.H, maxSide, maxSide)
	case f.Stride < 3*f.W || len(f.Pix) < (f.H-1)*f.Stride+3*f.W:
		return fmt.Errorf("face engine: %d bytes in rows of %d cannot hold %d×%d pixels", len(f.Pix), f.Stride, f.W, f.H)
	}
	return nil
}

// Status says how the engine is now.
func (e *Engine) Status() Status {
	s, _ := e.now()
	return s
}

// now is the status and what is closed when it changes.
func (e *Engine) now() (Status, <-chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.status
	if p := e.process; p != nil {
		select {
		case <-p.done: // it ended and supervise has not seen to it yet
			s.Ready, s.PID, s.Err = false, 0, p.cause
		default:
		}
	}
	return s, e.changed
}

// Ready waits until the engine is ready. It returns ctx's cause, with the reason why
// the engine is not ready, when ctx ends first.
func (e *Engine) Ready(ctx context.Context) error {
	for {
		s, changed := e.now()
		if s.Ready {
			return nil
		}
		select {
		case <-changed:
		case <-e.closed:
			return ErrClosed
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), s.Err)
		}
	}
}

// Close ends the process and waits for that.
func (e *Engine) Close() error {
	e.once.Do(func() { close(e.closing) })
	<-e.closed
	return nil
}

// set changes the status and wakes those who wait for it.
func (e *Engine) set(p *process, change func(*Status)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.process = p
	change(&e.status)
	close(e.changed)
	e.changed = make(chan struct{})
}

// A process that was well this long has earned a restart without a pause.
const wellAfter = 10 * time.Second

// pauses are before the first restarts of a process that was not well. They are
// short enough for a killed process to be back within 2 s, models loaded.
var pauses = []time.Duration{0, 50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond}

// supervise keeps a process running until Close.
func (e *Engine) supervise() {
	defer close(e.closed)
	// The kernel ties the parent-death signal to the thread that forks. This one
	// stays locked, so it lives as long as the engine.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	for failures := 0; ; {
		began := time.Now()
		err := e.runOnce()
		select {
		case <-e.closing:
			e.set(nil, func(s *Status) { s.Ready, s.PID, s.Err = false, 0, ErrClosed })
			return
		default:
		}
		if time.Since(began) >= wellAfter {
			failures = 0
		}
		pause := e.options.RetryPause
		if failures < len(pauses) {
			pause = min(pause, pauses[failures])
		}
		failures++
		e.set(nil, func(s *Status) { s.Ready, s.PID, s.Err = false, 0, err })
		e.log.Error("face engine ended", "op", "face.engine", "code", code(err), "cause", err, "failures", failures, "again_in", pause)
		select {
		case <-time.After(pause):
			e.set(nil, func(s *Status) { s.Restarts++ })
		case <-e.closing:
			return
		}
	}
}

// runOnce starts a process and returns why it ended; never nil, unless by Close.
func (e *Engine) runOnce() error {
	p, err := start(e.options, e.log)
	if err != nil {
		return err
	}
	e.set(nil, func(s *Status) { s.PID = p.pid() })
	select {
	case <-p.ready:
		e.set(p, func(s *Status) {
			s.Ready, s.Err, s.Model, s.Path = true, nil, p.hello.Model, p.hello.Path
		})
		e.log.Info("face engine is ready", "op", "face.engine", "pid", p.pid(), "model", p.hello.Model, "path", p.hello.Path)
	case <-p.done:
		return p.cause
	case <-e.closing:
	}
	select {
	case <-p.done:
	case <-e.closing:
		p.stop()
	}
	return p.cause
}
