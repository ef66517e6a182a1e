package uplink

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/luohu/ting/sync/journal"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// oldChainsEvery is how often a chain of an earlier epoch, all of it sent, is
// asked about: its records may have become safe to delete.
const oldChainsEvery = 10 * time.Minute

// lane sends one lane's chains, one batch at a time.
type lane struct {
	u         *Uplink
	lane      record.Lane
	transport *http.Transport
	heartbeat time.Duration
	size      size
	format    int // of bodies: the newest that the center, at its last word, reads
	backoff   backoff
	asked     map[record.Chain]asked     // what the center said of each chain last
	held      map[record.Chain]time.Time // chains that the center refused, until when
	said      parts                      // of the terminal, as the center heard them last
	// online cuts a backoff short when the other lane has reached the center.
	online chan struct{}
}

func newLane(u *Uplink, l record.Lane) *lane {
	x := &lane{u: u, lane: l, transport: newTransport(u.o.Identity.TLS(), u.o.Dial), heartbeat: u.o.Heartbeat, size: newSize(), format: wire.Rows,
		backoff: backoff{least: 250 * time.Millisecond, most: u.o.BackoffMost},
		asked:   map[record.Chain]asked{}, held: map[record.Chain]time.Time{}, online: make(chan struct{}, 1)}
	if l == record.Urgent {
		x.heartbeat *= 4
		x.backoff.most = min(x.backoff.most, 5*time.Second)
	}
	return x
}

type asked struct {
	at          time.Time
	incarnation string
}

// pause is how long to wait before the next exchange, and what may end it early.
type pause struct {
	d        time.Duration
	byAppend bool // a new record
	byOnline bool // the other lane reached the center
}

func (l *lane) run(ctx context.Context) {
	for ctx.Err() == nil {
		var p pause
		if chain, due := l.next(); chain.Terminal == "" {
			p = pause{d: due, byAppend: true, byOnline: true}
		} else {
			p = l.send(ctx, chain)
		}
		l.wait(ctx, p)
	}
}

func (l *lane) wait(ctx context.Context, p pause) {
	if p.d <= 0 {
		return
	}
	t := time.NewTimer(p.d)
	defer t.Stop()
	var appended, online <-chan struct{}
	if p.byAppend {
		appended = l.u.o.Journal.Wake(l.lane)
	}
	if p.byOnline {
		online = l.online
	}
	select {
	case <-t.C:
	case <-ctx.Done():
	case <-appended:
	case <-online:
	}
}

// reaskEvery bounds how soon a chain is asked about again when the center's
// incarnation seems to have changed.
const reaskEvery = time.Second

// next chooses the chain to send or to ask about now. Without one it returns
// how long there is nothing to do.
func (l *lane) next() (record.Chain, time.Duration) {
	chains := l.u.o.Journal.Chains(l.lane)
	incarnation := l.u.Status().Incarnation
	now := time.Now()
	idle := l.heartbeat
	for i, c := range chains {
		if left := l.held[c.Chain].Sub(now); left > 0 {
			idle = min(idle, left)
			continue
		}
		last, known := l.asked[c.Chain]
		if c.Unsent() > 0 || !known {
			return c.Chain, 0
		}
		every := oldChainsEvery
		switch {
		case incarnation != last.incarnation:
			every = reaskEvery // another center, or a restored one: where is its cursor?
		case i == len(chains)-1:
			every = l.heartbeat
		}
		left := every - now.Sub(last.at)
		if left <= 0 {
			return c.Chain, 0
		}
		idle = min(idle, left)
	}
	return record.Chain{}, idle
}

// send exchanges one batch of a chain and acts on the answer.
func (l *lane) send(ctx context.Context, name record.Chain) pause {
	limit := l.size.records
	if _, known := l.asked[name]; !known {
		// A chain is first asked about: the answer tells a terminal that was put
		// back before it sends what the center already has otherwise.
		limit = 0
	}
	b, err := l.u.o.Journal.Batch(ctx, name, limit, l.size.bytes)
	if err != nil {
		// The journal's own failure ends Run; anything else passes or does not.
		l.u.o.Log.Error("unsent records cannot be read", "op", "uplink", "lane", l.lane.String(), "cause", err)
		return pause{d: l.backoff.next()}
	}
	a, err := l.exchange(ctx, b)
	if err == nil && a.code() == "" {
		err = l.oddAnswer(a)
	}
	if err != nil {
		if ctx.Err() == nil {
			l.u.miss(err)
			if errors.Is(err, context.DeadlineExceeded) {
				l.size.halve() // perhaps the line is too slow for so much at once
			}
		}
		return pause{d: l.backoff.next(), byOnline: true}
	}
	if a.verified {
		l.reached(a)
		l.said.heard(a)
		sent := l.format
		l.format = max(wire.Rows, min(a.ack.Formats, wire.Newest))
		if a.ack.Code == wire.TooBig && l.format < sent {
			return pause{} // it went to an older center than the one asked before, which cannot read it
		}
	}
	return l.act(ctx, b, a)
}

