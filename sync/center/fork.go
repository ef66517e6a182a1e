package center

import (
	"context"
	"errors"
	"fmt"

	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/record"
)

// Adopt takes what was kept of a chain's fork into the log: two histories of one
// terminal may both have happened (a cloned disk in two gates). Records that
// continue the chain, kept only because the terminal was in quarantine, go on in
// it; another history goes on a branch of its own. Adopt says how many records it
// took. The terminal stays quarantined until it is enrolled anew.
func (c *Center) Adopt(ctx context.Context, who string, chain int64) (taken int, err error) {
	err = c.changing(ctx, "forks", func(tx *store.Tx) error {
		of, err := tx.ChainByID(chain)
		if err != nil {
			return err
		}
		// Whoever is sending for it waits; and it may have moved since it was read.
		locked, err := tx.LockChains([]record.Chain{of.Chain})
		if err != nil {
			return err
		}
		if of.Branch == 0 && len(locked) == 1 {
			of = locked[0]
		}
		rest, err := tx.ForkRecords(chain)
		if err != nil {
			return err
		}
		taken = len(rest)
		if rest, err = c.goOn(tx, of, rest); err != nil {
			return err
		}
		for len(rest) > 0 {
			if rest, err = c.branch(tx, of, rest); err != nil {
				return err
			}
		}
		if err := tx.MarkAdopted(chain, c.now()); err != nil {
			return err
		}
		// A history that comes later of the same chain is decided for itself.
		if err := tx.DropForkDecision(chain); err != nil {
			return err
		}
		return tx.Note(store.Audit{At: c.now(), Who: who, Action: "fork.adopt", Subject: of.Terminal,
			Detail: fmt.Sprintf("epoch %d, lane %v: %d records", of.Epoch, of.Lane, taken)})
	})
	if err != nil {
		return 0, err
	}
	c.wakeRunners()
	return taken, nil
}

// goOn appends to the chain what continues it and returns the others.
func (c *Center) goOn(tx *store.Tx, of store.Chain, kept []record.Record) (others []record.Record, err error) {
	var next []record.Record
	for _, r := range kept {
		if r.Seq == of.Seq+1 && of.Next(of.Hash, &r) == r.Hash {
			next = append(next, r)
			of.Seq, of.Hash = r.Seq, r.Hash
		} else {
			others = append(others, r)
		}
	}
	if len(next) == 0 {
		return others, nil
	}
	return others, c.put(tx, of.ID, next)
}

// branch puts one record of each number on a new branch and returns the others:
// a third history needs another branch.
func (c *Center) branch(tx *store.Tx, of store.Chain, kept []record.Record) (others []record.Record, err error) {
	var branch []record.Record
	for _, r := range kept {
		if n := len(branch); n > 0 && branch[n-1].Seq == r.Seq {
			others = append(others, r)
		} else {
			branch = append(branch, r)
		}
	}
	number, err := tx.NextBranch(of.Chain)
	if err != nil {
		return nil, err
	}
	b, err := tx.NewChain(of.Chain, number, of.Site)
	if err != nil {
		return nil, err
	}
	return others, c.put(tx, b.ID, branch)
}

// put appends records to a chain and moves its cursor to the last.
func (c *Center) put(tx *store.Tx, chain int64, rs []record.Record) error {
	last := rs[len(rs)-1]
	c.tellOthers(tx, noteLog, "")
	return errors.Join(
		tx.Append([]store.Append{{Chain: chain, Records: rs, Received: c.now()}}),
		tx.MoveCursors([]store.Cursor{{Chain: chain, Seq: last.Seq, Hash: last.Hash}}))
}
