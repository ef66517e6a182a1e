package gate

import (
	"sync"
	"time"

	"github.com/luohu/ting/kiosk"
)

// samePass is how long a second look at somebody who just passed is taken for
// the same passage.
const samePass = 60 * time.Second

// passes knows who passed this terminal today.
//
// The rule is free of configuration: a person's first pass of the day is In,
// and each next one turns round. Time windows lost: schools differ, half days
// and evening classes break them, and a wrong window is wrong for everybody.
// What is known here is lost with the process, and other gates' passes never are
// known here: both come down from the center, see visit.heard.
type passes struct {
	mu   sync.Mutex
	day  string
	last map[string]lastPass
}

type lastPass struct {
	direction string
	at        time.Time
}

func newPasses() *passes { return &passes{last: map[string]lastPass{}} }

// next is the direction of a person's pass now; fresh is false when he passed
// less than samePass ago. heard is his newest pass that the center knows of, or
// zero: the newer of it and what is known here counts, if it is of today.
func (p *passes) next(person string, now time.Time, heard lastPass) (direction string, fresh bool) {
	l, known := p.newest(person, now, heard)
	switch {
	case !known:
		return In, true
	case now.Sub(l.at).Abs() < samePass:
		return l.direction, false
	case l.direction == In:
		return Out, true
	}
	return In, true
}

// newest is a person's newest pass of today: the one known here, or heard.
func (p *passes) newest(person string, now time.Time, heard lastPass) (l lastPass, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if day := now.Format(time.DateOnly); day != p.day {
		p.day = day
		clear(p.last)
	}
	l, known = p.last[person]
	if heard.at.In(now.Location()).Format(time.DateOnly) == p.day && (!known || heard.at.After(l.at)) {
		l, known = heard, true
	}
	return l, known
}

// done remembers a pass that is durable.
func (p *passes) done(person, direction string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last[person] = lastPass{direction, now}
}

// refusalEvery is how often a refusal of one verdict is recorded at most.
const refusalEvery = time.Minute

// refusals limits how often refusals are recorded.
type refusals struct {
	mu   sync.Mutex
	last map[kiosk.Verdict]time.Time
}

func newRefusals() *refusals { return &refusals{last: map[kiosk.Verdict]time.Time{}} }

// due reports whether a refusal is to be recorded now, and takes note that it is.
func (r *refusals) due(v kiosk.Verdict, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if last, seen := r.last[v]; seen && now.Sub(last).Abs() < refusalEvery {
		return false
	}
	r.last[v] = now
	return true
}

// refusable reports whether a verdict turns somebody away. Being too far is not
// a refusal, and what the terminal itself lacks is no one's.
func refusable(v kiosk.Verdict) bool {
	switch v {
	case kiosk.Stranger, kiosk.TooDark, kiosk.TwoFaces, kiosk.Withdrawn, kiosk.CardUnknown, kiosk.Lookalike:
		return true
	}
	return false
}
