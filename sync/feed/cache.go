package feed

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/mattn/go-sqlite3"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/sync/wire"
)

// MaxList is the most rows that List returns at once.
const MaxList = 500

// CacheOptions tell OpenCache whose feeds these are. Only Site is needed.
type CacheOptions struct {
	Site  string           // of the terminal; another site's rows are dropped
	Clock func() time.Time // nil is time.Now
	Log   *slog.Logger     // nil is slog.Default
}

// Cache is the feeds as they are on this terminal. It is the terminal's feeds
// service (kiosk/host.Feeds). Its methods may be called from any goroutine.
type Cache struct {
	o  CacheOptions
	db *sql.DB // one connection that writes
	ro *sql.DB

	applying  sync.Mutex // one page at a time, callbacks included: they come in order
	listening sync.RWMutex
	listeners map[string][]func([]wire.FeedRow)
}

const schemaVersion = 1

const schema = `
CREATE TABLE site (one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL);
CREATE TABLE feeds (
	name     TEXT PRIMARY KEY,
	revision INTEGER NOT NULL,
	synced   INTEGER NOT NULL, -- when it was last known to be complete, milliseconds since 1970; 0 never
	staged   INTEGER           -- revision up to which a snapshot has arrived; NULL when none is arriving
) WITHOUT ROWID;
CREATE TABLE rows (
	feed     TEXT NOT NULL,
	key      TEXT NOT NULL,
	revision INTEGER NOT NULL,
	value    BLOB NOT NULL,
	PRIMARY KEY (feed, key)
) WITHOUT ROWID;
CREATE TABLE staged (
	feed     TEXT NOT NULL,
	key      TEXT NOT NULL,
	revision INTEGER NOT NULL,
	value    BLOB NOT NULL,
	PRIMARY KEY (feed, key)
) WITHOUT ROWID;`

// OpenCache opens the cache at path, or makes it. A damaged file, one of
// another schema or one of another site is made anew. Close it.
func OpenCache(ctx context.Context, path string, o CacheOptions) (*Cache, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open feed cache: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("open feed cache: %w", err)
	}
	c := &Cache{o: o, listeners: map[string][]func([]wire.FeedRow){}}
	err = c.open(ctx, path)
	if err != nil && (isDamaged(err) || errors.Is(err, errForeign)) {
		o.Log.Warn("the feed cache is made anew", "op", "open", "cause", err)
		for _, suffix := range []string{"-wal", "-shm", ""} {
			if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
				return nil, fmt.Errorf("open feed cache: %w", err)
			}
		}
		err = c.open(ctx, path)
	}
	if err != nil {
		return nil, fmt.Errorf("open feed cache %s: %w", path, err)
	}
	return c, nil
}

var errForeign = errors.New("it is of another site or another release")

func isDamaged(err error) bool {
	var se sqlite3.Error
	return errors.As(err, &se) && (se.Code == sqlite3.ErrCorrupt || se.Code == sqlite3.ErrNotADB)
}

func (c *Cache) open(ctx context.Context, path string) (err error) {
	// NORMAL: a power cut may lose the last pages, whole, with their cursors; they come again.
	name := "file:" + (&url.URL{Path: path}).EscapedPath()
	if c.db, err = sql.Open("sqlite3", name+"?_journal_mode=WAL&_synchronous=NORMAL&_txlock=immediate&_busy_timeout=5000&_secure_delete=1"); err != nil {
		return err
	}
	c.db.SetMaxOpenConns(1)
	if c.ro, err = sql.Open("sqlite3", name+"?mode=ro&_busy_timeout=5000"); err != nil {
		return err
	}
	c.ro.SetMaxOpenConns(4)
	c.ro.SetMaxIdleConns(4)
	if err = c.prepare(ctx); err != nil {
		_ = c.Close()
	}
	return err
}

