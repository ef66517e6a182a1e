package host

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// SessionConfig is what a Session is made of.
type SessionConfig struct {
	Visit    kiosk.Visit
	Manifest kiosk.Manifest
	Grants   []kiosk.Permission // what the site grants; nothing else is lent
	Ways     []kiosk.Way        // what the site lets the module ask people for; empty is every way
	Services Services
	Clock    Clock                  // nil is the system's
	Log      *slog.Logger           // nil discards
	Rev      *atomic.Uint64         // the screen's revision, shared by all its visits; nil is one of its own
	Refused  func(kiosk.Permission) // told of every call refused for want of a permission; may be nil
	Here     func()                 // told that the visitor is there though he touches nothing; may be nil
	Pace     *atomic.Int64          // how many times longer a page's own time lasts; nil or 0 is once
}

// Session is the terminal's side of one visit. It implements kiosk.Session: it
// checks pages, permissions and kinds of record, and passes on what is allowed
// to the terminal's services. A panic of a service fails the call, nothing more.
//
// It knows nothing of processes: Host lends it to a module over kiosk/rpc, and
// kiosk/kiosktest directly, so that a script meets the rules of a terminal.
type Session struct {
	SessionConfig
	ctx context.Context
	end context.CancelFunc

	mu      sync.Mutex
	page    view.Page // on screen, as presented
	waiting *waiter   // for the answer to page; nil when nobody asked
}

var _ kiosk.Session = (*Session)(nil)

// waiter is an Ask under way. Its outcome is sent once.
type waiter struct {
	outcome chan outcome
	timer   Timer // of the page's own timeout; nil without
}

type outcome struct {
	answer view.Answer
	err    error
}

// NewSession begins a visit; it ends with ctx or with End.
func NewSession(ctx context.Context, c SessionConfig) *Session {
	if c.Clock == nil {
		c.Clock = systemClock{}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Rev == nil {
		c.Rev = new(atomic.Uint64)
	}
	s := &Session{SessionConfig: c}
	s.ctx, s.end = context.WithCancel(ctx)
	return s
}

// End ends the visit: every call under way returns, and no later one has an
// effect. It may be called twice.
func (s *Session) End() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end()
	s.settle(outcome{err: s.ctx.Err()})
}

// Visit implements kiosk.Session.
func (s *Session) Visit() kiosk.Visit { return s.SessionConfig.Visit }

// Show implements kiosk.Session.
func (s *Session) Show(ctx context.Context, p view.Page) error { return s.present(ctx, p, nil) }

// Ask implements kiosk.Session.
func (s *Session) Ask(ctx context.Context, p view.Page) (view.Answer, error) {
	w := &waiter{outcome: make(chan outcome, 1)}
	if err := s.present(ctx, p, w); err != nil {
		return view.Answer{}, err
	}
	select {
	case o := <-w.outcome:
		return o.answer, o.err
	case <-ctx.Done():
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.waiting == w {
			s.settle(outcome{})
		}
		return view.Answer{}, ctx.Err()
	case <-s.ctx.Done():
		return view.Answer{}, s.ctx.Err()
	}
}

// present puts p on the screen, with its revision, for w to wait for. All of it
// happens under the lock: pages reach the screen in the order of their
// revisions, and none after the end.
func (s *Session) present(ctx context.Context, p view.Page, w *waiter) error {
	op := "show " + p.ID
	if err := p.Validate(); err != nil {
		s.Log.Warn("a page was refused", "op", "show", "module", s.Manifest.ID, "cause", err)
		return &kiosk.Error{Code: kiosk.CodeInvalid, Op: op, Cause: err}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.ended(ctx); err != nil {
		return err
	}
	s.settle(outcome{err: &kiosk.Error{Code: kiosk.CodeSuperseded, Op: "ask " + s.page.ID}})
	p.Rev = s.Rev.Add(1)
	s.page, s.waiting = p, w
	if w != nil && p.Timeout > 0 {
		s.startTimer()
	}
	if s.Services.Screen == nil {
		return nil
	}
	return guard(s, op, func() error { s.Services.Screen.Present(s.SessionConfig.Visit, p); return nil })
}

// startTimer begins the time of the page on screen. The lock is held.
func (s *Session) startTimer() {
	times := time.Duration(1)
	if s.Pace != nil {
		times = time.Duration(max(s.Pace.Load(), 1))
	}
	late := view.Answer{PageID: s.page.ID, Rev: s.page.Rev, Action: view.ActionTimeout}
	s.waiting.timer = s.Clock.AfterFunc(s.page.Timeout*times, func() { s.Answer(late) })
}

// StillHere says that the visitor is there though he touches nothing: a service
// that sees him keeps the visit from being ended for want of a touch.
func (s *Session) StillHere() {
	if s.Here != nil && s.ctx.Err() == nil {
		s.Here()
	}
}

// asksForm reports whether the page on screen waits to be filled in.
func (s *Session) asksForm() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waiting != nil && slices.ContainsFunc(s.page.Body, func(n view.Node) bool {
		_, form := n.(view.Form)
		return form
	})
}

// repace begins the time of the page on screen anew, at the pace of now.
func (s *Session) repace() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting != nil && s.waiting.timer != nil {
		s.waiting.timer.Stop()
		s.startTimer()
	}
}

// settle ends the Ask under way, if there is one. The lock is held.
func (s *Session) settle(o outcome) {
	if s.waiting == nil {
		return
	}
	if s.waiting.timer != nil {
		s.waiting.timer.Stop()
	}
	s.waiting.outcome <- o
	s.waiting = nil
}

// Answer hands over what the visitor did. It reports whether somebody waited
// for it: an answer to an older revision, or to a page only shown, is dropped.
func (s *Session) Answer(a view.Answer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting == nil || a.Rev != s.page.Rev || a.PageID != s.page.ID || s.ctx.Err() != nil {
		return false
	}
	s.settle(outcome{answer: a})
	return true
}

// Page is what this visit last put on the screen.
func (s *Session) Page() view.Page {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.page
}

// ended is the reason why a call cannot be served any more; nil when it can.
func (s *Session) ended(ctx context.Context) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	return ctx.Err()
}

// allow refuses, logs and counts a call that the manifest does not declare or
// the site does not grant.
func (s *Session) allow(op string, p kiosk.Permission) error {
	switch {
	case !slices.Contains(s.Manifest.Permissions, p):
		return s.refuse(op, p, fmt.Sprintf("the module's manifest does not declare the permission %q", p))
	case !slices.Contains(s.Grants, p):
		return s.refuse(op, p, fmt.Sprintf("to allow it, add %q to grant of module %q in terminal.toml", p, s.Manifest.ID))
	}
	return nil
}

func (s *Session) refuse(op string, p kiosk.Permission, hint string) error {
	s.Log.Warn("a call was refused", "op", op, "code", kiosk.CodeDenied, "module", s.Manifest.ID, "permission", p, "hint", hint)
	if s.Refused != nil {
		s.Refused(p)
	}
	return &kiosk.Error{Code: kiosk.CodeDenied, Op: op, Hint: hint}
}
