// Package center is what the district's center makes of consents: who may be
// recognised by face, for what, and who may not any more.
//
// For each purpose the later of consent and withdrawal wins, by the time at which
// the person spoke, and a withdrawal wins a tie; so the order of arrival changes
// nothing, and a consent that comes late never undoes a newer withdrawal. What is
// withdrawn stands in the site's revocations feed, which terminals apply before
// any other.
//
// A visitor whom the district's register does not know gets a row in the people
// feed of the site that enrolled him; rows of the register are left alone.
//
// Besides it counts: which terminals hold a template of whom and which have proven
// that theirs is erased (Holders), and how many persons' faces the district stores,
// with the moments at which a filing became due (Count).
//
// The center knows consents and the IDs of templates, never a template.
package center

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity/receipt"
	"github.com/luohu/ting/plugins/enrolment"
	"github.com/luohu/ting/sync/center/projection"
)

// Consents is the enrolment module's projection.
type Consents struct {
	soon, duty int64 // persons at which the filing's alarms are due
}

var (
	_ projection.Projection = Consents{}
	_ projection.Publisher  = Consents{}
	_ projection.Measured   = Consents{}
)

// New returns the projection.
func New() Consents { return Consents{soon: FilingSoon, duty: FilingDuty} }

// Name implements projection.Projection.
func (Consents) Name() string { return enrolment.ID }

// Kinds implements projection.Projection.
func (Consents) Kinds() []string {
	return []string{enrolment.KindConsented.Name, enrolment.KindWithdrawn.Name, receipt.KindStored.Name, receipt.KindErased.Name}
}

// Feeds implements projection.Publisher.
func (Consents) Feeds() []string {
	return []string{kiosk.FeedRevocations, kiosk.FeedPeople, enrolment.FeedConsents}
}

// everything is the purpose under which a withdrawal of all purposes is kept.
const everything = ""

// Schema implements projection.Projection.
func (Consents) Schema() projection.Schema {
	return projection.Schema{
		Tables: []string{"enrolment_consents", "enrolment_people", "enrolment_templates",
			"enrolment_faces", "enrolment_sites", "enrolment_count", "enrolment_filing"},
		SQL: `
-- The newest word of a person on a purpose, each way; '' is every purpose.
CREATE TABLE enrolment_consents (
  site      TEXT NOT NULL,
  person    TEXT NOT NULL,
  purpose   TEXT NOT NULL,
  consented INTEGER,           -- µs since 1970
  withdrawn INTEGER,
  text      TEXT NOT NULL,     -- of the newest consent: the version shown,
  giver     TEXT NOT NULL,     -- who agreed,
  way       TEXT NOT NULL,     -- and how
  PRIMARY KEY (site, person, purpose)
) WITHOUT ROWID;
CREATE TABLE enrolment_people (
  site   TEXT NOT NULL,
  person TEXT NOT NULL,
  at     INTEGER NOT NULL,
  row    BLOB NOT NULL,
  PRIMARY KEY (site, person)
) WITHOUT ROWID;` + holderTables + storedTables,
	}
}

// Apply implements projection.Projection.
func (c Consents) Apply(_ context.Context, tx projection.Tx, r projection.Received) error {
	if r.Version != 1 {
		return projection.UnknownVersion(r.Kind, r.Version)
	}
	switch r.Kind {
	case enrolment.KindConsented.Name:
		var e enrolment.Consented
		if err := json.Unmarshal(r.Body, &e); err != nil {
			return projection.Permanent(err)
		}
		if err := applyConsent(tx, r.Site, e); err != nil || e.Template == "" {
			return err
		}
		return c.hold(tx, r, e.Person, e.Template, e.At)
	case enrolment.KindWithdrawn.Name:
		var w enrolment.Withdrawn
		if err := json.Unmarshal(r.Body, &w); err != nil {
			return projection.Permanent(err)
		}
		if err := check(w.Person, w.At, w.Purposes); err != nil {
			return projection.Permanent(err)
		}
		if len(w.Purposes) == 0 {
			w.Purposes = []string{everything}
		}
		for _, p := range w.Purposes {
			if err := takeBack(tx, r.Site, w.Person, p, w.At); err != nil {
				return err
			}
		}
		if err := revoke(tx, r.Site, w.Person); err != nil {
			return err
		}
		return publish(tx, r.Site, w.Person)
	case receipt.KindStored.Name:
		return c.applyStored(tx, r)
	case receipt.KindErased.Name:
		return c.applyErased(tx, r)
	}
	return projection.Permanent(fmt.Errorf("kind %q is not enrolment's", r.Kind))
}

// applyConsent takes in that somebody agreed.
func applyConsent(tx projection.Tx, site string, e enrolment.Consented) error {
	if err := check(e.Person, e.At, e.Purposes); err != nil {
		return projection.Permanent(err)
	}
	if len(e.Purposes) == 0 {
		return projection.Permanent(errors.New("a consent to nothing"))
	}
	for _, p := range e.Purposes {
		if err := put(tx, site, p, e); err != nil {
			return err
		}
	}
	if err := introduce(tx, site, e); err != nil {
		return err
	}
	if err := revoke(tx, site, e.Person); err != nil {
		return err
	}
	return publish(tx, site, e.Person)
}

func check(person string, at time.Time, purposes []string) error {
	switch {
	case person == "":
		return errors.New("a word of nobody")
	case at.IsZero():
		return errors.New("a word without a time")
	case slices.Contains(purposes, ""):
		return errors.New("a purpose without a name")
	}
	return nil
}

