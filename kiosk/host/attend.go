package host

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/luohu/ting/kiosk"
)

// Attend ends the visit under way and begins one that the terminal conducts
// itself, by m, in this process: the staff's maintenance pages. It is a visit as
// any other, with its idle time and its pages; what m's manifest declares is
// granted, as no site decides over the terminal's own. It does not wait.
func (h *Host) Attend(m kiosk.Module) { h.stage.ask(request{own: m}) }

// attend conducts a visit of the terminal's own.
func (g *Stage) attend(ctx context.Context, m kiosk.Module) request {
	s := g.open(ctx, nil, m.Manifest())
	defer g.close(s)
	g.startIdle(true)
	done := make(chan error, 1)
	go func() { done <- serve(s.ctx, m, s) }()
	select {
	case r := <-g.requests:
		g.over(s, done)
		return r
	case <-g.idleOver():
		g.over(s, done)
		return request{}
	case err := <-done:
		switch {
		case ctx.Err() != nil || kiosk.CodeOf(err) == "" || kiosk.CodeOf(err) == kiosk.CodeCancelled:
			return request{}
		case kiosk.CodeOf(err) == kiosk.CodeInternal:
			g.host.log.Error("a visit failed", "op", "serve", "module", s.Manifest.ID, "code", kiosk.CodeInternal, "cause", err)
		}
		g.close(s)
		return g.hold(ctx, farewell(err), sorryStays)
	}
}

// over ends a visit and waits for its end.
func (g *Stage) over(s *Session, done <-chan error) {
	s.End()
	if err := <-done; err != nil && kiosk.CodeOf(err) != kiosk.CodeCancelled {
		g.host.log.Debug("a visit that was ended failed", "op", "serve", "module", s.Manifest.ID, "code", kiosk.CodeOf(err), "cause", err)
	}
}

// serve is m's Serve, whose panic ends its visit and nothing else.
func serve(ctx context.Context, m kiosk.Module, s *Session) (err error) {
	defer func() {
		if r := recover(); r != nil {
			s.Log.Error("a visit panicked", "op", "serve", "module", s.Manifest.ID, "cause", r, "stack", string(debug.Stack()))
			err = &kiosk.Error{Code: kiosk.CodeInternal, Op: "serve", Cause: fmt.Errorf("panic: %v", r)}
		}
	}()
	return m.Serve(ctx, s)
}
