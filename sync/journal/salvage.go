package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/luohu/ting/sync/record"
)

// Salvage says what became of a damaged journal.
type Salvage struct {
	Cause     error
	SetAside  string // the damaged file; it is never deleted
	Recovered int64  // records that their chain proves, now in the new journal
	FromCopy  int64  // of these, the ones that only Options.Copy still had
	Missing   []Missing
	// Unreadable says that not even the chains' heads could be read for some
	// epoch: records may be missing that nobody can count.
	Unreadable bool
	// Tables lists business tables of the damaged file. They are not copied.
	Tables []string

	copied *sql.DB // of Options.Copy; nil when there is none that can be read
}

// Missing is a run of numbers that were not recovered and that the center had
// not acknowledged.
type Missing struct {
	Chain    record.Chain
	From, To int64
}

// setAsideAndSalvage renames the damaged files, and makes a new journal of what
// their chains prove, with a raised epoch.
func (j *Journal) setAsideAndSalvage(ctx context.Context, o *origin, cause error) (*Salvage, error) {
	s := &Salvage{Cause: cause, SetAside: j.path + ".damaged-" + j.opts.Clock().UTC().Format("20060102T150405Z")}
	for base, n := s.SetAside, 2; exists(s.SetAside); n++ {
		s.SetAside = fmt.Sprintf("%s-%d", base, n)
	}
	// The log goes first: were the process to die in between, a log without its
	// database would be applied to the new one.
	for _, suffix := range []string{"-wal", "-shm", ""} {
		if err := os.Rename(j.path+suffix, s.SetAside+suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("set the damaged journal aside: %w", err)
		}
	}
	if err := syncDir(filepath.Dir(j.path)); err != nil {
		return nil, fmt.Errorf("set the damaged journal aside: %w", err)
	}
	j.opts.Log.Error("the journal is damaged and was set aside", "op", "salvage", "file", s.SetAside, "cause", cause)

	db, err := openWriter(ctx, j.path, j.opts.synchronous)
	if err != nil {
		return nil, classify(err)
	}
	defer db.Close()
	if err := migrate(ctx, db); err != nil {
		return nil, err
	}
	// Reading may write (a log is applied), so it is done on a copy.
	work := j.path + ".salvage"
	defer removeAll(work)
	b := book{terminal: j.opts.Terminal, epoch: 1, chains: map[chainKey]chain{}}
	damaged, err := openCopy(ctx, s.SetAside, work)
	if err != nil {
		s.Unreadable = true
	} else {
		defer damaged.Close()
	}
	if copied := j.openLastCopy(ctx); copied != nil {
		defer copied.Close()
		s.copied = copied
	}
	j.db = db
	defer func() { j.db = nil }()
	err = j.inTransaction(ctx, func(tx *sql.Tx) error {
		if damaged != nil {
			if err := s.copyChains(ctx, damaged, tx, &b); err != nil {
				return err
			}
		}
		if s.copied != nil {
			if err := s.copyLost(ctx, tx, &b); err != nil {
				return err
			}
		}
		epoch := b.epoch
		if o != nil {
			epoch = max(epoch, o.Epoch)
		}
		return beginEpoch(ctx, tx, &b, epoch+1, "the journal was damaged", j.opts.Clock().UnixMilli())
	})
	if err != nil {
		return nil, fmt.Errorf("salvage the journal: %w", err)
	}
	if err := s.writeReport(); err != nil {
		j.opts.Log.Warn("the report of the salvage cannot be kept", "op", "salvage", "cause", err)
	}
	j.opts.Log.Warn("the journal was salvaged", "op", "salvage", "records", s.Recovered, "from_copy", s.FromCopy, "gaps", len(s.Missing), "unreadable", s.Unreadable)
	return s, nil
}

func exists(path string) bool { _, err := os.Lstat(path); return err == nil }

func removeAll(path string) {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		os.Remove(path + suffix)
	}
}

