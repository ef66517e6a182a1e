package kiosktest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/kiosk/view"
)

// deadline is how long a test waits for what it wants before it fails: far more
// than any machine needs, far less than a test run's own limit.
const deadline = 15 * time.Second

// Terminal is a terminal whose visitor, camera and devices are the test.
type Terminal struct {
	t      testing.TB
	module kiosk.Module
	clock  *Clock
	opts   options

	mu      sync.Mutex
	changed chan struct{} // closed and replaced with every change below

	session  *host.Session
	cancel   context.CancelFunc
	started  bool
	returned bool
	result   error // Serve's, once returned

	pages      []view.Page // all that were shown, the newest last
	streams    []*stream
	identifies []*identifying
	enrols     []*enrolling
	forgotten  []Forgotten
	records    []Recorded
	opened     int
	refused    []kiosk.Permission

	diskFull, barrierBroken bool
	devices                 devices
}

// New makes a terminal with one module. The module's manifest has to be valid.
func New(t testing.TB, m kiosk.Module, opts ...Option) *Terminal {
	t.Helper()
	o := options{
		visit: kiosk.Visit{
			ID: "0195547e-4ac0-7000-8000-000000000001", Module: m.Manifest().ID, Terminal: "test-1", Site: "school-1",
			Place: view.T("第一小学 东门", "First Primary School, East Gate"),
		},
		now:      Morning,
		feeds:    map[string][]kiosk.Row{},
		settings: map[string]string{},
	}
	for _, f := range opts {
		f(&o)
	}
	if err := host.CheckManifest(m.Manifest()); err != nil {
		t.Fatalf("kiosktest: %v", err)
	}
	for _, rows := range o.feeds {
		slices.SortFunc(rows, func(a, b kiosk.Row) int { return strings.Compare(a.Key, b.Key) })
	}
	tm := &Terminal{t: t, module: m, clock: NewClock(o.now), opts: o, changed: make(chan struct{})}
	if s, ok := m.(kiosk.Starter); ok {
		if err := s.Start(t.Context(), kiosk.Setup{Settings: o.settings, Dir: t.TempDir()}); err != nil {
			t.Fatalf("kiosktest: the module does not start: %v", err)
		}
	}
	t.Cleanup(tm.End)
	return tm
}

// Start begins a visit: Serve runs in a goroutine of its own. After a visit is
// over the same terminal may begin another.
func (tm *Terminal) Start() {
	tm.t.Helper()
	tm.mu.Lock()
	defer tm.mu.Unlock()
	if tm.started && !tm.returned {
		tm.t.Fatal("kiosktest: Start: a visit is under way; End it first")
	}
	m := tm.module.Manifest()
	grants := tm.opts.grants
	if grants == nil {
		grants = m.Permissions
	}
	var who host.Identity = (*identity)(tm)
	if tm.opts.identity != nil {
		who = tm.opts.identity
	}
	ctx, cancel := context.WithCancel(context.Background())
	tm.session = host.NewSession(ctx, host.SessionConfig{
		Visit:    tm.opts.visit,
		Manifest: m,
		Grants:   grants,
		Ways:     tm.opts.ways,
		Services: host.Services{
			Screen: (*screen)(tm), Identity: who, Recorder: (*journal)(tm), Feeds: (*feeds)(tm), Barriers: (*barriers)(tm),
			Printer: (*printer)(tm), Scanner: (*scanner)(tm), IDCards: (*idCards)(tm), Vitals: (*vitals)(tm), Scale: (*scale)(tm), Speaker: (*speaker)(tm),
		},
		Clock:   tm.clock,
		Refused: func(p kiosk.Permission) { tm.change(func() { tm.refused = append(tm.refused, p) }) },
	})
	tm.cancel, tm.started, tm.returned, tm.result = cancel, true, false, nil
	s := wired{tm.session}
	go func() {
		err := tm.module.Serve(ctx, s)
		tm.change(func() { tm.returned, tm.result = true, err })
	}()
}

// End ends the visit as a visitor does who walks away, and fails the test when
// Serve does not return promptly. Without a visit it does nothing.
func (tm *Terminal) End() {
	tm.t.Helper()
	tm.mu.Lock()
	session, cancel, started := tm.session, tm.cancel, tm.started
	tm.mu.Unlock()
	if !started {
		return
	}
	cancel()
	session.End()
	tm.wait("Serve to return once its visit was ended", func() bool { return tm.returned })
}

