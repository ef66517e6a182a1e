package main

import (
	"context"

	"github.com/luohu/ting/assets/demo"
	"github.com/luohu/ting/plugins/library"
	"github.com/luohu/ting/sync/center"
)

// loadLibrary puts the books of the district's libraries into the register, and
// when their readers were born.
func loadLibrary(ctx context.Context, c *center.Center) error {
	var changes []center.FeedChange
	for _, s := range demo.District().Sites {
		for _, b := range demo.Holdings(s.ID) {
			changes = append(changes, center.FeedChange{Site: s.ID, Feed: library.FeedHoldings, Key: b.Barcode, Value: b})
		}
		for _, r := range demo.Readers(s.ID) {
			changes = append(changes, center.FeedChange{Site: s.ID, Feed: library.FeedPatrons, Key: r.Person, Value: r})
		}
	}
	return c.Register(ctx, changes)
}
