package store

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/luohu/ting/sync/wire"
)

// Register owns the rows that the district's own register put into a feed.
const Register = "register"

// ErrOwned is returned for a feed row that belongs to somebody else.
var ErrOwned = errors.New("the row belongs to another owner")

// FeedRow reads the newest state of a row, deleted ones included.
func (tx *Tx) FeedRow(site, feed, key string) (row wire.FeedRow, owner string, err error) {
	row.Key = key
	err = tx.One(`SELECT revision, deleted, value, owner FROM feed_rows WHERE site = ? AND feed = ? AND key = ?`,
		[]any{site, feed, key}, &row.Revision, &row.Deleted, (*[]byte)(&row.Value), &owner)
	return row, owner, err
}

// PutFeed changes a row of a feed, or deletes it when value is nil, and reports
// whether anything changed. A row that lives belongs to who made it, and nobody
// else may change it but the register, which then owns it.
//
// The revision is the next of one counter, which is locked until the commit:
// readers can never see a revision before a smaller one.
func (tx *Tx) PutFeed(site, feed, key string, value []byte, owner string, at time.Time) (changed bool, err error) {
	if changed, err = tx.wouldChange(site, feed, key, value, owner); err != nil || !changed {
		return false, err
	}
	// Now that there is something to do: take the counter, and look again at what
	// nobody else can change any more.
	if err := tx.s.lockRevision(); err != nil {
		return false, err
	}
	if changed, err = tx.wouldChange(site, feed, key, value, owner); err != nil || !changed {
		return false, err
	}
	rev, err := tx.nextRevision()
	if err != nil {
		return false, err
	}
	_, err = tx.Exec(putRow, site, feed, key, rev, value == nil, value, owner, millis(at))
	return err == nil, err
}

const (
	putRow    = `INSERT INTO feed_rows (site, feed, key, revision, deleted, value, owner, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)` + orReplace
	orReplace = `
		ON CONFLICT (site, feed, key) DO UPDATE SET revision = excluded.revision, deleted = excluded.deleted,
			value = excluded.value, owner = excluded.owner, changed_at = excluded.changed_at`
)

func (tx *Tx) wouldChange(site, feed, key string, value []byte, owner string) (bool, error) {
	old, has, err := tx.FeedRow(site, feed, key)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return false, err
	}
	if err == nil && !old.Deleted && has != owner && owner != Register && (value == nil || !bytes.Equal(old.Value, value)) {
		return false, fmt.Errorf("feed %s of %s: %w (%s, not %s)", feed, site, ErrOwned, has, owner)
	}
	return differs(err == nil && !old.Deleted, old.Value, value), nil
}

// differs reports whether a row that lives or not, with a value, would be changed by
// another value, or by being deleted.
func differs(lives bool, old, value []byte) bool {
	if value == nil || !lives {
		return lives != (value != nil)
	}
	return !bytes.Equal(old, value)
}

// FeedPut is a row of a feed as it shall be; nil deletes it.
type FeedPut struct {
	Site, Feed, Key string
	Value           []byte
}

// registerAtOnce bounds what one statement carries.
const registerAtOnce = 2000

// PutRegister is PutFeed of the register, for many rows, each at most once. It
// returns those that changed.
func (tx *Tx) PutRegister(rows []FeedPut, at time.Time) (changed []FeedPut, err error) {
	if len(rows) == 0 {
		return nil, nil
	}
	if err := tx.s.lockRevision(); err != nil {
		return nil, err
	}
	rev, err := tx.Revision()
	if err != nil {
		return nil, err
	}
	for some := range slices.Chunk(rows, registerAtOnce) {
		fresh, err := tx.s.changedRows(some)
		if err != nil {
			return nil, err
		}
		if err := tx.s.putRows(fresh, rev+1, Register, at); err != nil {
			return nil, err
		}
		rev += uint64(len(fresh))
		changed = append(changed, fresh...)
	}
	if len(changed) == 0 {
		return nil, nil
	}
	return changed, tx.SetMeta(metaRevision, strconv.FormatUint(rev, 10))
}

const metaRevision = "feed_revision"

func (tx *Tx) nextRevision() (uint64, error) {
	rev, err := tx.Revision()
	if err != nil {
		return 0, err
	}
	return rev + 1, tx.SetMeta(metaRevision, strconv.FormatUint(rev+1, 10))
}

// Revision is the newest revision given.
func (tx *Tx) Revision() (uint64, error) {
	s, err := tx.Meta(metaRevision)
	if err != nil || s == "" {
		return 0, err
	}
	return strconv.ParseUint(s, 10, 64)
}

// Horizon is the revision up to which deletions in a feed are forgotten.
func (tx *Tx) Horizon(site, feed string) (rev uint64, err error) {
	err = tx.One(`SELECT revision FROM feed_horizons WHERE site = ? AND feed = ?`, []any{site, feed}, &rev)
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	return rev, err
}

// FeedAfter lists the rows of a feed changed after a revision, in its order,
// until they are limit rows or about size bytes. live leaves deletions out.
func (tx *Tx) FeedAfter(site, feed string, after uint64, live bool, limit, size int) (rows []wire.FeedRow, more bool, err error) {
	full := errors.New("page is full")
	err = tx.Each(`SELECT key, revision, deleted, value FROM feed_rows
		WHERE site = ? AND feed = ? AND revision > ? AND deleted <= ? ORDER BY revision LIMIT ?`,
		[]any{site, feed, after, !live, limit + 1}, func(scan func(...any) error) error {
			var r wire.FeedRow
			if err := scan(&r.Key, &r.Revision, &r.Deleted, (*[]byte)(&r.Value)); err != nil {
				return err
			}
			if size -= len(r.Value) + len(r.Key) + 64; len(rows) == limit || size < 0 && len(rows) > 0 {
				return full
			}
			rows = append(rows, r)
			return nil
		})
	if errors.Is(err, full) {
		return rows, true, nil
	}
	return rows, false, err
}

// Feed calls fn for every live row of a feed, in the order of keys.
func (tx *Tx) Feed(site, feed string, fn func(key string, value []byte) error) error {
	return tx.Each(`SELECT key, value FROM feed_rows WHERE site = ? AND feed = ? AND deleted = 0 ORDER BY key`,
		[]any{site, feed}, func(scan func(...any) error) error {
			var key string
			var value []byte
			if err := scan(&key, &value); err != nil {
				return err
			}
			return fn(key, value)
		})
}

// HasFeed reports whether any site has a row in a feed.
func (tx *Tx) HasFeed(feed string) (has bool, err error) {
	err = tx.One(`SELECT EXISTS (SELECT 1 FROM feed_rows WHERE feed = ?)`, []any{feed}, &has)
	return has, err
}

// Compact forgets deletions older than a moment and raises the horizons.
func (tx *Tx) Compact(before time.Time) (forgotten int64, err error) {
	_, err = tx.Exec(`INSERT INTO feed_horizons (site, feed, revision)
		SELECT site, feed, MAX(revision) FROM feed_rows WHERE deleted = 1 AND changed_at < ? GROUP BY site, feed
		ON CONFLICT (site, feed) DO UPDATE SET revision = excluded.revision WHERE excluded.revision > feed_horizons.revision`, millis(before))
	if err != nil {
		return 0, err
	}
	return tx.Exec(`DELETE FROM feed_rows WHERE deleted = 1 AND changed_at < ?`, millis(before))
}
