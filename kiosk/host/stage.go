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

// stage decides whose pages are on the screen. One goroutine (run) goes from one
// owner to the next; the others only ask, answer and wake it.
type stage struct {
	host     *Host
	requests chan request  // the newest that run has not seen
	wake     chan struct{} // holds one token when a module's status has changed

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

func newStage(h *Host) *stage {
	return &stage{host: h, requests: make(chan request, 1), wake: make(chan struct{}, 1)}
}

func (g *stage) ask(r request) {
	g.mu.Lock() // so that two callers cannot both find it full
	defer g.mu.Unlock()
	select {
	case <-g.requests:
	default:
	}
	g.requests <- r
}

func (g *stage) wakeUp() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

func (g *stage) run(ctx context.Context) {
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
func (g *stage) choose(r request) *module {
	if r.module != "" {
		return g.host.module(r.module)
	}
	settled := true
	for _, m := range g.host.modules {
		s := m.snapshot()
		if s.Manifest.Unattended && s.State != Resting {
			return m
		}
		settled = settled && s.State != Starting
	}
	if settled && len(g.host.modules) == 1 && g.host.modules[0].snapshot().State != Resting {
		return g.host.modules[0]
	}
	return nil
}

// ending is how a visit came to its end.
type ending struct {
	next    request
	outside bool  // somebody wanted something else, or nobody is there any more
	err     error // the visit failed
}

// visit conducts one visit, which somebody chose or which began by itself.
func (g *stage) visit(ctx context.Context, m *module, p *process, chosen bool) ending {
	s := g.open(ctx, m, p.manifest)
	defer g.close(s)
	if !p.manifest.Unattended {
		g.startIdle(chosen)
	}
	visiting, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- p.Serve(visiting, &paced{Session: s}) }()
	leave := func(r request) ending {
		s.End()
		cancel()
		// It ends at once with its context, whatever the module does.
		if err := <-done; err != nil && kiosk.CodeOf(err) != kiosk.CodeCancelled {
			g.host.log.Debug("a visit that was ended failed", "op", "serve", "module", m.ID, "code", kiosk.CodeOf(err), "cause", err)
		}
		return ending{next: r, outside: true}
	}
	select {
	case r := <-g.requests:
		return leave(r)
	case <-g.idleOver():
		return leave(request{})
	case <-ctx.Done():
		return leave(request{})
	case err := <-done:
		switch kiosk.CodeOf(err) {
		case "", kiosk.CodeCancelled:
			return ending{}
		case kiosk.CodeShutdown:
			g.bury(p)
		default:
			g.host.log.Error("a visit failed", "op", "serve", "module", m.ID, "code", kiosk.CodeOf(err), "cause", err)
		}
		return ending{err: err}
	}
}

// bury waits for the end of a process whose connection is dead. One that lives on
// without it is of no use.
func (g *stage) bury(p *process) {
	select {
	case <-p.program.exited:
	case <-time.After(grace):
		_ = p.program.Kill(context.Background())
	}
}

// farewell is what a visitor reads whose visit ended with err.
func farewell(err error) view.Page {
	if kiosk.CodeOf(err) == kiosk.CodeShutdown {
		return recoveringPage()
	}
	return sorryPage(kiosk.VisitorText(err))
}

// await shows that m is coming back, until it has, or until somebody wants
// something else. A chosen module that does not come back is given up.
func (g *stage) await(ctx context.Context, m *module) request {
	st := m.snapshot()
	p := recoveringPage()
	if st.Manifest.ID == "" {
		p = startingPage()
	}
	if st.State == Resting {
		return g.hold(ctx, restingPage(), sorryStays)
	}
	s := g.open(ctx, nil, kiosk.Manifest{})
	defer g.close(s)
	_ = s.Show(ctx, p) // a valid page; it fails only when ctx has ended
	var late <-chan time.Time
	if !st.Manifest.Unattended {
		t := time.NewTimer(awaitAtMost)
		defer t.Stop()
		late = t.C
	}
	for {
		select {
		case <-ctx.Done():
			return request{}
		case r := <-g.requests:
			return r
		case <-late:
			g.close(s)
			return g.hold(ctx, restingPage(), sorryStays)
		case <-g.wake:
			if m.up() != nil || m.snapshot().State == Resting {
				return request{module: m.ID}
			}
		}
	}
}

// hold shows a page of the terminal's own for a while, or until it is touched.
func (g *stage) hold(ctx context.Context, p view.Page, stays time.Duration) request {
	p.Timeout = stays
	s := g.open(ctx, nil, kiosk.Manifest{})
	defer g.close(s)
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		_, _ = s.Ask(ctx, p) // any answer, or the page's timeout, or the end
	}()
	select {
	case r := <-g.requests:
		return r
	case <-answered:
		return request{}
	}
}

// open puts a new session on the screen: m's, or with nil the terminal's own.
func (g *stage) open(ctx context.Context, m *module, manifest kiosk.Manifest) *Session {
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
	if m == nil {
		c.Visit.Module, c.Grants = manifest.ID, manifest.Permissions // see Attend
	} else {
		c.Visit.Module, c.Visit.Lane, c.Grants, c.Refused = m.ID, m.Lane, m.Grants, m.refused
	}
	s := NewSession(ctx, c)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.session, g.module = s, c.Visit.Module
	return s
}

// close ends a session and takes it off the screen. It may be called twice.
func (g *stage) close(s *Session) {
	s.End()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.idle.stop()
	if g.session == s {
		g.session, g.module = nil, ""
	}
}

func (g *stage) answer(a view.Answer) bool {
	g.mu.Lock()
	s := g.session
	g.mu.Unlock()
	return s != nil && s.Answer(a)
}

func (g *stage) visiting() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.module
}
