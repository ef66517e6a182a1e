package console

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/sync/center/store"
)

// forkRow is another history of a chain, with what was decided on it.
type forkRow struct {
	store.Fork
	Decision *store.ForkDecision
	Agree    bool // who looks may agree to what was proposed
}

// forksOf lists the forks that somebody wants to see.
func (c *Console) forksOf(tx *store.Tx, v visit, want func(store.Fork) bool) (rows []forkRow, err error) {
	forks, err := tx.Forks()
	if err != nil {
		return nil, err
	}
	several, err := severalMay(tx, Decide)
	if err != nil {
		return nil, err
	}
	for _, f := range forks {
		if !want(f) {
			continue
		}
		row := forkRow{Fork: f}
		if f.AdoptedAt.IsZero() {
			d, err := tx.ForkDecision(f.ID)
			if err == nil {
				row.Decision, row.Agree = &d, d.Who != v.who() || !several
			} else if !errors.Is(err, store.ErrNotFound) {
				return nil, err
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// severalMay reports whether two people or more have a permission: then what
// cannot be taken back needs two of them. A district with one approver must be
// able to go on; the audit log then shows the same name twice.
func severalMay(tx *store.Tx, p Permission) (bool, error) {
	list, err := tx.Accounts()
	n := 0
	for _, a := range list {
		if a.DisabledAt.IsZero() && Role(a.Role).May(p) {
			n++
		}
	}
	return n > 1, err
}

func chainOf(v visit) (int64, error) {
	chain, err := strconv.ParseInt(v.PathValue("chain"), 10, 64)
	if err != nil {
		return 0, noFork()
	}
	return chain, nil
}

func noFork() error { return missing("没有这条分叉。", "There is no such fork.") }

// decideFork does what a form about a fork asks for.
func (c *Console) decideFork(v visit, done string, fn func(chain int64, why string) error) (string, error) {
	chain, err := chainOf(v)
	if err != nil {
		return "", err
	}
	why, err := reason(v)
	if err != nil {
		return "", err
	}
	return "/attention?done=" + done, orMissing(fn(chain, why), "没有等待处理的分叉。", "There is no fork that waits.")
}

func (c *Console) proposeFork(ctx context.Context, v visit) (string, error) {
	return c.decideFork(v, "proposed", func(chain int64, why string) error {
		return c.opt.Center.ProposeAdopt(ctx, v.who(), chain, why)
	})
}

func (c *Console) dismissFork(ctx context.Context, v visit) (string, error) {
	return c.decideFork(v, "dismissed", func(chain int64, why string) error {
		return c.opt.Center.Dismiss(ctx, v.who(), chain, why)
	})
}

// adoptFork takes a fork in that somebody has proposed. It cannot be undone, so
// another person must agree where there is one.
func (c *Console) adoptFork(ctx context.Context, v visit) (string, error) {
	chain, err := chainOf(v)
	if err != nil {
		return "", err
	}
	err = c.opt.Center.View(ctx, func(tx *store.Tx) error {
		d, err := tx.ForkDecision(chain)
		if err != nil || d.Verdict != store.Proposed {
			return errors.Join(&problem{http.StatusConflict, view.T("请先提出计入。", "Somebody must propose it first.")})
		}
		several, err := severalMay(tx, Decide)
		if err == nil && several && d.Who == v.who() {
			err = &problem{http.StatusForbidden, view.T("须由另一位审批员确认。", "Another approver must agree.")}
		}
		return err
	})
	if err != nil {
		return "", err
	}
	_, err = c.opt.Center.Adopt(ctx, v.who(), chain)
	return "/attention?done=adopted", orMissing(err, "没有等待处理的分叉。", "There is no fork that waits.")
}

func (c *Console) reopenFork(ctx context.Context, v visit) (string, error) {
	chain, err := chainOf(v)
	if err != nil {
		return "", err
	}
	return "/attention?done=reopened", orMissing(c.opt.Center.Reopen(ctx, v.who(), chain), "没有这项处理。", "There is no such decision.")
}
