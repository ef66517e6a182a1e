package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// postgresSession is one transaction.
type postgresSession struct {
	ctx   context.Context
	e     *postgres
	tx    pgx.Tx
	notes []string
}

// translated holds each query as PostgreSQL reads it. Queries are constants: there
// are as many as the program has.
var translated sync.Map

func translate(query string) string {
	if q, ok := translated.Load(query); ok {
		return q.(string)
	}
	q := numbered(query)
	translated.Store(query, q)
	return q
}

// arguments writes them as the database's types: truths are numbers, and a text
// holds nothing that TEXT cannot.
func arguments(in []any) []any {
	out, own := in, false
	for i, a := range in {
		var b any
		switch a := a.(type) {
		case bool:
			n := int64(0)
			if a {
				n = 1
			}
			b = n
		case string:
			e := encodeText(a)
			if e == a {
				continue
			}
			b = e
		default:
			continue
		}
		if !own {
			out, own = slices.Clone(in), true
		}
		out[i] = b
	}
	return out
}

// truth scans a number, or a truth, as a truth.
type truth struct{ b *bool }

// Scan implements sql.Scanner.
func (t truth) Scan(v any) error {
	switch v := v.(type) {
	case int64:
		*t.b = v != 0
	case bool:
		*t.b = v
	default:
		return fmt.Errorf("%T is not a truth", v)
	}
	return nil
}

// scanInto scans a row as SQLite's driver would.
func scanInto(scan func(...any) error, dest []any) error {
	into := dest
	for i, d := range dest {
		if b, ok := d.(*bool); ok {
			if &into[0] == &dest[0] {
				into = slices.Clone(dest)
			}
			into[i] = truth{b}
		}
	}
	if err := scan(into...); err != nil {
		return err
	}
	for _, d := range dest {
		if s, ok := d.(*string); ok {
			*s = decodeText(*s)
		}
	}
	return nil
}

// explain says of an error when it is the connection's.
func (s *postgresSession) explain(err error) error {
	if err != nil && s.tx.Conn().IsClosed() && !errors.Is(err, ErrAway) {
		return fmt.Errorf("%w: %w", ErrAway, err)
	}
	return explainPostgres(err)
}

func (s *postgresSession) script(statements string) error {
	_, err := s.tx.Conn().PgConn().Exec(s.ctx, postgresSchema(statements)).ReadAll()
	return s.explain(err)
}

func (s *postgresSession) exec(query string, args []any) (int64, error) {
	tag, err := s.tx.Exec(s.ctx, translate(query), arguments(args)...)
	return tag.RowsAffected(), s.explain(err)
}

func (s *postgresSession) one(query string, args, dest []any) error {
	rows, err := s.tx.Query(s.ctx, translate(query), arguments(args)...)
	if err != nil {
		return s.explain(err)
	}
	defer rows.Close()
	if !rows.Next() {
		rows.Close()
		if err := rows.Err(); err != nil {
			return s.explain(err)
		}
		return ErrNotFound
	}
	if err := scanInto(rows.Scan, dest); err != nil {
		return err
	}
	rows.Close()
	return s.explain(rows.Err())
}

// each reads all rows before the first call: a connection answers one query at a
// time, and fn may ask others.
func (s *postgresSession) each(query string, args []any, fn func(scan func(...any) error) error) error {
	rows, err := s.tx.Query(s.ctx, translate(query), arguments(args)...)
	if err != nil {
		return s.explain(err)
	}
	defer rows.Close()
	var fields []pgconn.FieldDescription
	var values [][]byte // of all rows, one after the other
	for rows.Next() {
		if fields == nil {
			fields = slices.Clone(rows.FieldDescriptions())
		}
		for _, v := range rows.RawValues() {
			values = append(values, slices.Clone(v)) // nil stays nil
		}
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return s.explain(err)
	}
	types := s.tx.Conn().TypeMap()
	for ; len(values) > 0; values = values[len(fields):] {
		err := fn(func(dest ...any) error {
			return scanInto(func(into ...any) error {
				return pgx.ScanRow(types, fields, values[:len(fields)], into...)
			}, dest)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *postgresSession) forUpdate() string { return " FOR UPDATE" }

func (s *postgresSession) note(text string) {
	if !slices.Contains(s.notes, text) {
		s.notes = append(s.notes, text)
	}
}

func (s *postgresSession) version() (n int, err error) {
	if err := s.script(`CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)`); err != nil {
		return 0, err
	}
	err = s.one(`SELECT version FROM schema_version`, nil, []any{&n})
	if errors.Is(err, ErrNotFound) {
		_, err = s.exec(`INSERT INTO schema_version (version) VALUES (0)`, nil)
	}
	return n, err
}

func (s *postgresSession) setVersion(n int) error {
	_, err := s.exec(`UPDATE schema_version SET version = ?`, []any{n})
	return err
}

// identity is of the server's files, the database in them, and the timeline, which
// changes when a standby takes over or the server is restored to an earlier moment.
func (s *postgresSession) identity() (id string, err error) {
	err = s.one(`SELECT (SELECT system_identifier FROM pg_control_system()) || '/' ||
			(SELECT oid FROM pg_database WHERE datname = current_database()) || '/' ||
			substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)`, nil, []any{&id})
	return id, err
}
