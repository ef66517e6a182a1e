package proof

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/fleet"
)

// revoke shuts terminals out.
func (d *district) revoke(o *fleet.Order) {
	d.t.Helper()
	ctx := context.Background()
	c, err := d.Center.Open(ctx)
	d.must(err)
	for _, t := range o.Terminals {
		d.must(c.SetState(ctx, "admin", t.ID, store.Revoked))
	}
	d.must(c.Close())
}

// adopt takes the other histories of terminals in, as an administrator does.
func (d *district) adopt() {
	d.t.Helper()
	ctx := context.Background()
	c, err := d.Center.Open(ctx)
	d.must(err)
	var forks []store.Fork
	d.must(c.View(ctx, func(tx *store.Tx) (err error) {
		forks, err = tx.Forks()
		return err
	}))
	for _, f := range forks {
		if f.AdoptedAt.IsZero() {
			_, err := c.Adopt(ctx, "admin", f.ID)
			d.must(err)
		}
	}
	d.must(c.Close())
}

// admit does what an administrator does at the console about terminals of which
// there were two: takes the other histories in, and enrols them anew.
func (d *district) admit(o *fleet.Order) {
	d.t.Helper()
	d.adopt()
	d.must(d.Center.Codes(context.Background(), o.Terminals))
	for _, t := range o.Terminals {
		err := os.Remove(filepath.Join(fleet.Folder(o.Dir, t.ID), "device", "enrolment.json"))
		if !errors.Is(err, os.ErrNotExist) {
			d.must(err)
		}
	}
}
