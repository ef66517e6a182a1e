package center

import (
	"context"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/luohu/ting/sync/center/store"
)

// Refusals counts what the center refused: by reason since the start, and by
// day, terminal and address in the database, where the console shows it.
//
// What a stranger sends may neither fill the memory nor the database: only so
// many addresses are told apart on one day.
type Refusals struct {
	now   func() time.Time
	mu    sync.Mutex
	count map[string]int64
	fresh map[refused]*store.Refusal // since the last flush
	day   int64
	seen  map[refused]struct{} // on that day
}

type refused struct{ reason, terminal, source string }

const (
	refusalsADay  = 1000
	otherSources  = "others"
	refusalsKept  = 90 * 24 * time.Hour
	refusalDetail = 64 // bytes
)

// Add counts one of which nothing else is known.
func (r *Refusals) Add(reason string) { r.Note(reason, "", "", "") }

// Count counts one since the start, without a place in the database.
func (r *Refusals) Count(reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.add(reason)
}

func (r *Refusals) add(reason string) {
	if r.count == nil {
		r.count = map[string]int64{}
	}
	r.count[reason]++
}

// Note counts one. terminal is whom the client certificate names, source the
// address, detail what was claimed or wrong, for the console.
func (r *Refusals) Note(reason, terminal, source, detail string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.add(reason)
	if r.fresh == nil {
		r.fresh = map[refused]*store.Refusal{}
	}
	at := time.Now()
	if r.now != nil {
		at = r.now()
	}
	if day := at.Unix() / 86400; day != r.day || r.seen == nil {
		r.day, r.seen = day, map[refused]struct{}{}
	}
	k := refused{reason, terminal, source}
	if _, known := r.seen[k]; !known {
		if len(r.seen) < refusalsADay {
			r.seen[k] = struct{}{}
		} else {
			k.terminal, k.source = "", otherSources
		}
	}
	sum := r.fresh[k]
	if sum == nil {
		sum = &store.Refusal{Reason: k.reason, Terminal: k.terminal, Source: k.source, FirstAt: at}
		r.fresh[k] = sum
	}
	sum.Count, sum.LastAt, sum.Detail = sum.Count+1, at, printable(detail)
}

// printable keeps of a stranger's text what may stand in one line.
func printable(s string) string {
	return cutAt(strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return -1
		}
		return c
	}, cutAt(s, 4*refusalDetail)), refusalDetail)
}

// Counts is how often each reason came up since the start.
func (r *Refusals) Counts() map[string]int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.count)
}

// take returns what came up since the last time, and forgets it; the caller
// gives it back with restore if it could not be stored.
func (r *Refusals) take() map[refused]*store.Refusal {
	r.mu.Lock()
	defer r.mu.Unlock()
	fresh := r.fresh
	r.fresh = nil
	return fresh
}

func (r *Refusals) restore(sums map[refused]*store.Refusal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fresh == nil {
		r.fresh = map[refused]*store.Refusal{}
	}
	for k, old := range sums {
		if sum := r.fresh[k]; sum != nil {
			sum.Count, sum.FirstAt = sum.Count+old.Count, old.FirstAt
		} else {
			r.fresh[k] = old
		}
	}
}

// Refusals counts what was refused.
func (c *Center) Refusals() *Refusals { return &c.refusals }

// Refused lists what was refused lately, the latest first, with what is not
// stored yet.
func (c *Center) Refused(ctx context.Context, limit int) (list []store.Refusal, err error) {
	if err := c.flushRefusals(ctx); err != nil {
		return nil, err
	}
	err = c.db.Read(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.Refusals(limit)
		return err
	})
	return list, err
}

func (c *Center) flushRefusals(ctx context.Context) error {
	fresh := c.refusals.take()
	if len(fresh) == 0 {
		return nil
	}
	err := c.db.Write(ctx, func(tx *store.Tx) error {
		for _, sum := range fresh {
			if err := tx.AddRefusal(*sum); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		c.refusals.restore(fresh)
	}
	return err
}

// TurnAway notes a request that is refused, with whom it came from. The console
// calls it for its own visitors.
func (c *Center) TurnAway(r *http.Request, reason, detail string) {
	terminal, _, _ := peer(r)
	c.refusals.Note(reason, terminal, host(r.RemoteAddr), detail)
}

// host is the address without its port.
func host(remote string) string {
	h, _, err := net.SplitHostPort(remote)
	if err != nil {
		return remote
	}
	return h
}
