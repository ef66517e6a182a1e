package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/jackc/pgx/v5"
)

// ErrOccupied is returned by Restore where there is a database already.
var ErrOccupied = errors.New("there is a database already, and it may hold records that the backup lacks: move it away first, and keep it")

// errFormat is returned for a file that is no backup of ours.
var errFormat = errors.New("the file is neither an SQLite database nor a PostgreSQL dump")

// A backup says by its first bytes which engine made it.
var (
	magicSQLite   = []byte("SQLite format 3\x00")
	magicPostgres = []byte("PGDMP")
)

func madeBy(path string) (engine string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	head := make([]byte, len(magicSQLite))
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return "", err
	}
	switch {
	case bytes.Equal(head[:n], magicSQLite):
		return "sqlite", nil
	case bytes.HasPrefix(head[:n], magicPostgres):
		return "postgres", nil
	}
	return "", errFormat
}

// VerifyBackup reads a backup as a restore would, and walks every chain in it.
// The file is not changed.
func VerifyBackup(ctx context.Context, path string) (Verified, error) {
	engine, err := madeBy(path)
	switch {
	case err != nil:
		return Verified{}, err
	case engine == "postgres":
		return verifyDump(ctx, path)
	}
	// Nobody else writes to a backup: no lock, no log, no change.
	file, err := sql.Open("sqlite3", "file:"+uriPath(path)+"?mode=ro&immutable=1")
	if err != nil {
		return Verified{}, err
	}
	defer file.Close()
	var sound string
	if err := file.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&sound); err != nil {
		return Verified{}, explainSQLite(err)
	}
	if sound != "ok" {
		return Verified{Problems: []string{sound}}, nil
	}
	v, err := (&DB{engine: &sqlite{path: path, readers: file}, source: path}).Verify(ctx)
	return v, explainSQLite(err)
}

func verifyDump(ctx context.Context, path string) (v Verified, err error) {
	found, err := readDump(ctx, path)
	if err != nil {
		return v, err
	}
	for _, d := range found {
		v.Records += d.count
		if d.branch > 0 {
			v.Branches++
			continue
		}
		v.Chains++
		if d.seq != d.cursor || d.cursor > 0 && hex.EncodeToString(d.hash[:]) != d.head {
			v.wrong("%s, epoch %d, %v: the chain holds up to record %d, the cursor says %d", d.name.Terminal, d.name.Epoch, d.name.Lane, d.seq, d.cursor)
		}
	}
	return v, nil
}

// Restore makes a database of a backup: an SQLite file where there is none, or
// the tables of an empty PostgreSQL database. It forgets one of the center's
// facts, verifies what it made, and only then gives it its name. What it refuses
// is as it was.
func Restore(ctx context.Context, backup, source, without string) (Verified, error) {
	engine, err := madeBy(backup)
	switch {
	case err != nil:
		return Verified{}, err
	case engine == "sqlite" && IsServer(source), engine == "postgres" && !IsServer(source):
		return Verified{}, fmt.Errorf("the backup is of %s, the database to restore is not", engine)
	case engine == "postgres":
		return restorePostgres(ctx, backup, source, without)
	}
	for _, name := range []string{source, source + "-wal", source + "-shm"} {
		if _, err := os.Lstat(name); err == nil {
			return Verified{}, fmt.Errorf("%s: %w", name, ErrOccupied)
		}
	}
	next := source + ".restoring"
	defer removeSQLite(next)
	removeSQLite(next)
	if err := copyWhole(backup, next); err != nil {
		return Verified{}, err
	}
	v, err := settle(ctx, next, without)
	if err != nil {
		return v, err
	}
	return v, errors.Join(syncFile(next, os.O_RDWR), os.Rename(next, source), syncName(source))
}

func removeSQLite(path string) {
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		_ = os.Remove(name)
	}
}

// settle opens what was restored, forgets a fact, and verifies the log.
func settle(ctx context.Context, source, without string) (v Verified, err error) {
	db, err := Open(ctx, source)
	if err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if v, err = db.Verify(ctx); err != nil {
		return v, err
	}
	if err := v.Err(); err != nil {
		return v, err
	}
	return v, db.Write(ctx, func(tx *Tx) error {
		_, err := tx.Exec(`DELETE FROM meta WHERE name = ?`, without)
		return err
	})
}

func copyWhole(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

func restorePostgres(ctx context.Context, backup, source, without string) (Verified, error) {
	config, err := pgx.ParseConfig(source)
	if err != nil {
		return Verified{}, errors.New("the database's URL cannot be read: postgres://USER@HOST/DATABASE is needed")
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return Verified{}, explainPostgres(err)
	}
	var tables int
	err = conn.QueryRow(ctx, `SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`).Scan(&tables)
	if err := errors.Join(err, conn.Close(ctx)); err != nil {
		return Verified{}, explainPostgres(err)
	}
	if tables > 0 {
		return Verified{}, fmt.Errorf("database %s: %w", config.Database, ErrOccupied)
	}
	// In one transaction: what cannot be restored whole is not restored.
	cmd := exec.CommandContext(ctx, "pg_restore", "--dbname="+strings.ReplaceAll(config.Database, "=", ""), "--single-transaction",
		"--exit-on-error", "--no-owner", "--no-privileges", backup)
	cmd.Env = append(os.Environ(), libpqEnvironment(config)...)
	if err := runTool(cmd); err != nil {
		return Verified{}, err
	}
	return settle(ctx, source, without)
}
