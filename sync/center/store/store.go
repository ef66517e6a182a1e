// Package store keeps the center's SQL in one place.
//
// A [DB] has one writer and a pool of readers over one SQLite file. [DB.Write]
// returns only after its transaction is on the disk (WAL with synchronous=FULL,
// checked when the file is opened); [DB.Read] sees one unchanging snapshot and
// never waits for the writer. What happens inside is made of the small functions
// of [Tx], one per question asked of the database, so that another database can
// follow by answering the same ones.
//
// Callers must not keep a Tx after the function it was given to returns, and must
// not call Write from within Write.
//
// Times are stored as milliseconds since 1970, so that they compare as numbers.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/mattn/go-sqlite3"
)

// Errors that callers tell apart.
var (
	ErrNotFound = errors.New("no such row")
	// ErrFull is returned when the disk had no room. Nothing of the transaction is stored.
	ErrFull = errors.New("the disk is full: free some space on the volume of the state directory")
	// ErrBroken is returned once the disk failed to keep what was written. The
	// process must end and open the file anew: only then does it know what is there.
	ErrBroken = errors.New("the disk failed: check it, then start the center again")
	// ErrCorrupt is returned when the file is not a sound database.
	ErrCorrupt = errors.New("the database is damaged: restore the last backup")
)

// DB is the center's database.
type DB struct {
	path   string
	write  *sql.DB   // opened for one connection,
	conn   *sql.Conn // which is this one
	read   *sql.DB
	mu     sync.Mutex // held while writing
	broken error

	written map[string]*sql.Stmt // prepared on conn
	reads   sync.Map             // query → *sql.Stmt, prepared on read
}

const pragmas = "_journal_mode=WAL&_synchronous=FULL&_foreign_keys=1&_busy_timeout=10000&_secure_delete=on"

// Open opens the database at path and brings its schema up to date.
func Open(ctx context.Context, path string) (*DB, error) {
	// The file is made here, so that nobody else may ever read it.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the center's database: %w", err)
	}
	f.Close()
	uri := "file:" + uriPath(path) + "?" + pragmas
	db := &DB{path: path, written: map[string]*sql.Stmt{}}
	if db.write, err = sql.Open("sqlite3", uri); err != nil {
		return nil, err
	}
	db.write.SetMaxOpenConns(1)
	if db.conn, err = db.write.Conn(ctx); err != nil {
		db.write.Close()
		return nil, fmt.Errorf("open %s: %w", filepath.Base(path), explain(err))
	}
	if db.read, err = sql.Open("sqlite3", uri+"&_query_only=1"); err != nil {
		return nil, err
	}
	db.read.SetMaxOpenConns(8)
	db.read.SetMaxIdleConns(8)
	if err := db.prepare(ctx); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("open %s: %w", filepath.Base(path), explain(err))
	}
	return db, nil
}

// prepare checks what durability rests on, then the file, then the schema.
func (db *DB) prepare(ctx context.Context) error {
	for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal", "foreign_keys": "1"} {
		var got string
		if err := db.conn.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&got); err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("PRAGMA %s is %s, but only %s keeps what is acknowledged", pragma, got, want)
		}
	}
	var verdict string
	if err := db.conn.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", ErrCorrupt, verdict)
	}
	if _, err := db.conn.ExecContext(ctx, "PRAGMA wal_autocheckpoint=4000"); err != nil {
		return err
	}
	return db.migrate(ctx)
}

// Close ends the readers and the writer.
func (db *DB) Close() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	var err error
	if db.read != nil {
		err = db.read.Close()
	}
	return errors.Join(err, db.conn.Close(), db.write.Close())
}

