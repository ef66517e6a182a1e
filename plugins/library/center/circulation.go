// Package center is what the district's center makes of a library's records: who
// has which book until when, who waits for what, who owes how much, and what a
// librarian has to look into.
//
// It goes by the times in the records, never by their arrival: of every copy all
// records are kept, and each that comes in makes the copy's history anew (see
// history.go). So two terminals that were offline may both have lent a copy; both
// loans stand, a task says so, and the librarian's word, a record too, ends it.
//
// What follows from it goes down to the site's terminals as feeds, and by
// [Desk] to the SIP2 server, so that every self-check sees the same.
//
// A loan that a library's own system keeps is counted for the books it was of,
// and is nobody's loan here: that system knows when it came back.
//
// Test it through a center on both databases: pgtest.Both, as the tests here do.
package center

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/library"
	"github.com/luohu/ting/sync/center/projection"
)

// Circulation is the library's projection. Make it with New.
type Circulation struct{ zone *time.Location }

var (
	_ projection.Projection = (*Circulation)(nil)
	_ projection.Board      = (*Circulation)(nil)
	_ projection.Teller     = (*Circulation)(nil)
	_ projection.Publisher  = (*Circulation)(nil)
)

// New returns the projection for a district in a time zone, which says when a day
// on which books are due is over.
func New(zone *time.Location) *Circulation { return &Circulation{zone: zone} }

// Name implements projection.Projection.
func (c *Circulation) Name() string { return library.ID }

// Kinds implements projection.Projection.
func (c *Circulation) Kinds() []string {
	var names []string
	for _, k := range library.Kinds() {
		names = append(names, k.Name)
	}
	return names
}

// Feeds implements projection.Publisher.
func (c *Circulation) Feeds() []string { return library.MadeFeeds() }

// Schema implements projection.Projection.
func (c *Circulation) Schema() projection.Schema {
	return projection.Schema{
		Tables: []string{"library_events", "library_loans", "library_copies", "library_holds", "library_fees", "library_tasks", "library_settled", "library_elsewhere"},
		SQL: `
-- Every record about a copy; times are µs since 1970, here and below.
CREATE TABLE library_events (
  id   TEXT PRIMARY KEY,
  site TEXT NOT NULL,
  copy TEXT NOT NULL,
  at   INTEGER NOT NULL,
  kind TEXT NOT NULL,
  body BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX library_events_copy ON library_events (site, copy, at);
-- What became of every loan.
CREATE TABLE library_loans (
  id       TEXT PRIMARY KEY,
  site     TEXT NOT NULL,
  copy     TEXT NOT NULL,
  title    TEXT NOT NULL,
  person   TEXT NOT NULL,
  at       INTEGER NOT NULL,
  due      TEXT NOT NULL,
  renewals INTEGER NOT NULL,
  per_day  INTEGER NOT NULL,   -- fen
  most     INTEGER NOT NULL,   -- fen
  ended    INTEGER NOT NULL,   -- 0 is open
  how      TEXT NOT NULL,
  late     INTEGER NOT NULL,   -- days
  fine     INTEGER NOT NULL    -- fen
) WITHOUT ROWID;
CREATE INDEX library_loans_copy ON library_loans (site, copy);
CREATE INDEX library_loans_person ON library_loans (site, person, ended);
CREATE INDEX library_loans_open ON library_loans (site, ended, due);
CREATE INDEX library_loans_title ON library_loans (site, title, person, at);
CREATE TABLE library_copies (
  site     TEXT NOT NULL,
  copy     TEXT NOT NULL,
  title    TEXT NOT NULL,
  at       INTEGER NOT NULL,
  here     INTEGER NOT NULL,   -- 1 without an open loan
  held_for TEXT NOT NULL,
  PRIMARY KEY (site, copy)
) WITHOUT ROWID;
CREATE INDEX library_copies_title ON library_copies (site, title, held_for);
-- The newest word of a person on a title, each way.
CREATE TABLE library_holds (
  site      TEXT NOT NULL,
  title     TEXT NOT NULL,
  person    TEXT NOT NULL,
  placed    INTEGER NOT NULL,
  cancelled INTEGER NOT NULL,
  PRIMARY KEY (site, title, person)
) WITHOUT ROWID;
CREATE INDEX library_holds_person ON library_holds (site, person);
CREATE TABLE library_fees (
  id     TEXT PRIMARY KEY,
  site   TEXT NOT NULL,
  person TEXT NOT NULL,
  fen    INTEGER NOT NULL,
  waived INTEGER NOT NULL,
  at     INTEGER NOT NULL,
  paying TEXT NOT NULL        -- what the paying device calls it
) WITHOUT ROWID;
CREATE INDEX library_fees_person ON library_fees (site, person);
CREATE TABLE library_tasks (
  site TEXT NOT NULL,
  id   TEXT NOT NULL,
  at   INTEGER NOT NULL,
  row  BLOB NOT NULL,
  PRIMARY KEY (site, id)
) WITHOUT ROWID;
-- What librarians have decided; it may be known before its task is.
CREATE TABLE library_settled (
  site TEXT NOT NULL,
  task TEXT NOT NULL,
  at   INTEGER NOT NULL,
  PRIMARY KEY (site, task)
) WITHOUT ROWID;
-- What a library's own system keeps.
CREATE TABLE library_elsewhere (
  id     TEXT PRIMARY KEY,
  site   TEXT NOT NULL,
  kind   TEXT NOT NULL,
  copy   TEXT NOT NULL,
  title  TEXT NOT NULL,
  at     INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX library_elsewhere_site ON library_elsewhere (site, kind, at);`,
	}
}

