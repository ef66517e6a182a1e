package host

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// Module is one module of terminal.toml.
type Module struct {
	ID      string
	Command []string // the program, by path, and its arguments
	// SHA256 of the program in hex. Empty is for the terminal's own programs:
	// what the file holds at the first start is what it must hold at every later one.
	SHA256 string
	Grants []kiosk.Permission
	// Ways are those that the site lets the module ask people for; empty is every way.
	// The face may not be the only one.
	Ways []kiosk.Way
	Lane string // the visit's lane; may be empty
	// Setup is what a module that is a kiosk.Starter is started with.
	Setup kiosk.Setup
	// Title and Group replace those of the manifest where they say something.
	Title view.Text
	Group view.Text
}

// Config is what a host needs. Zero durations take the defaults named.
type Config struct {
	Modules  []Module
	Dir      string // for sockets: made 0700, wiped at Start; at most 60 bytes
	Terminal string
	Site     string
	Place    view.Text
	Services Services
	Clock    Clock
	Log      *slog.Logger

	Idle          time.Duration // without a touch, ends an attended visit; 60 s
	StartTimeout  time.Duration // from exec to manifest; 10 s
	HealthEvery   time.Duration // 5 s
	HealthTimeout time.Duration // 5 s
	Rest          time.Duration // of a module that never stays up; 5 min
	// Pauses before a module is started again, by failures in a row; after the
	// last it rests. Nil is 0, ¼, ½, 1, 2 and 4 seconds.
	Pauses []time.Duration

	// OnStatus is told of every change of a module's status. It is called by the
	// goroutine that made the change and must return soon.
	OnStatus func(Status)
}

// maxDir leaves room for go-plugin's names in a socket's path (107 bytes).
const maxDir = 60

// Host runs the modules of one terminal. Its methods may be called by any goroutine.
type Host struct {
	cfg     Config
	log     *slog.Logger
	modules []*module
	stage   *Stage // the terminal's own
	spawner *spawner
	pins    pins
	rev     atomic.Uint64
	pace    atomic.Int64 // see SetPace
	offer   atomic.Int64 // see SetOffer

	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
	mu      sync.Mutex
	stages  []*Stage // all of them, the terminal's own first
	started atomic.Bool
	began   time.Time // by the clock, when Start was called
}

// New checks a configuration. It starts nothing.
func New(cfg Config) (*Host, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Clock == nil {
		cfg.Clock = systemClock{}
	}
	for _, d := range []struct {
		v      *time.Duration
		normal time.Duration
	}{
		{&cfg.Idle, time.Minute}, {&cfg.StartTimeout, 10 * time.Second},
		{&cfg.HealthEvery, 5 * time.Second}, {&cfg.HealthTimeout, 5 * time.Second}, {&cfg.Rest, 5 * time.Minute},
	} {
		if *d.v <= 0 {
			*d.v = d.normal
		}
	}
	if cfg.Pauses == nil {
		cfg.Pauses = pauses
	}
	if !filepath.IsAbs(cfg.Dir) || len(cfg.Dir) > maxDir {
		return nil, fmt.Errorf("host: the directory for sockets, %q, must be an absolute path of at most %d bytes", cfg.Dir, maxDir)
	}
	h := &Host{cfg: cfg, log: cfg.Log}
	seen := map[string]bool{}
	for _, m := range cfg.Modules {
		if err := checkModule(m); err != nil {
			return nil, err
		}
		if seen[m.ID] {
			return nil, fmt.Errorf("host: module %q appears twice", m.ID)
		}
		seen[m.ID] = true
		h.modules = append(h.modules, newModule(h, m))
	}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	h.offer.Store(mostOffered)
	h.stage = newStage(h, cfg.Services.Screen)
	h.stage.first = true
	h.stages = []*Stage{h.stage}
	return h, nil
}

func checkModule(m Module) error {
	if !moduleID.MatchString(m.ID) {
		return fmt.Errorf("host: module ID %q: 1 to 64 of a-z, 0-9 and '-' are needed", m.ID)
	}
	if len(m.Command) == 0 || !filepath.IsAbs(m.Command[0]) {
		return fmt.Errorf("host: module %q: a program with its absolute path is needed", m.ID)
	}
	if b, err := hex.DecodeString(m.SHA256); err != nil || len(b) != 0 && len(b) != 32 {
		return fmt.Errorf("host: module %q: sha256 is 64 hex digits: sha256sum %s", m.ID, m.Command[0])
	}
	for _, p := range m.Grants {
		if !slices.Contains(kiosk.Permissions(), p) {
			return fmt.Errorf("host: module %q: unknown permission %q, there are: %v", m.ID, p, kiosk.Permissions())
		}
	}
	if err := CheckWays(m.Ways); err != nil {
		return fmt.Errorf("host: module %q: %w", m.ID, err)
	}
	return nil
}

