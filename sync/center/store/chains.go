package store

import (
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/luohu/ting/sync/record"
)

// Chain is a chain's cursor: everything up to Seq is committed.
type Chain struct {
	ID     int64
	Branch int64
	record.Chain
	Site    string
	Seq     int64
	Hash    record.Hash
	SafeSeq int64
}

// Chain reads the cursor of a chain; ErrNotFound before its first record.
func (tx *Tx) Chain(c record.Chain) (Chain, error) {
	out := Chain{Chain: c}
	var hash []byte
	err := tx.One(`SELECT id, site, seq, hash, safe_seq FROM chains
		WHERE terminal = ? AND epoch = ? AND lane = ? AND branch = 0`,
		[]any{c.Terminal, c.Epoch, c.Lane}, &out.ID, &out.Site, &out.Seq, &hash, &out.SafeSeq)
	copy(out.Hash[:], hash)
	return out, err
}

// NewChain begins a chain of a site.
func (tx *Tx) NewChain(c record.Chain, branch int64, site string) (Chain, error) {
	out := Chain{Chain: c, Branch: branch, Site: site}
	err := tx.One(`INSERT INTO chains (terminal, epoch, lane, branch, site, seq, hash)
		VALUES (?, ?, ?, ?, ?, 0, ?) RETURNING id`,
		[]any{c.Terminal, c.Epoch, c.Lane, branch, site, out.Hash[:]}, &out.ID)
	return out, err
}

// NextBranch is the first number free for another history of a chain.
func (tx *Tx) NextBranch(c record.Chain) (n int64, err error) {
	err = tx.One(`SELECT MAX(branch) + 1 FROM chains WHERE terminal = ? AND epoch = ? AND lane = ?`,
		[]any{c.Terminal, c.Epoch, c.Lane}, &n)
	return n, err
}

// MoveCursor says how far a chain is committed.
func (tx *Tx) MoveCursor(chain, seq int64, hash record.Hash) error {
	_, err := tx.Exec(`UPDATE chains SET seq = ?, hash = ? WHERE id = ?`, seq, hash[:], chain)
	return err
}

// HighestEpoch is the highest epoch seen of a terminal, 0 for none.
func (tx *Tx) HighestEpoch(terminal string) (epoch int64, err error) {
	err = tx.One(`SELECT COALESCE(MAX(epoch), 0) FROM chains WHERE terminal = ?`, []any{terminal}, &epoch)
	return epoch, err
}

// MarkSafe says that what the backup holds is safe: every chain's cursor as the
// backup has it, by the chain's ID.
func (tx *Tx) MarkSafe(cursors map[int64]int64) error {
	for chain, seq := range cursors {
		if _, err := tx.Exec(`UPDATE chains SET safe_seq = MAX(safe_seq, ?) WHERE id = ?`, seq, chain); err != nil {
			return err
		}
	}
	return nil
}

// Append stores records at the end of a chain. received is the same for all.
func (tx *Tx) Append(chain int64, rs []record.Record, received time.Time) error {
	const insert = `INSERT INTO inbox (chain, seq, id, kind, version, key, body, hash, received_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
	s, err := tx.stmt(insert)
	if err != nil {
		return err
	}
	at := millis(received)
	for i := range rs {
		r := &rs[i]
		if _, err := s.ExecContext(tx.ctx, chain, r.Seq, r.ID[:], r.Kind, r.Version, r.Key, body(r), r.Hash[:], at); err != nil {
			return err
		}
	}
	return nil
}

// body is never NULL, whatever the record's is.
func body(r *record.Record) []byte {
	if r.Body == nil {
		return []byte{}
	}
	return r.Body
}

// HashAt is the hash stored at a number of a chain.
func (tx *Tx) HashAt(chain, seq int64) (h record.Hash, err error) {
	var b []byte
	err = tx.One(`SELECT hash FROM inbox WHERE chain = ? AND seq = ?`, []any{chain, seq}, &b)
	copy(h[:], b)
	return h, err
}

// KeepFork keeps the records of another history, each once.
func (tx *Tx) KeepFork(chain int64, rs []record.Record, seen time.Time) (kept int64, err error) {
	for i := range rs {
		r := &rs[i]
		n, err := tx.Exec(`INSERT INTO forks (chain, seq, hash, id, kind, version, key, body, seen_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			chain, r.Seq, r.Hash[:], r.ID[:], r.Kind, r.Version, r.Key, body(r), millis(seen))
		if err != nil {
			return kept, err
		}
		kept += n
	}
	return kept, nil
}

