package canteen

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// visit is one run of Serve. Its fields below running belong to Serve's
// goroutine; the others wait for the camera, an answer or a name, and send what
// comes over a channel.
type visit struct {
	*Counter
	s         kiosk.Session
	sightings chan kiosk.Sighting
	answers   chan answer
	named     chan named
	failed    chan error
	running   sync.WaitGroup

	order    *order             // the diner who is to touch something; nil for none
	waiting  *kiosk.Person      // who was seen meanwhile
	resting  bool               // nobody is there
	held     bool               // the page on screen stays its time, also when the face has gone
	trouble  kiosk.Verdict      // what the camera lacks, until it is back; "" for nothing
	asked    uint64             // the number of the newest page, to know a late answer
	lastAsk  chan struct{}      // closed when its Ask has returned; nil before the first
	stopAsk  context.CancelFunc // gives it up
	naming   uint64             // the number of the newest identification, ditto
	stopName context.CancelFunc // ends the identification that is under way; nil for none
}

// order is what a diner is being asked about.
type order struct {
	person kiosk.Person
	window WindowRow
	meals  []MealRow
	meal   *MealRow // chosen, or the only one
	second bool     // asked for by touch, after a meal in the same window
	yields bool     // nothing has to be answered: the next diner need not wait
	// confirming says that the identification under way is of the staff.
	confirming  bool
	confirmed   []string
	confirmedBy string
}

type answer struct {
	page   uint64
	action string
	err    error
}

type named struct {
	number uint64
	person kiosk.Person
	err    error
}

// ask shows p and lets its answer arrive on v.answers. The page before is given
// up first: two calls under way at once could reach the screen in either order.
func (v *visit) ask(ctx context.Context, p view.Page) {
	if v.stopAsk != nil {
		v.stopAsk()
	}
	ctx, v.stopAsk = context.WithCancel(ctx)
	before, done := v.lastAsk, make(chan struct{})
	v.lastAsk = done
	v.asked++
	v.held, v.resting = false, false
	number := v.asked
	v.running.Go(func() {
		defer close(done)
		if before != nil {
			<-before
		}
		a, err := v.s.Ask(ctx, p)
		select {
		case v.answers <- answer{page: number, action: a.Action, err: err}:
		case <-ctx.Done():
		}
	})
}

// hold is ask for a page that speaks to somebody who may turn away from the
// camera: to take his tray, to call a teacher.
func (v *visit) hold(ctx context.Context, p view.Page) {
	v.ask(ctx, p)
	v.held = true
}

// rest shows the page that stands while nobody is there, after what is due
// besides sales. Whoever was seen while another diner was asked is served first.
func (v *visit) rest(ctx context.Context) error {
	v.order = nil
	if p := v.waiting; p != nil {
		v.waiting = nil
		return v.serve(ctx, *p)
	}
	if err := v.till.attend(ctx, v.s); err != nil {
		if ctx.Err() != nil || kiosk.CodeOf(err) == kiosk.CodeDenied {
			return err
		}
		slog.Error("canteen: the till is behind", "op", "attend", "code", kiosk.CodeOf(err), "cause", err)
	}
	if v.trouble != "" {
		v.ask(ctx, refusalPage(kiosk.Sighting{Verdict: v.trouble}))
		v.resting = true
		return nil
	}
	b, err := v.board(ctx)
	if err != nil {
		return v.cannot(ctx, err)
	}
	v.ask(ctx, idlePage(b))
	v.resting = true
	return nil
}

// board is what is sold here now.
type board struct {
	now    time.Time
	window WindowRow
	open   bool
	meals  []MealRow
	next   WindowRow // opens next, where none is open
	today  bool      // next is of today
}

func (v *visit) board(ctx context.Context) (b board, err error) {
	b.now = v.s.Now()
	ws, err := windows(ctx, v.s)
	if err != nil {
		return b, err
	}
	if b.window, b.open = windowAt(ws, b.now); b.open {
		b.meals, err = menu(ctx, v.s, b.now, b.window.ID, v.s.Visit().Lane)
		return b, err
	}
	b.next, b.today, _ = nextWindow(ws, b.now)
	return b, nil
}

