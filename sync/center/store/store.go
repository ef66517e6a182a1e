// Package store keeps the center's SQL in one place.
//
// A [DB] is one SQLite file, or a PostgreSQL database that several centers serve
// at once. Both keep the same promises:
//
//   - [DB.Write] and [DB.WriteRows] return only after their transaction is on the
//     disk: WAL with synchronous=FULL, or synchronous_commit with fsync; checked
//     when the database is opened.
//   - Transactions of Write happen one after the other, whoever begins them where.
//     Those of WriteRows may overlap on PostgreSQL: they lock the rows they decide
//     on (see [Tx.LockChains]), and what has an order (the log's positions, the
//     feeds' revisions) is given under a lock that is held until the commit, so
//     that nothing becomes visible before what has a smaller number.
//   - [DB.Read] sees one unchanging snapshot and never waits for a writer.
//
// What happens inside is made of the small functions of [Tx], one per question
// asked of the database. Their SQL is written once, for both; the file dialect.go
// says in which words.
//
// Callers must not keep a Tx after the function it was given to returns, and must
// not call Write from within Write. That function may be called again when
// another center got in its way, so what it changes outside must be set anew each
// time.
//
// Times are stored as milliseconds since 1970, so that they compare as numbers.
package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/luohu/ting/sync/record"
)

// Errors that callers tell apart.
var (
	ErrNotFound = errors.New("no such row")
	// ErrFull is returned when the disk had no room. Nothing of the transaction is stored.
	ErrFull = errors.New("the disk is full: free some space on the database's volume")
	// ErrBroken is returned once the disk failed to keep what was written. The
	// process must end and open the file anew: only then does it know what is there.
	ErrBroken = errors.New("the disk failed: check it, then start the center again")
	// ErrCorrupt is returned when the file is not a sound database.
	ErrCorrupt = errors.New("the database is damaged: restore the last backup")
	// ErrAway is returned when the database server does not answer. It may come back.
	ErrAway = errors.New("the database server does not answer: see whether it runs, and whether the network is up")
)

// IsOfDatabase reports whether an error says something of the database and nothing
// of what was asked: the same may well succeed another time.
func IsOfDatabase(err error) bool {
	for _, e := range []error{ErrFull, ErrBroken, ErrCorrupt, ErrAway} {
		if errors.Is(err, e) {
			return true
		}
	}
	return inTheWay(err)
}

// DB is the center's database.
type DB struct {
	engine engine
	source string
}

// engine is a kind of database.
type engine interface {
	name() string // as in the migrations' blocks: sqlite, postgres
	// write runs fn in a transaction; alone of all those that are.
	write(ctx context.Context, alone bool, fn func(session) error) error
	read(ctx context.Context, fn func(session) error) error
	lead(ctx context.Context, name string, fn func(context.Context))
	listen(ctx context.Context, heard func(from, note string), missed func())
	backup(ctx context.Context, path, without string) (cursors map[int64]int64, records int64, err error)
	broken() error
	close() error
}

// session is one transaction of an engine.
type session interface {
	exec(query string, args []any) (int64, error)
	one(query string, args, dest []any) error
	each(query string, args []any, fn func(scan func(...any) error) error) error
	script(statements string) error
	note(text string)
	forUpdate() string // ends a query whose rows nobody else may change until the transaction ends
	version() (int, error)
	setVersion(int) error
	identity() (string, error)

	lastPosition() (int64, error)
	devicesNamed(terminals []string) (map[string]Device, error)
	chains(names []record.Chain, lock bool) ([]Chain, error)
	newChain(c record.Chain, branch int64, site string) (Chain, error)
	append(list []Append) error
	moveCursors(list []Cursor) error
	markSafe(cursors map[int64]int64) error
	lockRevision() error
	// changedRows are those that differ from what is stored.
	changedRows(rows []FeedPut) ([]FeedPut, error)
	// putRows stores rows under revisions that follow each other.
	putRows(rows []FeedPut, revision uint64, owner string, at time.Time) error
}

// IsServer reports whether a source names a database server.
func IsServer(source string) bool {
	return strings.HasPrefix(source, "postgres://") || strings.HasPrefix(source, "postgresql://")
}

