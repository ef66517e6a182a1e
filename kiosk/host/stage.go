package host

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// How long the terminal's own pages stay, and how long is waited.
const (
	sorryStays   = 6 * time.Second
	awaitAtMost  = 10 * time.Second // for a module that was chosen, to come back
	briefVisit   = time.Second      // an unattended visit shorter than this is not begun again at once
	longestPause = 30 * time.Second // between unattended visits that fail
)

// Stage is a place on the terminal's screen where one visit at a time takes
// place. A terminal in a hall or at a gate has one; a desk opens as many side by
// side as its clerk serves people, each with sessions, pages and an idle time of
// its own: nothing that is shown or answered on one reaches another.
//
// One goroutine (run) goes from one owner of the stage to the next; the others
// only ask, answer and wake it. The methods may be called by any goroutine.
type Stage struct {
	host     *Host
	screen   Screen
	first    bool          // the terminal's own: unattended modules run here
	requests chan request  // the newest that run has not seen
	wake     chan struct{} // holds one token when a module's status has changed
	cancel   context.CancelFunc
	done     chan struct{} // closed when run has returned

	mu      sync.Mutex
	session *Session // on screen; nil between two owners
	module  string   // whose; "" for the terminal's own pages
	idle    idle
}

// request is what the visitor, or whoever acts for him, wants next: a module's
// visit, or with "" what stands when nobody is there.
type request struct {
	module string
	own    kiosk.Module // the terminal's own, instead of a module's
}

func newStage(h *Host, screen Screen) *Stage {
	return &Stage{
		host: h, screen: screen, cancel: func() {},
		requests: make(chan request, 1), wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
}

// start lets the stage go on until ctx ends or it is closed.
func (g *Stage) start(ctx context.Context, running *sync.WaitGroup) {
	ctx, g.cancel = context.WithCancel(ctx)
	running.Go(func() {
		defer close(g.done)
		g.run(ctx)
	})
}

// Begin ends the visit under way and begins one of the module with that ID. It
// does not wait.
func (g *Stage) Begin(module string) error {
	if g.host.module(module) == nil {
		return &kiosk.Error{Code: kiosk.CodeNotFound, Op: "begin " + module, Hint: "terminal.toml has no such module"}
	}
	g.ask(request{module: module})
	return nil
}

// Home ends the visit under way; what stands when nobody is there follows.
func (g *Stage) Home() { g.ask(request{}) }

// Answer hands over what the visitor did with a page. It reports whether that
// page still waited for it.
func (g *Stage) Answer(a view.Answer) bool {
	g.Touch()
	g.mu.Lock()
	s := g.session
	g.mu.Unlock()
	return s != nil && s.Answer(a)
}

// Visiting is the module whose visit is under way; "" while the terminal's own
// pages stand.
func (g *Stage) Visiting() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.module
}

// Close ends the visit under way and the stage, and returns when its module
// cannot show anything any more. The terminal's own stage ends with the host.
func (g *Stage) Close() {
	if g.first {
		return
	}
	g.cancel()
	<-g.done
	g.host.forget(g)
}

func (g *Stage) ask(r request) {
	g.mu.Lock() // so that two callers cannot both find it full
	defer g.mu.Unlock()
	select {
	case <-g.requests:
	default:
	}
	g.requests <- r
}

func (g *Stage) wakeUp() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

func (g *Stage) run(ctx context.Context) {
	var next request
	failed := 0 // unattended visits in a row
	for ctx.Err() == nil {
		if next.own != nil {
			next = g.attend(ctx, next.own)
			continue
		}
		m := g.choose(next)
		if m == nil {
			next = g.home(ctx)
			continue
		}
		p := m.up()
		if p == nil {
			next = g.await(ctx, m)
			continue
		}
		began := time.Now()
		end := g.visit(ctx, m, p, next.module != "")
		next = end.next
		switch {
		case end.outside:
			failed = 0
		case !p.manifest.Unattended:
			if end.err != nil {
				next = g.hold(ctx, farewell(end.err), sorryStays)
			}
		case kiosk.CodeOf(end.err) == kiosk.CodeShutdown:
			// Its process is started again, and the visit with it.
		case end.err == nil && time.Since(began) >= briefVisit:
			failed = 0
		default:
			// Nobody is there to begin it again, so it begins by itself; one that
			// only fails does so ever more slowly.
			failed++
			next = g.hold(ctx, farewell(end.err), min(briefVisit<<min(failed-1, 10), longestPause))
		}
	}
}

// choose is whose turn it is; nil for the terminal's own page.
func (g *Stage) choose(r request) *module {
	if r.module != "" {
		return g.host.module(r.module)
	}
	settled := true
	for _, m := range g.host.modules {
		s := m.snapshot()
		if s.Manifest.Unattended && s.State != Resting && g.first {
			return m
		}
		settled = settled && s.State != Starting
	}
	if settled && len(g.host.modules) == 1 && g.host.modules[0].snapshot().State != Resting {
		return g.host.modules[0]
	}
	return nil
}

// open puts a new session on the screen: m's, or with nil the terminal's own.
func (g *Stage) open(ctx context.Context, m *module, manifest kiosk.Manifest) *Session {
	h := g.host
	id, err := uuid.NewV7()
	if err != nil { // no randomness left: the machine is beyond help, the visit need not be
		id = uuid.Nil
	}
	c := SessionConfig{
		Visit:    kiosk.Visit{ID: id.String(), Terminal: h.cfg.Terminal, Site: h.cfg.Site, Place: h.cfg.Place},
		Manifest: manifest,
		Services: h.cfg.Services,
		Clock:    h.cfg.Clock,
		Log:      h.log,
		Rev:      &h.rev,
		Here:     g.here,
		Pace:     &h.pace,
	}
	c.Services.Screen = g.screen
	if m == nil {
		c.Visit.Module, c.Grants = manifest.ID, manifest.Permissions // see Attend
	} else {
		c.Visit.Module, c.Visit.Lane, c.Grants, c.Refused = m.ID, m.Lane, m.Grants, m.refused
		c.Ways = m.Ways
	}
	s := NewSession(ctx, c)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.session, g.module = s, c.Visit.Module
	return s
}

// close ends a session and takes it off the screen. It may be called twice.
func (g *Stage) close(s *Session) {
	s.End()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.idle.stop()
	if g.session == s {
		g.session, g.module = nil, ""
	}
}