// DropFork forgets the records kept that the chain itself now has.
func (tx *Tx) DropFork(chain, first, last int64) error {
	_, err := tx.Exec(`DELETE FROM forks WHERE chain = ? AND seq BETWEEN ? AND ? AND adopted_at = 0 AND EXISTS (
		SELECT 1 FROM inbox i WHERE i.chain = forks.chain AND i.seq = forks.seq AND i.hash = forks.hash)`, chain, first, last)
	return err
}

// Fork sums up the other history of a chain.
type Fork struct {
	Chain
	First, Last int64
	Records     int64
	SeenAt      time.Time
	AdoptedAt   time.Time // zero while it waits for an administrator
}

// Forks lists the forks kept, the newest first.
func (tx *Tx) Forks() (list []Fork, err error) {
	err = tx.Each(`SELECT c.id, c.terminal, c.epoch, c.lane, c.site, MIN(f.seq), MAX(f.seq), COUNT(*),
			MIN(f.seen_at), MIN(f.adopted_at)
		FROM forks f JOIN chains c ON c.id = f.chain GROUP BY c.id, f.adopted_at > 0 ORDER BY MIN(f.seen_at) DESC`,
		nil, func(scan func(...any) error) error {
			var f Fork
			var seen, adopted int64
			err := scan(&f.ID, &f.Terminal, &f.Epoch, &f.Lane, &f.Site, &f.First, &f.Last, &f.Records, &seen, &adopted)
			f.SeenAt, f.AdoptedAt = fromMillis(seen), fromMillis(adopted)
			list = append(list, f)
			return err
		})
	return list, err
}

// ForkRecords lists the records of a chain's fork that nobody took in yet.
func (tx *Tx) ForkRecords(chain int64) (rs []record.Record, err error) {
	err = tx.Each(`SELECT seq, id, kind, version, key, body, hash FROM forks
		WHERE chain = ? AND adopted_at = 0 ORDER BY seq, hash`,
		[]any{chain}, func(scan func(...any) error) error {
			r, err := scanRecord(scan)
			rs = append(rs, r)
			return err
		})
	return rs, err
}

// MarkAdopted says that a fork's records were taken in.
func (tx *Tx) MarkAdopted(chain int64, at time.Time) error {
	_, err := tx.Exec(`UPDATE forks SET adopted_at = ? WHERE chain = ? AND adopted_at = 0`, millis(at), chain)
	return err
}

// ChainByID reads a chain.
func (tx *Tx) ChainByID(id int64) (Chain, error) {
	c := Chain{ID: id}
	var hash []byte
	err := tx.One(`SELECT terminal, epoch, lane, branch, site, seq, hash, safe_seq FROM chains WHERE id = ?`,
		[]any{id}, &c.Terminal, &c.Epoch, &c.Lane, &c.Branch, &c.Site, &c.Seq, &hash, &c.SafeSeq)
	copy(c.Hash[:], hash)
	return c, err
}

// Received is a record of the raw log.
type Received struct {
	Position int64
	record.Chain
	Site       string
	Record     record.Record
	ReceivedAt time.Time
}

// LastPosition is the end of the raw log, 0 when it is empty.
func (tx *Tx) LastPosition() (n int64, err error) {
	err = tx.One(`SELECT COALESCE(MAX(position), 0) FROM inbox`, nil, &n)
	return n, err
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
