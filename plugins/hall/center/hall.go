// Package center is what the district's center makes of a hall's records: the
// cases with their versions, the queue, the ratings, and the boards of them.
//
// Whatever arrives first, the outcome is that of hall.Chain: a change is made when
// it builds on what is there, waits for what it builds on, or goes to a person. A
// board lists every such dispute until somebody has settled it.
//
// Cases go down to the desks as hall.FeedCases with their pictures
// (hall.FeedPages), and to the terminals as hall.FeedProgress, which has only what
// a stranger may read. Pictures leave the feed when their case is over, cases two
// months later, tickets with their day.
//
// A day is one of the district's time zone. The age of a case is counted from the
// times in the records, never from the clock, so that a rebuild comes to the same.
//
// Test it through a center on both databases, as the tests here do.
package center

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/hall"
	"github.com/luohu/ting/sync/center/projection"
)

// Hall is the hall's projection. Make it with New.
type Hall struct{ zone *time.Location }

var (
	_ projection.Projection = (*Hall)(nil)
	_ projection.Board      = (*Hall)(nil)
	_ projection.Teller     = (*Hall)(nil)
	_ projection.Publisher  = (*Hall)(nil)
)

// New returns the projection for a district in a time zone.
func New(zone *time.Location) *Hall { return &Hall{zone: zone} }

// Name implements projection.Projection.
func (h *Hall) Name() string { return hall.ID }

// Kinds implements projection.Projection.
func (h *Hall) Kinds() []string {
	return []string{
		hall.KindPage.Name, hall.KindSubmitted.Name, hall.KindChanged.Name, hall.KindRated.Name, hall.KindTicket.Name,
		hall.KindDeskChanged.Name, hall.KindDeskQueue.Name,
	}
}

// Feeds implements projection.Publisher.
func (h *Hall) Feeds() []string {
	return []string{hall.FeedProgress, hall.FeedCases, hall.FeedPages, hall.FeedQueue}
}

// Schema implements projection.Projection.
func (h *Hall) Schema() projection.Schema {
	return projection.Schema{
		Tables: []string{"hall_cases", "hall_visits", "hall_pages", "hall_ratings", "hall_tickets"},
		SQL: `
CREATE TABLE hall_cases (
  site    TEXT NOT NULL,
  number  TEXT NOT NULL,
  service TEXT NOT NULL,
  state   TEXT NOT NULL,    -- "" while only changes have arrived
  opened  INTEGER NOT NULL, -- µs since 1970
  over    INTEGER NOT NULL, -- when nothing more was to be done; 0 before
  listed  INTEGER NOT NULL, -- 1 while it is in the feeds
  unsettled INTEGER NOT NULL, -- changes before a person
  file    TEXT NOT NULL,    -- hall.CaseFile
  PRIMARY KEY (site, number)
) WITHOUT ROWID;
CREATE INDEX hall_cases_over ON hall_cases (site, listed, over);
CREATE TABLE hall_visits (
  site   TEXT NOT NULL,
  number TEXT NOT NULL,
  day    TEXT NOT NULL,     -- on which the applicant was there
  PRIMARY KEY (site, number, day)
) WITHOUT ROWID;
CREATE TABLE hall_pages (
  site   TEXT NOT NULL,
  number TEXT NOT NULL,
  key    TEXT NOT NULL,
  PRIMARY KEY (site, number, key)
) WITHOUT ROWID;
CREATE TABLE hall_ratings (
  id     BLOB PRIMARY KEY,
  site   TEXT NOT NULL,
  number TEXT NOT NULL,
  grade  INTEGER NOT NULL,
  causes TEXT NOT NULL,     -- JSON
  at     INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX hall_ratings_case ON hall_ratings (site, number, at, id);
CREATE TABLE hall_tickets (
  site   TEXT NOT NULL,
  id     TEXT NOT NULL,
  day    TEXT NOT NULL,     -- "" while only steps have arrived
  listed INTEGER NOT NULL,
  ticket TEXT NOT NULL,     -- hall.Ticket
  PRIMARY KEY (site, id)
) WITHOUT ROWID;
CREATE INDEX hall_tickets_day ON hall_tickets (site, listed, day);`,
	}
}

// Apply implements projection.Projection.
func (h *Hall) Apply(_ context.Context, tx projection.Tx, r projection.Received) error {
	if r.Version != 1 {
		return projection.UnknownVersion(r.Kind, r.Version)
	}
	switch r.Kind {
	case hall.KindPage.Name:
		return applied(r, func(p hall.Page) error { return h.page(tx, r, p) })
	case hall.KindSubmitted.Name:
		return applied(r, func(s hall.Submitted) error { return h.submitted(tx, r, s) })
	case hall.KindChanged.Name, hall.KindDeskChanged.Name:
		return applied(r, func(c hall.Change) error { return h.changed(tx, r, c) })
	case hall.KindRated.Name:
		return applied(r, func(q hall.Rated) error { return h.rated(tx, r, q) })
	case hall.KindTicket.Name:
		return applied(r, func(t hall.TicketTaken) error { return h.ticket(tx, r, t) })
	case hall.KindDeskQueue.Name:
		return applied(r, func(q hall.QueueChange) error { return h.queue(tx, r, q) })
	}
	return projection.Permanent(fmt.Errorf("kind %q is not the hall's", r.Kind))
}

// applied decodes a record and hands it to f.
func applied[R any](r projection.Received, f func(R) error) error {
	var v R
	if err := json.Unmarshal(r.Body, &v); err != nil {
		return projection.Permanent(err)
	}
	return f(v)
}

func lacks(what string) error { return projection.Permanent(errors.New("a record without " + what)) }

func (h *Hall) day(t time.Time) string { return t.In(h.zone).Format(time.DateOnly) }

// Tell implements projection.Teller.
func (h *Hall) Tell(r projection.Received) (projection.Line, bool) {
	none := projection.Line{}
	if r.Version != 1 {
		return none, false
	}
	switch r.Kind {
	case hall.KindSubmitted.Name:
		var s hall.Submitted
		if json.Unmarshal(r.Body, &s) != nil || s.At.IsZero() {
			return none, false
		}
		return projection.Line{At: s.At.In(h.zone), Person: s.Applicant.Person, Text: view.T("提交 "+s.Name.ZH, "applied: "+s.Name.EN), Tone: view.Success}, true
	case hall.KindChanged.Name, hall.KindDeskChanged.Name:
		var c hall.Change
		if json.Unmarshal(r.Body, &c) != nil || c.At.IsZero() {
			return none, false
		}
		name := c.Action.Name()
		return projection.Line{At: c.At.In(h.zone), Person: c.By, Text: view.T(name.ZH+" "+c.Case, name.EN+" "+c.Case)}, true
	case hall.KindDeskQueue.Name:
		var q hall.QueueChange
		if json.Unmarshal(r.Body, &q) != nil || q.At.IsZero() || q.Step != hall.Call {
			return none, false
		}
		return projection.Line{At: q.At.In(h.zone), Person: q.By, Text: view.T(q.Window+" 号窗口叫号", "counter "+q.Window+" calls")}, true
	}
	return none, false
}