// WantEnd waits until Serve returns by itself, and returns its error.
func (tm *Terminal) WantEnd() error {
	tm.t.Helper()
	tm.wait("Serve to return", func() bool { return tm.returned })
	tm.mu.Lock()
	defer tm.mu.Unlock()
	return tm.result
}

// Now is the terminal's time.
func (tm *Terminal) Now() time.Time { return tm.clock.Now() }

// Advance moves the terminal's time; a page whose Timeout passes answers so.
// First wait (WantPage) for the page that is meant to end.
func (tm *Terminal) Advance(d time.Duration) { tm.clock.Advance(d) }

// Page is what stands on the screen; its zero value before the first.
func (tm *Terminal) Page() view.Page {
	tm.mu.Lock()
	defer tm.mu.Unlock()
	return tm.page()
}

// Pages are all pages shown, in order.
func (tm *Terminal) Pages() []view.Page {
	tm.mu.Lock()
	defer tm.mu.Unlock()
	return slices.Clone(tm.pages)
}

func (tm *Terminal) page() view.Page {
	if len(tm.pages) == 0 {
		return view.Page{}
	}
	return tm.pages[len(tm.pages)-1]
}

// WantPage waits until the page with that ID stands on the screen.
func (tm *Terminal) WantPage(id string) view.Page {
	tm.t.Helper()
	return tm.WantPageAfter(0, id)
}

// WantPageAfter is WantPage for a page newer than the revision rev: the next
// page, when it has the ID of the one before.
func (tm *Terminal) WantPageAfter(rev uint64, id string) (p view.Page) {
	tm.t.Helper()
	tm.wait(fmt.Sprintf("page %q", id), func() bool {
		p = tm.page()
		return p.ID == id && p.Rev > rev
	})
	return p
}

// Answer does what a visitor does on the page that stands: it touches a button,
// tile or row by its ID, with the texts typed or chosen. The page must offer the
// action. Unlike a terminal it sends what breaks a field's rules too: a module
// must bear it.
func (tm *Terminal) Answer(action string, fields map[string]string) {
	tm.t.Helper()
	tm.AnswerWith(action, view.Texts(fields))
}

// AnswerWith is Answer with values of every kind: several choices, photos, signatures.
func (tm *Terminal) AnswerWith(action string, fields map[string]view.Value) {
	tm.t.Helper()
	p := tm.Page()
	if !offers(p, action) {
		tm.t.Fatalf("kiosktest: page %q offers no action %q: it offers %q", p.ID, action, offered(p))
	}
	all := map[string]view.Value{}
	for _, n := range p.Body {
		if f, ok := n.(view.Form); ok {
			for _, fd := range f.Fields {
				all[fd.ID] = view.Value{Text: fd.Value, Chosen: fd.Chosen}
			}
		}
	}
	for id := range fields {
		if _, ok := all[id]; !ok {
			tm.t.Fatalf("kiosktest: page %q has no field %q: it has %q", p.ID, id, slices.Sorted(maps.Keys(all)))
		}
	}
	maps.Copy(all, fields)
	if len(all) == 0 {
		all = nil
	}
	a := view.Answer{PageID: p.ID, Rev: p.Rev, Action: action, Fields: all}
	if err := a.Validate(); err != nil {
		tm.t.Fatalf("kiosktest: no terminal sends this answer: %v", err)
	}
	tm.mu.Lock()
	session := tm.session
	tm.mu.Unlock()
	if !session.Answer(a) {
		tm.t.Fatalf("kiosktest: nobody waits for an answer to page %q: it was shown, not asked, or has just been replaced", p.ID)
	}
}

// Broken reports what is wrong with values for the fields of the page that
// stands, by Field.ID, as a terminal would say before it answers.
func (tm *Terminal) Broken(fields map[string]view.Value) map[string]view.Text {
	broken := map[string]view.Text{}
	for _, n := range tm.Page().Body {
		if f, ok := n.(view.Form); ok {
			for _, fd := range f.Fields {
				if t := fd.Check(fields[fd.ID], tm.Now()); !t.IsZero() {
					broken[fd.ID] = t
				}
			}
		}
	}
	return broken
}

