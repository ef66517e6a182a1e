package console

import (
	"context"
	"time"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/sync/center/store"
)

// behind is a terminal's place in a feed.
type behind struct {
	store.FeedCursor
	Name   string // of the terminal
	Newest uint64 // of the feed
	Rows   int64
	Late   bool // there are rows that it has not applied
	Gone   bool // its place lies before what is kept: it will get a snapshot
	Silent time.Duration
}

// feedRow is a feed of a site as it is listed.
type feedRow struct {
	store.FeedSum
	SiteName        view.Text
	Terminals, Late int
}

// behindOf lists a terminal's places in the feeds of its site.
func behindOf(tx *store.Tx, d store.Device, cursors []store.FeedCursor) (list []behind, err error) {
	sums, err := tx.FeedSums()
	for _, cur := range cursors {
		if cur.Terminal != d.Terminal {
			continue
		}
		for _, s := range sums {
			if s.Site == d.Site && s.Feed == cur.Feed {
				list = append(list, placeIn(cur, s))
			}
		}
	}
	return list, err
}

func placeIn(cur store.FeedCursor, s store.FeedSum) behind {
	return behind{FeedCursor: cur, Newest: s.Revision, Rows: s.Rows, Late: cur.Revision < max(s.Revision, s.Horizon),
		Gone: cur.Revision < s.Horizon}
}

func (c *Console) feeds(ctx context.Context, _ visit) (shown, error) {
	var d struct{ Rows []feedRow }
	names, err := c.siteNames(ctx)
	if err != nil {
		return shown{}, err
	}
	cursors, err := c.opt.Center.FeedCursors(ctx)
	if err != nil {
		return shown{}, err
	}
	err = c.opt.Center.View(ctx, func(tx *store.Tx) error {
		sums, err := tx.FeedSums()
		if err != nil {
			return err
		}
		sites, err := activeSites(tx)
		if err != nil {
			return err
		}
		for _, s := range sums {
			row := feedRow{FeedSum: s, SiteName: names[s.Site]}
			if row.SiteName.IsZero() {
				row.SiteName = view.Same(s.Site)
			}
			for _, cur := range cursors {
				if cur.Feed == s.Feed && sites[cur.Terminal] == s.Site {
					row.Terminals++
					if placeIn(cur, s).Late {
						row.Late++
					}
				}
			}
			d.Rows = append(d.Rows, row)
		}
		return err
	})
	return shown{"feeds", "feeds", view.T("数据下发", "Feeds"), d}, err
}

// activeSites says where each terminal that is let in stands.
func activeSites(tx *store.Tx) (map[string]string, error) {
	devices, err := tx.Devices()
	sites := map[string]string{}
	for _, d := range devices {
		if d.State == store.Active {
			sites[d.Terminal] = d.Site
		}
	}
	return sites, err
}

func (c *Console) feed(ctx context.Context, v visit) (shown, error) {
	var d struct {
		feedRow
		Places []behind
	}
	site, feed := v.PathValue("site"), v.PathValue("feed")
	names, err := c.siteNames(ctx)
	if err != nil {
		return shown{}, err
	}
	cursors, err := c.opt.Center.FeedCursors(ctx)
	if err != nil {
		return shown{}, err
	}
	err = c.opt.Center.View(ctx, func(tx *store.Tx) error {
		sums, err := tx.FeedSums()
		if err != nil {
			return err
		}
		for _, s := range sums {
			if s.Site == site && s.Feed == feed {
				d.feedRow = feedRow{FeedSum: s, SiteName: names[site]}
			}
		}
		if d.Feed == "" {
			return missing("没有这份数据。", "There is no such feed.")
		}
		devices, err := tx.Devices()
		if err != nil {
			return err
		}
		for _, device := range devices {
			if device.Site != site || device.State != store.Active {
				continue
			}
			place := placeIn(store.FeedCursor{Terminal: device.Terminal, Feed: feed}, d.FeedSum)
			for _, cur := range cursors {
				if cur.Terminal == device.Terminal && cur.Feed == feed {
					place = placeIn(cur, d.FeedSum)
					place.Silent = c.opt.Center.Now().Sub(cur.At)
				}
			}
			if place.Name = device.Place; place.Name == "" {
				place.Name = device.Terminal
			}
			d.Places = append(d.Places, place)
		}
		return err
	})
	if d.SiteName.IsZero() {
		d.SiteName = view.Same(site)
	}
	return shown{"feed", "feeds", view.Same(feed), d}, err
}
