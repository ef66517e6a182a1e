package identity

import (
	"context"
	"slices"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/kiosk/identity/decision"
	"github.com/luohu/ting/kiosk/identity/pin"
	"github.com/luohu/ting/kiosk/view"
)

// everyWay is offered where a request names none.
var everyWay = []kiosk.Way{kiosk.WayFace, kiosk.WayCard, kiosk.WayPIN, kiosk.WayStaff}

// Identify implements host.Identity. The face and the card are live on the first
// page, where the PIN and the staff are one touch away; a request for the PIN or
// the staff alone goes straight to its form.
func (i *Identity) Identify(ctx context.Context, v kiosk.Visit, a host.Asker, r kiosk.IdentifyRequest) (kiosk.Person, error) {
	ways, err := i.offered(v, r)
	if err != nil {
		return kiosk.Person{}, err
	}
	who := &identifying{
		Identity: i,
		asking:   newAsking(ctx, a),
		request:  r,
		ways:     ways,
		sub:      newSubscriptionTo(r.Person, decision.New(i.cfg.Limits, i.covers(purpose(r.Purpose, v)))),
		looking:  newLooks(),
	}
	defer who.end()
	if slices.Contains(ways, kiosk.WayFace) {
		who.watcher = i.watcherFor(v)
		who.watcher.subscribe(who.sub)
		defer who.watcher.release(who.sub)
		defer who.watcher.release(who.looking)
	}
	if slices.Contains(ways, kiosk.WayCard) {
		defer i.cards.listen(who.sub)()
	}
	p, err := who.run()
	if err == nil && (p.Way == kiosk.WayCard || p.Way == kiosk.WayPIN) {
		i.confirmed(v, purpose(r.Purpose, v), p.ID)
	}
	return p, err
}

// offered is the ways of a request that work here now.
func (i *Identity) offered(v kiosk.Visit, r kiosk.IdentifyRequest) ([]kiosk.Way, error) {
	asked := r.Ways
	face := i.canSee(v) && (!r.Live || i.cfg.Liveness.Challenge)
	if len(asked) == 0 {
		asked = everyWay
	}
	var ways []kiosk.Way
	others := false
	for _, w := range asked {
		if !slices.Contains(everyWay, w) {
			return nil, &kiosk.Error{Code: kiosk.CodeInvalid, Op: "identify", Hint: "a way that this terminal does not know is asked for"}
		}
		others = others || w != kiosk.WayFace
		if (w != kiosk.WayFace || face) && !slices.Contains(ways, w) {
			ways = append(ways, w)
		}
	}
	if !others {
		return nil, &kiosk.Error{Code: kiosk.CodeInvalid, Op: "identify", Hint: "the face must never be the only way: offer another beside it"}
	}
	return ways, nil
}

// identifying is one Identify under way.
type identifying struct {
	*Identity
	*asking
	request kiosk.IdentifyRequest
	ways    []kiosk.Way
	sub     *subscription
	form    kiosk.Way // whose form is on screen; "" for the first page

	watcher *watcher      // nil without the face
	looking *subscription // of the frames, while somebody turns the head
	turning *turn         // nil while nobody does
	turner  kiosk.Person
	hinted  view.Notice // what the first page says until somebody is seen
}

func (w *identifying) run() (kiosk.Person, error) {
	sights := make(chan kiosk.Sighting)
	w.running.Go(func() {
		for {
			sg, err := w.sub.next(w.ctx)
			if err != nil {
				return
			}
			select {
			case sights <- sg:
			case <-w.ctx.Done():
				return
			}
		}
	})
	w.start()
	for {
		select {
		case <-w.ctx.Done():
			return kiosk.Person{}, w.ctx.Err()
		case sg := <-sights:
			if sg.Verdict == kiosk.Recognised && w.accepts(sg.Person) {
				if !w.request.Live || sg.Person.Way != kiosk.WayFace {
					return sg.Person, nil
				}
				if w.turning == nil && w.form == "" && slices.Contains(w.ways, kiosk.WayFace) {
					w.beginTurn(sg.Person)
				}
				continue
			}
			w.hint(sg)
		case l := <-w.looking.looks:
			if w.turned(l) {
				return w.turner, nil
			}
		case a := <-w.answers:
			if w.stale(a) {
				continue
			}
			if a.err != nil {
				return kiosk.Person{}, a.err
			}
			if p, done, err := w.answer(a.Answer); done || err != nil {
				return p, err
			}
		}
	}
}

// start shows the first page, or the only form.
func (w *identifying) start() {
	if len(w.ways) == 1 && (w.ways[0] == kiosk.WayPIN || w.ways[0] == kiosk.WayStaff) {
		w.form = w.ways[0]
		w.ask(formPage(w.form, w.request.Prompt, view.Answer{}, view.Text{}))
		return
	}
	w.form = ""
	w.ask(waysPage(w.request.Prompt, w.ways, w.hinted))
}