// Write runs fn in the one writing transaction and returns after it is durable.
// When fn fails nothing is stored. Once begun it is not cut short by ctx's end,
// so that nobody has to wonder whether it was stored.
func (db *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.broken != nil {
		return db.broken
	}
	ctx = context.WithoutCancel(ctx)
	if _, err := db.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return db.failed(err)
	}
	err := fn(&Tx{ctx: ctx, db: db})
	if err == nil {
		if _, err = db.conn.ExecContext(ctx, "COMMIT"); err == nil {
			return nil
		}
		err = fmt.Errorf("commit: %w", err)
	}
	// SQLite has rolled back by itself after some errors; it then says so here.
	_, _ = db.conn.ExecContext(ctx, "ROLLBACK")
	return db.failed(err)
}

// failed remembers an error after which nothing can be promised any more.
func (db *DB) failed(err error) error {
	err = explain(err)
	if errors.Is(err, ErrBroken) || errors.Is(err, ErrCorrupt) {
		db.broken = err
	}
	return err
}

// Broken is the error that ended all writing, or nil.
func (db *DB) Broken() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.broken
}

// Read runs fn in a reading transaction.
func (db *DB) Read(ctx context.Context, fn func(*Tx) error) error {
	tx, err := db.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return explain(err)
	}
	defer tx.Rollback()
	return explain(fn(&Tx{ctx: ctx, db: db, read: tx}))
}

// explain turns the driver's errors into those that say what to do.
func explain(err error) error {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code {
	case sqlite3.ErrFull:
		return fmt.Errorf("%w: %w", ErrFull, err)
	case sqlite3.ErrIoErr:
		return fmt.Errorf("%w: %w", ErrBroken, err)
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB:
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return err
}

// uriPath writes a path as part of a file: URI.
func uriPath(p string) string {
	b := make([]byte, 0, len(p))
	for i := range len(p) {
		switch c := p[i]; c {
		case '?', '#', '%':
			b = fmt.Appendf(b, "%%%02X", c)
		default:
			b = append(b, c)
		}
	}
	return string(b)
}

// Tx is one transaction.
type Tx struct {
	ctx  context.Context
	db   *DB
	read *sql.Tx // nil for the writer's
}

// stmt is the query, prepared once.
func (tx *Tx) stmt(query string) (*sql.Stmt, error) {
	db := tx.db
	if tx.read == nil {
		s, ok := db.written[query]
		if !ok {
			var err error
			if s, err = db.conn.PrepareContext(tx.ctx, query); err != nil {
				return nil, err
			}
			db.written[query] = s
		}
		return s, nil
	}
	s, ok := db.reads.Load(query)
	if !ok {
		fresh, err := db.read.PrepareContext(tx.ctx, query)
		if err != nil {
			return nil, err
		}
		if s, ok = db.reads.LoadOrStore(query, fresh); ok {
			fresh.Close()
		}
	}
	return tx.read.StmtContext(tx.ctx, s.(*sql.Stmt)), nil
}

// Script runs several statements without arguments, in a writing transaction.
func (tx *Tx) Script(statements string) error {
	_, err := tx.db.conn.ExecContext(tx.ctx, statements)
	return err
}

// Exec changes something. Queries are constants with ? for arguments.
func (tx *Tx) Exec(query string, args ...any) (int64, error) {
	s, err := tx.stmt(query)
	if err != nil {
		return 0, err
	}
	res, err := s.ExecContext(tx.ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// One reads one row into dest, or fails with ErrNotFound.
func (tx *Tx) One(query string, args []any, dest ...any) error {
	s, err := tx.stmt(query)
	if err != nil {
		return err
	}
	err = s.QueryRowContext(tx.ctx, args...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// Each calls fn for every row; scan reads the row's columns.
func (tx *Tx) Each(query string, args []any, fn func(scan func(...any) error) error) error {
	s, err := tx.stmt(query)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(tx.ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Try runs fn so that what it wrote is undone when it fails, and nothing else.
func (tx *Tx) Try(fn func() error) error {
	if err := tx.Script("SAVEPOINT try"); err != nil {
		return err
	}
	if err := fn(); err != nil {
		return errors.Join(err, tx.Script("ROLLBACK TO try; RELEASE try"))
	}
	return tx.Script("RELEASE try")
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
