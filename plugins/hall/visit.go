package hall

import (
	"context"
	"errors"
	"log/slog"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/hall/catalog"
)

// How a part of a visit ends without its purpose being reached.
var (
	errBack = errors.New("a page back")
	errLeft = errors.New("the visitor left")
	errHome = errors.New("to the terminal's own page")
)

// visit is one citizen at the terminal.
type visit struct {
	*Hall
	s        kiosk.Session
	services []catalog.Service
}

// ask shows a page and sorts out the ways to leave it.
func ask(ctx context.Context, s kiosk.Session, p view.Page) (view.Answer, error) {
	a, err := s.Ask(ctx, p)
	switch {
	case err != nil:
		return a, err
	case a.Action == view.ActionTimeout:
		return a, errLeft
	case a.Action == view.ActionBack:
		return a, errBack
	}
	return a, nil
}

// either shows a page and waits for its answer or for a device, whichever comes
// first. Only one of the two is returned: got reports that it is the device's. A
// device that is away is said once and leaves the page standing.
func either[T any](ctx context.Context, s kiosk.Session, page func(trouble view.Text) view.Page, wait func(context.Context) (T, error)) (value T, got bool, a view.Answer, err error) {
	type answered struct {
		a   view.Answer
		err error
	}
	type waited struct {
		v   T
		err error
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	device := make(chan waited, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		v, err := wait(ctx)
		device <- waited{v, err}
	}()
	defer func() { cancel(); <-done }()
	trouble := view.Text{}
	for {
		asking, stop := context.WithCancel(ctx)
		answers := make(chan answered, 1)
		go func() {
			a, err := ask(asking, s, page(trouble))
			answers <- answered{a, err}
		}()
		select {
		case r := <-answers:
			stop()
			return value, false, r.a, r.err
		case w := <-device:
			stop()
			r := <-answers
			switch {
			case w.err == nil:
				return w.v, true, a, nil
			case r.err == nil || errors.Is(r.err, errBack) || errors.Is(r.err, errLeft):
				return value, false, r.a, r.err // touched in the same moment
			case kiosk.CodeOf(w.err) == kiosk.CodeDenied || ctx.Err() != nil:
				return value, false, a, w.err
			}
			slog.Warn("hall: a reader is away", "op", "wait", "code", kiosk.CodeOf(w.err))
			trouble, device = kiosk.VisitorText(w.err), nil
		}
	}
}

// start is the module's first page, and what is chosen on it. The page may stand
// for hours before it is touched, so that the catalog is read after that too.
func (v *visit) start(ctx context.Context) (err error) {
	if v.services, err = readServices(ctx, v.s); err != nil {
		return err
	}
	a, err := v.s.Ask(ctx, startPage(len(v.services)))
	if err != nil {
		return err
	}
	if v.services, err = readServices(ctx, v.s); err != nil {
		return err
	}
	switch a.Action {
	case actionPerson:
		return v.byEvent(ctx, catalog.Person)
	case actionEntity:
		return v.byEvent(ctx, catalog.Entity)
	case actionSearch:
		return v.search(ctx)
	case actionSlip:
		return v.bySlip(ctx)
	case actionProgress:
		return v.progress(ctx)
	case actionTicket:
		return v.ticket(ctx, TicketTaken{}, "")
	case view.ActionTimeout: // the catalog may have come
		return errBack
	}
	return errHome
}

// byEvent chooses among the services of a life event.
func (v *visit) byEvent(ctx context.Context, who catalog.Audience) error {
	for {
		a, err := ask(ctx, v.s, eventsPage(v.services, who))
		if err != nil {
			return err
		}
		e, ok := catalog.EventOf(a.Action)
		if !ok {
			continue
		}
		err = v.choose(ctx, servicesPage(e, catalog.For(v.services, who, e.ID)))
		if !errors.Is(err, errBack) {
			return err
		}
	}
}

// choose lets a service be chosen from a page and conducts it; Back from the
// service leads to the page again.
func (v *visit) choose(ctx context.Context, p view.Page) error {
	for {
		a, err := ask(ctx, v.s, p)
		if err != nil {
			return err
		}
		if s, ok := v.service(a.Action); ok {
			if err := v.serve(ctx, s); !errors.Is(err, errBack) {
				return err
			}
		}
	}
}

func (v *visit) service(id string) (catalog.Service, bool) {
	for _, s := range v.services {
		if s.ID == id {
			return s, true
		}
	}
	return catalog.Service{}, false
}

// search follows what is typed.
func (v *visit) search(ctx context.Context) error {
	typed := ""
	for {
		a, err := ask(ctx, v.s, searchPage(typed, v.services))
		if err != nil {
			return err
		}
		typed = a.Text(fieldSearch)
		if s, ok := v.service(a.Action); ok {
			if err := v.serve(ctx, s); !errors.Is(err, errBack) {
				return err
			}
		}
	}
}

// bySlip reads the slip a clerk has given out.
func (v *visit) bySlip(ctx context.Context) error {
	wrong := view.Text{}
	for {
		code, got, a, err := either(ctx, v.s, func(trouble view.Text) view.Page { return slipPage(wrong, trouble) }, v.s.Scan)
		if err != nil {
			return err
		}
		text := code.Text
		if !got {
			text = a.Text(fieldCode)
		}
		id, ok := parseService(text)
		if !ok {
			id = text
		}
		for _, s := range v.services {
			if s.ID == id || s.Code == id {
				if err := v.serve(ctx, s); !errors.Is(err, errBack) {
					return err
				}
				return errBack
			}
		}
		wrong = view.T("没有找到这张单子上的事项,请核对后再试,或请工作人员帮忙", "The service on this slip was not found; please check it, or ask the staff")
	}
}

// serve conducts a service: what it is, then the application or a ticket.
func (v *visit) serve(ctx context.Context, s catalog.Service) error {
	for {
		a, err := ask(ctx, v.s, guidePage(s))
		if err != nil {
			return err
		}
		switch a.Action {
		case actionApply:
			err = v.apply(ctx, s)
		case actionMaterials:
			_, err = ask(ctx, v.s, materialsListPage(s))
		case actionTicket:
			err = v.ticket(ctx, TicketTaken{Service: s.ID}, "")
		}
		if err != nil && !errors.Is(err, errBack) {
			return err
		}
	}
}
