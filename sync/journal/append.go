package journal

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/luohu/ting/sync/record"
)

// Entry is a record before it has its place in a chain.
type Entry struct {
	Lane    record.Lane
	Kind    string // "gate.pass"
	Version int    // of the kind's shape, from 1
	Key     string // aggregate key
	Body    []byte // stored, hashed and sent as it is; at most record.MaxBody
}

// Appended is a record with its place.
type Appended struct {
	record.Record
	Chain record.Chain
	Prev  record.Hash // of the record before it; zero for the first
}

// Append makes e durable and returns only then. When it fails nothing is
// stored: with ErrDiskFull there was no room, with record.ErrInvalid the entry
// cannot be a record, with ctx's error it had not been begun. After
// ErrDurability nobody can say: the journal has stopped, and opening it anew tells.
func (j *Journal) Append(ctx context.Context, e Entry) (Appended, error) {
	return j.AppendWith(ctx, e, nil)
}

// AppendWith is Append with business rows in the same transaction: fn is run
// after the record is in its place, and when it fails neither is stored and its
// error is returned. fn runs on the journal's own goroutine while other
// appenders wait: it must be quick, use nothing but tx, not end tx, and not
// call the journal. It makes its tables itself (CREATE TABLE IF NOT EXISTS).
func (j *Journal) AppendWith(ctx context.Context, e Entry, fn func(ctx context.Context, tx *sql.Tx) error) (Appended, error) {
	if e.Lane != record.Ordinary && e.Lane != record.Urgent {
		return Appended{}, fmt.Errorf("append %s: %w: %s", e.Kind, record.ErrInvalid, e.Lane)
	}
	var a Appended
	err := j.write(ctx, &job{
		adds: true,
		size: len(e.Body),
		run: func(t *transaction) (err error) {
			if a, err = t.append(e); err != nil || fn == nil {
				return err
			}
			return fn(context.WithoutCancel(ctx), t.Tx)
		},
		commit: func() { j.wake(e.Lane) },
	})
	if err != nil {
		return Appended{}, fmt.Errorf("append %s: %w", e.Kind, err)
	}
	return a, nil
}

const insertSQL = `INSERT INTO outbox (epoch, lane, seq, id, kind, version, key, body, prev, hash)
	VALUES (?,?,?,?,?,?,?,?,?,?)`

func (t *transaction) append(e Entry) (Appended, error) {
	k := chainKey{t.book.epoch, e.Lane}
	c := t.chain(k)
	body := e.Body
	if body == nil {
		body = []byte{} // a NULL would not come back as it went
	}
	last := c.lastID
	for _, l := range record.Lanes { // IDs are in order across lanes too
		if id := t.chain(chainKey{k.epoch, l}).lastID; string(id[:]) > string(last[:]) {
			last = id
		}
	}
	r := record.Record{
		Seq: c.seq + 1, ID: t.j.ids.next(last, t.j.opts.Clock()),
		Kind: e.Kind, Version: e.Version, Key: e.Key, Body: body,
	}
	if err := r.Validate(); err != nil {
		return Appended{}, err
	}
	name := t.book.name(k)
	r.Hash = name.Next(c.hash, &r)
	ctx := context.Background()
	if _, err := t.StmtContext(ctx, t.j.insert).ExecContext(ctx, k.epoch, int64(k.lane), r.Seq,
		r.ID[:], r.Kind, r.Version, r.Key, r.Body, c.hash[:], r.Hash[:]); err != nil {
		return Appended{}, err
	}
	a := Appended{Record: r, Chain: name, Prev: c.hash}
	c.seq, c.hash, c.lastID = r.Seq, r.Hash, r.ID
	t.put[k] = c
	return a, nil
}
