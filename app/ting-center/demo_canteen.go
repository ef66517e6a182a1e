package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/luohu/ting/assets/demo"
	"github.com/luohu/ting/plugins/canteen"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/store"
)

const metaDemoCanteen = "demo-canteen"

// loadCanteen registers the demo's canteen and records, once, what stands on its
// accounts.
func loadCanteen(ctx context.Context, c *center.Center) error {
	info := demo.Canteen()
	var changes []center.FeedChange
	for feed, rows := range map[string]map[string]json.RawMessage{
		canteen.FeedWindows: info.Windows, canteen.FeedMenu: info.Menu, canteen.FeedDiners: info.Diners,
	} {
		for key, value := range rows {
			changes = append(changes, center.FeedChange{Site: info.Site, Feed: feed, Key: key, Value: value})
		}
	}
	if err := c.Register(ctx, changes); err != nil {
		return err
	}
	var loaded string
	if err := c.View(ctx, func(tx *store.Tx) (err error) {
		loaded, err = tx.Meta(metaDemoCanteen)
		return err
	}); err != nil || loaded != "" {
		return err
	}
	at := time.Date(2026, time.March, 1, 8, 0, 0, 0, zone) // before any meal of the demo
	last, err := c.Record(ctx, info.Site, canteen.Quota{Fen: info.Quota.Fen, Shares: info.Quota.Shares, At: at})
	if err != nil {
		return err
	}
	for person, fen := range info.Openings {
		if last, err = c.Record(ctx, info.Site, canteen.TopUp{ID: "opening-" + person, Person: person, Fen: fen,
			Source: canteen.SourceOpening, At: at}); err != nil {
			return err
		}
	}
	for person, fen := range info.Limits {
		if last, err = c.Record(ctx, info.Site, canteen.Limit{Person: person, Fen: fen, GivenBy: "guardian", At: at}); err != nil {
			return err
		}
	}
	// Tills must find their shares when they first ask.
	if err := c.Projected(ctx, canteen.ID, last); err != nil {
		return err
	}
	return c.Edit(ctx, func(tx *store.Tx) error { return tx.SetMeta(metaDemoCanteen, info.Site) })
}
