package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/luohu/ting/sync/record"
)

// Reader looks into a journal without owning it: the terminal may run on, and
// nothing is changed. A long look holds up no record, only the emptying of the
// log; Each therefore reads in short transactions.
type Reader struct {
	path string
	db   *sql.DB
}

// OpenReader opens the journal at path for reading. Close it.
func OpenReader(ctx context.Context, path string) (*Reader, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	db, err := sql.Open("sqlite3", dsn(path, "FULL", true))
	if err != nil {
		return nil, fmt.Errorf("read journal %s: %w", path, err)
	}
	var version int
	err = db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version)
	if err == nil && version != len(migrations) {
		err = fmt.Errorf("it has schema %d and this program knows %d: use the program of the release that wrote it", version, len(migrations))
	}
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("read journal %s: %w", path, classify(err))
	}
	return &Reader{path: path, db: db}, nil
}

// Close ends the reading.
func (r *Reader) Close() error { return r.db.Close() }

// Path is the journal's file.
func (r *Reader) Path() string { return r.path }

// Terminal is whose journal it is. A damaged one may still say.
func (r *Reader) Terminal(ctx context.Context) (id string, err error) {
	err = r.db.QueryRowContext(ctx, "SELECT terminal FROM identity WHERE one=1").Scan(&id)
	return id, classify(err)
}

// Overview is what a Reader sees of a journal. It is a Status without what only
// the running terminal knows.
type Overview struct {
	Terminal string
	Epoch    int64
	Began    time.Time // the epoch,
	Why      string    // and why
	Lanes    []LaneStatus
	Chains   []ChainStatus // those with records here, and the current ones; by lane and epoch
	Size     int64         // bytes of the database and its log
	SetAside []string      // damaged files that were salvaged; delete them when nobody needs them
}

// Unsent counts the records that the center has not acknowledged.
func (o Overview) Unsent() (n int64) {
	for _, l := range o.Lanes {
		n += l.Unsent
	}
	return n
}

// Overview reads the journal's state.
func (r *Reader) Overview(ctx context.Context) (Overview, error) {
	var o Overview
	err := r.transact(ctx, func(tx *sql.Tx) error {
		b, err := r.book(ctx, tx)
		if err != nil {
			return err
		}
		o = Overview{Terminal: b.terminal, Epoch: b.epoch, Size: fileSize(r.path)}
		var began int64
		if err := tx.QueryRowContext(ctx, "SELECT began, why FROM epochs WHERE epoch=?", b.epoch).Scan(&began, &o.Why); err != nil {
			return err
		}
		o.Began = time.UnixMilli(began)
		for _, l := range record.Lanes {
			_, c := b.current(l)
			lane := LaneStatus{Lane: l, Head: c.seq, Hash: c.hash}
			if err := oldest(ctx, tx, b, &lane); err != nil {
				return err
			}
			o.Lanes = append(o.Lanes, lane)
			o.Chains = append(o.Chains, b.status(l)...)
		}
		return nil
	})
	if err != nil {
		return o, fmt.Errorf("read the journal's state: %w", err)
	}
	o.SetAside, err = filepath.Glob(globQuote(r.path) + ".damaged-*")
	o.SetAside = slices.DeleteFunc(o.SetAside, func(p string) bool {
		return strings.HasSuffix(p, "-wal") || strings.HasSuffix(p, "-shm") || isReport(p)
	})
	return o, err
}

// Verify reads every page of the file and walks every chain, like
// [Journal.Verify]. It returns ErrCorrupt with all that is wrong.
func (r *Reader) Verify(ctx context.Context) (Verified, error) {
	if err := checkFile(ctx, r.db); err != nil {
		return Verified{}, fmt.Errorf("verify the journal: %w", err)
	}
	return verify(ctx, r.db)
}

// Each calls fn for every record that is here, by lane, epoch and number. What
// it is given holds personal data.
func (r *Reader) Each(ctx context.Context, fn func(record.Chain, record.Record) error) error {
	var b book
	if err := r.transact(ctx, func(tx *sql.Tx) (err error) { b, err = r.book(ctx, tx); return err }); err != nil {
		return fmt.Errorf("read records: %w", err)
	}
	for _, l := range record.Lanes {
		for _, c := range b.status(l) {
			for after := c.Head - c.Kept; after < c.Head; {
				rs, err := readRecords(ctx, r.db, chainKey{c.Epoch, l}, after, c.Head, 500, 4<<20)
				if err != nil {
					return fmt.Errorf("read records: %w", err)
				}
				if len(rs) == 0 {
					break // deleted since: the center has them safe
				}
				for i := range rs {
					if err := fn(c.Chain, rs[i]); err != nil {
						return err
					}
					after = rs[i].Seq
				}
			}
		}
	}
	return nil
}

// book reads the book of a journal that has one.
func (r *Reader) book(ctx context.Context, q querier) (book, error) {
	b, ok, err := readBook(ctx, q)
	if err == nil && !ok {
		err = errors.New("it has not been used yet")
	}
	return b, err
}

func (r *Reader) transact(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := r.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return classify(err)
	}
	defer tx.Rollback()
	return classify(fn(tx))
}

// globQuote makes a path match itself only.
func globQuote(path string) string {
	out := make([]byte, 0, len(path))
	for i := range len(path) {
		switch path[i] {
		case '*', '?', '[', '\\':
			out = append(out, '\\')
		}
		out = append(out, path[i])
	}
	return string(out)
}

// fileSize is the size of the database and its log.
func fileSize(path string) (n int64) {
	for _, suffix := range []string{"", "-wal"} {
		if fi, err := os.Stat(path + suffix); err == nil {
			n += fi.Size()
		}
	}
	return n
}