func (l *lane) oddAnswer(a answer) error {
	if a.status == http.StatusNotFound {
		return &HintError{Err: fmt.Errorf("status %d from %s", a.status, l.u.up), Hint: "what answers at center.url is not a center"}
	}
	return fmt.Errorf("status %d from %s without a signature", a.status, l.u.up)
}

// reached notes the contact and ends the other lanes' backoff.
func (l *lane) reached(a answer) {
	l.u.contact(a)
	for _, other := range l.u.lanes {
		if other != l {
			select {
			case other.online <- struct{}{}:
			default:
			}
		}
	}
}

// act does what the center's verdict asks for.
func (l *lane) act(ctx context.Context, b journal.Batch, a answer) pause {
	switch code := a.code(); code {
	case wire.Busy:
		l.size.ease()
		return pause{d: l.backoff.busy(a.retryAfter)}
	case wire.TooBig:
		if len(b.Records) <= 1 {
			return l.hold(b.Chain, code)
		}
		l.size.halveBelow(len(b.Records))
		return pause{}
	case wire.OK, wire.Gap, wire.Fork, wire.Chain:
		return l.settle(ctx, b, a)
	default: // SIG, REVOKED, UPGRADE: the terminal as a whole
		l.u.stop(l.lane, b.Chain.Epoch, code)
		return pause{d: l.backoff.after(l.u.o.SlowRetry)}
	}
}

// hold leaves a chain alone for long; the lane's other chains go on.
func (l *lane) hold(name record.Chain, code wire.Code) pause {
	l.u.stop(l.lane, name.Epoch, code)
	l.held[name] = time.Now().Add(l.backoff.after(l.u.o.SlowRetry))
	return pause{}
}

// settle gives a cursor to the journal.
func (l *lane) settle(ctx context.Context, b journal.Batch, a answer) pause {
	err := l.u.o.Journal.Acknowledge(ctx, a.ack)
	l.asked[b.Chain] = asked{time.Now(), a.ack.Incarnation}
	code := a.ack.Code
	switch {
	case errors.Is(err, journal.ErrRolledBack):
		return l.diverged(ctx, b, a, err)
	case errors.Is(err, journal.ErrCenterLost):
		return l.hold(b.Chain, wire.Gap)
	case err != nil:
		if ctx.Err() == nil {
			l.u.o.Log.Error("the center's cursor could not be saved", "op", "uplink", "lane", l.lane.String(), "cause", err)
		}
		return pause{d: l.backoff.next()}
	case code == wire.Fork, code == wire.Chain:
		return l.hold(b.Chain, code)
	}
	l.u.goOn(l.lane, b.Chain.Epoch)
	if code == wire.Gap && a.ack.CommittedSeq >= b.First-1 {
		return pause{d: l.backoff.next()} // a gap that is none: do not spin on it
	}
	l.backoff.reset()
	if code == wire.OK && len(b.Records) > 0 && l.leaves(b.Chain) {
		l.size.grow()
	}
	return pause{}
}

// leaves reports whether a chain has more to send.
func (l *lane) leaves(name record.Chain) bool {
	for _, c := range l.u.o.Journal.Chains(l.lane) {
		if c.Chain == name {
			return c.Unsent() > 0
		}
	}
	return false
}

// diverged acts on a cursor that is not of this journal's history: the
// terminal was put back from a backup, or cloned.
func (l *lane) diverged(ctx context.Context, b journal.Batch, a answer, cause error) pause {
	j := l.u.o.Journal
	if b.Chain.Epoch == j.Epoch() {
		if _, err := j.RaiseEpoch(ctx, 0, cause.Error()); err != nil {
			l.u.o.Log.Error("no new epoch", "op", "uplink", "cause", err)
			return pause{d: l.backoff.next()}
		}
		return pause{}
	}
	switch code := a.ack.Code; {
	case len(b.Records) == 0:
		return pause{} // only asked: what there is goes up next
	case code == wire.OK, code == wire.Fork:
		// OK: the center has these and more. FORK: it keeps both histories. In
		// either case it has them, and sending them again would tell nothing new.
		if err := j.Settle(ctx, b.Chain, b.Records[len(b.Records)-1].Seq); err != nil {
			l.u.o.Log.Error("an old chain could not be settled", "op", "uplink", "cause", err)
			return pause{d: l.backoff.next()}
		}
		return pause{}
	default:
		return l.hold(b.Chain, code)
	}
}
