package center

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/wire"
)

// A page of a feed ends at so many rows or bytes.
const (
	pageRows  = 1000
	pageBytes = 1 << 20
)

type feedQuery struct {
	terminal string
	key      ed25519.PublicKey
	feed     string
	after    uint64
	wait     time.Duration
}

// feedPage answers a feed request: a page and its status, or only a status.
func (c *Center) feedPage(ctx context.Context, q feedQuery) (page wire.FeedPage, status int, err error) {
	expired := time.NewTimer(q.wait)
	defer expired.Stop()
	for {
		var changed <-chan struct{}
		var site string
		err = c.db.Read(ctx, func(tx *store.Tx) error {
			d, err := tx.Device(q.terminal)
			if errors.Is(err, store.ErrNotFound) || err == nil && (!d.PublicKey.Equal(q.key) || d.State == store.Revoked) {
				status = http.StatusForbidden
				return nil
			}
			if err != nil {
				return err
			}
			site = d.Site
			page, status, err = c.readPage(tx, q, site)
			return err
		})
		if status == http.StatusOK {
			c.contacts.poll(q.terminal, q.feed, q.after, c.now())
		}
		if err != nil || status != http.StatusOK || len(page.Rows) > 0 || page.Revision > q.after || q.wait == 0 {
			return page, status, err
		}
		// Listen first, look once more, then wait: a change in between is not missed.
		changed = c.feeds.wait(site + "/" + q.feed)
		err = c.db.Read(ctx, func(tx *store.Tx) error {
			page, status, err = c.readPage(tx, q, site)
			return err
		})
		if err != nil || len(page.Rows) > 0 {
			return page, status, err
		}
		select {
		case <-changed:
		case <-expired.C:
			return page, status, nil
		case <-c.draining:
			return page, status, nil
		case <-ctx.Done():
			return page, status, ctx.Err()
		}
	}
}

// readPage reads what a terminal gets that has applied everything up to q.after.
func (c *Center) readPage(tx *store.Tx, q feedQuery, site string) (page wire.FeedPage, status int, err error) {
	horizon, err := tx.Horizon(site, q.feed)
	if err != nil {
		return page, 0, err
	}
	newest, err := tx.Revision()
	if err != nil {
		return page, 0, err
	}
	page = wire.FeedPage{Feed: q.feed, Site: site, After: q.after, Revision: q.after, Rows: []wire.FeedRow{}, Now: c.now()}
	status = http.StatusOK
	continued := c.snapshots.continues(q.terminal, q.feed, q.after)
	// A cursor beyond the newest revision was given by a center that was since
	// restored from an older backup.
	if (q.after < horizon || q.after > newest) && !continued {
		page.Snapshot, status = true, http.StatusGone
		q.after = 0
		page.Revision = 0
	}
	// The first page leaves deletions out, since nobody has those rows. The pages
	// after it do not: a row sent on the first may have been deleted since.
	rows, more, err := tx.FeedAfter(site, q.feed, q.after, page.Snapshot, pageRows, pageBytes)
	if err != nil {
		return page, 0, err
	}
	if len(rows) > 0 {
		page.Rows = rows
		page.Revision = rows[len(rows)-1].Revision
	} else if !slices.Contains(c.opt.Feeds, q.feed) {
		if has, err := tx.HasFeed(q.feed); err != nil || !has {
			return page, http.StatusNotFound, err
		}
	}
	page.More = more
	if page.Snapshot || continued {
		if !more {
			// What lies below the horizon is in the snapshot.
			page.Revision = max(page.Revision, horizon)
		}
		c.snapshots.remember(q.terminal, q.feed, page.Revision, more)
	}
	return page, status, nil
}

// snapshots remembers who is in the middle of a snapshot: his cursor may lie
// below the horizon without being too old. A center that starts again has
// forgotten, and the terminal begins its snapshot anew.
type snapshots struct {
	mu    sync.Mutex
	after map[[2]string]uint64
}

func (s *snapshots) continues(terminal, feed string, after uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.after[[2]string{terminal, feed}]
	return ok && at == after
}

func (s *snapshots) remember(terminal, feed string, revision uint64, more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := [2]string{terminal, feed}
	if !more {
		delete(s.after, k)
		return
	}
	if s.after == nil {
		s.after = map[[2]string]uint64{}
	}
	s.after[k] = revision
}

// FeedChange is one row that the district's register puts into a feed, or takes
// out of it when Value is nil.
type FeedChange struct {
	Site, Feed, Key string
	Value           any
}

// Register puts rows of the district's own register into feeds: people, menus,
// catalogs. Rows that are there already, unchanged, get no new revision.
func (c *Center) Register(ctx context.Context, changes []FeedChange) error {
	touched := map[string]bool{}
	err := c.db.Write(ctx, func(tx *store.Tx) error {
		for _, ch := range changes {
			var value []byte
			if ch.Value != nil {
				var err error
				if value, err = json.Marshal(ch.Value); err != nil {
					return err
				}
			}
			changed, err := tx.PutFeed(ch.Site, ch.Feed, ch.Key, value, store.Register, c.now())
			if err != nil {
				return err
			}
			if changed {
				touched[ch.Site+"/"+ch.Feed] = true
			}
		}
		return nil
	})
	if err == nil {
		c.wakeFeeds(touched)
	}
	return err
}

func (c *Center) wakeFeeds(touched map[string]bool) {
	for name := range touched {
		c.feeds.wake(name)
	}
}
