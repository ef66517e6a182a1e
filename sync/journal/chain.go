package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/luohu/ting/sync/record"
)

// chainKey names a chain of this terminal.
type chainKey struct {
	epoch int64
	lane  record.Lane
}

// chain is what the journal keeps of one chain besides its records.
type chain struct {
	seq         int64 // the head
	hash        record.Hash
	lastID      uuid.UUID // of the lane, also across epochs
	ackedSeq    int64     // the center's cursor, as its last verified ack gave it
	ackedHash   record.Hash
	safeSeq     int64
	incarnation string
	anchorSeq   int64 // the last deleted
	anchorHash  record.Hash
}

func (c *chain) unsent() int64 { return c.seq - c.ackedSeq }

// book is the state of all chains: the identity and every chain by key.
type book struct {
	terminal   string
	epoch      int64
	generation string
	chains     map[chainKey]chain
}

func (b *book) name(k chainKey) record.Chain {
	return record.Chain{Terminal: b.terminal, Epoch: k.epoch, Lane: k.lane}
}

func (b *book) current(l record.Lane) (chainKey, chain) {
	k := chainKey{b.epoch, l}
	return k, b.chains[k]
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// readBook loads the book. ok is false when the database is new.
func readBook(ctx context.Context, q querier) (b book, ok bool, err error) {
	b.chains = map[chainKey]chain{}
	err = q.QueryRowContext(ctx, "SELECT terminal, epoch, generation FROM identity").Scan(&b.terminal, &b.epoch, &b.generation)
	if errors.Is(err, sql.ErrNoRows) {
		return b, false, nil
	}
	if err != nil {
		return b, false, classify(err)
	}
	rows, err := q.QueryContext(ctx, `SELECT epoch, lane, seq, hash, last_id, acked_seq, acked_hash,
		safe_seq, incarnation, anchor_seq, anchor_hash FROM chains`)
	if err != nil {
		return b, false, classify(err)
	}
	defer rows.Close()
	for rows.Next() {
		var (
			k                              chainKey
			c                              chain
			hash, id, ackedHash, anchorHas []byte
		)
		if err := rows.Scan(&k.epoch, &k.lane, &c.seq, &hash, &id, &c.ackedSeq, &ackedHash,
			&c.safeSeq, &c.incarnation, &c.anchorSeq, &anchorHas); err != nil {
			return b, false, classify(err)
		}
		for _, f := range []struct{ to, from []byte }{
			{c.hash[:], hash}, {c.lastID[:], id}, {c.ackedHash[:], ackedHash}, {c.anchorHash[:], anchorHas},
		} {
			if len(f.from) != len(f.to) {
				return b, false, fmt.Errorf("%w (chain %d/%s has a field of %d bytes)", ErrCorrupt, k.epoch, k.lane, len(f.from))
			}
			copy(f.to, f.from)
		}
		b.chains[k] = c
	}
	if err := rows.Err(); err != nil {
		return b, false, classify(err)
	}
	for _, l := range record.Lanes {
		if _, ok := b.chains[chainKey{b.epoch, l}]; !ok {
			return b, false, fmt.Errorf("%w (no %s chain of epoch %d)", ErrCorrupt, l, b.epoch)
		}
	}
	return b, true, nil
}

type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

const putChainSQL = `INSERT INTO chains (epoch, lane, seq, hash, last_id, acked_seq, acked_hash,
	safe_seq, incarnation, anchor_seq, anchor_hash) VALUES (?,?,?,?,?,?,?,?,?,?,?)
	ON CONFLICT (epoch, lane) DO UPDATE SET seq=excluded.seq, hash=excluded.hash, last_id=excluded.last_id,
	acked_seq=excluded.acked_seq, acked_hash=excluded.acked_hash, safe_seq=excluded.safe_seq,
	incarnation=excluded.incarnation, anchor_seq=excluded.anchor_seq, anchor_hash=excluded.anchor_hash`

func (c *chain) args(k chainKey) []any {
	return []any{k.epoch, int64(k.lane), c.seq, c.hash[:], c.lastID[:], c.ackedSeq, c.ackedHash[:],
		c.safeSeq, c.incarnation, c.anchorSeq, c.anchorHash[:]}
}

// beginEpoch writes a new epoch with empty chains. The lanes' last IDs go on,
// so that IDs stay in order across epochs.
func beginEpoch(ctx context.Context, x execer, b *book, epoch int64, why string, now int64) error {
	if _, err := x.ExecContext(ctx, "INSERT INTO epochs (epoch, began, why) VALUES (?,?,?)", epoch, now, why); err != nil {
		return err
	}
	if _, err := x.ExecContext(ctx, `INSERT INTO identity (one, terminal, epoch, generation) VALUES (1,?,?,?)
		ON CONFLICT (one) DO UPDATE SET epoch=excluded.epoch`, b.terminal, epoch, b.generation); err != nil {
		return err
	}
	for _, l := range record.Lanes {
		_, old := b.current(l)
		k, c := chainKey{epoch, l}, chain{lastID: old.lastID}
		if _, err := x.ExecContext(ctx, putChainSQL, c.args(k)...); err != nil {
			return err
		}
		b.chains[k] = c
	}
	b.epoch = epoch
	return nil
}