// Start wipes the directory for sockets and starts every module, in parallel. It
// does not wait for them.
func (h *Host) Start() error {
	if h.started.Swap(true) {
		return errors.New("host: started twice")
	}
	if err := os.RemoveAll(h.cfg.Dir); err != nil {
		return fmt.Errorf("host: wipe %s: %w", h.cfg.Dir, err)
	}
	if err := os.MkdirAll(h.cfg.Dir, 0o700); err != nil {
		return fmt.Errorf("host: make the directory for sockets: %w", err)
	}
	h.began = h.cfg.Clock.Now()
	h.spawner = newSpawner()
	for _, m := range h.modules {
		h.running.Go(func() { m.keep(h.ctx) })
	}
	h.stage.start(h.ctx, &h.running)
	return nil
}

// Shutdown ends the visit and every module, and removes the sockets. It returns
// when all are gone; when ctx ends earlier, they are killed.
func (h *Host) Shutdown(ctx context.Context) error {
	h.cancel()
	if !h.started.Load() {
		return nil
	}
	gone := make(chan struct{})
	go func() {
		h.running.Wait()
		close(gone)
	}()
	select {
	case <-gone:
	case <-ctx.Done():
		for _, m := range h.modules {
			m.kill()
		}
		<-gone
	}
	h.spawner.close()
	if err := os.RemoveAll(h.cfg.Dir); err != nil {
		return fmt.Errorf("host: remove %s: %w", h.cfg.Dir, err)
	}
	return nil
}

// Stage is the terminal's own stage, which is there from the start.
func (h *Host) Stage() *Stage { return h.stage }

// mostStages is more people than one clerk can serve at once, and keeps a fault
// from opening stages without end.
const mostStages = 12

// Open opens a further stage, whose pages go to a screen of their own. It fails
// with CodeUnavailable before Start, and when there are too many.
func (h *Host) Open(screen Screen) (*Stage, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case !h.started.Load() || h.ctx.Err() != nil:
		return nil, &kiosk.Error{Code: kiosk.CodeUnavailable, Op: "open stage", Hint: "the terminal is not running"}
	case len(h.stages) >= mostStages:
		return nil, &kiosk.Error{Code: kiosk.CodeUnavailable, Op: "open stage", Hint: "close a visit first",
			Visitor: view.Tf("同时最多办理 %d 件,请先结束一件", "At most %d visits at once: end one first", mostStages)}
	}
	g := newStage(h, screen)
	h.stages = append(h.stages, g)
	g.start(h.ctx, &h.running)
	return g, nil
}

func (h *Host) forget(g *Stage) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if i := slices.Index(h.stages, g); i >= 0 {
		h.stages = slices.Delete(h.stages, i, i+1)
	}
}

// all is every stage there is now.
func (h *Host) all() []*Stage {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.stages)
}

func (h *Host) wakeUp() {
	for _, g := range h.all() {
		g.wakeUp()
	}
}

// Begin ends the visit under way and begins one of the module with that ID. It
// does not wait. This and the methods below are those of the terminal's own stage.
func (h *Host) Begin(module string) error { return h.stage.Begin(module) }

// Home ends the visit under way; what stands when nobody is there follows: the
// unattended module, or the page with the modules to choose from.
func (h *Host) Home() { h.stage.Home() }

// Answer hands over what the visitor did with a page. It reports whether that
// page still waited for it.
func (h *Host) Answer(a view.Answer) bool { return h.stage.Answer(a) }

// Touch says that somebody is there: the idle time begins anew.
func (h *Host) Touch() { h.stage.Touch() }

// IdleLeft is how long the visit under way goes on without a touch; false when
// none will be ended so.
func (h *Host) IdleLeft() (time.Duration, bool) { return h.stage.IdleLeft() }

// Visiting is the module whose visit is under way; "" while the terminal's own
// pages stand.
func (h *Host) Visiting() string { return h.stage.Visiting() }

// SetPace makes the terminal wait that many times longer for its visitor: before
// it takes him to have gone, and on pages that end by themselves. Times under way
// begin anew. The usual pace is 1.
func (h *Host) SetPace(times int) {
	if n := int64(max(times, 1)); h.pace.Swap(n) != n {
		for _, g := range h.all() {
			g.repace()
		}
	}
}

// SetOffer sets how many services the page to choose from offers at once: 6, or
// fewer for who is confused by many.
func (h *Host) SetOffer(tiles int) {
	if n := int64(min(max(tiles, 1), mostOffered)); h.offer.Swap(n) != n {
		h.wakeUp()
	}
}

// Status is the state of every module, in the order of terminal.toml.
func (h *Host) Status() []Status {
	all := make([]Status, len(h.modules))
	for i, m := range h.modules {
		all[i] = m.snapshot()
	}
	return all
}

// Retry ends the rest of a module now.
func (h *Host) Retry(module string) error {
	m := h.module(module)
	if m == nil {
		return &kiosk.Error{Code: kiosk.CodeNotFound, Op: "retry " + module, Hint: "terminal.toml has no such module"}
	}
	select {
	case m.retry <- struct{}{}:
	default:
	}
	return nil
}

func (h *Host) module(id string) *module {
	for _, m := range h.modules {
		if m.ID == id {
			return m
		}
	}
	return nil
}
