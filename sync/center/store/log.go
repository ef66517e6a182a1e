package store

import (
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/luohu/ting/sync/record"
)

// Append is what one chain brings to the log.
type Append struct {
	Chain    int64
	Records  []record.Record
	Received time.Time
}

// Cursor is how far a chain is committed.
type Cursor struct {
	Chain, Seq int64
	Hash       record.Hash
}

// LockChains reads the first histories of chains, those that have begun, and keeps
// others from moving them until the transaction ends. Everybody must lock all his
// chains in one call, before he appends.
func (tx *Tx) LockChains(names []record.Chain) ([]Chain, error) { return tx.s.chains(names, true) }

// Chains is LockChains without the lock, for one who only looks.
func (tx *Tx) Chains(names []record.Chain) ([]Chain, error) { return tx.s.chains(names, false) }

// Append puts records at the end of the log, in their order. From here to its end
// the transaction holds the log: other processes' appends come before, or after.
func (tx *Tx) Append(list []Append) error { return tx.s.append(list) }

// MoveCursors says how far chains are committed.
func (tx *Tx) MoveCursors(list []Cursor) error { return tx.s.moveCursors(list) }

// LastPosition is the end of the raw log, 0 when it is empty. Positions rise, but
// need not follow each other.
func (tx *Tx) LastPosition() (int64, error) { return tx.s.lastPosition() }

// Received is a record of the raw log.
type Received struct {
	Position int64
	record.Chain
	Site       string
	Record     record.Record
	ReceivedAt time.Time
}

const selectReceived = `SELECT i.position, c.terminal, c.epoch, c.lane, c.site, i.received_at,
	i.seq, i.id, i.kind, i.version, i.key, i.body, i.hash
	FROM inbox i JOIN chains c ON c.id = i.chain `

// Log calls fn for the records after a position, at most limit, in order.
func (tx *Tx) Log(after int64, limit int, fn func(Received) error) error {
	return tx.Each(selectReceived+`WHERE i.position > ? ORDER BY i.position LIMIT ?`, []any{after, limit}, received(fn))
}

// Latest calls fn for the newest records, the newest first, at most limit.
func (tx *Tx) Latest(limit int, fn func(Received) error) error {
	return tx.Each(selectReceived+`ORDER BY i.position DESC LIMIT ?`, []any{limit}, received(fn))
}

// At reads the record at a position.
func (tx *Tx) At(position int64) (r Received, err error) {
	err = tx.Each(selectReceived+`WHERE i.position = ?`, []any{position}, received(func(got Received) error {
		r = got
		return nil
	}))
	if err == nil && r.Position == 0 {
		err = ErrNotFound
	}
	return r, err
}

func received(fn func(Received) error) func(scan func(...any) error) error {
	return func(scan func(...any) error) error {
		var r Received
		var at int64
		rec, err := scanRecord(func(dest ...any) error {
			return scan(append([]any{&r.Position, &r.Terminal, &r.Epoch, &r.Lane, &r.Site, &at}, dest...)...)
		})
		if err != nil {
			return err
		}
		r.Record, r.ReceivedAt = rec, fromMillis(at)
		return fn(r)
	}
}

func scanRecord(scan func(...any) error) (r record.Record, err error) {
	var id, hash []byte
	if err := scan(&r.Seq, &id, &r.Kind, &r.Version, &r.Key, &r.Body, &hash); err != nil {
		return r, err
	}
	if len(id) != len(uuid.UUID{}) || len(hash) != len(record.Hash{}) {
		return r, errors.Join(ErrCorrupt, errors.New("an ID or hash of the wrong length"))
	}
	copy(r.ID[:], id)
	copy(r.Hash[:], hash)
	return r, nil
}
