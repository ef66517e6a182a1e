package identity

import (
	"context"
	"slices"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/kiosk/identity/decision"
	"github.com/luohu/ting/kiosk/view"
)

// formSecond asks somebody who looks like another for a second factor.
const formSecond kiosk.Way = "second"

// Identify implements host.Identity. The face and the cards are live on the first
// page, where the phone's pass, the PIN and the staff are one touch away; a request
// for one of those alone goes straight to its form.
func (i *Identity) Identify(ctx context.Context, v kiosk.Visit, a host.Asker, r kiosk.IdentifyRequest) (kiosk.Person, error) {
	ways, err := i.offered(v, r)
	if err != nil {
		return kiosk.Person{}, err
	}
	who := &identifying{
		Identity: i,
		asking:   newAsking(ctx, a),
		request:  r,
		visit:    v,
		ways:     ways,
		sub:      newSubscriptionTo(r.Person, decision.New(i.cfg.Limits, i.covers(purpose(r.Purpose, v)))),
		looking:  newLooks(),
	}
	who.sub.purpose = purpose(r.Purpose, v)
	defer who.end()
	defer who.unwatch()
	if slices.Contains(ways, kiosk.WayFace) {
		who.watch().subscribe(who.sub)
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
		asked = kiosk.EveryWay()
	}
	here := map[kiosk.Way]bool{
		kiosk.WayFace: face, kiosk.WayCard: true, kiosk.WayIDCard: i.cfg.IDCards != nil,
		kiosk.WayPass: i.cfg.Codes != nil && i.cfg.Passes != nil, kiosk.WayPIN: true, kiosk.WayStaff: true,
	}
	var ways []kiosk.Way
	others := false
	for _, w := range asked {
		works, known := here[w]
		if !known {
			return nil, &kiosk.Error{Code: kiosk.CodeInvalid, Op: "identify", Hint: "a way that this terminal does not know is asked for"}
		}
		others = others || w != kiosk.WayFace
		if works && !slices.Contains(ways, w) {
			ways = append(ways, w)
		}
	}
	if !others {
		return nil, &kiosk.Error{Code: kiosk.CodeInvalid, Op: "identify", Hint: "the face must never be the only way: offer another beside it"}
	}
	if len(ways) == 0 {
		return nil, unavailable("identify", view.T("这台机器现在不能用这种方式确认身份,请换一种方式或找工作人员。",
			"This terminal cannot identify you in this way right now. Please use another way or ask the staff."),
			"the ways that the service asks for need a scanner or a card reader: see [scanner], [idcard] and [pass] in terminal.toml", nil)
	}
	return ways, nil
}

