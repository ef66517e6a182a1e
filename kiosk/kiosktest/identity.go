package kiosktest

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/kiosk/view"
)

// Pages that the terminal itself shows while a module waits in Identify or Enrol.
const (
	PageIdentify = "ting.identify"
	PageEnrol    = "ting.enrol"
)

type identity Terminal

// stream is an open Watch.
type stream struct {
	ctx  context.Context
	tm   *Terminal
	ch   chan kiosk.Sighting
	once sync.Once
	done chan struct{}
	err  error // Next's, once done
}

// Sees lets the terminal's camera or reader see something: every open Watch is
// told. It waits until the module watches. A Time left zero is now.
func (tm *Terminal) Sees(s kiosk.Sighting) {
	tm.t.Helper()
	if s.Time.IsZero() {
		s.Time = tm.Now()
	}
	var open []*stream
	tm.wait("the module to watch", func() bool {
		open = slices.Clone(tm.streams)
		return len(open) > 0
	})
	for _, st := range open {
		select {
		case st.ch <- s:
		default:
			tm.t.Fatalf("kiosktest: the module reads no sightings: %d wait", len(st.ch))
		}
	}
}

// WatchBreaks ends every open Watch with an error of that code; the module may
// watch again.
func (tm *Terminal) WatchBreaks(code kiosk.Code) {
	tm.t.Helper()
	var open []*stream
	tm.wait("the module to watch", func() bool {
		open = slices.Clone(tm.streams)
		return len(open) > 0
	})
	for _, st := range open {
		st.end(&kiosk.Error{Code: code, Op: "watch"})
	}
}

func (i *identity) Watch(ctx context.Context, _ kiosk.Visit, _ kiosk.WatchRequest) (kiosk.Sightings, error) {
	tm := (*Terminal)(i)
	st := &stream{ctx: ctx, tm: tm, ch: make(chan kiosk.Sighting, 256), done: make(chan struct{})}
	tm.change(func() { tm.streams = append(tm.streams, st) })
	context.AfterFunc(ctx, func() { st.end(ctx.Err()) })
	return st, nil
}

func (st *stream) end(err error) {
	st.once.Do(func() {
		st.err = err
		st.tm.change(func() {
			st.tm.streams = slices.DeleteFunc(st.tm.streams, func(o *stream) bool { return o == st })
		})
		close(st.done)
	})
}

// Next implements kiosk.Sightings.
func (st *stream) Next() (kiosk.Sighting, error) {
	select {
	case s := <-st.ch: // first what was seen before the end
		return s, nil
	default:
	}
	select {
	case s := <-st.ch:
		return s, nil
	case <-st.done:
		return kiosk.Sighting{}, st.err
	}
}

// Close implements kiosk.Sightings.
func (st *stream) Close() error {
	st.end(&kiosk.Error{Code: kiosk.CodeCancelled, Op: "watch"})
	return nil
}

// identifying is an Identify under way.
type identifying struct {
	request kiosk.IdentifyRequest
	result  chan result[kiosk.Person]
}

type result[T any] struct {
	value T
	err   error
}

// Identifies waits until the module asks who is there, and lets the visitor be
// person. It returns what the module asked for. A Way left empty is the first
// one offered.
func (tm *Terminal) Identifies(person kiosk.Person) kiosk.IdentifyRequest {
	tm.t.Helper()
	a := tm.identifying()
	if len(a.request.Roles) > 0 && !slices.Contains(a.request.Roles, person.Role) {
		tm.t.Fatalf("kiosktest: Identifies: the role is %q, and the module accepts only %q: a terminal would refuse", person.Role, a.request.Roles)
	}
	if person.Way == "" {
		person.Way = kiosk.WayCard
		if len(a.request.Ways) > 0 {
			person.Way = a.request.Ways[0]
		}
	}
	a.result <- result[kiosk.Person]{value: person}
	return a.request
}

// IdentifyFails waits until the module asks who is there, and fails it.
func (tm *Terminal) IdentifyFails(code kiosk.Code) kiosk.IdentifyRequest {
	tm.t.Helper()
	a := tm.identifying()
	a.result <- result[kiosk.Person]{err: &kiosk.Error{Code: code, Op: "identify"}}
	return a.request
}

