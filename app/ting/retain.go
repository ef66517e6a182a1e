package main

import (
	"context"
	"time"

	"github.com/luohu/ting/kiosk"
)

// How often the gallery is looked after: what is owed, and whose time is over.
const (
	tendEvery   = time.Minute
	retainEvery = time.Hour
)

// retain carries the district's retention rules out, until ctx ends.
func (t *terminal) retain(ctx context.Context) {
	tend := time.NewTicker(tendEvery)
	defer tend.Stop()
	var last time.Time // of the monotonic clock
	for {
		if last.IsZero() || time.Since(last) >= retainEvery {
			last = time.Now()
			kept, err := t.identity.Retain(ctx, false)
			switch {
			case err != nil && ctx.Err() == nil:
				t.log.Error("templates whose time is over may be kept still", "op", "retain", "code", kiosk.CodeOf(err), "cause", err)
			case kept.Doubted:
				t.log.Error("the machine's clock is ahead by more than a year: nothing is deleted by it; set it, or see ting identity retention", "op", "retain", "believed", kept.At.Format(time.DateOnly))
			case len(kept.Due) > 0:
				t.log.Info("the time of templates was over", "op", "retain", "purposes", len(kept.Due), "deleted", kept.Deleted)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tend.C:
			if err := t.identity.Tend(ctx); err != nil {
				t.log.Warn("uses of templates are not remembered", "op", "retain", "cause", err)
			}
		}
	}
}