func (c *Cache) prepare(ctx context.Context) error {
	var check string
	if err := c.db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&check); err != nil {
		return err
	}
	if check != "ok" {
		return sqlite3.Error{Code: sqlite3.ErrCorrupt}
	}
	return c.write(ctx, func(tx *sql.Tx) error {
		var version int
		if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
			return err
		}
		switch version {
		case 0:
			if _, err := tx.ExecContext(ctx, fmt.Sprintf("%s; PRAGMA user_version=%d", schema, schemaVersion)); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, "INSERT INTO site (one, id) VALUES (1, ?)", c.o.Site)
			return err
		case schemaVersion:
		default:
			return errForeign
		}
		var site string
		if err := tx.QueryRowContext(ctx, "SELECT id FROM site").Scan(&site); err != nil {
			return err
		}
		if site != c.o.Site {
			return errForeign
		}
		// A snapshot that was arriving is asked for again from its beginning.
		_, err := tx.ExecContext(ctx, "DELETE FROM staged; UPDATE feeds SET staged = NULL")
		return err
	})
}

func (c *Cache) write(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// Close closes the cache.
func (c *Cache) Close() error { return errors.Join(c.ro.Close(), c.db.Close()) }

// OnChange has fn told of a feed's changes: rows as they now are, and deleted
// ones without a value. It is called after the commit, in order, and by one goroutine at
// a time; it must be quick, and must not call Apply. Rows that were there
// before are not told: List them.
func (c *Cache) OnChange(feed string, fn func(rows []wire.FeedRow)) {
	c.listening.Lock()
	defer c.listening.Unlock()
	c.listeners[feed] = append(c.listeners[feed], fn)
}

func (c *Cache) tell(feed string, rows []wire.FeedRow) {
	if len(rows) == 0 {
		return
	}
	c.listening.RLock()
	fns := c.listeners[feed]
	c.listening.RUnlock()
	for _, fn := range fns {
		fn(rows)
	}
}

// Lookup reads one row. A key that is not there gives kiosk.CodeNotFound.
func (c *Cache) Lookup(ctx context.Context, feed, key string) (kiosk.Row, error) {
	r := kiosk.Row{Key: key}
	err := c.ro.QueryRowContext(ctx, "SELECT revision, value FROM rows WHERE feed=? AND key=?", feed, key).Scan(&r.Revision, &r.JSON)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return kiosk.Row{}, &kiosk.Error{Code: kiosk.CodeNotFound, Op: "look up in " + feed}
	case err != nil:
		return kiosk.Row{}, unavailable("look up in "+feed, err)
	}
	return r, nil
}

// List reads rows in the order of their keys, at most MaxList.
func (c *Cache) List(ctx context.Context, r kiosk.ListRequest) ([]kiosk.Row, error) {
	limit := r.Limit
	if limit < 0 {
		return nil, &kiosk.Error{Code: kiosk.CodeInvalid, Op: "list " + r.Feed, Cause: fmt.Errorf("limit %d", limit)}
	}
	if limit == 0 || limit > MaxList {
		limit = MaxList
	}
	rows, err := c.ro.QueryContext(ctx, "SELECT key, revision, value FROM rows WHERE feed=? AND key>? ORDER BY key LIMIT ?", r.Feed, r.After, limit)
	if err != nil {
		return nil, unavailable("list "+r.Feed, err)
	}
	defer rows.Close()
	var out []kiosk.Row
	for rows.Next() {
		var row kiosk.Row
		if err := rows.Scan(&row.Key, &row.Revision, &row.JSON); err != nil {
			return nil, unavailable("list "+r.Feed, err)
		}
		out = append(out, row)
	}
	if err := rows.Err(); err != nil {
		return nil, unavailable("list "+r.Feed, err)
	}
	return out, nil
}

func unavailable(op string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &kiosk.Error{Code: kiosk.CodeUnavailable, Op: op, Cause: err, Hint: "restart the terminal: a damaged cache is then made anew"}
}

// Age is how long ago a feed was last known to be complete. ok is false when it
// never was.
func (c *Cache) Age(ctx context.Context, feed string) (age time.Duration, ok bool, err error) {
	var synced int64
	err = c.ro.QueryRowContext(ctx, "SELECT synced FROM feeds WHERE name=?", feed).Scan(&synced)
	if errors.Is(err, sql.ErrNoRows) || err == nil && synced == 0 {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, unavailable("age of "+feed, err)
	}
	return max(0, c.o.Clock().Sub(time.UnixMilli(synced))), true, nil
}

// Cursor is the revision to ask a feed's changes after.
func (c *Cache) Cursor(ctx context.Context, feed string) (uint64, error) {
	cur, err := readCursor(ctx, c.ro, feed)
	if err != nil {
		return 0, fmt.Errorf("cursor of %s: %w", feed, err)
	}
	return cur.next(), nil
}