// Apply implements projection.Projection.
func (c *Circulation) Apply(_ context.Context, tx projection.Tx, r projection.Received) error {
	if r.Version != 1 {
		return projection.UnknownVersion(r.Kind, r.Version)
	}
	switch r.Kind {
	case library.KindLoan.Name, library.KindReturn.Name, library.KindRenewal.Name, library.KindSettled.Name:
		e, a, err := decode(r.ID.String(), r.Kind, r.Body)
		if err != nil {
			return projection.Permanent(err)
		}
		if a.home == "" {
			a.home = r.Site
		}
		if a.elsewhere {
			_, err := tx.Exec(`INSERT INTO library_elsewhere (id, site, kind, copy, title, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
				e.id, r.Site, r.Kind, a.copy, a.title, e.at.UnixMicro())
			return err
		}
		return c.keep(tx, r, e, a)
	case library.KindHold.Name:
		var h library.Hold
		if err := unmarshal(r.Body, &h); err != nil || h.Title == "" || h.Person == "" || h.At.IsZero() {
			return projection.Permanent(errors.Join(errors.New("a hold needs a title, a person and a time"), err))
		}
		return c.hold(tx, r.Site, h)
	case library.KindFee.Name:
		var f library.Fee
		if err := unmarshal(r.Body, &f); err != nil || f.Person == "" || f.At.IsZero() || f.Fen <= 0 {
			return projection.Permanent(errors.Join(errors.New("a fee needs a person, a time and an amount above 0"), err))
		}
		if f.System != "" {
			return nil // that system's till has it
		}
		_, err := tx.Exec(`INSERT INTO library_fees (id, site, person, fen, waived, at, paying) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
			r.ID.String(), r.Site, f.Person, f.Fen, f.Waived, f.At.UnixMicro(), f.Transaction)
		if err != nil {
			return err
		}
		return c.publishReader(tx, r.Site, f.Person)
	case library.KindRefused.Name:
		var f library.Refused
		if err := unmarshal(r.Body, &f); err != nil || f.Copy == "" || f.At.IsZero() {
			return projection.Permanent(errors.Join(errors.New("a refusal needs a copy and a time"), err))
		}
		return c.task(tx, r.Site, library.TaskRow{ID: "refused/" + r.ID.String(), Kind: library.TaskRefused, Copy: f.Copy, At: f.Done,
			Person: f.Person, Did: f.Did, Message: f.Message})
	}
	return projection.Permanent(fmt.Errorf("kind %q is not the library's", r.Kind))
}

// about is what every record of a copy has in common.
type about struct {
	copy, title, home string
	elsewhere         bool // a library's own system keeps it
}

func unmarshal(body []byte, v any) error { return json.Unmarshal(body, v) }

// decode reads a record about a copy.
func decode(id, kind string, body []byte) (e event, a about, err error) {
	e.id = id
	switch kind {
	case library.KindLoan.Name:
		e.lent = &library.Loan{}
		err = unmarshal(body, e.lent)
		e.at, a = e.lent.At, about{e.lent.Copy, e.lent.Title, e.lent.Home, e.lent.System != ""}
		if err == nil && (e.lent.Person == "" || !isDate(e.lent.Due)) && !a.elsewhere {
			err = errors.New("a loan needs a person and a day on which it is due")
		}
	case library.KindReturn.Name:
		e.returned = &library.Return{}
		err = unmarshal(body, e.returned)
		e.at, a = e.returned.At, about{copy: e.returned.Copy, home: e.returned.Home, elsewhere: e.returned.System != ""}
	case library.KindRenewal.Name:
		e.renewed = &library.Renewal{}
		err = unmarshal(body, e.renewed)
		e.at, a = e.renewed.At, about{copy: e.renewed.Copy, home: e.renewed.Home, elsewhere: e.renewed.System != ""}
		if err == nil && (e.renewed.Person == "" || !isDate(e.renewed.Due)) && !a.elsewhere {
			err = errors.New("a renewal needs a person and a day on which it is due")
		}
	case library.KindSettled.Name:
		e.settled = &library.Settled{}
		err = unmarshal(body, e.settled)
		e.at, a = e.settled.At, about{copy: e.settled.Copy}
		if err == nil && (e.settled.Task == "" || e.settled.By == "") {
			err = errors.New("a decision needs a task and who decided")
		}
	}
	if err == nil && (a.copy == "" || e.at.IsZero()) {
		err = errors.New("a record of no copy, or without a time")
	}
	return e, a, err
}

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// keep stores a record about a copy and makes of all of them what follows.
func (c *Circulation) keep(tx projection.Tx, r projection.Received, e event, a about) error {
	_, err := tx.Exec(`INSERT INTO library_events (id, site, copy, at, kind, body) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
		e.id, a.home, a.copy, e.at.UnixMicro(), r.Kind, r.Body)
	if err != nil {
		return err
	}
	if e.settled != nil {
		if err := c.settle(tx, a.home, e.settled.Task, e.at); err != nil {
			return err
		}
	}
	return c.refresh(tx, a.home, a.copy)
}

// Tell implements projection.Teller.
func (c *Circulation) Tell(r projection.Received) (projection.Line, bool) {
	if r.Version != 1 {
		return projection.Line{}, false
	}
	switch r.Kind {
	case library.KindLoan.Name:
		var l library.Loan
		if err := unmarshal(r.Body, &l); err != nil {
			return projection.Line{}, false
		}
		return projection.Line{At: l.At.In(c.zone), Person: l.Person, Text: view.T("借书", "borrowed a book"), Tone: view.Success}, true
	case library.KindReturn.Name:
		var b library.Return
		if err := unmarshal(r.Body, &b); err != nil || b.Undo {
			return projection.Line{}, false
		}
		return projection.Line{At: b.At.In(c.zone), Text: view.T("还书", "a book came back")}, true
	case library.KindRefused.Name:
		var f library.Refused
		if err := unmarshal(r.Body, &f); err != nil {
			return projection.Line{}, false
		}
		return projection.Line{At: f.At.In(c.zone), Person: f.Person, Text: view.T("图书馆系统未接受离线记录", "the library's system refused what was done offline"), Tone: view.Warning}, true
	}
	return projection.Line{}, false
}
