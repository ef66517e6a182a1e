package store

import (
	"errors"
	"time"
)

// Attempts is how often something was tried wrongly, by whom, in a window of time.
func (tx *Tx) Attempts(kind, who string, window time.Time) (n int64, err error) {
	err = tx.One(`SELECT count FROM attempts WHERE kind = ? AND who = ? AND window_at = ?`, []any{kind, who, millis(window)}, &n)
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	return n, err
}

// AddAttempt counts one, and forgets those of the windows before.
func (tx *Tx) AddAttempt(kind, who string, window time.Time) error {
	if _, err := tx.Exec(`DELETE FROM attempts WHERE kind = ? AND window_at < ?`, kind, millis(window)); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO attempts (kind, who, window_at, count) VALUES (?, ?, ?, 1)
		ON CONFLICT (kind, who, window_at) DO UPDATE SET count = attempts.count + 1`, kind, who, millis(window))
	return err
}
