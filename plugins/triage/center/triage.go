// Package center is what the district's center makes of triage: who waits at a
// hospital, who has waited too long, and how often nurses changed a level.
//
// Of each case all records are kept; its course follows from them by their times,
// so that the order in which they arrive changes nothing, and a level is never
// lowered but by a nurse. Who still waits goes down to the hospital's terminals as
// triage.FeedWaiting, by ticket.
//
// No name in full and no identity number comes here: the hospital's own system has
// them.
package center

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/triage"
	"github.com/luohu/ting/plugins/triage/rules"
	"github.com/luohu/ting/sync/center/projection"
)

// Triage is the projection. Make it with New.
type Triage struct {
	zone  *time.Location
	rules *rules.Rules
}

var (
	_ projection.Projection = (*Triage)(nil)
	_ projection.Board      = (*Triage)(nil)
	_ projection.Teller     = (*Triage)(nil)
	_ projection.Publisher  = (*Triage)(nil)
)

// New returns the projection for a district in a time zone.
func New(zone *time.Location) *Triage { return &Triage{zone: zone, rules: rules.Default()} }

// Name implements projection.Projection.
func (t *Triage) Name() string { return triage.ID }

// Kinds implements projection.Projection.
func (t *Triage) Kinds() []string {
	return []string{triage.KindAssessed.Name, triage.KindCalled.Name, triage.KindDeskAssessed.Name, triage.KindDecided.Name}
}

// Feeds implements projection.Publisher.
func (t *Triage) Feeds() []string { return []string{triage.FeedWaiting} }

// Schema implements projection.Projection.
func (t *Triage) Schema() projection.Schema {
	return projection.Schema{
		Tables: []string{"triage_events", "triage_cases"},
		SQL: `
CREATE TABLE triage_events (
  id     BLOB PRIMARY KEY,
  site   TEXT NOT NULL,
  case_id TEXT NOT NULL,
  kind   TEXT NOT NULL,
  at     INTEGER NOT NULL,  -- µs since 1970
  body   BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX triage_events_case ON triage_events (site, case_id);
CREATE TABLE triage_cases (
  site       TEXT NOT NULL,
  case_id    TEXT NOT NULL,
  code       TEXT NOT NULL,
  name       TEXT NOT NULL,    -- masked
  day        TEXT NOT NULL,    -- 2006-01-02, of the first record
  since      INTEGER NOT NULL, -- µs since 1970
  looked     INTEGER NOT NULL,
  first      INTEGER NOT NULL, -- level
  level      INTEGER NOT NULL,
  department TEXT NOT NULL,
  calling    INTEGER NOT NULL, -- 1 while a nurse is called
  confirmed  INTEGER NOT NULL,
  gone       TEXT NOT NULL,    -- seen, left, or nothing while the patient waits
  gone_at    INTEGER NOT NULL,
  raised     INTEGER NOT NULL,
  lowered    INTEGER NOT NULL,
  PRIMARY KEY (site, case_id)
) WITHOUT ROWID;
CREATE INDEX triage_cases_day ON triage_cases (site, day, level, since);
CREATE INDEX triage_cases_open ON triage_cases (site, gone, looked);`,
	}
}

