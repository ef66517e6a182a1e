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

// admit does what an administrator does at the console about terminals of which
// there were two: takes the other histories in, and enrols them anew.
func (d *district) admit(o *fleet.Order) {
	d.t.Helper()
	ctx := context.Background()
	c, err := d.Center.Open(ctx)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() {
		if err := c.Close(); err != nil {
			d.t.Error(err)
		}
	}()
	var forks []store.Fork
	if err := c.View(ctx, func(tx *store.Tx) (err error) {
		forks, err = tx.Forks()
		return err
	}); err != nil {
		d.t.Fatal(err)
	}
	for _, f := range forks {
		if f.AdoptedAt.IsZero() {
			if _, err := c.Adopt(ctx, "admin", f.ID); err != nil {
				d.t.Fatal(err)
			}
		}
	}
	for i, t := range o.Terminals {
		if o.Terminals[i].Code, _, err = c.MakeCode(ctx, "admin", t.ID, t.Site); err != nil {
			d.t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(fleet.Folder(o.Dir, t.ID), "device", "enrolment.json")); err != nil && !errors.Is(err, os.ErrNotExist) {
			d.t.Fatal(err)
		}
	}
}
