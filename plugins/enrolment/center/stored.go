package center

import (
	"errors"
	"time"

	"github.com/luohu/ting/sync/center/projection"
)

// The rules of 2025-06-01 (人脸识别技术应用安全管理办法, article 15): whoever stores the faces
// of 100,000 persons files that with the provincial authority within 30 working days
// of reaching the number. The first level is this program's own: time to prepare.
const (
	FilingSoon = 80_000
	FilingDuty = 100_000
	FilingDays = 30 // working days
)

// storedTables count persons, not templates: somebody who enrolled on five terminals
// is one. A crossing stays noted when the number falls again: the duty was there.
const storedTables = `
CREATE TABLE enrolment_faces (
  person TEXT PRIMARY KEY     -- with a template somewhere in the district
) WITHOUT ROWID;
CREATE TABLE enrolment_sites (
  site   TEXT NOT NULL,
  person TEXT NOT NULL,       -- with a template at the site
  PRIMARY KEY (site, person)
) WITHOUT ROWID;
CREATE TABLE enrolment_count (
  what TEXT PRIMARY KEY,      -- 'persons'
  n    INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE enrolment_filing (
  level   TEXT PRIMARY KEY,   -- 'soon', 'duty'
  reached INTEGER NOT NULL    -- µs since 1970, when the center heard of it
) WITHOUT ROWID;`

// The levels, as they are stored.
const (
	levelSoon = "soon"
	levelDuty = "duty"
)

// recount keeps the count of stored faces right after a person's templates changed.
func (c Consents) recount(tx projection.Tx, r projection.Received, person string) error {
	in := func(query string, args ...any) (there bool, err error) {
		err = tx.One(query, args, &there)
		return there, err
	}
	here, err := in(`SELECT EXISTS (SELECT 1 FROM enrolment_templates WHERE site = ? AND person = ? AND stored IS NOT NULL AND erased IS NULL)`, r.Site, person)
	if err != nil {
		return err
	}
	query := `DELETE FROM enrolment_sites WHERE site = ? AND person = ?`
	if here {
		query = `INSERT INTO enrolment_sites (site, person) VALUES (?, ?) ON CONFLICT (site, person) DO NOTHING`
	}
	if _, err := tx.Exec(query, r.Site, person); err != nil {
		return err
	}
	anywhere, err := in(`SELECT EXISTS (SELECT 1 FROM enrolment_templates WHERE person = ? AND stored IS NOT NULL AND erased IS NULL)`, person)
	if err != nil {
		return err
	}
	query = `DELETE FROM enrolment_faces WHERE person = ?`
	if anywhere {
		query = `INSERT INTO enrolment_faces (person) VALUES (?) ON CONFLICT (person) DO NOTHING`
	}
	changed, err := tx.Exec(query, person)
	if err != nil || changed == 0 {
		return err
	}
	if !anywhere {
		changed = -changed
	}
	if _, err := tx.Exec(`INSERT INTO enrolment_count (what, n) VALUES ('persons', ?)
		ON CONFLICT (what) DO UPDATE SET n = enrolment_count.n + excluded.n`, changed); err != nil {
		return err
	}
	n, err := persons(tx)
	if err != nil {
		return err
	}
	for level, reached := range map[string]bool{levelSoon: n >= c.soon, levelDuty: n >= c.duty} {
		if !reached {
			continue
		}
		if _, err := tx.Exec(`INSERT INTO enrolment_filing (level, reached) VALUES (?, ?) ON CONFLICT (level) DO NOTHING`,
			level, r.ReceivedAt.UnixMicro()); err != nil {
			return err
		}
	}
	return nil
}

func persons(q projection.Querier) (n int64, err error) {
	err = q.One(`SELECT n FROM enrolment_count WHERE what = 'persons'`, nil, &n)
	if errors.Is(err, projection.ErrNotFound) {
		return 0, nil
	}
	return n, err
}

// Stored is how many persons' faces the district's terminals keep, and whether that
// has to be filed.
type Stored struct {
	Persons int64
	Sites   map[string]int64 // persons by site; one of two sites counts in both
	// When the center first heard that the number was reached; zero is never.
	Soon, Duty time.Time
}

// Deadline is the last day for the filing, the end of the 30th working day in the
// times' zone after the number was reached; zero when there is no duty. Saturdays and
// Sundays are left out. Public holidays are not, which the State Council sets year by
// year: the day is never too late, and may be earlier than the law's.
func (s Stored) Deadline(zone *time.Location) time.Time {
	if s.Duty.IsZero() {
		return time.Time{}
	}
	day := s.Duty.In(zone)
	for left := FilingDays; left > 0; {
		day = day.AddDate(0, 0, 1)
		if wd := day.Weekday(); wd != time.Saturday && wd != time.Sunday {
			left--
		}
	}
	return time.Date(day.Year(), day.Month(), day.Day(), 23, 59, 59, 0, zone)
}

// Count reads how many faces are stored.
func Count(q projection.Querier) (s Stored, err error) {
	if s.Persons, err = persons(q); err != nil {
		return s, err
	}
	s.Sites = map[string]int64{}
	err = q.Each(`SELECT site, COUNT(*) FROM enrolment_sites GROUP BY site`, nil, func(scan func(...any) error) error {
		var site string
		var n int64
		err := scan(&site, &n)
		s.Sites[site] = n
		return err
	})
	if err != nil {
		return s, err
	}
	return s, q.Each(`SELECT level, reached FROM enrolment_filing`, nil, func(scan func(...any) error) error {
		var level string
		var reached int64
		err := scan(&level, &reached)
		switch level {
		case levelSoon:
			s.Soon = moment(reached)
		case levelDuty:
			s.Duty = moment(reached)
		}
		return err
	})
}

// Gauges implements projection.Measured.
func (Consents) Gauges(q projection.Querier) ([]projection.Gauge, error) {
	s, err := Count(q)
	level := 0.0
	switch {
	case !s.Duty.IsZero():
		level = 2
	case !s.Soon.IsZero():
		level = 1
	}
	return []projection.Gauge{
		{Name: "faces_stored", Help: "Persons of whom a terminal of the district keeps a face template.", Value: float64(s.Persons)},
		{Name: "faces_filing", Help: "2 once 100,000 persons were reached and have to be filed, 1 once 80,000 were, else 0.", Value: level},
	}, err
}
