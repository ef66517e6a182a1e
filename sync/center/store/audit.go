package store

import (
	"errors"
	"time"
)

// Meta reads one of the center's own facts, "" for none.
func (tx *Tx) Meta(name string) (value string, err error) {
	err = tx.One(`SELECT value FROM meta WHERE name = ?`, []any{name}, &value)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return value, err
}

// SetMeta stores one.
func (tx *Tx) SetMeta(name, value string) error {
	_, err := tx.Exec(`INSERT INTO meta (name, value) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	return err
}

// Identity names the database itself, so that a copy of it that was put into
// another place can be told from it: "" where only the file says so.
func (tx *Tx) Identity() (string, error) { return tx.s.identity() }

// Audit is one thing that somebody did to the center, or that it did by itself.
type Audit struct {
	ID      int64
	At      time.Time
	Who     string // an administrator, "center" or "command"
	Action  string // "consent.withdraw", "terminal.quarantine"
	Subject string // a number or name of what it was done to
	Detail  string
}

// Note stores an audit entry.
func (tx *Tx) Note(a Audit) error {
	_, err := tx.Exec(`INSERT INTO audit (at, who, action, subject, detail) VALUES (?, ?, ?, ?, ?)`,
		millis(a.At), a.Who, a.Action, a.Subject, a.Detail)
	return err
}

// Audits lists the audit entries before an ID (0: the newest), newest first.
func (tx *Tx) Audits(before int64, limit int) (list []Audit, err error) {
	if before <= 0 {
		before = 1 << 62
	}
	err = tx.Each(`SELECT id, at, who, action, subject, detail FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?`,
		[]any{before, limit}, func(scan func(...any) error) error {
			var a Audit
			var at int64
			err := scan(&a.ID, &at, &a.Who, &a.Action, &a.Subject, &a.Detail)
			a.At = fromMillis(at)
			list = append(list, a)
			return err
		})
	return list, err
}