func (tm *Terminal) identifying() (a *identifying) {
	tm.t.Helper()
	tm.wait("the module to identify the visitor", func() bool {
		if len(tm.identifies) == 0 {
			return false
		}
		a = tm.identifies[0]
		tm.identifies = tm.identifies[1:]
		return true
	})
	return a
}

func (i *identity) Identify(ctx context.Context, _ kiosk.Visit, a host.Asker, r kiosk.IdentifyRequest) (kiosk.Person, error) {
	tm := (*Terminal)(i)
	w := &identifying{request: r, result: make(chan result[kiosk.Person], 1)}
	p := view.Page{ID: PageIdentify, Title: r.Prompt}
	return during(ctx, a, p, w.result,
		func() { tm.change(func() { tm.identifies = append(tm.identifies, w) }) },
		func() {
			tm.change(func() {
				tm.identifies = slices.DeleteFunc(tm.identifies, func(o *identifying) bool { return o == w })
			})
		})
}

// during shows the terminal's page p and waits for the script's word, or for the
// visitor to go back, or for another page to take the screen.
func during[T any](ctx context.Context, a host.Asker, p view.Page, script <-chan result[T], begin, end func()) (T, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer end()
	answered := make(chan error, 1)
	go func() {
		answer, err := a.Ask(ctx, p)
		if err == nil {
			err = &kiosk.Error{Code: kiosk.CodeCancelled, Op: "ask " + p.ID, Cause: fmt.Errorf("answered %s", answer.Action)}
		}
		answered <- err
	}()
	begin()
	select {
	case r := <-script:
		return r.value, r.err
	case err := <-answered:
		var none T
		return none, err
	}
}

// enrolling is an Enrol under way.
type enrolling struct {
	request kiosk.EnrolRequest
	result  chan result[kiosk.Enrolment]
}

// Enrols waits until the module enrols somebody, and takes a template. It returns
// what the module asked for. A Template or a person left empty is filled in.
func (tm *Terminal) Enrols(e kiosk.Enrolment) kiosk.EnrolRequest {
	tm.t.Helper()
	w := tm.enrolling()
	if e.Person.ID == "" {
		e.Person.ID, e.Person.Name = w.request.Person, w.request.Name
	}
	if e.Template == "" {
		e.Template, e.Shots = "template-1", 5
	}
	w.result <- result[kiosk.Enrolment]{value: e}
	return w.request
}

// EnrolFails waits until the module enrols somebody, and fails it.
func (tm *Terminal) EnrolFails(code kiosk.Code) kiosk.EnrolRequest {
	tm.t.Helper()
	w := tm.enrolling()
	w.result <- result[kiosk.Enrolment]{err: &kiosk.Error{Code: code, Op: "enrol"}}
	return w.request
}

func (tm *Terminal) enrolling() (w *enrolling) {
	tm.t.Helper()
	tm.wait("the module to enrol somebody", func() bool {
		if len(tm.enrols) == 0 {
			return false
		}
		w = tm.enrols[0]
		tm.enrols = tm.enrols[1:]
		return true
	})
	return w
}

func (i *identity) Enrol(ctx context.Context, _ kiosk.Visit, a host.Asker, r kiosk.EnrolRequest) (kiosk.Enrolment, error) {
	tm := (*Terminal)(i)
	w := &enrolling{request: r, result: make(chan result[kiosk.Enrolment], 1)}
	return during(ctx, a, view.Page{ID: PageEnrol}, w.result,
		func() { tm.change(func() { tm.enrols = append(tm.enrols, w) }) },
		func() {
			tm.change(func() {
				tm.enrols = slices.DeleteFunc(tm.enrols, func(o *enrolling) bool { return o == w })
			})
		})
}

// Forgotten is one consent withdrawn.
type Forgotten struct {
	Person   string
	Purposes []string // none is all
}

// Forgotten are the consents withdrawn, in order.
func (tm *Terminal) Forgotten() []Forgotten {
	tm.mu.Lock()
	defer tm.mu.Unlock()
	return slices.Clone(tm.forgotten)
}

func (i *identity) Forget(_ context.Context, _ kiosk.Visit, person string, purposes []string) error {
	tm := (*Terminal)(i)
	tm.change(func() { tm.forgotten = append(tm.forgotten, Forgotten{person, slices.Clone(purposes)}) })
	return nil
}