// put keeps the newest consent to a purpose. Of two of the same time the greater text
// wins, whichever comes first.
func put(tx projection.Tx, site, purpose string, e enrolment.Consented) error {
	_, err := tx.Exec(`INSERT INTO enrolment_consents (site, person, purpose, consented, text, giver, way) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (site, person, purpose) DO UPDATE SET consented = excluded.consented, text = excluded.text, giver = excluded.giver, way = excluded.way
		WHERE COALESCE(enrolment_consents.consented, 0) < excluded.consented
		OR enrolment_consents.consented = excluded.consented AND excluded.text > enrolment_consents.text`,
		site, e.Person, purpose, e.At.UnixMicro(), e.TextVersion, e.GivenBy, e.Way)
	return err
}

// takeBack keeps the newest withdrawal of a purpose.
func takeBack(tx projection.Tx, site, person, purpose string, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO enrolment_consents (site, person, purpose, withdrawn, text, giver, way) VALUES (?, ?, ?, ?, '', '', '')
		ON CONFLICT (site, person, purpose) DO UPDATE SET withdrawn = excluded.withdrawn
		WHERE COALESCE(enrolment_consents.withdrawn, 0) < excluded.withdrawn`, site, person, purpose, at.UnixMicro())
	return err
}

// introduce gives a visitor a row in the people feed, made of the newest consent.
func introduce(tx projection.Tx, site string, e enrolment.Consented) error {
	row, err := json.Marshal(kiosk.PersonRow{ID: e.Person, Name: e.Name, Group: e.Group, Role: e.Role})
	if err != nil {
		return projection.Permanent(err)
	}
	// Of two consents of the same time the greater row wins, whichever comes first.
	n, err := tx.Exec(`INSERT INTO enrolment_people (site, person, at, row) VALUES (?, ?, ?, ?)
		ON CONFLICT (site, person) DO UPDATE SET at = excluded.at, row = excluded.row
		WHERE excluded.at > enrolment_people.at OR excluded.at = enrolment_people.at AND excluded.row > enrolment_people.row`, site, e.Person, e.At.UnixMicro(), row)
	if err != nil || n == 0 {
		return err
	}
	err = tx.PutFeed(site, kiosk.FeedPeople, e.Person, json.RawMessage(row))
	if errors.Is(err, projection.ErrOwned) {
		return nil // the register knows the person better
	}
	return err
}

// revoke makes the revocations feed say what follows from all words so far.
func revoke(tx projection.Tx, site, person string) error {
	s, err := read(tx, site, person)
	if err != nil {
		return err
	}
	row, revoked := s.revocation(person)
	if !revoked {
		return tx.DeleteFeed(site, kiosk.FeedRevocations, person)
	}
	return tx.PutFeed(site, kiosk.FeedRevocations, person, row)
}

// words are the newest words of a person, by purpose, in µs since 1970; 0 is never.
type words map[string]struct{ consented, withdrawn int64 }

func read(q projection.Querier, site, person string) (words, error) {
	s := words{}
	err := q.Each(`SELECT purpose, COALESCE(consented, 0), COALESCE(withdrawn, 0) FROM enrolment_consents WHERE site = ? AND person = ?`,
		[]any{site, person}, func(scan func(...any) error) error {
			var purpose string
			var w struct{ consented, withdrawn int64 }
			err := scan(&purpose, &w.consented, &w.withdrawn)
			s[purpose] = w
			return err
		})
	return s, err
}

// revocation is what the words withdraw. When everything was withdrawn and no
// consent came after, that is everything; else it is the purposes that somebody
// once agreed to, or named, and whose last word is a withdrawal.
func (s words) revocation(person string) (row kiosk.RevocationRow, revoked bool) {
	all := s[everything].withdrawn
	later := false
	for _, w := range s {
		later = later || w.consented > all
	}
	if all != 0 && !later {
		return kiosk.RevocationRow{Person: person, Time: time.UnixMicro(all).UTC()}, true
	}
	var newest int64
	for purpose, w := range s {
		if withdrawn := max(w.withdrawn, all); purpose != everything && withdrawn != 0 && withdrawn >= w.consented {
			row.Purposes = append(row.Purposes, purpose)
			newest = max(newest, withdrawn)
		}
	}
	if len(row.Purposes) == 0 {
		return row, false
	}
	slices.Sort(row.Purposes)
	row.Person, row.Time = person, time.UnixMicro(newest).UTC()
	return row, true
}

// Given lists, by person, the purposes that somebody at a site agrees to now.
func Given(q projection.Querier, site string) (map[string][]string, error) {
	everybody := map[string]words{}
	err := q.Each(`SELECT person, purpose, COALESCE(consented, 0), COALESCE(withdrawn, 0) FROM enrolment_consents WHERE site = ?`,
		[]any{site}, func(scan func(...any) error) error {
			var person, purpose string
			var w struct{ consented, withdrawn int64 }
			if err := scan(&person, &purpose, &w.consented, &w.withdrawn); err != nil {
				return err
			}
			if everybody[person] == nil {
				everybody[person] = words{}
			}
			everybody[person][purpose] = w
			return nil
		})
	given := map[string][]string{}
	for person, s := range everybody {
		for purpose, w := range s {
			if purpose != everything && w.consented > max(w.withdrawn, s[everything].withdrawn) {
				given[person] = append(given[person], purpose)
			}
		}
		slices.Sort(given[person])
	}
	return given, err
}
