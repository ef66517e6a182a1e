package center

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/luohu/ting/kiosk/identity/receipt"
	"github.com/luohu/ting/plugins/enrolment"
	"github.com/luohu/ting/sync/center/projection"
)

// holderTables keep who holds a template of whom. A template is there from the word
// that it was stored to the word that it was erased, whichever comes first: one that
// was erased never comes back, for each enrolment makes another ID.
const holderTables = `
CREATE TABLE enrolment_templates (
  site     TEXT NOT NULL,
  person   TEXT NOT NULL,
  template TEXT NOT NULL,
  terminal TEXT NOT NULL,
  stored   INTEGER,           -- µs since 1970
  erased   INTEGER,
  cause    TEXT NOT NULL,
  PRIMARY KEY (site, person, template)
) WITHOUT ROWID;
CREATE INDEX enrolment_templates_person ON enrolment_templates (person);
CREATE INDEX enrolment_templates_terminal ON enrolment_templates (terminal);`

// Holder is a terminal that holds a template of a person, or held one.
type Holder struct {
	Terminal string
	Template string    // its ID
	Stored   time.Time // zero where only the erasure has come so far
	Erased   time.Time // zero while the template is there; else when it was erased
	Cause    receipt.Cause
}

// Holders are the terminals of a site that hold or held a template of a person, the
// oldest template first.
func Holders(q projection.Querier, site, person string) (list []Holder, err error) {
	err = q.Each(`SELECT terminal, template, COALESCE(stored, 0), COALESCE(erased, 0), cause FROM enrolment_templates
		WHERE site = ? AND person = ? ORDER BY COALESCE(stored, erased), terminal, template`,
		[]any{site, person}, func(scan func(...any) error) error {
			var h Holder
			var stored, erased int64
			err := scan(&h.Terminal, &h.Template, &stored, &erased, (*string)(&h.Cause))
			h.Stored, h.Erased = moment(stored), moment(erased)
			list = append(list, h)
			return err
		})
	return list, err
}

// applyStored takes in that a terminal has stored a template, with the consent
// where it came along.
func (c Consents) applyStored(tx projection.Tx, r projection.Received) error {
	var s receipt.Stored
	if err := json.Unmarshal(r.Body, &s); err != nil {
		return projection.Permanent(err)
	}
	if err := check(s.Person, s.At, s.Purposes); err != nil {
		return projection.Permanent(err)
	}
	if s.Template == "" {
		return projection.Permanent(errors.New("a template without an ID"))
	}
	if err := c.hold(tx, r, s.Person, s.Template, s.At); err != nil {
		return err
	}
	if s.Consent == nil {
		return nil
	}
	// The consent is as old as the paper it stands on: a withdrawal since then wins.
	return applyConsent(tx, r.Site, enrolment.Consented{
		Person: s.Person, Name: s.Name, Role: s.Role, Group: s.Group, Purposes: s.Purposes,
		TextVersion: s.Consent.TextVersion, GivenBy: s.Consent.GivenBy, Way: s.Consent.Way, At: s.Consent.At,
	})
}

// hold notes that a terminal holds a template since a moment.
func (c Consents) hold(tx projection.Tx, r projection.Received, person, template string, at time.Time) error {
	if strings.HasPrefix(r.Terminal, "center/") {
		return nil // what the staff typed at the center stores no template
	}
	_, err := tx.Exec(`INSERT INTO enrolment_templates (site, person, template, terminal, stored, cause) VALUES (?, ?, ?, ?, ?, '')
		ON CONFLICT (site, person, template) DO UPDATE SET stored = excluded.stored
		WHERE enrolment_templates.stored IS NULL OR enrolment_templates.stored > excluded.stored`,
		r.Site, person, template, r.Terminal, at.UnixMicro())
	if err != nil {
		return err
	}
	if err := c.recount(tx, r, person); err != nil {
		return err
	}
	return publish(tx, r.Site, person)
}

// applyErased takes in a deletion receipt.
func (c Consents) applyErased(tx projection.Tx, r projection.Received) error {
	var e receipt.Erased
	if err := json.Unmarshal(r.Body, &e); err != nil {
		return projection.Permanent(err)
	}
	if err := check(e.Person, e.At, nil); err != nil {
		return projection.Permanent(err)
	}
	if e.Template == "" {
		return projection.Permanent(errors.New("a template without an ID"))
	}
	// Should a receipt come twice, the earlier time is the true one.
	_, err := tx.Exec(`INSERT INTO enrolment_templates (site, person, template, terminal, erased, cause) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (site, person, template) DO UPDATE SET erased = excluded.erased, cause = excluded.cause
		WHERE enrolment_templates.erased IS NULL OR enrolment_templates.erased > excluded.erased`,
		r.Site, e.Person, e.Template, r.Terminal, e.At.UnixMicro(), string(e.Cause))
	if err != nil {
		return err
	}
	if err := c.recount(tx, r, e.Person); err != nil {
		return err
	}
	return publish(tx, r.Site, e.Person)
}
