// Package projection is how a module understands, at the center, what its
// terminals recorded.
//
// The center appends first and understands later: the raw log is the truth, and
// a Projection turns it into tables and feeds of its own, one record at a time,
// in the order of the log. It may be rebuilt from the log at any moment and must
// then come to the same result; so Apply depends on nothing but the record and
// the projection's own tables: no clock, no file, no network.
//
// A record that cannot be applied never blocks the others. An error marked with
// [Permanent] or [UnknownVersion] lays the record among the dead letters, and
// later records of the same site and aggregate key wait behind it; every other
// error is taken for temporary and Apply is called again.
//
// Records arrive in the order of the log, which is the order of arrival and not
// of events: what a module makes of a day must not depend on it. The center
// delivers every record once per (terminal, epoch, lane, seq).
//
// The center keeps its tables in SQLite or PostgreSQL. Schema and queries are written
// once, in what both have in common: TEXT, INTEGER and BLOB; ? for arguments; 1 and 0
// for truths; in ON CONFLICT … DO UPDATE the row's own columns with the table's name;
// CASE instead of MAX(a, b). The file dialect.go of the package store has all of it.
//
// Test a projection through a center of the test's own, on both: pgtest.Both.
package projection

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/sync/record"
)

// Projection is the center side of a module.
type Projection interface {
	// Name is the module's ID; its tables begin with it and an underscore.
	Name() string
	// Kinds are the kinds of record it wants to see, in every version.
	Kinds() []string
	// Schema is SQL that makes its tables, which the center has first dropped.
	// When it changes between two versions of the program, the center rebuilds.
	Schema() Schema
	// Apply makes a record's effect, wholly or not at all.
	Apply(ctx context.Context, tx Tx, r Received) error
}

// Schema is a projection's tables.
type Schema struct {
	Tables []string // by name
	SQL    string   // makes them and their indices
}

// Received is a record as the center has it.
type Received struct {
	record.Record
	Position   int64 // in the log
	Terminal   string
	Site       string
	ReceivedAt time.Time // by the center's clock
}

// Querier reads the projections' tables and the feeds. Queries are constants
// with ? for arguments; they read the module's own tables only.
type Querier interface {
	// One reads one row into dest, or fails with ErrNotFound.
	One(query string, args []any, dest ...any) error
	// Each calls fn for every row; scan reads its columns.
	Each(query string, args []any, fn func(scan func(...any) error) error) error
	// Row reads the newest state of a row of a feed, or fails with ErrNotFound.
	Row(site, feed, key string) (json.RawMessage, error)
}

// Tx is the transaction in which a record is applied.
type Tx interface {
	Querier
	// Exec changes rows of the projection's own tables and says how many.
	Exec(query string, args ...any) (int64, error)
	// PutFeed makes value, as JSON, the newest state of a row of a feed. It
	// fails with ErrOwned when the district's register, or another module, has
	// made that row.
	PutFeed(site, feed, key string, value any) error
	// DeleteFeed removes a row of a feed, if it is there; ErrOwned as above.
	DeleteFeed(site, feed, key string) error
}

// Errors of a Tx or Querier.
var (
	ErrNotFound = errors.New("not found")
	ErrOwned    = errors.New("the row belongs to the register or another module")
)

// Board is a projection with something to look at.
type Board interface {
	// Board is what the console shows for a site.
	Board(ctx context.Context, q Querier, site string, now time.Time) (view.Page, error)
}

// Measured is a projection with numbers for Prometheus. Their names begin with what
// they are of, and no number is about one person.
type Measured interface {
	// Gauges reads them; it is asked every few seconds at most.
	Gauges(q Querier) ([]Gauge, error)
}

// Gauge is a number of a Measured projection.
type Gauge struct {
	Name  string // after "ting_center_": "faces_stored"
	Help  string
	Value float64
}

// Publisher is a projection that puts rows into feeds. Terminals may ask for
// these feeds before the first row is there.
type Publisher interface {
	// Feeds are the feeds it puts rows into.
	Feeds() []string
}

// Teller is a projection whose records can be told in a line as they arrive.
type Teller interface {
	// Tell says in a few words what happened; false for what nobody needs to see.
	Tell(r Received) (Line, bool)
}

// Line is what the console says of a record. It holds no name: the console
// looks the person up, and masks the name.
type Line struct {
	At     time.Time
	Person string // ID, or ""
	Text   view.Text
	Tone   view.Tone
}

// Permanent marks an error that will be the same however often Apply is called.
func Permanent(err error) error { return &marked{err, false} }

// UnknownVersion says that the record's version is not known: it waits until a
// program that knows it has started.
func UnknownVersion(kind string, version int) error {
	return &marked{&VersionError{kind, version}, true}
}

// VersionError names the shape that was not known.
type VersionError struct {
	Kind    string
	Version int
}

// Error implements error.
func (e *VersionError) Error() string {
	return e.Kind + ": unknown version " + strconv.Itoa(e.Version)
}

// IsPermanent reports whether Permanent or UnknownVersion marked err.
func IsPermanent(err error) bool {
	var m *marked
	return errors.As(err, &m)
}

// IsUnknownVersion reports whether UnknownVersion marked err.
func IsUnknownVersion(err error) bool {
	var m *marked
	return errors.As(err, &m) && m.version
}

type marked struct {
	error
	version bool
}

func (m *marked) Unwrap() error { return m.error }