// sighted does what a sighting asks for.
func (v *visit) sighted(ctx context.Context, sg kiosk.Sighting) error {
	switch sg.Verdict {
	case kiosk.NoCamera, kiosk.NoEngine:
		v.trouble = sg.Verdict
	default:
		v.trouble = ""
	}
	switch {
	case v.order != nil && (!v.order.yields || sg.Verdict != kiosk.Recognised):
		// Somebody is asked something: what the camera sees does not take his page.
		switch {
		case sg.Verdict == kiosk.Recognised && sg.Person.ID != v.order.person.ID:
			v.waiting = &sg.Person
		case sg.Verdict == kiosk.NoFace:
			v.waiting = nil
		}
		return nil
	case sg.Verdict == kiosk.Recognised:
		v.stopNaming()
		return v.serve(ctx, sg.Person)
	case v.stopName != nil:
		// Somebody types his PIN: nothing the camera cannot tell takes the page from him.
	case sg.Verdict == kiosk.NoFace:
		if !v.held {
			return v.rest(ctx)
		}
	default:
		v.ask(ctx, refusalPage(sg))
	}
	return nil
}

// answered does what somebody touched on the page.
func (v *visit) answered(ctx context.Context, a answer) error {
	if a.page != v.asked || kiosk.CodeOf(a.err) == kiosk.CodeSuperseded {
		return nil // of a page that is gone
	}
	if a.err != nil {
		return a.err
	}
	if o := v.order; o != nil {
		switch a.action {
		case actionConfirm:
			o.confirming = true
			v.name(ctx, kiosk.IdentifyRequest{Prompt: confirmPrompt(), Roles: []string{"staff"},
				Ways: []kiosk.Way{kiosk.WayCard, kiosk.WayPIN}})
			return nil
		case actionSecond:
			o.second, o.yields = true, false
			return v.sell(ctx)
		}
		for _, m := range o.meals {
			if a.action == mealAction(m) {
				o.meal = &m
				return v.sell(ctx)
			}
		}
		return v.rest(ctx) // he did not want to, or has gone
	}
	switch a.action {
	case actionCard:
		v.hold(ctx, cardPage())
	case actionPIN:
		v.name(ctx, kiosk.IdentifyRequest{Prompt: prompt(), Ways: []kiosk.Way{kiosk.WayPIN}})
	case actionStaff:
		v.name(ctx, kiosk.IdentifyRequest{Prompt: prompt(), Ways: []kiosk.Way{kiosk.WayStaff}})
	default: // the page's time is over, or Back
		return v.rest(ctx)
	}
	return nil
}

// name lets somebody say who he is in a way that takes typing. The camera and
// the reader go on meanwhile.
func (v *visit) name(ctx context.Context, r kiosk.IdentifyRequest) {
	v.stopNaming()
	ctx2, cancel := context.WithCancel(ctx)
	v.naming++
	number := v.naming
	v.stopName = cancel
	v.running.Go(func() {
		defer cancel()
		p, err := v.s.Identify(ctx2, r)
		select {
		case v.named <- named{number: number, person: p, err: err}:
		case <-ctx.Done():
		}
	})
}

func (v *visit) stopNaming() {
	if v.stopName != nil {
		v.stopName()
		v.stopName = nil
		v.naming++
	}
}

// identified ends an identification that name began.
func (v *visit) identified(ctx context.Context, n named) error {
	if n.number != v.naming {
		return nil // somebody else came meanwhile
	}
	v.stopNaming()
	code := kiosk.CodeOf(n.err)
	if o := v.order; o != nil && o.confirming {
		o.confirming = false
		switch {
		case code == "" && n.person.Role == "staff" && n.person.ID != o.person.ID:
			o.confirmedBy = n.person.ID
			return v.sell(ctx)
		case code == kiosk.CodeDenied:
			return n.err
		}
		return v.turnAway(ctx, notAllowed, allergyRefusedPage(o))
	}
	switch code {
	case "":
		return v.serve(ctx, n.person)
	case kiosk.CodeCancelled, kiosk.CodeSuperseded:
		return v.rest(ctx)
	case kiosk.CodeDenied:
		return n.err
	case kiosk.CodeLocked:
		v.hold(ctx, lockedPage(n.err))
	default:
		slog.Warn("canteen: identify failed", "op", "identify", "code", code)
		v.hold(ctx, troublePage(n.err))
	}
	return nil
}

// serve begins with a diner: what is sold here now, and whether there is a choice.
func (v *visit) serve(ctx context.Context, p kiosk.Person) error {
	b, err := v.board(ctx)
	if err != nil {
		return v.cannot(ctx, err)
	}
	o := &order{person: p, window: b.window, meals: b.meals}
	v.order = o
	switch {
	case !b.open:
		return v.turnAway(ctx, closed, closedPage(b))
	case len(b.meals) == 0:
		return v.turnAway(ctx, noMenu, noMenuPage(b))
	}
	if len(b.meals) == 1 {
		o.meal = &b.meals[0]
	}
	return v.sell(ctx)
}

