package feed

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/luohu/ting/sync/wire"
)

var (
	// ErrStale says that the page does not continue the cursor; another one was applied
	// meanwhile. Ask again.
	ErrStale = errors.New("the page does not continue the feed")
	// ErrPage says that the page contradicts itself or is not for this site.
	ErrPage = errors.New("the page cannot be right")
	// ErrBehind says that the center's feed ends before the cursor; the center was
	// restored. Reset the feed, and ask from the beginning.
	ErrBehind = errors.New("the center's feed ends before this terminal's")
)

type cursor struct {
	revision uint64
	staged   sql.Null[int64]
}

// next is what the next page comes after.
func (c cursor) next() uint64 {
	if c.staged.Valid {
		return uint64(c.staged.V)
	}
	return c.revision
}

func readCursor(ctx context.Context, q interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}, feed string) (c cursor, err error) {
	err = q.QueryRowContext(ctx, "SELECT revision, staged FROM feeds WHERE name=?", feed).Scan(&c.revision, &c.staged)
	if errors.Is(err, sql.ErrNoRows) {
		return cursor{}, nil
	}
	return c, err
}

// Apply applies a page whose signature the caller has verified, and its cursor,
// in one transaction, and then tells whoever listens.
func (c *Cache) Apply(ctx context.Context, p wire.FeedPage) error {
	c.applying.Lock()
	defer c.applying.Unlock()
	var changed []wire.FeedRow
	err := c.write(ctx, func(tx *sql.Tx) error {
		cur, err := readCursor(ctx, tx, p.Feed)
		if err != nil {
			return err
		}
		if err := c.check(p, cur); err != nil {
			return err
		}
		changed, err = c.apply(ctx, tx, p, cur)
		return err
	})
	if err != nil {
		return fmt.Errorf("apply a page of %s: %w", p.Feed, err)
	}
	c.tell(p.Feed, changed)
	return nil
}

func (c *Cache) check(p wire.FeedPage, cur cursor) error {
	if p.Feed == "" || p.Site != c.o.Site {
		return fmt.Errorf("%w: it is for site %q", ErrPage, p.Site)
	}
	if !p.Snapshot {
		if p.After != cur.next() {
			return fmt.Errorf("%w: it follows %d, the cursor is %d", ErrStale, p.After, cur.next())
		}
		if p.Revision < p.After {
			return fmt.Errorf("%w: at %d, not at %d", ErrBehind, p.Revision, p.After)
		}
	}
	last := uint64(0)
	if !p.Snapshot {
		last = p.After
	}
	for i := range p.Rows {
		r := &p.Rows[i]
		if r.Revision < last || r.Revision > p.Revision || r.Revision == p.After && !p.Snapshot {
			return fmt.Errorf("%w: row %d has revision %d, the page goes from %d to %d", ErrPage, i, r.Revision, last, p.Revision)
		}
		if r.Key == "" || !r.Deleted && len(r.Value) == 0 {
			return fmt.Errorf("%w: row %d is incomplete", ErrPage, i)
		}
		last = r.Revision
	}
	if p.More && len(p.Rows) == 0 {
		return fmt.Errorf("%w: more is to come, but it is empty", ErrPage)
	}
	return nil
}

func (c *Cache) apply(ctx context.Context, tx *sql.Tx, p wire.FeedPage, cur cursor) ([]wire.FeedRow, error) {
	staging := p.Snapshot || cur.staged.Valid
	table := "rows"
	if staging {
		table = "staged"
	}
	if p.Snapshot {
		if _, err := tx.ExecContext(ctx, "DELETE FROM staged WHERE feed=?", p.Feed); err != nil {
			return nil, err
		}
	}
	if err := putRows(ctx, tx, table, p.Feed, p.Rows); err != nil {
		return nil, err
	}
	synced := int64(0)
	if !p.More {
		synced = c.o.Clock().UnixMilli()
	}
	if staging && p.More {
		_, err := tx.ExecContext(ctx, `INSERT INTO feeds (name, revision, synced, staged) VALUES (?,0,0,?)
			ON CONFLICT (name) DO UPDATE SET staged=excluded.staged`, p.Feed, int64(p.Revision))
		return nil, err
	}
	changed := p.Rows
	if staging {
		var err error
		if changed, err = replace(ctx, tx, p.Feed); err != nil {
			return nil, err
		}
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO feeds (name, revision, synced, staged) VALUES (?,?,?,NULL)
		ON CONFLICT (name) DO UPDATE SET revision=excluded.revision, staged=NULL,
		synced=CASE WHEN excluded.synced > 0 THEN excluded.synced ELSE synced END`, p.Feed, int64(p.Revision), synced)
	return changed, err
}

func putRows(ctx context.Context, tx *sql.Tx, table, feed string, rows []wire.FeedRow) error {
	put, err := tx.PrepareContext(ctx, "INSERT OR REPLACE INTO "+table+" (feed, key, revision, value) VALUES (?,?,?,?)")
	if err != nil {
		return err
	}
	defer put.Close()
	for i := range rows {
		r := &rows[i]
		if r.Deleted {
			_, err = tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE feed=? AND key=?", feed, r.Key)
		} else {
			_, err = put.ExecContext(ctx, feed, r.Key, int64(r.Revision), []byte(r.Value))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// replace puts a complete snapshot in the place of a feed, and returns what
// differs from before.
func replace(ctx context.Context, tx *sql.Tx, feed string) ([]wire.FeedRow, error) {
	changed, err := collect(ctx, tx, false, `SELECT s.key, s.revision, s.value FROM staged s
		LEFT JOIN rows r ON r.feed = s.feed AND r.key = s.key
		WHERE s.feed = ? AND (r.key IS NULL OR r.revision <> s.revision OR r.value <> s.value) ORDER BY s.revision, s.key`, feed)
	if err != nil {
		return nil, err
	}
	gone, err := collect(ctx, tx, true, `SELECT key, revision, NULL FROM rows
		WHERE feed = ?1 AND key NOT IN (SELECT key FROM staged WHERE feed = ?1) ORDER BY key`, feed)
	if err != nil {
		return nil, err
	}
	for _, q := range []string{
		"DELETE FROM rows WHERE feed=?",
		"INSERT INTO rows (feed, key, revision, value) SELECT feed, key, revision, value FROM staged WHERE feed=?",
		"DELETE FROM staged WHERE feed=?",
	} {
		if _, err := tx.ExecContext(ctx, q, feed); err != nil {
			return nil, err
		}
	}
	return append(gone, changed...), nil
}

func collect(ctx context.Context, tx *sql.Tx, deleted bool, query, feed string) ([]wire.FeedRow, error) {
	rows, err := tx.QueryContext(ctx, query, feed)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []wire.FeedRow
	for rows.Next() {
		r := wire.FeedRow{Deleted: deleted}
		var value []byte
		if err := rows.Scan(&r.Key, &r.Revision, &value); err != nil {
			return nil, err
		}
		r.Value = value
		out = append(out, r)
	}
	return out, rows.Err()
}

// Reset has a feed asked for from its beginning. Its rows stay, and are
// replaced as by a snapshot when the feed has arrived anew.
func (c *Cache) Reset(ctx context.Context, feed string) error {
	c.applying.Lock()
	defer c.applying.Unlock()
	err := c.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM staged WHERE feed=?", feed); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "UPDATE feeds SET staged=0 WHERE name=?", feed)
		return err
	})
	if err != nil {
		return fmt.Errorf("reset %s: %w", feed, err)
	}
	return nil
}
