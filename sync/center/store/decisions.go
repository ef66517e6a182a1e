package store

import (
	"errors"
	"time"
)

// Verdict is what a person decided.
type Verdict string

// The verdicts.
const (
	Accepted    Verdict = "accepted"    // a letter: its record has no effect
	Compensated Verdict = "compensated" // a letter: another record was made in its stead
	Proposed    Verdict = "proposed"    // a fork: somebody wants it taken in, another must agree
	Adopted     Verdict = "adopted"     // a fork: taken in
	Dismissed   Verdict = "dismissed"   // a fork: kept, and nothing more
)

// LetterDecision is what a person decided on a dead letter. It keeps the letter,
// so that the decision can be undone.
type LetterDecision struct {
	Letter       DeadLetter // At is not kept
	Verdict      Verdict
	Compensation int64 // the position of the record made in its stead, 0 for none
	Reason, Who  string
	At           time.Time
}

const selectDecision = `SELECT projection, position, site, key, letter, error, verdict, compensation, reason, who, at
	FROM letter_decisions `

func scanDecision(scan func(...any) error) (d LetterDecision, err error) {
	var at int64
	l := &d.Letter
	err = scan(&l.Projection, &l.Position, &l.Site, &l.Key, &l.Reason, &l.Error, &d.Verdict, &d.Compensation, &d.Reason, &d.Who, &at)
	d.At = fromMillis(at)
	return d, err
}

// AddLetterDecision stores a decision.
func (tx *Tx) AddLetterDecision(d LetterDecision) error {
	l := d.Letter
	_, err := tx.Exec(`INSERT INTO letter_decisions (projection, position, site, key, letter, error, verdict, compensation, reason, who, at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		l.Projection, l.Position, l.Site, l.Key, l.Reason, l.Error, d.Verdict, d.Compensation, d.Reason, d.Who, millis(d.At))
	return err
}

// LetterDecision reads the decision on a record, ErrNotFound when there is none.
func (tx *Tx) LetterDecision(projection string, position int64) (LetterDecision, error) {
	return scanDecision(func(dest ...any) error {
		return tx.One(selectDecision+`WHERE projection = ? AND position = ?`, []any{projection, position}, dest...)
	})
}

// LetterDecisions lists the newest decisions.
func (tx *Tx) LetterDecisions(limit int) (list []LetterDecision, err error) {
	err = tx.Each(selectDecision+`ORDER BY at DESC, position DESC LIMIT ?`, []any{limit}, func(scan func(...any) error) error {
		d, err := scanDecision(scan)
		list = append(list, d)
		return err
	})
	return list, err
}

// DropLetterDecision forgets a decision.
func (tx *Tx) DropLetterDecision(projection string, position int64) error {
	n, err := tx.Exec(`DELETE FROM letter_decisions WHERE projection = ? AND position = ?`, projection, position)
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	return err
}

// DeadLetter reads one dead letter.
func (tx *Tx) DeadLetter(projection string, position int64) (DeadLetter, error) {
	list, err := tx.letters(selectLetters+`WHERE projection = ? AND position = ?`, projection, position)
	if err == nil && len(list) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return DeadLetter{}, err
	}
	return list[0], nil
}

// DeadLettersAfter lists dead letters behind a position, the oldest first, at
// most limit. reason is of those wanted, "" for all.
func (tx *Tx) DeadLettersAfter(after int64, reason Reason, limit int) ([]DeadLetter, error) {
	return tx.letters(selectLetters+`WHERE position > ? AND (reason = ? OR ? = '') ORDER BY position, projection LIMIT ?`,
		after, reason, reason, limit)
}

// CountDeadLettersOf is how many dead letters there are for a reason.
func (tx *Tx) CountDeadLettersOf(reason Reason) (n int64, err error) {
	err = tx.One(`SELECT COUNT(*) FROM dead_letters WHERE reason = ?`, []any{reason}, &n)
	return n, err
}

// ForkDecision is what a person decided on the other history of a chain.
type ForkDecision struct {
	Chain       int64
	Verdict     Verdict
	Reason, Who string
	At          time.Time
}

// ForkDecision reads the decision on a chain's fork, ErrNotFound when there is none.
func (tx *Tx) ForkDecision(chain int64) (d ForkDecision, err error) {
	var at int64
	err = tx.One(`SELECT chain, verdict, reason, who, at FROM fork_decisions WHERE chain = ?`, []any{chain},
		&d.Chain, &d.Verdict, &d.Reason, &d.Who, &at)
	d.At = fromMillis(at)
	return d, err
}

// SetForkDecision stores the decision on a chain's fork in the place of an earlier one.
func (tx *Tx) SetForkDecision(d ForkDecision) error {
	_, err := tx.Exec(`INSERT INTO fork_decisions (chain, verdict, reason, who, at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (chain) DO UPDATE SET verdict = excluded.verdict, reason = excluded.reason, who = excluded.who, at = excluded.at`,
		d.Chain, d.Verdict, d.Reason, d.Who, millis(d.At))
	return err
}

// DropForkDecision makes a chain's fork wait for a person again.
func (tx *Tx) DropForkDecision(chain int64) error {
	_, err := tx.Exec(`DELETE FROM fork_decisions WHERE chain = ?`, chain)
	return err
}

// WaitingForks counts the forks that wait for a person.
func (tx *Tx) WaitingForks() (n int64, err error) {
	err = tx.One(`SELECT COUNT(DISTINCT f.chain) FROM forks f LEFT JOIN fork_decisions d ON d.chain = f.chain
		WHERE f.adopted_at = 0 AND (d.verdict IS NULL OR d.verdict <> ?)`, []any{Dismissed}, &n)
	return n, err
}

// ForkOf sums up what is kept of a chain's fork and not taken in, ErrNotFound for none.
func (tx *Tx) ForkOf(chain int64) (Fork, error) {
	list, err := tx.Forks()
	for _, f := range list {
		if f.ID == chain && f.AdoptedAt.IsZero() {
			return f, err
		}
	}
	return Fork{}, errors.Join(err, ErrNotFound)
}
