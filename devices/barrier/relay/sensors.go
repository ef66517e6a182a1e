package relay

import (
	"time"

	"github.com/luohu/ting/devices/barrier"
)

// How long things at a gate may take.
const (
	walkTime    = 6 * time.Second  // from a release until the arm must have been moved
	alarmAtMost = 10 * time.Second // how long an alarm is told at least, so that somebody sees it
)

// contacts is what the sensors say at a moment. A gate without one of them
// says what is usual: nobody in the light barrier, closed, no fire.
type contacts struct{ beam, closed, fire bool }

// sensors makes sense of what the contacts say over time.
type sensors struct {
	held time.Duration // how long it may stay open

	freeUntil time.Time // a release was given, the arm may be opened until then
	opened    time.Time // when the arm left its place; zero while it is closed
	allowed   bool      // it was opened after a release
	last      contacts
	passed    uint64
	alarm     barrier.Alarm
	since     time.Time // when alarm was last true
}

// release notes that the arm was released for a time.
func (s *sensors) release(now time.Time, pulse time.Duration) {
	s.freeUntil = now.Add(pulse + walkTime)
}

// see takes what the contacts say now.
func (s *sensors) see(now time.Time, c contacts) {
	if c.beam && !s.last.beam {
		s.passed++
	}
	s.last = c
	switch {
	case c.closed:
		s.opened = time.Time{}
	case s.opened.IsZero():
		s.opened = now
		s.allowed = now.Before(s.freeUntil)
	}
	switch {
	case c.fire:
		s.raise(now, barrier.Fire)
	case !c.closed && !s.allowed:
		s.raise(now, barrier.Forced)
	case !c.closed && now.Sub(s.opened) > s.held:
		s.raise(now, barrier.HeldOpen)
	case s.alarm != barrier.NoAlarm && now.Sub(s.since) > alarmAtMost:
		s.alarm = barrier.NoAlarm
	}
}

func (s *sensors) raise(now time.Time, a barrier.Alarm) { s.alarm, s.since = a, now }
