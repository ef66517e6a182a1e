package journal

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// Batch is a run of unsent records of one chain.
type Batch struct {
	Chain   record.Chain
	First   int64           // number of the first record, or of the next one when there is none
	Prev    record.Hash     // of the record before First
	Records []record.Record // without gaps
}

// overhead is what a record takes in a batch besides its texts and body.
const overhead = 96

// Batch reads the records of a chain that follow the center's cursor: at most
// maxRecords, and at most maxBytes of them but always one. It checks that they
// continue the chain.
func (j *Journal) Batch(ctx context.Context, name record.Chain, maxRecords, maxBytes int) (Batch, error) {
	if err := j.ready(); err != nil {
		return Batch{}, fmt.Errorf("read unsent records: %w", err)
	}
	k := chainKey{name.Epoch, name.Lane}
	b := j.snapshot()
	c, ok := b.chains[k]
	if !ok || name.Terminal != b.terminal {
		return Batch{}, fmt.Errorf("read unsent records: no chain of %s, epoch %d, %s", name.Terminal, name.Epoch, name.Lane)
	}
	out := Batch{Chain: name, First: c.ackedSeq + 1, Prev: c.ackedHash}
	if c.unsent() == 0 {
		return out, nil
	}
	var err error
	if out.Records, err = readRecords(ctx, j.ro, k, c.ackedSeq, c.seq, maxRecords, maxBytes); err != nil {
		if errors.Is(err, ErrCorrupt) || errors.Is(err, ErrDurability) {
			j.fail(err) // nothing behind it could ever be sent: opening anew salvages it
		}
		return Batch{}, fmt.Errorf("read unsent records: %w", err)
	}
	prev := out.Prev
	for i := range out.Records {
		r := &out.Records[i]
		if r.Seq != out.First+int64(i) || name.Next(prev, r) != r.Hash {
			err := fmt.Errorf("%w (epoch %d, %s, record %d)", ErrCorrupt, k.epoch, k.lane, out.First+int64(i))
			j.fail(err)
			return Batch{}, fmt.Errorf("read unsent records: %w", err)
		}
		prev = r.Hash
	}
	return out, nil
}

const recordColumns = "seq, id, kind, version, key, body, hash"

func scanRecord(rows interface{ Scan(...any) error }, more ...any) (record.Record, error) {
	var r record.Record
	var id, hash []byte
	if err := rows.Scan(append([]any{&r.Seq, &id, &r.Kind, &r.Version, &r.Key, &r.Body, &hash}, more...)...); err != nil {
		return r, err
	}
	if len(id) != len(r.ID) || len(hash) != len(r.Hash) {
		return r, fmt.Errorf("%w (record %d has a field of the wrong length)", ErrCorrupt, r.Seq)
	}
	copy(r.ID[:], id)
	copy(r.Hash[:], hash)
	if r.Body == nil {
		r.Body = []byte{}
	}
	return r, nil
}

// readRecords reads records with after < seq <= to.
func readRecords(ctx context.Context, q querier, k chainKey, after, to int64, maxRecords, maxBytes int) ([]record.Record, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+recordColumns+` FROM outbox
		WHERE epoch=? AND lane=? AND seq>? AND seq<=? ORDER BY seq LIMIT ?`, k.epoch, int64(k.lane), after, to, maxRecords)
	if err != nil {
		return nil, classify(err)
	}
	defer rows.Close()
	var rs []record.Record
	size := 0
	for rows.Next() {
		r, err := scanRecord(rows)
		if err != nil {
			return nil, classify(err)
		}
		size += overhead + len(r.Kind) + len(r.Key) + len(r.Body)
		if size > maxBytes && len(rs) > 0 {
			return rs, nil
		}
		rs = append(rs, r)
	}
	return rs, classify(rows.Err())
}

