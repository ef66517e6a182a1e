package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"

	_ "github.com/mattn/go-sqlite3" // the driver "sqlite3"
)

// dsn names the database with the settings that the promises rest on.
// synchronous is "FULL" but in the test that proves the power-cut harness alive.
func dsn(path, synchronous string, readOnly bool) string {
	q := url.Values{
		"_journal_mode":  {"WAL"},
		"_synchronous":   {synchronous},
		"_txlock":        {"immediate"},
		"_foreign_keys":  {"1"},
		"_busy_timeout":  {"5000"},
		"_secure_delete": {"1"},
	}
	if readOnly {
		q.Set("mode", "ro")
		q.Del("_journal_mode") // the writer's business
		q.Del("_txlock")
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// openWriter opens the one connection that writes, and checks its settings.
func openWriter(ctx context.Context, path, synchronous string) (*sql.DB, error) {
	db, err := sql.Open("sqlite3", dsn(path, synchronous, false))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // and it is never given up: SetConnMaxLifetime stays 0
	if err := setUp(ctx, db, synchronous); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

func setUp(ctx context.Context, db *sql.DB, synchronous string) error {
	level := map[string]string{"FULL": "2", "NORMAL": "1"}[synchronous]
	for _, p := range []struct{ pragma, want string }{
		{"journal_mode", "wal"},
		{"synchronous", level},
		{"foreign_keys", "1"},
		{"busy_timeout", "5000"},
		{"secure_delete", "1"},
	} {
		var got string
		if err := db.QueryRowContext(ctx, "PRAGMA "+p.pragma).Scan(&got); err != nil {
			return fmt.Errorf("read back %s: %w", p.pragma, err)
		}
		if got != p.want {
			return fmt.Errorf("SQLite has %s=%s where %s is needed: records would not be safe", p.pragma, got, p.want)
		}
	}
	// The writer checkpoints between transactions itself: SQLite's automatic
	// checkpoint swallows the error of a failed fsync.
	for _, p := range []string{"PRAGMA wal_autocheckpoint=0", "PRAGMA journal_size_limit=8388608"} {
		var ignored int64
		if err := db.QueryRowContext(ctx, p).Scan(&ignored); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
	}
	return nil
}

// checkFile reads every page of the database. It returns ErrCorrupt when one is damaged.
func checkFile(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, "PRAGMA integrity_check(20)")
	if err != nil {
		return classify(err)
	}
	defer rows.Close()
	var found []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return classify(err)
		}
		if s != "ok" {
			found = append(found, s)
		}
	}
	if err := rows.Err(); err != nil {
		return classify(err)
	}
	if len(found) > 0 {
		return fmt.Errorf("%w (%s)", ErrCorrupt, strings.Join(found, "; "))
	}
	return nil
}

// migrations bring the schema from one user_version to the next. They are only
// ever added to.
var migrations = []string{
	// 1: chains, their records, and why each epoch began.
	`CREATE TABLE identity (
		one        INTEGER PRIMARY KEY CHECK (one = 1),
		terminal   TEXT NOT NULL,
		epoch      INTEGER NOT NULL,
		generation TEXT NOT NULL
	);
	CREATE TABLE epochs (
		epoch INTEGER PRIMARY KEY,
		began INTEGER NOT NULL, -- milliseconds since 1970
		why   TEXT NOT NULL
	);
	CREATE TABLE chains (
		epoch       INTEGER NOT NULL,
		lane        INTEGER NOT NULL,
		seq         INTEGER NOT NULL, -- the head
		hash        BLOB NOT NULL,
		last_id     BLOB NOT NULL,
		acked_seq   INTEGER NOT NULL, -- the center's cursor
		acked_hash  BLOB NOT NULL,
		safe_seq    INTEGER NOT NULL,
		incarnation TEXT NOT NULL,
		anchor_seq  INTEGER NOT NULL, -- the last deleted
		anchor_hash BLOB NOT NULL,
		PRIMARY KEY (epoch, lane)
	) WITHOUT ROWID;
	CREATE TABLE outbox (
		epoch   INTEGER NOT NULL,
		lane    INTEGER NOT NULL,
		seq     INTEGER NOT NULL,
		id      BLOB NOT NULL,
		kind    TEXT NOT NULL,
		version INTEGER NOT NULL,
		key     TEXT NOT NULL,
		body    BLOB NOT NULL,
		prev    BLOB NOT NULL,
		hash    BLOB NOT NULL,
		PRIMARY KEY (epoch, lane, seq)
	) WITHOUT ROWID;`,
}

// migrate applies the migrations that are missing, each in a transaction of its own.
func migrate(ctx context.Context, db *sql.DB) error {
	var v int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&v); err != nil {
		return classify(err)
	}
	if v > len(migrations) {
		return fmt.Errorf("the journal has schema %d and this program knows %d: it was written by a newer release, install that one", v, len(migrations))
	}
	for ; v < len(migrations); v++ {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return classify(err)
		}
		_, err = tx.ExecContext(ctx, migrations[v])
		if err == nil {
			_, err = tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version=%d", v+1))
		}
		if err == nil {
			err = tx.Commit()
		}
		if err != nil {
			return errors.Join(fmt.Errorf("migrate the journal to schema %d: %w", v+1, classify(err)), ignoreDone(tx.Rollback()))
		}
	}
	return nil
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}