// accepts reports whether somebody is whom the request expects, and has one of
// the roles asked for.
func (w *identifying) accepts(p kiosk.Person) bool {
	return (w.request.Person == "" || p.ID == w.request.Person) &&
		(len(w.request.Roles) == 0 || slices.Contains(w.request.Roles, p.Role))
}

// hint says on the first page why somebody before the camera is not through yet.
// A form in which somebody types is left alone.
func (w *identifying) hint(sg kiosk.Sighting) {
	if w.form != "" || w.turning != nil {
		return
	}
	n := hintOf(sg)
	if sg.Verdict == kiosk.Recognised {
		n = wrongRole
	}
	w.ask(waysPage(w.request.Prompt, w.ways, n))
}

var errBack = &kiosk.Error{Code: kiosk.CodeCancelled, Op: "identify"}

func (w *identifying) answer(a view.Answer) (p kiosk.Person, done bool, err error) {
	switch {
	case a.Action == view.ActionTimeout:
		return p, false, errBack
	case w.turning != nil && (a.Action == view.ActionBack || a.Action == actionOther):
		w.endTurn(view.Notice{})
	case a.Action == view.ActionBack, a.Action == actionCancel:
		if w.form == "" || len(w.ways) == 1 {
			return p, false, errBack
		}
		w.start()
	case w.form == "" && a.Action == actionPIN && slices.Contains(w.ways, kiosk.WayPIN):
		w.form = kiosk.WayPIN
		w.ask(formPage(w.form, w.request.Prompt, view.Answer{}, view.Text{}))
	case w.form == "" && a.Action == actionStaff && slices.Contains(w.ways, kiosk.WayStaff):
		w.form = kiosk.WayStaff
		w.ask(formPage(w.form, w.request.Prompt, view.Answer{}, view.Text{}))
	case w.form != "" && a.Action == actionOK:
		return w.submit(a)
	default:
		w.start()
	}
	return p, false, nil
}

// submit checks a filled form.
func (w *identifying) submit(a view.Answer) (p kiosk.Person, done bool, err error) {
	again := func(wrong view.Text) (kiosk.Person, bool, error) {
		w.ask(formPage(w.form, w.request.Prompt, a, wrong))
		return kiosk.Person{}, false, nil
	}
	number := a.Text(fieldNumber)
	if w.form == kiosk.WayStaff {
		number = a.Text(fieldStaff)
	}
	row, left, err := w.checkPIN(w.ctx, number, a.Text(fieldPIN))
	if err != nil {
		return p, false, err
	}
	if left >= 0 {
		return again(view.Tf("号码或密码不对,还可以试 %d 次", "The number or the PIN is wrong; %d more tries", left))
	}
	p = personOf(row)
	p.Way = kiosk.WayPIN
	if w.form == kiosk.WayStaff {
		if row.Role != RoleStaff {
			return again(view.T("这不是工作人员的号码", "This is not a staff member's number"))
		}
		if p, err = w.vouched(w.ctx, a.Text(fieldNumber)); err != nil {
			if kiosk.CodeOf(err) == kiosk.CodeNotFound {
				return again(view.T("没有找到这个号码的人员", "Nobody with this number was found"))
			}
			return p, false, err
		}
		p.Way, p.By = kiosk.WayStaff, row.ID
	}
	if !w.accepts(p) {
		return again(view.T("此项服务不适用于该人员", "This service is not for this person"))
	}
	return p, true, nil
}

// checkPIN checks a number with its PIN. left is -1 when they belong together,
// else how many more tries there are; the last one gone is CodeLocked. A number
// that does not exist takes as long as one that does.
func (i *Identity) checkPIN(ctx context.Context, number, typed string) (row kiosk.PersonRow, left int, err error) {
	if err := i.attempts.check(number); err != nil {
		return row, 0, err
	}
	row, err = i.people.typed(ctx, number)
	if err != nil && kiosk.CodeOf(err) != kiosk.CodeNotFound {
		return row, 0, err
	}
	ok, err := pin.Check(row.PIN, typed)
	if err != nil {
		i.log.Error("identity: a person's PIN hash cannot be used", "op", "check PIN", "cause", err)
	}
	if ok {
		i.attempts.right(number)
		return row, -1, nil
	}
	left = i.attempts.wrong(number)
	if err := i.attempts.check(number); err != nil {
		return kiosk.PersonRow{}, 0, err
	}
	return kiosk.PersonRow{}, left, nil
}

// vouched finds the person a staff member vouches for: in the people feed, or a
// visitor who enrolled here.
func (i *Identity) vouched(ctx context.Context, number string) (kiosk.Person, error) {
	row, err := i.people.typed(ctx, number)
	if err == nil {
		return personOf(row), nil
	}
	if kiosk.CodeOf(err) != kiosk.CodeNotFound || i.gallery == nil || digits(number) == "" {
		return kiosk.Person{}, err
	}
	for _, id := range i.gallery.Persons() {
		if e, ok := i.gallery.Entry(id); ok && e.Person.Role == RoleVisitor && digits(id) == digits(number) {
			return e.Person, nil
		}
	}
	return kiosk.Person{}, err
}