// Acknowledge takes an ack whose signature the caller has verified. It saves
// the center's cursor, which may also move back (the center then asks for
// records again), and deletes what may be deleted. ErrRolledBack and
// ErrCenterLost change nothing here.
func (j *Journal) Acknowledge(ctx context.Context, a wire.Ack) error {
	b := j.snapshot()
	k := chainKey{a.Epoch, a.Lane}
	if _, ok := b.chains[k]; !ok || a.Terminal != b.terminal {
		return fmt.Errorf("acknowledge: no chain of %s, epoch %d, %s", a.Terminal, a.Epoch, a.Lane)
	}
	var hash record.Hash
	switch {
	case len(a.CommittedHash) == len(hash):
		copy(hash[:], a.CommittedHash)
	case a.CommittedSeq != 0 || len(a.CommittedHash) != 0:
		return fmt.Errorf("acknowledge: a hash of %d bytes", len(a.CommittedHash))
	}
	if a.CommittedSeq < 0 {
		return fmt.Errorf("acknowledge: number %d", a.CommittedSeq)
	}
	safe := max(0, min(a.SafeSeq, a.CommittedSeq))
	if c := b.chains[k]; c.ackedSeq == a.CommittedSeq && c.ackedHash == hash && c.safeSeq == safe && c.incarnation == a.Incarnation {
		return j.ready() // a heartbeat's ack: nothing to write
	}
	var back int64
	err := j.write(ctx, &job{run: func(t *transaction) error {
		c := t.chain(k)
		if err := t.compare(k, c, a.CommittedSeq, hash); err != nil {
			return err
		}
		back = c.ackedSeq - a.CommittedSeq
		c.ackedSeq, c.ackedHash, c.safeSeq, c.incarnation = a.CommittedSeq, hash, safe, a.Incarnation
		t.put[k] = c
		_, err := t.prune()
		return err
	}})
	if err != nil {
		return fmt.Errorf("acknowledge %s to %d: %w", a.Lane, a.CommittedSeq, err)
	}
	if back > 0 {
		j.opts.Log.Warn("the center asks for records again", "op", "acknowledge", "lane", a.Lane.String(),
			"epoch", a.Epoch, "records", back, "center", a.Incarnation)
		j.wake(a.Lane)
	}
	return nil
}

// Settle ends the sending of a chain of an earlier epoch, up to number seq,
// whose history at the center differs from the one here: the center has
// answered that it keeps both, or has these records and more. No hash vouches
// for them here, so they are never deleted.
func (j *Journal) Settle(ctx context.Context, name record.Chain, seq int64) error {
	k := chainKey{name.Epoch, name.Lane}
	err := j.write(ctx, &job{run: func(t *transaction) error {
		c, ok := t.book.chains[k]
		if !ok || k.epoch == t.book.epoch || seq < c.ackedSeq || seq > c.seq {
			return fmt.Errorf("epoch %d has no record %d to settle", k.epoch, seq)
		}
		hash, err := t.hashAt(k, c, seq)
		if err != nil {
			return err
		}
		c.ackedSeq, c.ackedHash, c.safeSeq = seq, hash, 0
		t.put[k] = c
		return nil
	}})
	if err != nil {
		return fmt.Errorf("settle %s: %w", name.Lane, err)
	}
	return nil
}

// compare holds the center's cursor against the chain.
func (t *transaction) compare(k chainKey, c chain, seq int64, hash record.Hash) error {
	switch {
	case seq > c.seq:
		return fmt.Errorf("%w (it has %d of epoch %d, here are %d)", ErrRolledBack, seq, k.epoch, c.seq)
	case seq < c.anchorSeq:
		return fmt.Errorf("%w (its cursor is %d, all to %d were deleted here)", ErrCenterLost, seq, c.anchorSeq)
	}
	own, err := t.hashAt(k, c, seq)
	if err == nil && own != hash {
		err = fmt.Errorf("%w (record %d of epoch %d differs)", ErrRolledBack, seq, k.epoch)
	}
	return err
}

// hashAt is the chain's own hash at a number from its anchor to its head.
func (t *transaction) hashAt(k chainKey, c chain, seq int64) (own record.Hash, err error) {
	switch seq {
	case c.seq:
		return c.hash, nil
	case c.anchorSeq:
		return c.anchorHash, nil
	}
	var h []byte
	err = t.QueryRow("SELECT hash FROM outbox WHERE epoch=? AND lane=? AND seq=?", k.epoch, int64(k.lane), seq).Scan(&h)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("%w (record %d is not there)", ErrCorrupt, seq)
	}
	copy(own[:], h)
	return own, err
}

