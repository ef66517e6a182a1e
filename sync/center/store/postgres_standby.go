package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrNoStandby is returned when no synchronous standby follows the server.
var ErrNoStandby = errors.New("no synchronous standby follows the database server: see whether it runs, " +
	"and whether synchronous_standby_names names it")

// standbyLook is how often a standby is asked how far it has come.
const standbyLook = 100 * time.Millisecond

// OnStandby waits until the synchronous standbys have on their disks what is
// committed now, and returns the chains' cursors as they were when it was called.
func (db *DB) OnStandby(ctx context.Context) (cursors map[int64]int64, err error) {
	e, ok := db.engine.(*postgres)
	if !ok {
		return nil, fmt.Errorf("%w: the database is a file, which has none", ErrNoStandby)
	}
	cursors, err = e.onStandby(ctx)
	return cursors, explainPostgres(err)
}

func (e *postgres) onStandby(ctx context.Context) (map[int64]int64, error) {
	cursors := map[int64]int64{}
	var written string
	err := e.read(ctx, func(s session) error {
		if err := s.each(`SELECT id, seq FROM chains WHERE seq > safe_seq`, nil, func(scan func(...any) error) error {
			var id, seq int64
			err := scan(&id, &seq)
			cursors[id] = seq
			return err
		}); err != nil {
			return err
		}
		// Asked after the cursors were read: all that they stand for lies before it.
		return s.one(`SELECT pg_current_wal_insert_lsn()::text`, nil, []any{&written})
	})
	if err != nil {
		return nil, err
	}
	for {
		// The least of those that may take over. Only a role of pg_monitor sees them.
		var there *bool
		err := e.pool.QueryRow(ctx, `SELECT min(flush_lsn) >= $1::text::pg_lsn FROM pg_stat_replication
			WHERE sync_state IN ('sync', 'quorum') AND state = 'streaming'`, written).Scan(&there)
		switch {
		case err != nil && !errors.Is(err, pgx.ErrNoRows):
			return nil, err
		case there == nil:
			return nil, ErrNoStandby
		case *there:
			return cursors, nil
		}
		pause(ctx, standbyLook)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}
