package journal

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/luohu/ting/sync/record"
)

// Verified is what Verify found in order.
type Verified struct {
	Chains  int
	Records int64
}

// Verify walks every chain from its anchor to its head and computes each hash
// anew. It returns ErrCorrupt with the first record of each chain that does not
// continue it.
func (j *Journal) Verify(ctx context.Context) (Verified, error) {
	if err := j.ready(); err != nil {
		return Verified{}, fmt.Errorf("verify the journal: %w", err)
	}
	return verify(ctx, j.ro)
}

func verify(ctx context.Context, db *sql.DB) (Verified, error) {
	// One transaction: heads and records as of the same moment.
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return Verified{}, fmt.Errorf("verify the journal: %w", classify(err))
	}
	defer tx.Rollback()
	b, _, err := readBook(ctx, tx)
	if err != nil {
		return Verified{}, fmt.Errorf("verify the journal: %w", err)
	}
	var v Verified
	var wrong error
	for _, k := range slices.SortedFunc(maps.Keys(b.chains), compareKeys) {
		if err := verifyChain(ctx, tx, &b, k); err != nil {
			wrong = errors.Join(wrong, err)
			continue
		}
		c := b.chains[k]
		v.Chains++
		v.Records += c.seq - c.anchorSeq
	}
	if wrong != nil {
		return v, fmt.Errorf("verify the journal: %w", wrong)
	}
	return v, nil
}

func compareKeys(x, y chainKey) int {
	return cmp.Or(cmp.Compare(x.epoch, y.epoch), cmp.Compare(x.lane, y.lane))
}

func verifyChain(ctx context.Context, q querier, b *book, k chainKey) error {
	c := b.chains[k]
	if err := walkWhole(ctx, q, b.name(k), c.anchorSeq, c.anchorHash, c.seq); err != nil {
		return err
	}
	return checkEnds(ctx, q, k, c)
}

// walkWhole is walk when nothing may be wrong up to number to.
func walkWhole(ctx context.Context, q querier, name record.Chain, after int64, hash record.Hash, to int64) error {
	last, _, err := walk(ctx, q, name, after, hash, to)
	if err == nil && last != to {
		err = fmt.Errorf("%w (epoch %d, %s: record %d does not continue the chain)", ErrCorrupt, name.Epoch, name.Lane, last+1)
	}
	return err
}

// walk follows a chain from the record (after, hash) up to number to, and
// returns the last record that continues it.
func walk(ctx context.Context, q querier, name record.Chain, after int64, hash record.Hash, to int64) (int64, record.Hash, error) {
	for after < to {
		rs, err := readRecords(ctx, q, chainKey{name.Epoch, name.Lane}, after, to, 500, 4<<20)
		if err != nil {
			return after, hash, err
		}
		for i := range rs {
			if rs[i].Seq != after+1 || name.Next(hash, &rs[i]) != rs[i].Hash {
				return after, hash, nil
			}
			after, hash = rs[i].Seq, rs[i].Hash
		}
		if len(rs) == 0 {
			return after, hash, nil
		}
	}
	return after, hash, nil
}

// checkEnds is the quick part of Verify: the outbox has as many records as the
// chain says, none after the head, and the head's hash is the last record's.
func checkEnds(ctx context.Context, q querier, k chainKey, c chain) error {
	bad := func(format string, a ...any) error {
		return fmt.Errorf("%w (epoch %d, %s: %s)", ErrCorrupt, k.epoch, k.lane, fmt.Sprintf(format, a...))
	}
	if c.anchorSeq > c.ackedSeq || c.ackedSeq > c.seq {
		return bad("deleted to %d, acknowledged to %d, head %d", c.anchorSeq, c.ackedSeq, c.seq)
	}
	var n int64
	var first, last sql.NullInt64
	if err := q.QueryRowContext(ctx, "SELECT count(*), min(seq), max(seq) FROM outbox WHERE epoch=? AND lane=?",
		k.epoch, int64(k.lane)).Scan(&n, &first, &last); err != nil {
		return classify(err)
	}
	if n != c.seq-c.anchorSeq || n > 0 && (first.Int64 != c.anchorSeq+1 || last.Int64 != c.seq) {
		return bad("%d records from %d to %d where %d to %d are due", n, first.Int64, last.Int64, c.anchorSeq+1, c.seq)
	}
	if n == 0 {
		if c.hash != c.anchorHash {
			return bad("the head is not the anchor though nothing lies between")
		}
		return nil
	}
	var hash []byte
	if err := q.QueryRowContext(ctx, "SELECT hash FROM outbox WHERE epoch=? AND lane=? AND seq=?",
		k.epoch, int64(k.lane), c.seq).Scan(&hash); err != nil {
		return classify(err)
	}
	if !slices.Equal(hash, c.hash[:]) {
		return bad("the head's hash is not the last record's")
	}
	return nil
}
