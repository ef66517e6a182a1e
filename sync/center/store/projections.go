package store

import (
	"errors"
	"time"
)

// Projected is how far a projection has come.
type Projected struct {
	Cursor     int64
	Schema     string
	Rebuilding bool
}

// Projected reads a projection's state; zero before its first start.
func (tx *Tx) Projected(name string) (p Projected, err error) {
	err = tx.One(`SELECT cursor, schema, rebuilding FROM projections WHERE name = ?`, []any{name},
		&p.Cursor, &p.Schema, &p.Rebuilding)
	if errors.Is(err, ErrNotFound) {
		return Projected{}, nil
	}
	return p, err
}

// LockProjected is Projected, and keeps others from changing it until the
// transaction ends.
func (tx *Tx) LockProjected(name string) (p Projected, err error) {
	err = tx.One(`SELECT cursor, schema, rebuilding FROM projections WHERE name = ?`+tx.s.forUpdate(), []any{name},
		&p.Cursor, &p.Schema, &p.Rebuilding)
	if errors.Is(err, ErrNotFound) {
		return Projected{}, nil
	}
	return p, err
}

// SetProjected stores a projection's state.
func (tx *Tx) SetProjected(name string, p Projected) error {
	_, err := tx.Exec(`INSERT INTO projections (name, cursor, schema, rebuilding) VALUES (?, ?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET cursor = excluded.cursor, schema = excluded.schema, rebuilding = excluded.rebuilding`,
		name, p.Cursor, p.Schema, p.Rebuilding)
	return err
}

// Reason is why a record lies among the dead letters.
type Reason string

// The reasons.
const (
	Permanent Reason = "permanent" // its projection can never apply it as it is
	Version   Reason = "version"   // of a shape that nobody here knows yet
	Parked    Reason = "parked"    // it waits behind another record of its key
)

// DeadLetter is a record that a projection has not applied.
type DeadLetter struct {
	Projection string
	Position   int64
	Site       string
	Key        string
	Reason     Reason
	Error      string
	At         time.Time
}

// AddDeadLetter stores a dead letter, or its newer reason.
func (tx *Tx) AddDeadLetter(l DeadLetter) error {
	_, err := tx.Exec(`INSERT INTO dead_letters (projection, position, site, key, reason, error, at) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (projection, position) DO UPDATE SET reason = excluded.reason, error = excluded.error, at = excluded.at`,
		l.Projection, l.Position, l.Site, l.Key, l.Reason, l.Error, millis(l.At))
	return err
}

// DropDeadLetter removes a dead letter that was applied, or given up.
func (tx *Tx) DropDeadLetter(projection string, position int64) error {
	n, err := tx.Exec(`DELETE FROM dead_letters WHERE projection = ? AND position = ?`, projection, position)
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	return err
}

// DropDeadLetters removes all of a projection's.
func (tx *Tx) DropDeadLetters(projection string) error {
	_, err := tx.Exec(`DELETE FROM dead_letters WHERE projection = ?`, projection)
	return err
}

// IsParked reports whether a key waits behind a dead letter.
func (tx *Tx) IsParked(projection, site, key string) (parked bool, err error) {
	err = tx.One(`SELECT EXISTS (SELECT 1 FROM dead_letters WHERE projection = ? AND site = ? AND key = ?)`,
		[]any{projection, site, key}, &parked)
	return parked, err
}

const selectLetters = `SELECT projection, position, site, key, reason, error, at FROM dead_letters `

// DeadLetters lists dead letters, the oldest first, at most limit.
func (tx *Tx) DeadLetters(limit int) ([]DeadLetter, error) {
	return tx.letters(selectLetters+`ORDER BY position, projection LIMIT ?`, limit)
}

// DeadLettersOf lists those of one key, in the order of the log.
func (tx *Tx) DeadLettersOf(projection, site, key string) ([]DeadLetter, error) {
	return tx.letters(selectLetters+`WHERE projection = ? AND site = ? AND key = ? ORDER BY position`, projection, site, key)
}

// DeadLetterKeys lists the first dead letter of each key that a reason applies to.
func (tx *Tx) DeadLetterKeys(projection string, reason Reason) ([]DeadLetter, error) {
	return tx.letters(selectLetters+`WHERE projection = ? AND reason = ? ORDER BY position`, projection, reason)
}

func (tx *Tx) letters(query string, args ...any) (list []DeadLetter, err error) {
	err = tx.Each(query, args, func(scan func(...any) error) error {
		var l DeadLetter
		var at int64
		err := scan(&l.Projection, &l.Position, &l.Site, &l.Key, &l.Reason, &l.Error, &at)
		l.At = fromMillis(at)
		list = append(list, l)
		return err
	})
	return list, err
}

// CountDeadLetters is how many there are.
func (tx *Tx) CountDeadLetters() (n int64, err error) {
	err = tx.One(`SELECT COUNT(*) FROM dead_letters`, nil, &n)
	return n, err
}
