package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/mattn/go-sqlite3"
)

// sqlite is one file with one writer and a pool of readers.
type sqlite struct {
	path    string
	writer  *sql.DB   // opened for one connection,
	conn    *sql.Conn // which is this one
	readers *sql.DB
	mu      sync.Mutex // held while writing
	failure error

	written map[string]*sql.Stmt // prepared on conn
	reads   sync.Map             // query → *sql.Stmt, prepared on readers
}

const pragmas = "_journal_mode=WAL&_synchronous=FULL&_foreign_keys=1&_busy_timeout=10000&_secure_delete=on"

func openSQLite(ctx context.Context, path string) (_ *sqlite, err error) {
	// The file is made here, so that nobody else may ever read it.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the center's database: %w", err)
	}
	f.Close()
	uri := "file:" + uriPath(path) + "?" + pragmas
	e := &sqlite{path: path, written: map[string]*sql.Stmt{}}
	if e.writer, err = sql.Open("sqlite3", uri); err != nil {
		return nil, err
	}
	e.writer.SetMaxOpenConns(1)
	if e.conn, err = e.writer.Conn(ctx); err != nil {
		e.writer.Close()
		return nil, fmt.Errorf("open %s: %w", filepath.Base(path), explainSQLite(err))
	}
	if e.readers, err = sql.Open("sqlite3", uri+"&_query_only=1"); err != nil {
		return nil, err
	}
	e.readers.SetMaxOpenConns(8)
	e.readers.SetMaxIdleConns(8)
	if err := e.check(ctx); err != nil {
		_ = e.close()
		return nil, fmt.Errorf("open %s: %w", filepath.Base(path), explainSQLite(err))
	}
	return e, nil
}

// check looks at what durability rests on, and at the file.
func (e *sqlite) check(ctx context.Context) error {
	for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal", "foreign_keys": "1"} {
		var got string
		if err := e.conn.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&got); err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("PRAGMA %s is %s, but only %s keeps what is acknowledged", pragma, got, want)
		}
	}
	var verdict string
	if err := e.conn.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", ErrCorrupt, verdict)
	}
	_, err := e.conn.ExecContext(ctx, "PRAGMA wal_autocheckpoint=4000")
	return err
}

func (e *sqlite) name() string { return "sqlite" }

func (e *sqlite) close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	var err error
	if e.readers != nil {
		err = e.readers.Close()
	}
	return errors.Join(err, e.conn.Close(), e.writer.Close())
}

func (e *sqlite) write(ctx context.Context, _ bool, fn func(session) error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.failure != nil {
		return e.failure
	}
	if _, err := e.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return e.failed(err)
	}
	err := fn(&sqliteSession{ctx: ctx, e: e})
	if err == nil {
		if _, err = e.conn.ExecContext(ctx, "COMMIT"); err == nil {
			return nil
		}
		err = fmt.Errorf("commit: %w", err)
	}
	// SQLite has rolled back by itself after some errors; it then says so here.
	_, _ = e.conn.ExecContext(ctx, "ROLLBACK")
	return e.failed(err)
}

// failed remembers an error after which nothing can be promised any more.
func (e *sqlite) failed(err error) error {
	err = explainSQLite(err)
	if errors.Is(err, ErrBroken) || errors.Is(err, ErrCorrupt) {
		e.failure = err
	}
	return err
}

func (e *sqlite) broken() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.failure
}

func (e *sqlite) read(ctx context.Context, fn func(session) error) error {
	tx, err := e.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return explainSQLite(err)
	}
	defer tx.Rollback()
	return explainSQLite(fn(&sqliteSession{ctx: ctx, e: e, read: tx}))
}

// lead: one process owns the file, and leads everything.
func (e *sqlite) lead(ctx context.Context, _ string, fn func(context.Context)) { fn(ctx) }

// listen: nobody else tells anything.
func (e *sqlite) listen(ctx context.Context, _ func(from, note string), _ func()) { <-ctx.Done() }

// explainSQLite turns the driver's errors into those that say what to do.
func explainSQLite(err error) error {
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

// sqliteSession is one transaction.
type sqliteSession struct {
	ctx  context.Context
	e    *sqlite
	read *sql.Tx // nil for the writer's
}

// stmt is the query, prepared once.
func (s *sqliteSession) stmt(query string) (*sql.Stmt, error) {
	e := s.e
	if s.read == nil {
		p, ok := e.written[query]
		if !ok {
			var err error
			if p, err = e.conn.PrepareContext(s.ctx, query); err != nil {
				return nil, err
			}
			e.written[query] = p
		}
		return p, nil
	}
	p, ok := e.reads.Load(query)
	if !ok {
		fresh, err := e.readers.PrepareContext(s.ctx, query)
		if err != nil {
			return nil, err
		}
		if p, ok = e.reads.LoadOrStore(query, fresh); ok {
			fresh.Close()
		}
	}
	return s.read.StmtContext(s.ctx, p.(*sql.Stmt)), nil
}

func (s *sqliteSession) script(statements string) error {
	_, err := s.e.conn.ExecContext(s.ctx, statements)
	return err
}

func (s *sqliteSession) exec(query string, args []any) (int64, error) {
	p, err := s.stmt(query)
	if err != nil {
		return 0, err
	}
	res, err := p.ExecContext(s.ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (s *sqliteSession) one(query string, args, dest []any) error {
	p, err := s.stmt(query)
	if err != nil {
		return err
	}
	err = p.QueryRowContext(s.ctx, args...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

func (s *sqliteSession) each(query string, args []any, fn func(scan func(...any) error) error) error {
	p, err := s.stmt(query)
	if err != nil {
		return err
	}
	rows, err := p.QueryContext(s.ctx, args...)
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

func (s *sqliteSession) note(string) {}

func (s *sqliteSession) version() (n int, err error) {
	return n, s.one("PRAGMA user_version", nil, []any{&n})
}

func (s *sqliteSession) setVersion(n int) error {
	return s.script(fmt.Sprintf("PRAGMA user_version=%d", n))
}