// Apply implements projection.Projection.
func (t *Triage) Apply(_ context.Context, tx projection.Tx, r projection.Received) error {
	if r.Version != 1 {
		return projection.UnknownVersion(r.Kind, r.Version)
	}
	e, caseID, err := decode(r.Kind, r.Body)
	if err != nil {
		return projection.Permanent(err)
	}
	_, err = tx.Exec(`INSERT INTO triage_events (id, site, case_id, kind, at, body) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
		r.ID[:], r.Site, caseID, r.Kind, e.at.UnixMicro(), r.Body)
	if err != nil {
		return err
	}
	c, err := t.course(tx, r.Site, caseID)
	if err != nil {
		return err
	}
	if err := t.store(tx, r.Site, c); err != nil {
		return err
	}
	if c.gone != "" {
		err = tx.DeleteFeed(r.Site, triage.FeedWaiting, c.Code)
	} else {
		err = tx.PutFeed(r.Site, triage.FeedWaiting, c.Code, c.Waiting)
	}
	if err != nil {
		return err
	}
	return t.forget(tx, r.Site, e.at)
}

// decode reads a record of any of the kinds and checks what the course needs.
func decode(kind string, body []byte) (e event, caseID string, err error) {
	var level rules.Level
	var code string
	switch kind {
	case triage.KindAssessed.Name, triage.KindDeskAssessed.Name:
		e.assessed = &triage.Assessed{}
		if err := json.Unmarshal(body, e.assessed); err != nil {
			return e, "", err
		}
		caseID, code, level, e.at = e.assessed.Case, e.assessed.Code, e.assessed.Level, e.assessed.At
	case triage.KindCalled.Name:
		e.called = &triage.Called{}
		if err := json.Unmarshal(body, e.called); err != nil {
			return e, "", err
		}
		caseID, code, level, e.at = e.called.Case, e.called.Code, e.called.Level, e.called.At
	case triage.KindDecided.Name:
		e.decided = &triage.Decided{}
		if err := json.Unmarshal(body, e.decided); err != nil {
			return e, "", err
		}
		caseID, code, level, e.at = e.decided.Case, e.decided.Code, e.decided.Level, e.decided.At
		if e.decided.By == "" {
			return e, "", errors.New("a decision of nobody")
		}
		if e.decided.Decision == triage.Lower && e.decided.Reason == "" {
			return e, "", errors.New("a level is lowered without a reason")
		}
	default:
		return e, "", fmt.Errorf("kind %q is not triage's", kind)
	}
	switch {
	case caseID == "" || code == "":
		return e, "", errors.New("a record of no case")
	case e.at.IsZero():
		return e, "", errors.New("a record without a time")
	case level < rules.Critical || level > rules.LessUrgent:
		return e, "", fmt.Errorf("level %d is none", int(level))
	}
	return e, caseID, nil
}

// course reads a case's records and folds them.
func (t *Triage) course(tx projection.Tx, site, caseID string) (course, error) {
	var events []event
	err := tx.Each(`SELECT id, kind, body FROM triage_events WHERE site = ? AND case_id = ?`, []any{site, caseID}, func(scan func(...any) error) error {
		var id, body []byte
		var kind string
		if err := scan(&id, &kind, &body); err != nil {
			return err
		}
		e, _, err := decode(kind, body)
		if err != nil {
			return err
		}
		copy(e.id[:], id)
		events = append(events, e)
		return nil
	})
	return fold(events), err
}

func (t *Triage) store(tx projection.Tx, site string, c course) error {
	goneAt := int64(0)
	if c.gone != "" {
		goneAt = c.goneAt.UnixMicro()
	}
	_, err := tx.Exec(`INSERT INTO triage_cases
		(site, case_id, code, name, day, since, looked, first, level, department, calling, confirmed, gone, gone_at, raised, lowered)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (site, case_id) DO UPDATE SET code = excluded.code, name = excluded.name, day = excluded.day, since = excluded.since,
		looked = excluded.looked, first = excluded.first, level = excluded.level, department = excluded.department, calling = excluded.calling,
		confirmed = excluded.confirmed, gone = excluded.gone, gone_at = excluded.gone_at, raised = excluded.raised, lowered = excluded.lowered`,
		site, c.Case, c.Code, c.Name, t.day(c.Since), c.Since.UnixMicro(), c.Looked.UnixMicro(), int(c.first), int(c.Level), c.Department,
		truth(c.Called), truth(c.Confirmed), c.gone, goneAt, c.raised, c.lowered)
	return err
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// forgotten is after how long a case that nobody closed leaves the queue: the
// patient is no longer in the house.
const forgotten = 24 * time.Hour

// forget takes cases out of the feed that nobody has looked at for a day before at.
func (t *Triage) forget(tx projection.Tx, site string, at time.Time) error {
	var codes []string
	err := tx.Each(`SELECT code FROM triage_cases WHERE site = ? AND gone = '' AND looked < ?`, []any{site, at.Add(-forgotten).UnixMicro()},
		func(scan func(...any) error) error {
			var code string
			err := scan(&code)
			codes = append(codes, code)
			return err
		})
	if err != nil {
		return err
	}
	for _, code := range codes {
		if err := tx.DeleteFeed(site, triage.FeedWaiting, code); err != nil {
			return err
		}
	}
	_, err = tx.Exec(`UPDATE triage_cases SET gone = ? WHERE site = ? AND gone = '' AND looked < ?`, triage.Left, site, at.Add(-forgotten).UnixMicro())
	return err
}

func (t *Triage) day(at time.Time) string { return at.In(t.zone).Format(time.DateOnly) }

// Tell implements projection.Teller.
func (t *Triage) Tell(r projection.Received) (projection.Line, bool) {
	if r.Version != 1 {
		return projection.Line{}, false
	}
	e, _, err := decode(r.Kind, r.Body)
	if err != nil {
		return projection.Line{}, false
	}
	l := projection.Line{At: e.at.In(t.zone)}
	switch {
	case e.called != nil:
		l.Text, l.Tone = view.T("呼叫护士", "a nurse is called"), view.Warning
	case e.assessed != nil:
		n := t.rules.Level(e.assessed.Level).Name
		l.Text = view.T("分诊 "+n.ZH, "triaged, "+n.EN)
		if e.assessed.Level <= rules.Emergency {
			l.Tone = view.Warning
		}
	default:
		l.Text = decisionText(e.decided.Decision)
	}
	return l, true
}

func decisionText(d string) view.Text {
	switch d {
	case triage.Raise:
		return view.T("护士调高级别", "raised by a nurse")
	case triage.Lower:
		return view.T("护士调低级别", "lowered by a nurse")
	case triage.Seen:
		return view.T("已接诊", "seen by a doctor")
	case triage.Left:
		return view.T("已离开", "has left")
	}
	return view.T("护士确认级别", "confirmed by a nurse")
}
