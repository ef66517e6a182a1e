package host

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// State is where a module stands.
type State string

// The states.
const (
	Starting   State = "starting"   // for the first time
	Running    State = "running"    // and able to serve
	Restarting State = "restarting" // it ended or hung; it is coming back
	Resting    State = "resting"    // it never stays up, or must not start; Reason and Hint say why
	Stopped    State = "stopped"    // the terminal is ending
)

// Status is what is known of a module.
type Status struct {
	ID       string
	State    State
	Reason   string // why it is not running: for the log and the console
	Hint     string // what the operator can do about it
	PID      int    // 0 while there is no process
	Restarts int    // since the terminal started
	// Refused counts the calls refused for want of a permission.
	Refused map[kiosk.Permission]int
	// Manifest is the module's own; zero until it first ran.
	Manifest kiosk.Manifest
	// Title and Group are what the terminal calls the module and where it offers
	// it: as terminal.toml says, or the manifest. A module that never ran and has
	// no title there goes by its ID.
	Title view.Text
	Group view.Text
}

var pauses = []time.Duration{
	0, 250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second,
}

// stable is how long a module has to run for its earlier failures to be forgotten.
const stable = 30 * time.Second

// module keeps one module's process alive.
type module struct {
	Module
	host  *Host
	retry chan struct{} // ends a rest

	mu      sync.Mutex
	status  Status
	process *process // nil unless Running
	program *program // the newest, to kill; nil before the first
}

func newModule(h *Host, m Module) *module {
	return &module{
		Module: m, host: h, retry: make(chan struct{}, 1),
		status: Status{ID: m.ID, State: Starting, Refused: map[kiosk.Permission]int{}},
	}
}

// keep starts the module, again and again, until ctx ends. It returns when the
// last process is gone.
func (m *module) keep(ctx context.Context) {
	failures := 0
	for {
		began := time.Now()
		err := m.live(ctx)
		if ctx.Err() != nil {
			m.set(func(s *Status) { s.State, s.Reason, s.Hint = Stopped, "", "" })
			return
		}
		if time.Since(began) >= stable {
			failures = 0
		}
		failures++
		pause, state := m.host.cfg.Rest, Resting
		if failures <= len(m.host.cfg.Pauses) && !hopeless(err) {
			pause, state = m.host.cfg.Pauses[failures-1], Restarting
		}
		reason, hint := explain(err)
		m.host.log.Error("a module ended", "op", "module", "module", m.ID, "code", kiosk.CodeOf(err),
			"state", state, "failures", failures, "again_in", pause, "cause", reason, "hint", hint)
		m.set(func(s *Status) {
			s.State, s.Reason, s.Hint = state, reason, hint
			s.Restarts++
		})
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		case <-m.retry:
			failures = 0
		}
	}
}

func explain(err error) (reason, hint string) {
	var e *kiosk.Error
	if errors.As(err, &e) {
		if e.Cause != nil {
			return e.Cause.Error(), e.Hint
		}
		return string(e.Code), e.Hint
	}
	return err.Error(), ""
}

// live is one life of the process. It returns why that ended, never nil.
func (m *module) live(ctx context.Context) error {
	began := time.Now()
	p, err := m.start(ctx)
	if err != nil {
		return err
	}
	m.host.log.Info("a module runs", "op", "module", "module", m.ID, "version", p.manifest.Version,
		"pid", p.program.pid(), "took", time.Since(began))
	m.mu.Lock()
	m.process = p
	m.mu.Unlock()
	m.set(func(s *Status) {
		s.State, s.Reason, s.Hint, s.PID, s.Manifest = Running, "", "", p.program.pid(), p.manifest
	})
	err = p.watch(ctx, m.host.cfg.HealthEvery, m.host.cfg.HealthTimeout)
	m.mu.Lock()
	m.process = nil
	m.mu.Unlock()
	if ctx.Err() != nil {
		p.end()
	} else {
		p.kill()
	}
	m.set(func(s *Status) { s.State, s.PID = Restarting, 0 })
	return err
}

// up is the module's process; nil when it cannot serve now.
func (m *module) up() *process {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.process == nil || m.process.gone() {
		return nil
	}
	return m.process
}

func (m *module) kill() {
	m.mu.Lock()
	p := m.program
	m.mu.Unlock()
	if p != nil {
		_ = p.Kill(context.Background())
	}
}

// set changes the status and tells whoever wants to know.
func (m *module) set(change func(*Status)) {
	m.mu.Lock()
	change(&m.status)
	m.mu.Unlock()
	m.host.wakeUp()
	if m.host.cfg.OnStatus != nil {
		m.host.cfg.OnStatus(m.snapshot())
	}
}

func (m *module) refused(p kiosk.Permission) { m.set(func(s *Status) { s.Refused[p]++ }) }

func (m *module) snapshot() Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.status
	s.Refused = maps.Clone(s.Refused)
	s.Title = first(m.Title, s.Manifest.Title, view.Same(m.ID))
	s.Group = first(m.Group, s.Manifest.Group)
	return s
}

// first is the first text that says something.
func first(texts ...view.Text) view.Text {
	for _, t := range texts {
		if !t.IsZero() {
			return t
		}
	}
	return view.Text{}
}
