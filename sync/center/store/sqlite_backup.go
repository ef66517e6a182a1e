package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

func (e *sqlite) backup(ctx context.Context, path, without string) (cursors map[int64]int64, records int64, err error) {
	if _, err := os.Lstat(path); err == nil {
		return nil, 0, fmt.Errorf("%s exists already: choose another name", path)
	}
	// Made first, so that the copy is never readable by others.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, 0, err
	}
	f.Close()
	defer func() {
		if err != nil {
			os.Remove(path)
		}
	}()
	if err := e.copyTo(ctx, path); err != nil {
		return nil, 0, explainSQLite(err)
	}
	copied, err := sql.Open("sqlite3", "file:"+uriPath(path)+"?_journal_mode=DELETE&_synchronous=FULL")
	if err != nil {
		return nil, 0, err
	}
	defer copied.Close()
	copied.SetMaxOpenConns(1)
	if _, err := copied.ExecContext(ctx, `DELETE FROM meta WHERE name = ?`, without); err != nil {
		return nil, 0, explainSQLite(err)
	}
	cursors = map[int64]int64{}
	// A branch does not begin at 1, so that only the first history is counted out.
	rows, err := copied.QueryContext(ctx, `SELECT c.id, c.seq, COUNT(i.seq), c.branch FROM chains c
		LEFT JOIN inbox i ON i.chain = c.id AND i.seq <= c.seq GROUP BY c.id`)
	if err != nil {
		return nil, 0, explainSQLite(err)
	}
	defer rows.Close()
	for rows.Next() {
		var chain, seq, count, branch int64
		if err := rows.Scan(&chain, &seq, &count, &branch); err != nil {
			return nil, 0, err
		}
		if branch == 0 && count != seq {
			return nil, 0, fmt.Errorf("the copy has %d of %d records of chain %d", count, seq, chain)
		}
		cursors[chain] = seq
		records += count
	}
	if err := rows.Err(); err != nil {
		return nil, 0, err
	}
	if err := errors.Join(rows.Close(), copied.Close()); err != nil {
		return nil, 0, err
	}
	// Hash by hash: a record that has changed on the disk must not be deleted at
	// the terminal that still has it as it was.
	v, err := VerifyBackup(ctx, path)
	if err == nil {
		err = v.Err()
	}
	if err != nil {
		return nil, 0, err
	}
	return cursors, records, errors.Join(syncFile(path, os.O_RDWR), syncName(path))
}

// copyTo copies one snapshot of the database on a connection of its own: the
// readers may not write even another file, and the writer must not wait for it.
func (e *sqlite) copyTo(ctx context.Context, path string) error {
	from, err := sql.Open("sqlite3", "file:"+uriPath(e.path)+"?_busy_timeout=10000")
	if err != nil {
		return err
	}
	defer from.Close()
	_, err = from.ExecContext(ctx, `VACUUM INTO ?`, path)
	return err
}

func syncFile(path string, flag int) error {
	f, err := os.OpenFile(path, flag, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// syncName makes a file's name durable: without it a power cut may leave no
// backup of what terminals have deleted since.
func syncName(path string) error { return syncFile(filepath.Dir(path), os.O_RDONLY) }
