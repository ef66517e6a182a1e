package store

import (
	"time"

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
	Forked  bool // something is kept of another history
}

// Chain reads the cursor of a chain; ErrNotFound before its first record.
func (tx *Tx) Chain(c record.Chain) (Chain, error) {
	out := Chain{Chain: c}
	var hash []byte
	err := tx.One(`SELECT id, site, seq, hash, safe_seq,
			EXISTS (SELECT 1 FROM forks f WHERE f.chain = chains.id AND f.adopted_at = 0) FROM chains
		WHERE terminal = ? AND epoch = ? AND lane = ? AND branch = 0`,
		[]any{c.Terminal, c.Epoch, c.Lane}, &out.ID, &out.Site, &out.Seq, &hash, &out.SafeSeq, &out.Forked)
	copy(out.Hash[:], hash)
	return out, err
}

// NewChain begins a chain of a site.
func (tx *Tx) NewChain(c record.Chain, branch int64, site string) (Chain, error) {
	return tx.s.newChain(c, branch, site)
}

// NextBranch is the first number free for another history of a chain.
func (tx *Tx) NextBranch(c record.Chain) (n int64, err error) {
	err = tx.One(`SELECT MAX(branch) + 1 FROM chains WHERE terminal = ? AND epoch = ? AND lane = ?`,
		[]any{c.Terminal, c.Epoch, c.Lane}, &n)
	return n, err
}

// HighestEpoch is the highest epoch seen of a terminal, 0 for none.
func (tx *Tx) HighestEpoch(terminal string) (epoch int64, err error) {
	err = tx.One(`SELECT COALESCE(MAX(epoch), 0) FROM chains WHERE terminal = ?`, []any{terminal}, &epoch)
	return epoch, err
}

// MarkSafe says that what a backup or a standby holds is safe: every chain's
// cursor as it is there, by the chain's ID.
func (tx *Tx) MarkSafe(cursors map[int64]int64) error { return tx.s.markSafe(cursors) }

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
