package main

import (
	"context"

	"github.com/luohu/ting/assets/demo"
	"github.com/luohu/ting/plugins/hall"
	"github.com/luohu/ting/sync/center"
)

// loadHall puts the hall's catalog, and what the district holds of its residents,
// into the register.
func loadHall(ctx context.Context, c *center.Center) error {
	var changes []center.FeedChange
	for id, service := range demo.HallServices() {
		changes = append(changes, center.FeedChange{Site: demo.Hall, Feed: hall.FeedServices, Key: id, Value: service})
	}
	for _, r := range demo.HallResidents() {
		for _, key := range []string{"id/" + hall.Holder(r.IDNumber), "person/" + r.Person} {
			changes = append(changes, center.FeedChange{Site: demo.Hall, Feed: hall.FeedResidents, Key: key, Value: r.JSON})
		}
	}
	return c.Register(ctx, changes)
}