// sell goes as far with the order as it can: it asks what is open, or sells.
func (v *visit) sell(ctx context.Context) error {
	o := v.order
	v.till.mu.Lock()
	defer v.till.mu.Unlock()
	a, why, err := v.till.account(ctx, v.s, o.person.ID)
	switch {
	case err != nil:
		return v.cannot(ctx, err)
	case why != none:
		return v.turnAway(ctx, why, noAccountPage(o.person))
	}
	if had, eaten := a.eaten(o.window.ID); eaten && !o.second {
		o.yields = true
		had.At = had.At.In(v.s.Now().Location())
		v.hold(ctx, alreadyPage(o, had))
		return nil
	}
	day := v.s.Now().Format(time.DateOnly)
	if o.meal == nil {
		v.hold(ctx, choosePage(o, a, day))
		return nil
	}
	if o.confirmedBy == "" {
		if o.confirmed = forbidden(a.diner, *o.meal); len(o.confirmed) > 0 {
			_ = v.s.Speak(ctx, view.T("请等一等,这份餐含有你不能吃的东西,请老师来确认。",
				"Please wait. This meal contains something you must not eat. A teacher has to confirm.")) // it is on the screen too
			v.hold(ctx, allergyPage(o))
			return nil
		}
	}
	return v.charge(ctx, price(a.diner, o.window, *o.meal, day, a.today), a)
}

// charge makes the sale, and says so once it is durable.
func (v *visit) charge(ctx context.Context, of offer, a account) error {
	o, now := v.order, v.s.Now()
	var confirmed []string
	if o.confirmedBy != "" {
		confirmed = o.confirmed
	}
	receipt, why, err := v.till.sell(ctx, v.s, o.person.ID, &a, of, func(id, book string, no int64) kiosk.Record {
		return Sale{
			ID: id, Book: book, No: no, Person: o.person.ID, Day: of.day, Window: of.window.ID,
			Meal: of.meal.ID, Title: of.meal.Title.ZH, Price: of.meal.Fen, Own: of.own, Subsidy: of.subsidy,
			Way: string(o.person.Way), By: o.person.By, Confirmed: confirmed, ConfirmedBy: o.confirmedBy,
			Lane: v.s.Visit().Lane, At: now,
		}
	})
	switch {
	case err != nil:
		return v.cannot(ctx, err)
	case why != none:
		return v.turnAway(ctx, why, cannotPayPage(why, o.person, of, a.standing))
	}
	v.order = nil
	v.hold(ctx, soldPage(o.person, of, a.balance-of.own, receipt, now))
	return nil
}

// turnAway says why nothing is sold, and notes it.
func (v *visit) turnAway(ctx context.Context, why reason, p view.Page) error {
	o := v.order
	v.order = nil
	v.hold(ctx, p)
	now := v.s.Now()
	if !v.refusals.due(why, o.person.ID, now) {
		return nil
	}
	_, err := v.s.Record(ctx, Refused{Why: string(why), Window: o.window.ID, Lane: v.s.Visit().Lane, At: now})
	if err == nil {
		return nil
	}
	if kiosk.CodeOf(err) == kiosk.CodeDenied || ctx.Err() != nil {
		return err
	}
	slog.Warn("canteen: a refusal is not stored", "op", "record", "code", kiosk.CodeOf(err))
	return nil
}

// cannot says that the till itself is at a loss; only what will not change ends
// the visit.
func (v *visit) cannot(ctx context.Context, err error) error {
	code := kiosk.CodeOf(err)
	if ctx.Err() != nil || code == kiosk.CodeDenied || code == kiosk.CodeCancelled {
		return err
	}
	slog.Error("canteen: nothing is sold", "op", "sell", "code", code, "cause", err)
	v.order = nil
	v.hold(ctx, notStoredPage(err))
	return nil
}

// refusalEvery is how often one diner's refusal for one reason is recorded at most.
const refusalEvery = time.Minute

// refusals limits how often refusals are recorded. It forgets with the process,
// and after a while.
type refusals struct {
	mu   sync.Mutex
	last []refusal
}

type refusal struct {
	why    reason
	person string
	at     time.Time
}

func newRefusals() *refusals { return &refusals{} }

// due reports whether a refusal is to be recorded now, and takes note that it is.
func (r *refusals) due(why reason, person string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = slices.DeleteFunc(r.last, func(o refusal) bool { return now.Sub(o.at).Abs() >= refusalEvery })
	if slices.ContainsFunc(r.last, func(o refusal) bool { return o.why == why && o.person == person }) {
		return false
	}
	r.last = append(r.last, refusal{why, person, now})
	return true
}
