package center

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/luohu/ting/sync/center/projection"
	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/record"
)

// Errors of decisions.
var (
	// ErrBody is returned for a compensation that is not one JSON object.
	ErrBody = errors.New("the record's body must be one JSON object")
	// ErrFinal is returned when a decision has had effects that cannot be taken back.
	ErrFinal = errors.New("this decision cannot be undone: its record is in the log")
)

// Accept decides that a dead letter has no effect: the record stays in the log,
// those parked behind it can be replayed, and a projection built anew passes over
// it. Undo takes the decision back.
func (c *Center) Accept(ctx context.Context, who, name string, position int64, reason string) error {
	return c.changing(ctx, "letters", func(tx *store.Tx) error {
		_, err := c.decideLetter(tx, store.LetterDecision{Verdict: store.Accepted, Who: who, Reason: reason}, name, position)
		return err
	})
}

// changing writes, and then tells the consoles of every center what changed.
func (c *Center) changing(ctx context.Context, what string, fn func(*store.Tx) error) error {
	err := c.db.Write(ctx, func(tx *store.Tx) error {
		c.tellOthers(tx, noteShown, what+" audit")
		return fn(tx)
	})
	if err == nil {
		c.Events.Announce(what, "audit")
	}
	return err
}

// decideLetter stores a decision on a dead letter in its place and notes it.
func (c *Center) decideLetter(tx *store.Tx, d store.LetterDecision, name string, position int64) (_ store.LetterDecision, err error) {
	if d.Letter, err = tx.DeadLetter(name, position); err != nil {
		return d, err
	}
	d.At = c.now()
	if err := errors.Join(tx.DropDeadLetter(name, position), tx.AddLetterDecision(d)); err != nil {
		return d, err
	}
	return d, tx.Note(store.Audit{At: d.At, Who: d.Who, Action: "letter." + string(d.Verdict), Subject: name,
		Detail: fmt.Sprintf("position %d: %s", position, d.Reason)})
}

// Compensate decides a dead letter by a record that says what really happened,
// of the same kind, version and key, made at the center: the letter has no
// effect, the new record has. It returns the new record's position, and then the
// records parked behind the letter can be replayed.
func (c *Center) Compensate(ctx context.Context, who, name string, position int64, body json.RawMessage, reason string) (instead int64, err error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(body, &object); err != nil || object == nil {
		return 0, ErrBody
	}
	r, err := c.runner(name)
	if err != nil {
		return 0, err
	}
	r.mu.Lock() // or a step could take the new record before the letter is gone
	err = c.changing(ctx, "letters", func(tx *store.Tx) error {
		letter, err := tx.At(position)
		if err != nil {
			return err
		}
		of := letter.Record
		rec := record.Record{Kind: of.Kind, Version: of.Version, Key: of.Key, Body: body}
		if instead, err = c.append(tx, letter.Site, letter.Lane, rec); err != nil {
			return err
		}
		_, err = c.decideLetter(tx, store.LetterDecision{Verdict: store.Compensated, Compensation: instead, Who: who, Reason: reason}, name, position)
		return err
	})
	r.mu.Unlock()
	if err != nil {
		return 0, err
	}
	c.wakeRunners()
	return instead, nil
}

// Undo makes an accepted letter wait again.
func (c *Center) Undo(ctx context.Context, who, name string, position int64) error {
	return c.changing(ctx, "letters", func(tx *store.Tx) error {
		d, err := tx.LetterDecision(name, position)
		if err != nil {
			return err
		}
		if d.Verdict != store.Accepted {
			return ErrFinal
		}
		d.Letter.At = c.now()
		return errors.Join(tx.DropLetterDecision(name, position), tx.AddDeadLetter(d.Letter),
			tx.Note(store.Audit{At: c.now(), Who: who, Action: "letter.undo", Subject: name, Detail: fmt.Sprintf("position %d", position)}))
	})
}

// Dismiss decides that the other history of a chain stays kept and has no effect.
func (c *Center) Dismiss(ctx context.Context, who string, chain int64, reason string) error {
	return c.decideFork(ctx, "fork.dismiss", store.ForkDecision{Chain: chain, Verdict: store.Dismissed, Who: who, Reason: reason})
}

// ProposeAdopt says that somebody wants the other history taken in. Whoever
// agrees calls Adopt.
func (c *Center) ProposeAdopt(ctx context.Context, who string, chain int64, reason string) error {
	return c.decideFork(ctx, "fork.propose", store.ForkDecision{Chain: chain, Verdict: store.Proposed, Who: who, Reason: reason})
}

func (c *Center) decideFork(ctx context.Context, action string, d store.ForkDecision) error {
	return c.changing(ctx, "forks", func(tx *store.Tx) error {
		f, err := tx.ForkOf(d.Chain)
		if err != nil {
			return err
		}
		d.At = c.now()
		if err := tx.SetForkDecision(d); err != nil {
			return err
		}
		return tx.Note(store.Audit{At: d.At, Who: d.Who, Action: action, Subject: f.Terminal,
			Detail: fmt.Sprintf("epoch %d, lane %v, %d records: %s", f.Epoch, f.Lane, f.Records, d.Reason)})
	})
}

// Reopen makes a fork that was dismissed or proposed wait again.
func (c *Center) Reopen(ctx context.Context, who string, chain int64) error {
	return c.changing(ctx, "forks", func(tx *store.Tx) error {
		f, err := tx.ForkOf(chain)
		if err != nil {
			return err
		}
		if _, err := tx.ForkDecision(chain); err != nil {
			return err
		}
		return errors.Join(tx.DropForkDecision(chain),
			tx.Note(store.Audit{At: c.now(), Who: who, Action: "fork.reopen", Subject: f.Terminal}))
	})
}

// decided reports whether a person decided that a record has no effect. Only a
// projection built anew meets such records.
func (t *tx) decided(position int64) (bool, error) {
	_, err := t.LetterDecision(t.r.name, position)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

var _ projection.Tx = (*tx)(nil)
