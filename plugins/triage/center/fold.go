package center

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/luohu/ting/plugins/triage"
	"github.com/luohu/ting/plugins/triage/rules"
)

// event is one record of a case.
type event struct {
	id       [16]byte
	at       time.Time
	assessed *triage.Assessed // one of the three
	called   *triage.Called
	decided  *triage.Decided
}

// course is what became of a case.
type course struct {
	triage.Waiting
	first     rules.Level // the first level that was given
	gone      string      // triage.Seen or triage.Left; "" while the patient waits
	goneAt    time.Time
	raised    int
	lowered   int
	decisions int
}

// fold tells a case's course from its records, in whatever order they arrived:
// they are looked at by time. A level falls by a nurse's decision to lower it, and
// only when she knew how severe it was.
func fold(events []event) (c course) {
	slices.SortFunc(events, func(a, b event) int { return cmp.Or(a.at.Compare(b.at), bytes.Compare(a.id[:], b.id[:])) })
	for _, e := range events {
		c.Looked = e.at
		if c.Since.IsZero() {
			c.Since = e.at
		}
		switch {
		case e.called != nil:
			c.Case, c.Code = e.called.Case, e.called.Code
			c.raise(e.called.Level)
			c.Called = true
			c.gone = ""
		case e.assessed != nil:
			c.assess(*e.assessed)
		case e.decided != nil:
			c.decide(*e.decided, e.at)
		}
	}
	return c
}

func (c *course) raise(l rules.Level) {
	if c.Level == 0 || l < c.Level {
		c.Level = l
	}
	if c.first == 0 {
		c.first = l
	}
}

func (c *course) assess(a triage.Assessed) {
	c.Case, c.Code, c.Told = a.Case, a.Code, a.Told
	if a.Name != "" {
		c.Name = a.Name
	}
	if c.Level == 0 || a.Level <= c.Level {
		c.Reasons, c.Department = a.Reasons, a.Department
	}
	c.raise(a.Level)
	if a.By == "" {
		c.Called = c.Called || c.Level <= rules.Emergency
		c.gone = ""
	}
}

func (c *course) decide(d triage.Decided, at time.Time) {
	c.Case, c.Code = d.Case, d.Code
	c.Called, c.Confirmed = false, true
	c.decisions++
	switch d.Decision {
	case triage.Lower:
		if c.Level == 0 || d.From <= c.Level {
			c.Level = d.Level
		}
		c.lowered++
	case triage.Raise:
		c.raise(d.Level)
		c.raised++
	case triage.Seen, triage.Left:
		c.raise(d.Level)
		c.gone, c.goneAt = d.Decision, at
	default:
		c.raise(d.Level)
	}
}
