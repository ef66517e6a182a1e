package host

import (
	"context"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// ending is how a visit came to its end.
type ending struct {
	next    request
	outside bool  // somebody wanted something else, or nobody is there any more
	err     error // the visit failed
}

// visit conducts one visit, which somebody chose or which began by itself.
func (g *Stage) visit(ctx context.Context, m *module, p *process, chosen bool) ending {
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
func (g *Stage) bury(p *process) {
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
func (g *Stage) await(ctx context.Context, m *module) request {
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
func (g *Stage) hold(ctx context.Context, p view.Page, stays time.Duration) request {
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