// identifying is one Identify under way.
type identifying struct {
	*Identity
	*asking
	request kiosk.IdentifyRequest
	visit   kiosk.Visit
	ways    []kiosk.Way
	sub     *subscription
	form    kiosk.Way // whose form is on screen; "" for the first page

	strangers int          // looks at a face that is no member's
	alike     kiosk.Person // who has to show a second factor, with formSecond
	phone     phone        // the pass that is waited for
	laid      laid         // the identity card, and whether the face is compared

	watcher *watcher      // nil until there is something to look at
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
	w.readIDCards()
	w.start()
	for {
		select {
		case <-w.ctx.Done():
			return kiosk.Person{}, w.ctx.Err()
		case sg := <-sights:
			if w.sighted(sg) {
				return sg.Person, nil
			}
		case l := <-w.looking.looks:
			if p, done := w.looked(l); done {
				return p, nil
			}
		case r := <-w.laid.read:
			if p, done, err := w.idCard(r); done || err != nil {
				return p, err
			}
		case c := <-w.phone.codes:
			if p, done, err := w.code(c); done || err != nil {
				return p, err
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
	w.leave()
	if w.direct() {
		w.open(w.ways[0])
		return
	}
	w.ask(w.page())
}

// direct reports whether there is one way, which begins with its form.
func (w *identifying) direct() bool {
	return len(w.ways) == 1 && slices.Contains([]kiosk.Way{kiosk.WayPIN, kiosk.WayStaff, kiosk.WayPass}, w.ways[0])
}

// page is the first page.
func (w *identifying) page() view.Page {
	return waysPage(w.request.Prompt, w.ways, w.canCompare(), w.hinted)
}

// leave ends what goes on behind a form.
func (w *identifying) leave() {
	w.form, w.alike = "", kiosk.Person{}
	w.phone.stop()
	w.endCompare()
}

// open shows a way's form.
func (w *identifying) open(way kiosk.Way) {
	w.form = way
	if way == kiosk.WayPass {
		w.beginPass()
		return
	}
	w.ask(formPage(way, w.request.Prompt, view.Answer{}, view.Text{}))
}

// mostStrangers is how many looks at a face that is no member's one Identify takes.
// Then the face is no way of it any more: whoever tries pictures of others has to begin
// anew, and nobody else is kept waiting.
const mostStrangers = 5

// sighted takes a sighting; done says that its person is who was asked for.
func (w *identifying) sighted(sg kiosk.Sighting) (done bool) {
	p := sg.Person
	switch {
	case sg.Verdict == kiosk.Stranger:
		if w.strangers++; w.strangers >= mostStrangers && slices.Contains(w.ways, kiosk.WayFace) && w.turning == nil {
			w.log.Info("identity: face given up", "op", "identify", "visit", w.visit.ID, "cause", "too many looks at strangers")
			w.dropFace(view.Notice{Tone: view.Warning, Text: view.T("多次没有认出您,请用其他方式", "We could not recognise you several times; please use another way")})
			return false
		}
	case sg.Verdict == kiosk.Lookalike:
		if w.form == "" && w.turning == nil && w.accepts(p) && slices.Contains(w.ways, kiosk.WayFace) {
			w.form, w.alike = formSecond, p
			w.ask(formPage(formSecond, w.request.Prompt, view.Answer{}, view.Text{}))
		}
		return false
	case sg.Verdict == kiosk.Recognised && w.accepts(p):
		if p.Way == kiosk.WayFace && w.attempts.coolingFace(p.ID) {
			if w.form == "" && w.turning == nil {
				w.hinted = notLive
				w.ask(w.page())
			}
			return false
		}
		if !w.request.Live || p.Way != kiosk.WayFace {
			return true
		}
		if w.turning == nil && w.form == "" && slices.Contains(w.ways, kiosk.WayFace) {
			w.beginTurn(p)
		}
		return false
	}
	w.hint(sg)
	return false
}

// looked takes a frame that is looked at for a turn of the head or a card's photo.
func (w *identifying) looked(l look) (p kiosk.Person, done bool) {
	if w.laid.comparing {
		return w.compared(l)
	}
	return w.turner, w.turned(l)
}

// dropFace takes the face out of the ways of this Identify.
func (w *identifying) dropFace(hint view.Notice) {
	w.watcher.release(w.sub)
	w.ways = slices.DeleteFunc(slices.Clone(w.ways), func(way kiosk.Way) bool { return way == kiosk.WayFace })
	w.hinted = hint
	if w.form == "" {
		w.start()
	}
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
	w.say(n)
}

// say shows the first page with a notice.
func (w *identifying) say(n view.Notice) {
	w.ask(waysPage(w.request.Prompt, w.ways, w.canCompare(), n))
}

// watch is the watcher of the visit's camera.
func (w *identifying) watch() *watcher {
	if w.watcher == nil {
		w.watcher = w.watcherFor(w.visit)
	}
	return w.watcher
}

func (w *identifying) unwatch() {
	if w.watcher != nil {
		w.watcher.release(w.sub)
		w.watcher.release(w.looking)
	}
}

var errBack = &kiosk.Error{Code: kiosk.CodeCancelled, Op: "identify"}

func (w *identifying) answer(a view.Answer) (p kiosk.Person, done bool, err error) {
	switch {
	case a.Action == view.ActionTimeout:
		return p, false, errBack
	case w.turning != nil && (a.Action == view.ActionBack || a.Action == actionOther):
		w.endTurn(view.Notice{})
	case a.Action == view.ActionBack, a.Action == actionCancel:
		if w.form == "" || w.direct() {
			return p, false, errBack
		}
		w.start()
	case w.form == "" && a.Action == actionPIN && slices.Contains(w.ways, kiosk.WayPIN):
		w.open(kiosk.WayPIN)
	case w.form == "" && a.Action == actionStaff && slices.Contains(w.ways, kiosk.WayStaff):
		w.open(kiosk.WayStaff)
	case w.form == "" && a.Action == actionPass && slices.Contains(w.ways, kiosk.WayPass):
		w.open(kiosk.WayPass)
	case w.form == "" && a.Action == actionCompare && w.canCompare():
		w.beginCompare()
	case (w.form == kiosk.WayPIN || w.form == kiosk.WayStaff || w.form == formSecond) && a.Action == actionOK:
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
	switch w.form {
	case kiosk.WayStaff:
		number = a.Text(fieldStaff)
	case formSecond:
		number = w.alike.ID
	}
	if pause := w.attempts.pause(); pause > 0 {
		return again(view.Tf("请过 %d 秒再试", "Please try again in %d seconds", int(pause.Seconds())+1))
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
