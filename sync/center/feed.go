package center

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
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
	snapshot uint64 // horizon of the snapshot that is being continued, 0 for none
	wait     time.Duration
}

// feedPage answers a feed request: a page and its status, or only a status.
func (c *Center) feedPage(ctx context.Context, q feedQuery) (page wire.FeedPage, status int, err error) {
	expired := time.NewTimer(q.wait)
	defer expired.Stop()
	for {
		// Whether it may listen is asked each time: it may be revoked while it waits.
		stateChanged := c.feeds.wait(signalTerminal(q.terminal))
		site, page, status, err := c.look(ctx, q)
		if status == http.StatusOK {
			c.contacts.poll(q.terminal, q.feed, q.after, c.now())
		}
		if !q.waits(page, status, err) {
			return page, status, err
		}
		// Listen first, look once more, then wait: a change in between is not missed.
		changed := c.feeds.wait(site + "/" + q.feed)
		if _, page, status, err = c.look(ctx, q); !q.waits(page, status, err) {
			return page, status, err
		}
		select {
		case <-changed:
		case <-stateChanged:
		case <-expired.C:
			return page, status, nil
		case <-c.draining:
			return page, status, nil
		case <-ctx.Done():
			return page, status, ctx.Err()
		}
	}
}

// waits reports whether a terminal waits on with this before it.
func (q feedQuery) waits(page wire.FeedPage, status int, err error) bool {
	return err == nil && status == http.StatusOK && len(page.Rows) == 0 && page.Revision <= q.after && q.wait > 0
}

// statusNotOfRole is that of a feed which a terminal's role has no need of.
const statusNotOfRole = http.StatusUnauthorized

// look reads what a terminal gets now.
func (c *Center) look(ctx context.Context, q feedQuery) (site string, page wire.FeedPage, status int, err error) {
	err = c.db.Read(ctx, func(tx *store.Tx) error {
		d, err := tx.Device(q.terminal)
		if errors.Is(err, store.ErrNotFound) || err == nil && (!d.PublicKey.Equal(q.key) || d.State == store.Revoked) {
			status = http.StatusForbidden
			return nil
		}
		if err != nil {
			return err
		}
		if feeds, narrow := c.opt.Roles[d.Role]; narrow && !slices.Contains(feeds, q.feed) {
			status = statusNotOfRole
			return nil
		}
		site = d.Site
		page, status, err = c.readPage(tx, q, site)
		return err
	})
	return site, page, status, err
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
	// A terminal in the middle of a snapshot says by which horizon it began: while
	// that is the horizon still, no deletion was forgotten that it has not seen.
	continued := q.snapshot > 0 && q.snapshot == horizon
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
		page.Horizon = horizon
	}
	return page, status, nil
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
	var rows []store.FeedPut
	places := map[feedKey]int{}
	for _, ch := range changes {
		row := store.FeedPut{Site: ch.Site, Feed: ch.Feed, Key: ch.Key}
		if ch.Value != nil {
			var err error
			if row.Value, err = json.Marshal(ch.Value); err != nil {
				return err
			}
		}
		k := feedKey{ch.Site, ch.Feed, ch.Key}
		if place, twice := places[k]; twice {
			rows[place] = row // the later word holds
			continue
		}
		places[k] = len(rows)
		rows = append(rows, row)
	}
	var touched map[string]bool
	err := c.db.Write(ctx, func(tx *store.Tx) error {
		touched = map[string]bool{}
		changed, err := tx.PutRegister(rows, c.now())
		for _, r := range changed {
			touched[r.Site+"/"+r.Feed] = true
		}
		for name := range touched {
			c.tellOthers(tx, noteFeed, name)
		}
		return err
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
	if len(touched) > 0 {
		c.Events.publish(Event{Changed: []string{"feeds"}})
	}
}