func openCopy(ctx context.Context, from, to string) (*sql.DB, error) {
	removeAll(to)
	for _, suffix := range []string{"", "-wal"} {
		if err := copyFile(from+suffix, to+suffix); err != nil && (suffix == "" || !errors.Is(err, os.ErrNotExist)) {
			return nil, err
		}
	}
	db, err := sql.Open("sqlite3", dsn(to, "FULL", false))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if err := db.PingContext(ctx); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// copyChains copies what the chains prove. Errors of the damaged file are not
// errors here: they only shorten what is recovered.
func (s *Salvage) copyChains(ctx context.Context, damaged *sql.DB, tx *sql.Tx, b *book) error {
	if damaged.QueryRowContext(ctx, "SELECT epoch FROM identity WHERE one=1").Scan(&b.epoch) != nil {
		s.Unreadable = true
		if damaged.QueryRowContext(ctx, "SELECT epoch FROM epochs ORDER BY epoch DESC LIMIT 1").Scan(&b.epoch) != nil {
			b.epoch = 1
		}
	}
	s.Tables = businessTables(ctx, damaged)
	for epoch := int64(1); epoch <= b.epoch; epoch++ {
		var began int64
		var why string
		if err := damaged.QueryRowContext(ctx, "SELECT began, why FROM epochs WHERE epoch=?", epoch).Scan(&began, &why); err == nil {
			if _, err := tx.ExecContext(ctx, "INSERT INTO epochs (epoch, began, why) VALUES (?,?,?)", epoch, began, why); err != nil {
				return err
			}
		} else if errors.Is(err, sql.ErrNoRows) {
			continue // epochs may skip numbers
		}
		for _, l := range record.Lanes {
			k := chainKey{epoch, l}
			c, ok := readChain(ctx, damaged, k)
			if !ok {
				s.Unreadable = true
				continue
			}
			if err := s.copyChain(ctx, damaged, tx, b, k, c); err != nil {
				return err
			}
		}
	}
	return nil
}

func businessTables(ctx context.Context, db *sql.DB) (names []string) {
	rows, err := db.QueryContext(ctx, `SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'
		AND name NOT IN ('identity','epochs','chains','outbox') ORDER BY name`)
	if err != nil {
		return nil
	}
	defer rows.Close()
	for rows.Next() {
		var n string
		if rows.Scan(&n) == nil {
			names = append(names, n)
		}
	}
	if rows.Err() != nil {
		return names
	}
	return names
}

func readChain(ctx context.Context, db *sql.DB, k chainKey) (c chain, ok bool) {
	var hash, id, acked, anchor []byte
	err := db.QueryRowContext(ctx, `SELECT seq, hash, last_id, acked_seq, acked_hash, safe_seq, incarnation, anchor_seq, anchor_hash
		FROM chains WHERE epoch=? AND lane=?`, k.epoch, int64(k.lane)).
		Scan(&c.seq, &hash, &id, &c.ackedSeq, &acked, &c.safeSeq, &c.incarnation, &c.anchorSeq, &anchor)
	if err != nil {
		return c, false
	}
	ok = copy(c.hash[:], hash) == 32 && copy(c.lastID[:], id) == 16 && copy(c.ackedHash[:], acked) == 32 && copy(c.anchorHash[:], anchor) == 32
	return c, ok && c.anchorSeq <= c.ackedSeq && c.ackedSeq <= c.seq
}

// copyChain copies the unsent records that continue from the center's cursor,
// and those before it if they are whole.
func (s *Salvage) copyChain(ctx context.Context, damaged *sql.DB, tx *sql.Tx, b *book, k chainKey, c chain) error {
	name := b.name(k)
	head := c.seq
	sent, sentHash := readWhole(ctx, damaged, name, c.anchorSeq, c.anchorHash, c.ackedSeq)
	if int64(len(sent)) != c.ackedSeq-c.anchorSeq || sentHash != c.ackedHash {
		sent, c.anchorSeq, c.anchorHash = nil, c.ackedSeq, c.ackedHash // the center has them
	}
	unsent, last := readWhole(ctx, damaged, name, c.ackedSeq, c.ackedHash, c.seq)
	if s.copied != nil && c.ackedSeq+int64(len(unsent)) < c.seq {
		// The copy goes on where the damage begins, if it is of the same history.
		var more []record.Record
		more, last = readWhole(ctx, s.copied, name, c.ackedSeq+int64(len(unsent)), last, c.seq)
		unsent = append(unsent, more...)
		s.FromCopy += int64(len(more))
		// And behind what the copy has, the damaged file may be whole again.
		more, last = readWhole(ctx, damaged, name, c.ackedSeq+int64(len(unsent)), last, c.seq)
		unsent = append(unsent, more...)
	}
	c.seq, c.hash = c.ackedSeq+int64(len(unsent)), last
	prev := c.anchorHash
	for _, r := range append(sent, unsent...) {
		if _, err := tx.ExecContext(ctx, insertSQL, k.epoch, int64(k.lane), r.Seq, r.ID[:], r.Kind, r.Version, r.Key, r.Body, prev[:], r.Hash[:]); err != nil {
			return err
		}
		prev = r.Hash
		s.Recovered++
	}
	if c.seq < head {
		s.Missing = append(s.Missing, Missing{Chain: name, From: c.seq + 1, To: head})
	}
	if _, err := tx.ExecContext(ctx, putChainSQL, c.args(k)...); err != nil {
		return err
	}
	b.chains[k] = c
	return nil
}

// copyLost takes whole chains from the last copy of which the damaged file has
// nothing that can be read.
func (s *Salvage) copyLost(ctx context.Context, tx *sql.Tx, b *book) error {
	from := &Salvage{}
	had := b.epoch
	theirs := book{terminal: b.terminal, epoch: b.epoch, chains: map[chainKey]chain{}}
	if s.copied.QueryRowContext(ctx, "SELECT epoch FROM identity WHERE one=1 AND terminal=?", b.terminal).Scan(&theirs.epoch) != nil {
		return nil //nolint:nilerr // of another terminal, or not to be read: nothing is taken from it
	}
	b.epoch = max(had, theirs.epoch)
	for epoch := int64(1); epoch <= theirs.epoch; epoch++ {
		for _, l := range record.Lanes {
			k := chainKey{epoch, l}
			if _, have := b.chains[k]; have {
				continue
			}
			c, ok := readChain(ctx, s.copied, k)
			if !ok {
				continue
			}
			if _, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO epochs (epoch, began, why) VALUES (?,0,'from the copy')`, epoch); err != nil {
				return err
			}
			if err := from.copyChain(ctx, s.copied, tx, b, k, c); err != nil {
				return err
			}
		}
	}
	s.Recovered, s.FromCopy, s.Missing = s.Recovered+from.Recovered, s.FromCopy+from.Recovered, append(s.Missing, from.Missing...)
	return nil
}

// openLastCopy opens the copy on the second medium, if there is one.
func (j *Journal) openLastCopy(ctx context.Context) *sql.DB {
	if j.opts.Copy == "" {
		return nil
	}
	r, err := OpenReader(ctx, j.opts.Copy)
	if err != nil {
		if !errors.Is(err, os.ErrNotExist) {
			j.opts.Log.Warn("the journal's copy cannot be read", "op", "salvage", "cause", err)
		}
		return nil
	}
	return r.db
}

// readWhole reads records one by one, so that a damaged page costs only what is
// on it, until one is missing, unreadable or does not continue the chain.
func readWhole(ctx context.Context, db *sql.DB, name record.Chain, after int64, hash record.Hash, to int64) ([]record.Record, record.Hash) {
	var rs []record.Record
	for seq := after + 1; seq <= to; seq++ {
		r, err := scanRecord(db.QueryRowContext(ctx, `SELECT `+recordColumns+` FROM outbox WHERE epoch=? AND lane=? AND seq=?`,
			name.Epoch, int64(name.Lane), seq))
		if err != nil || name.Next(hash, &r) != r.Hash {
			break
		}
		rs = append(rs, r)
		hash = r.Hash
	}
	return rs, hash
}