// Open opens a database and brings its schema up to date. source is the path of an
// SQLite file, or a URL: postgres://user@host/database.
func Open(ctx context.Context, source string) (*DB, error) {
	db := &DB{source: source}
	var err error
	if IsServer(source) {
		db.engine, err = openPostgres(ctx, source)
	} else {
		db.engine, err = openSQLite(ctx, source)
	}
	if err != nil {
		return nil, err
	}
	if err := db.migrate(ctx); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("open the center's database: %w", err)
	}
	return db, nil
}

// Shared reports whether other centers may serve the same database.
func (db *DB) Shared() bool { return IsServer(db.source) }

// Close ends the readers and the writer.
func (db *DB) Close() error { return db.engine.close() }

// Write runs fn in the one writing transaction and returns after it is durable.
// When fn fails nothing is stored. Once begun it is not cut short by ctx's end,
// so that nobody has to wonder whether it was stored.
func (db *DB) Write(ctx context.Context, fn func(*Tx) error) error { return db.writing(ctx, true, fn) }

// WriteRows is Write beside other transactions, where the database can: fn must
// lock the rows it decides on.
func (db *DB) WriteRows(ctx context.Context, fn func(*Tx) error) error {
	return db.writing(ctx, false, fn)
}

func (db *DB) writing(ctx context.Context, alone bool, fn func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	return db.engine.write(ctx, alone, func(s session) error { return fn(&Tx{s: s, db: db}) })
}

// Read runs fn in a reading transaction.
func (db *DB) Read(ctx context.Context, fn func(*Tx) error) error {
	return db.engine.read(ctx, func(s session) error { return fn(&Tx{s: s, db: db}) })
}

// Broken is the error that ended all writing, or nil.
func (db *DB) Broken() error { return db.engine.broken() }

// Lead runs fn while this process, of all that serve the database, is the one
// that leads what has a name, and again each time it becomes so, until ctx ends.
// The context given to fn ends when it leads no more. A process that was cut off
// may learn that late: fn must decide under a row's lock.
func (db *DB) Lead(ctx context.Context, name string, fn func(context.Context)) {
	db.engine.lead(ctx, name, fn)
}

// Listen calls heard for the notes (see [Tx.Notify]) of the other processes that
// serve the database, until ctx ends, and missed when some may have been lost.
func (db *DB) Listen(ctx context.Context, heard func(note string), missed func()) {
	db.engine.listen(ctx, func(_, note string) { heard(note) }, missed)
}

// Backup copies the database to a new file, leaves one of its facts out, and
// checks the copy as a restore would: that it is sound, and that each chain has
// every record up to its cursor. It returns those cursors and the number of
// records. A copy that does not hold is removed.
func (db *DB) Backup(ctx context.Context, path, without string) (cursors map[int64]int64, records int64, err error) {
	return db.engine.backup(ctx, path, without)
}

// Tx is one transaction.
type Tx struct {
	s  session
	db *DB
}

// Script runs several statements without arguments, in a writing transaction.
func (tx *Tx) Script(statements string) error { return tx.s.script(statements) }

// Exec changes something. Queries are constants with ? for arguments.
func (tx *Tx) Exec(query string, args ...any) (int64, error) { return tx.s.exec(query, args) }

// One reads one row into dest, or fails with ErrNotFound.
func (tx *Tx) One(query string, args []any, dest ...any) error { return tx.s.one(query, args, dest) }

// Each calls fn for every row; scan reads the row's columns.
func (tx *Tx) Each(query string, args []any, fn func(scan func(...any) error) error) error {
	return tx.s.each(query, args, fn)
}

// Notify tells the other processes that serve the database something, a line of at
// most some kilobytes, when the transaction is committed. The same line twice is
// told once.
func (tx *Tx) Notify(text string) { tx.s.note(text) }

// Try runs fn so that what it wrote is undone when it fails, and nothing else.
func (tx *Tx) Try(fn func() error) error {
	if err := tx.Script("SAVEPOINT try"); err != nil {
		return err
	}
	if err := fn(); err != nil {
		return errors.Join(err, tx.Script("ROLLBACK TO SAVEPOINT try; RELEASE SAVEPOINT try"))
	}
	return tx.Script("RELEASE SAVEPOINT try")
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
