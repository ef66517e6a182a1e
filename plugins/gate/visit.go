package gate

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// visit is one run of Serve. Its fields below running belong to Serve's
// goroutine; the others wait for the camera, an answer or a name, and send what
// comes over a channel.
type visit struct {
	*Gate
	s         kiosk.Session
	sightings chan kiosk.Sighting
	answers   chan answer
	named     chan named
	failed    chan error
	running   sync.WaitGroup

	held     bool               // the page on screen stays its time, also when the face has gone
	resting  view.Page          // what stands when nobody is there; idlePage when zero
	asked    uint64             // the number of the newest page, to know a late answer
	lastAsk  chan struct{}      // closed when its Ask has returned; nil before the first
	stopAsk  context.CancelFunc // gives it up
	naming   uint64             // the number of the newest identification, ditto
	stopName context.CancelFunc // ends the identification that is under way; nil for none
	unheard  bool               // the site does not lend feeds: other gates' passes stay unknown
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
	v.held = false
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
// camera: to go through, to look for his card, to call a teacher.
func (v *visit) hold(ctx context.Context, p view.Page) {
	v.ask(ctx, p)
	v.held = true
}

// rest shows the page that stands while nobody is there.
func (v *visit) rest(ctx context.Context) {
	if v.resting.ID == "" {
		v.resting = idlePage()
	}
	v.ask(ctx, v.resting)
}

// sighted does what a sighting asks for.
func (v *visit) sighted(ctx context.Context, sg kiosk.Sighting) error {
	switch sg.Verdict {
	case kiosk.NoCamera, kiosk.NoEngine:
		v.resting = refusalPage(sg)
	default:
		v.resting = idlePage()
	}
	if sg.Verdict == kiosk.Recognised {
		v.stopNaming()
		return v.pass(ctx, sg.Person)
	}
	if refusable(sg.Verdict) {
		if err := v.refuse(ctx, sg.Verdict); err != nil {
			return err
		}
	}
	switch {
	case v.stopName != nil:
		// Somebody types his PIN: nothing the camera cannot tell takes the page from him.
	case sg.Verdict == kiosk.NoFace:
		if !v.held {
			v.rest(ctx)
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
	switch a.action {
	case actionCard:
		v.hold(ctx, cardPage())
	case actionPIN:
		v.name(ctx, kiosk.WayPIN)
	case actionStaff:
		v.name(ctx, kiosk.WayStaff)
	default: // the page's time is over, or Back
		v.rest(ctx)
	}
	return nil
}

// name lets somebody say who he is in a way that takes typing. The camera and
// the reader go on meanwhile.
func (v *visit) name(ctx context.Context, way kiosk.Way) {
	v.stopNaming()
	ctx2, cancel := context.WithCancel(ctx)
	v.naming++
	number := v.naming
	v.stopName = cancel
	v.running.Go(func() {
		defer cancel()
		p, err := v.s.Identify(ctx2, kiosk.IdentifyRequest{Prompt: prompt(), Ways: []kiosk.Way{way}})
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
		return nil // somebody else passed meanwhile
	}
	v.stopNaming()
	switch code := kiosk.CodeOf(n.err); code {
	case "":
		return v.pass(ctx, n.person)
	case kiosk.CodeCancelled, kiosk.CodeSuperseded:
		v.rest(ctx)
	case kiosk.CodeLocked:
		v.hold(ctx, lockedPage(n.err))
	default:
		slog.Warn("gate: identify failed", "op", "identify", "code", code)
		v.hold(ctx, troublePage(n.err))
	}
	return nil
}

// hearWithin is how long the terminal's copy of a feed may take to answer. It is
// read in a millisecond; a disk that hangs must not keep anybody waiting.
const hearWithin = 200 * time.Millisecond

// heard is a person's newest pass that the center knows of: at another gate, or
// here before this process began. Zero when nothing is known; nobody waits for it,
// and without it this terminal goes by its own passes.
func (v *visit) heard(ctx context.Context, person string) lastPass {
	if v.unheard {
		return lastPass{}
	}
	ctx, cancel := context.WithTimeout(ctx, hearWithin)
	defer cancel()
	raw, err := v.s.Lookup(ctx, FeedPresence, person)
	switch code := kiosk.CodeOf(err); code {
	case "":
	case kiosk.CodeNotFound:
		return lastPass{}
	case kiosk.CodeDenied:
		v.unheard = true // it will not change within this visit; once in the log is enough
		return lastPass{}
	default:
		slog.Warn("gate: presence not read", "op", "lookup", "code", code, "cause", err)
		return lastPass{}
	}
	var row PresenceRow
	if err := json.Unmarshal(raw.JSON, &row); err != nil || row.Direction != In && row.Direction != Out {
		slog.Warn("gate: a row of presence cannot be read", "op", "lookup", "revision", raw.Revision)
		return lastPass{}
	}
	return lastPass{direction: row.Direction, at: row.At}
}

// openWithin is how long a barrier may take to answer. The next pupil waits as long.
const openWithin = 3 * time.Second

// pass lets a person through: the record first, the barrier next, then the welcome.
func (v *visit) pass(ctx context.Context, p kiosk.Person) error {
	now := v.s.Now()
	lane := v.s.Visit().Lane
	heard := v.heard(ctx, p.ID)
	before, _ := v.passes.newest(p.ID, now, heard)
	turn, fresh := v.passes.next(p.ID, now, heard)
	if !fresh {
		v.hold(ctx, alreadyPage(p, now))
		return nil
	}
	if leads := v.oneWay[lane]; leads != "" {
		turn = leads
	}
	if rule, why := v.refusedBy(Passage{p, lane, turn, now, before.direction, before.at}); rule != "" {
		v.hold(ctx, ruledPage(p, why))
		return v.refuse(ctx, kiosk.Verdict(rule))
	}
	_, err := v.s.Record(ctx, Pass{
		Person:    p.ID,
		Direction: turn,
		Way:       string(p.Way),
		Lane:      lane,
		By:        p.By,
		At:        now,
	})
	if err != nil {
		switch kiosk.CodeOf(err) {
		case kiosk.CodeDenied, kiosk.CodeCancelled:
			return err
		}
		slog.Error("gate: pass not stored, gate stays shut", "op", "record", "code", kiosk.CodeOf(err))
		v.hold(ctx, notStoredPage())
		return nil
	}
	v.passes.done(p.ID, turn, now)
	opening, cancel := context.WithTimeout(ctx, openWithin)
	defer cancel()
	if err := v.s.OpenBarrier(opening); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		slog.Error("gate: barrier did not open", "op", "open barrier", "code", kiosk.CodeOf(err), "cause", err)
		v.hold(ctx, barrierPage(p, turn, now))
		return nil
	}
	v.hold(ctx, welcomePage(p, turn, now))
	return nil
}

// refuse notes that somebody was turned away, at most once a minute per verdict.
func (v *visit) refuse(ctx context.Context, verdict kiosk.Verdict) error {
	now := v.s.Now()
	if !v.refusals.due(verdict, now) {
		return nil
	}
	_, err := v.s.Record(ctx, Refused{Verdict: string(verdict), Lane: v.s.Visit().Lane, At: now})
	if err == nil {
		return nil
	}
	if kiosk.CodeOf(err) == kiosk.CodeDenied || ctx.Err() != nil {
		return err
	}
	slog.Warn("gate: refusal not stored", "op", "record", "code", kiosk.CodeOf(err))
	return nil
}