// Back touches the footer's Back.
func (tm *Terminal) Back() {
	tm.t.Helper()
	tm.Answer(view.ActionBack, nil)
}

// Refused are the permissions that calls were refused for, in order.
func (tm *Terminal) Refused() []kiosk.Permission {
	tm.mu.Lock()
	defer tm.mu.Unlock()
	return slices.Clone(tm.refused)
}

// change makes a change and wakes everybody who waits.
func (tm *Terminal) change(f func()) {
	tm.mu.Lock()
	defer tm.mu.Unlock()
	f()
	close(tm.changed)
	tm.changed = make(chan struct{})
}

// wait returns once cond holds; it is called under the lock, after every change.
func (tm *Terminal) wait(what string, cond func() bool) {
	tm.t.Helper()
	late := time.NewTimer(deadline)
	defer late.Stop()
	for {
		tm.mu.Lock()
		ok, changed := cond(), tm.changed
		over := tm.returned && !ok
		state := tm.state()
		tm.mu.Unlock()
		if ok {
			return
		}
		if over {
			tm.t.Fatalf("kiosktest: waited for %s, but the visit is over; %s", what, state)
		}
		select {
		case <-changed:
		case <-late.C:
			tm.t.Fatalf("kiosktest: waited %v for %s; %s", deadline, what, state)
		}
	}
}

// state says for a failed test where the terminal stands. The lock is held.
func (tm *Terminal) state() string {
	var ids []string
	for _, p := range tm.pages {
		ids = append(ids, p.ID)
	}
	if len(ids) > 12 {
		ids = append([]string{"…"}, ids[len(ids)-12:]...)
	}
	s := fmt.Sprintf("pages so far: %s; %d records; barrier opened %d times", strings.Join(ids, ", "), len(tm.records), tm.opened)
	if tm.returned {
		s += fmt.Sprintf("; Serve returned %v", tm.result)
	}
	if !tm.started {
		s += "; Start was not called"
	}
	return s
}

func offered(p view.Page) (ids []string) {
	for _, a := range p.Actions {
		ids = append(ids, a.ID)
	}
	for _, n := range p.Body {
		switch n := n.(type) {
		case view.Tiles:
			for _, t := range n.Tiles {
				ids = append(ids, t.ID)
			}
		case view.List:
			for _, it := range n.Items {
				if it.ID != "" {
					ids = append(ids, it.ID)
				}
			}
		case view.Table:
			for _, id := range n.IDs {
				if id != "" {
					ids = append(ids, id)
				}
			}
		case view.Map:
			for _, l := range n.Layers {
				for _, f := range l.Features {
					if f.ID != "" {
						ids = append(ids, f.ID)
					}
				}
			}
		}
	}
	return ids
}

func offers(p view.Page, action string) bool {
	return action == view.ActionBack || action == view.ActionTimeout && p.Timeout > 0 || action == view.ActionChange && follows(p) ||
		slices.Contains(offered(p), action)
}

// follows reports whether a page wants to know what is being typed.
func follows(p view.Page) bool {
	return slices.ContainsFunc(p.Body, func(n view.Node) bool {
		f, ok := n.(view.Form)
		return ok && slices.ContainsFunc(f.Fields, func(fd view.Field) bool { return fd.Live })
	})
}

// wired sends every page through the codec, as it goes from a module's process.
type wired struct{ *host.Session }

func (w wired) Show(ctx context.Context, p view.Page) error {
	p, err := wire(p)
	if err != nil {
		return err
	}
	return w.Session.Show(ctx, p)
}

func (w wired) Ask(ctx context.Context, p view.Page) (view.Answer, error) {
	p, err := wire(p)
	if err != nil {
		return view.Answer{}, err
	}
	return w.Session.Ask(ctx, p)
}

func wire(p view.Page) (view.Page, error) {
	b, err := view.Encode(p)
	if err == nil {
		p, err = view.Decode(b)
	}
	if err != nil {
		err = &kiosk.Error{Code: kiosk.CodeInvalid, Op: "show " + p.ID, Cause: err}
	}
	return p, err
}
