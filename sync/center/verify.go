package center

import (
	"context"

	"github.com/luohu/ting/sync/center/store"
)

// Verify reads the whole log and walks every chain, while the center works.
func (c *Center) Verify(ctx context.Context) (store.Verified, error) { return c.db.Verify(ctx) }
