package store

import "time"

// FeedCursor is how far a terminal said it had applied a feed when it last asked.
type FeedCursor struct {
	Terminal, Feed string
	Revision       uint64
	At             time.Time
}

// SetFeedCursor stores how far a terminal has come.
func (tx *Tx) SetFeedCursor(c FeedCursor) error {
	_, err := tx.Exec(`INSERT INTO feed_cursors (terminal, feed, revision, at) VALUES (?, ?, ?, ?)
		ON CONFLICT (terminal, feed) DO UPDATE SET revision = excluded.revision, at = excluded.at`,
		c.Terminal, c.Feed, int64(c.Revision), millis(c.At))
	return err
}

// FeedCursors lists how far the terminals have come, by terminal and feed.
func (tx *Tx) FeedCursors() (list []FeedCursor, err error) {
	err = tx.Each(`SELECT terminal, feed, revision, at FROM feed_cursors ORDER BY terminal, feed`, nil,
		func(scan func(...any) error) error {
			var c FeedCursor
			var at, revision int64
			err := scan(&c.Terminal, &c.Feed, &revision, &at)
			c.Revision, c.At = uint64(revision), fromMillis(at)
			list = append(list, c)
			return err
		})
	return list, err
}

// FeedSum sums up a feed of a site.
type FeedSum struct {
	Site, Feed string
	Rows       int64  // that live
	Deleted    int64  // deletions not forgotten yet
	Revision   uint64 // the newest
	Horizon    uint64 // deletions up to it are forgotten
	ChangedAt  time.Time
}

// FeedSums sums up every feed of every site.
func (tx *Tx) FeedSums() (list []FeedSum, err error) {
	err = tx.Each(`SELECT r.site, r.feed, SUM(CASE WHEN r.deleted = 0 THEN 1 ELSE 0 END), SUM(CASE WHEN r.deleted = 0 THEN 0 ELSE 1 END),
			MAX(r.revision), MAX(r.changed_at), COALESCE(MAX(h.revision), 0)
		FROM feed_rows r LEFT JOIN feed_horizons h ON h.site = r.site AND h.feed = r.feed
		GROUP BY r.site, r.feed ORDER BY r.site, r.feed`, nil, func(scan func(...any) error) error {
		var f FeedSum
		var changed, revision, horizon int64
		err := scan(&f.Site, &f.Feed, &f.Rows, &f.Deleted, &revision, &changed, &horizon)
		f.Revision, f.Horizon, f.ChangedAt = uint64(revision), uint64(horizon), fromMillis(changed)
		list = append(list, f)
		return err
	})
	return list, err
}
