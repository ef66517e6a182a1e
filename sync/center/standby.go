package center

import (
	"context"
	"errors"
	"time"

	"github.com/luohu/ting/sync/center/store"
)

const (
	standbyEvery    = 2 * time.Second
	standbyPatience = 30 * time.Second
)

// followStandby keeps telling, while this center leads it, what is safe because a
// synchronous standby of the database server has it on its disk too.
func (c *Center) followStandby(ctx context.Context) {
	c.db.Lead(ctx, "safe", func(ctx context.Context) {
		tick := time.NewTicker(standbyEvery)
		defer tick.Stop()
		var last error
		for {
			switch err := c.markOnStandby(ctx); {
			case ctx.Err() != nil:
				return
			case err == nil && last != nil:
				c.log.Info("center: the standby follows again", "op", "standby")
				last = nil
			case err != nil && (last == nil || err.Error() != last.Error()):
				c.log.Error("center: nothing more is safe to delete at terminals", "op", "standby", "cause", err)
				last = err
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	})
}

// markOnStandby waits until what is committed now is on the standby, and counts it
// as safe.
func (c *Center) markOnStandby(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, standbyPatience)
	defer cancel()
	cursors, err := c.db.OnStandby(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.New("the synchronous standby lags behind: see whether it is overloaded or cut off")
	}
	if err != nil || len(cursors) == 0 {
		return err
	}
	return c.db.WriteRows(ctx, func(tx *store.Tx) error { return tx.MarkSafe(cursors) })
}