// What one transaction deletes is bounded in bytes, because erased pages go
// through the log too (secure_delete): it must not grow without bound, and on a
// full disk it must fit into the reserve.
const (
	pruneBytes  = 4 << 20
	frugalBytes = 32 << 10
)

// prune deletes what is committed and safe at the center and old enough, from
// each chain's beginning on, and moves the anchors. It returns how many; there
// may be more.
func (t *transaction) prune() (int64, error) {
	var total int64
	budget := pruneBytes
	if t.frugal {
		budget = frugalBytes
	}
	latest := t.j.opts.Clock().Add(-max(0, t.j.opts.Retention)).UnixMilli()
	for k := range t.book.chains {
		c := t.chain(k)
		limit := min(c.ackedSeq, c.safeSeq)
		if limit <= c.anchorSeq || budget <= 0 {
			continue
		}
		seq, hash, size, err := t.lastOld(k, limit, latest, budget)
		if err != nil {
			return 0, err
		}
		if seq == 0 {
			continue
		}
		budget -= size
		if _, err := t.Exec("DELETE FROM outbox WHERE epoch=? AND lane=? AND seq<=?", k.epoch, int64(k.lane), seq); err != nil {
			return 0, err
		}
		total += seq - c.anchorSeq
		c.anchorSeq, c.anchorHash = seq, hash
		t.put[k] = c
	}
	return total, nil
}

// lastOld finds the last of the chain's leading records, none above limit, that
// were all made at or before latest (milliseconds since 1970): one at least,
// then as many as have budget bytes.
func (t *transaction) lastOld(k chainKey, limit, latest int64, budget int) (seq int64, hash record.Hash, size int, err error) {
	rows, err := t.Query("SELECT seq, id, hash, length(body) FROM outbox WHERE epoch=? AND lane=? AND seq<=? ORDER BY seq",
		k.epoch, int64(k.lane), limit)
	if err != nil {
		return 0, hash, 0, err
	}
	defer rows.Close()
	for size < budget && rows.Next() {
		var id, h []byte
		var s int64
		var body int
		if err := rows.Scan(&s, &id, &h, &body); err != nil {
			return 0, hash, 0, err
		}
		if len(id) != 16 || int64(milliseconds([16]byte(id))) > latest {
			break
		}
		seq = s
		size += 512 + body
		copy(hash[:], h)
	}
	return seq, hash, size, rows.Err()
}

// Prune deletes at once what may be deleted, as the journal does by itself every
// Options.TidyEvery. It returns how many records.
func (j *Journal) Prune(ctx context.Context) (int64, error) {
	for total := int64(0); ; {
		var n int64
		err := j.write(ctx, &job{run: func(t *transaction) (err error) { n, err = t.prune(); return err }})
		total += n
		if err != nil {
			return total, fmt.Errorf("delete old records: %w", err)
		}
		if n == 0 {
			return total, nil
		}
	}
}

// Recent reads the n newest records that are still here, the newest first.
func (j *Journal) Recent(ctx context.Context, n int) ([]Appended, error) {
	if err := j.ready(); err != nil {
		return nil, fmt.Errorf("read recent records: %w", err)
	}
	b := j.snapshot()
	var out []Appended
	for k := range b.chains {
		rs, err := j.recentOf(ctx, b.name(k), n)
		if err != nil {
			return nil, fmt.Errorf("read recent records: %w", classify(err))
		}
		out = append(out, rs...)
	}
	slices.SortFunc(out, func(x, y Appended) int {
		return cmp.Or(bytes.Compare(y.ID[:], x.ID[:]), cmp.Compare(y.Seq, x.Seq))
	})
	return out[:min(n, len(out))], nil
}

func (j *Journal) recentOf(ctx context.Context, name record.Chain, n int) ([]Appended, error) {
	rows, err := j.ro.QueryContext(ctx, `SELECT `+recordColumns+`, prev FROM outbox
		WHERE epoch=? AND lane=? ORDER BY seq DESC LIMIT ?`, name.Epoch, int64(name.Lane), n)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Appended
	for rows.Next() {
		var prev []byte
		r, err := scanRecord(rows, &prev)
		if err != nil {
			return nil, err
		}
		a := Appended{Record: r, Chain: name}
		copy(a.Prev[:], prev)
		out = append(out, a)
	}
	return out, rows.Err()
}
