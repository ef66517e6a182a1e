package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	enrolled "github.com/luohu/ting/plugins/enrolment/center"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/projection"
	"github.com/luohu/ting/sync/center/store"
)

// filingEvery is how often it is looked whether a filing became due: the law gives
// weeks.
const filingEvery = time.Minute

// watchFiling writes into the audit log, once for the district, that the stored
// faces have reached a level of the filing duty, and into the log at every look that
// finds it new. It ends with ctx.
func watchFiling(ctx context.Context, c *center.Center, log *slog.Logger) {
	tick := time.NewTicker(filingEvery)
	defer tick.Stop()
	for {
		if err := noteFiling(ctx, c, log); err != nil && ctx.Err() == nil {
			log.Warn("center: how many faces are stored cannot be read", "op", "filing", "cause", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func noteFiling(ctx context.Context, c *center.Center, log *slog.Logger) error {
	var s enrolled.Stored
	if err := c.Querier(ctx, func(q projection.Querier) (err error) {
		s, err = enrolled.Count(q)
		return err
	}); err != nil {
		return err
	}
	for _, level := range []struct {
		action string
		at     time.Time
		n      int
	}{{"faces.soon", s.Soon, enrolled.FilingSoon}, {"faces.duty", s.Duty, enrolled.FilingDuty}} {
		if level.at.IsZero() {
			continue
		}
		noted := false
		err := c.Edit(ctx, func(tx *store.Tx) error {
			noted = false
			before, err := tx.Meta(level.action)
			if err != nil || before != "" {
				return err
			}
			noted = true
			if err := tx.SetMeta(level.action, level.at.UTC().Format(time.RFC3339)); err != nil {
				return err
			}
			detail := fmt.Sprintf("%d persons reached on %s", level.n, level.at.In(zone).Format(time.DateOnly))
			if level.action == "faces.duty" {
				detail += "; to be filed by " + s.Deadline(zone).Format(time.DateOnly)
			}
			return tx.Note(store.Audit{At: c.Now(), Who: "center", Action: level.action, Subject: "district", Detail: detail})
		})
		if err != nil {
			return err
		}
		if noted {
			log.Error("center: the stored faces have reached a level of the filing duty", "op", "filing", "level", level.n, "persons", s.Persons)
		}
	}
	return nil
}
