package center

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/sync/center/projection"
	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/record"
)

// Record makes a record of what the staff did at the center: an entry of the raw
// log like any terminal's, in a chain of the site's own, so that projections
// built anew come to the same result. The audit entries are stored with it. It
// returns when the record is durable.
func (c *Center) Record(ctx context.Context, site string, r kiosk.Record, notes ...store.Audit) (position int64, err error) {
	kind := r.RecordKind()
	body, err := json.Marshal(r)
	if err != nil {
		return 0, err
	}
	lane := record.Ordinary
	if kind.Urgent {
		lane = record.Urgent
	}
	err = c.db.Write(ctx, func(tx *store.Tx) error {
		position, err = c.append(tx, site, lane, record.Record{Kind: kind.Name, Version: kind.Version, Key: r.AggregateKey(), Body: body})
		if err != nil {
			return err
		}
		for _, n := range notes {
			n.At = c.now()
			if err := tx.Note(n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	c.wakeRunners()
	return position, nil
}

// append puts a record of the center's own at the end of the site's chain. It
// gives the record its number, ID and hash.
func (c *Center) append(tx *store.Tx, site string, lane record.Lane, r record.Record) (position int64, err error) {
	if r.ID, err = uuid.NewV7(); err != nil {
		return 0, err
	}
	chain := record.Chain{Terminal: "center/" + site, Epoch: 1, Lane: lane}
	cur, err := tx.Chain(chain)
	if errors.Is(err, store.ErrNotFound) {
		cur, err = tx.NewChain(chain, 0, site)
	}
	if err != nil {
		return 0, err
	}
	r.Seq = cur.Seq + 1
	if err := r.Validate(); err != nil {
		return 0, err
	}
	r.Hash = chain.Next(cur.Hash, &r)
	if err := c.put(tx, cur.ID, []record.Record{r}); err != nil {
		return 0, err
	}
	return tx.LastPosition()
}

func (c *Center) wakeRunners() {
	for _, run := range c.runners {
		run.wake()
	}
}

// Projected waits until a projection has seen the log up to a position.
func (c *Center) Projected(ctx context.Context, name string, position int64) error {
	if _, err := c.runner(name); err != nil {
		return err
	}
	for {
		moved := c.feeds.wait(signalMoved(name)) // first, so that no move is missed
		var state store.Projected
		err := c.db.Read(ctx, func(tx *store.Tx) (err error) {
			state, err = tx.Projected(name)
			return err
		})
		if err != nil {
			return err
		}
		if state.Cursor >= position && state.Schema != "" && !state.Rebuilding {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (c *Center) runner(name string) (*runner, error) {
	i := slices.IndexFunc(c.runners, func(r *runner) bool { return r.name == name })
	if i < 0 {
		return nil, fmt.Errorf("there is no projection %q", name)
	}
	return c.runners[i], nil
}

// Rebuild makes a projection begin again from the log.
func (c *Center) Rebuild(ctx context.Context, who, name string) error {
	r, err := c.runner(name)
	if err != nil {
		return err
	}
	return r.begin(ctx, store.Audit{At: c.now(), Who: who, Action: "projection.rebuild", Subject: name})
}

// Replay tries the dead letters of a projection, site and key again, in their
// order, and says how many were applied.
func (c *Center) Replay(ctx context.Context, who, name, site, key string) (applied int, err error) {
	r, err := c.runner(name)
	if err != nil {
		return 0, err
	}
	return r.replay(ctx, site, key, func(tx *store.Tx, applied int) error {
		return tx.Note(store.Audit{At: c.now(), Who: who, Action: "letter.replay", Subject: name, Detail: fmt.Sprintf("%s: %d applied", site, applied)})
	})
}

// Note writes an audit entry. detail holds no name of a person.
func (c *Center) Note(ctx context.Context, who, action, subject, detail string) error {
	return c.db.Write(ctx, func(tx *store.Tx) error {
		return tx.Note(store.Audit{At: c.now(), Who: who, Action: action, Subject: subject, Detail: detail})
	})
}

// View runs fn in a reading transaction, for whoever shows what is here.
func (c *Center) View(ctx context.Context, fn func(*store.Tx) error) error { return c.db.Read(ctx, fn) }

// Edit runs fn in the writing transaction. It must not touch chains, the log,
// feeds or projections: those have methods of their own.
func (c *Center) Edit(ctx context.Context, fn func(*store.Tx) error) error {
	return c.db.Write(ctx, fn)
}

// Broken is the disk's error after which nothing can be stored any more, or nil.
func (c *Center) Broken() error { return c.db.Broken() }

// querier reads for boards.
type querier struct{ *store.Tx }

func (q querier) One(query string, args []any, dest ...any) error {
	return notFound(q.Tx.One(query, args, dest...))
}

func (q querier) Row(site, feed, key string) (json.RawMessage, error) {
	return row(q.Tx, site, feed, key)
}

// Querier runs fn with what a board reads.
func (c *Center) Querier(ctx context.Context, fn func(projection.Querier) error) error {
	return c.db.Read(ctx, func(tx *store.Tx) error { return fn(querier{tx}) })
}

// Projections lists the projections.
func (c *Center) Projections() []projection.Projection { return c.opt.Projections }
