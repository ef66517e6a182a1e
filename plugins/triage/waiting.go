package triage

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/plugins/triage/rules"
)

// Due reports whether a case has waited longer than its level may, and has to be
// looked at again.
func (w Waiting) Due(r *rules.Rules, now time.Time) bool { return w.Left(r, now) <= 0 }

// Left is how long the case may wait until it has to be looked at again.
func (w Waiting) Left(r *rules.Rules, now time.Time) time.Duration {
	return w.Looked.Add(time.Duration(r.Level(w.Level).Minutes) * time.Minute).Sub(now)
}

// Compare orders a queue: the more urgent first, then who has waited longer.
func Compare(a, b Waiting) int {
	return cmp.Or(cmp.Compare(a.Level, b.Level), a.Since.Compare(b.Since), cmp.Compare(a.Code, b.Code))
}

// recent is what this process recorded itself: the center may not know it yet, or
// be out of reach.
type recent struct {
	mu   sync.Mutex
	rows map[string]change
}

// change is what became of a case here.
type change struct {
	row  Waiting
	at   time.Time
	gone bool
}

// remembered is how long a change is kept: the center has answered by then, or the
// patient has long been seen.
const remembered = 12 * time.Hour

func (r *recent) put(w Waiting, at time.Time, gone bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rows == nil {
		r.rows = map[string]change{}
	}
	for code, c := range r.rows {
		if at.Sub(c.at) > remembered {
			delete(r.rows, code)
		}
	}
	r.rows[w.Code] = change{w, at, gone}
}

// over lays the changes made here over the rows that came down: of a case the
// newer look counts, but no row of before makes a case less urgent.
func (r *recent) over(rows map[string]Waiting) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for code, c := range r.rows {
		row, known := rows[code]
		switch {
		case c.gone && !row.Looked.After(c.at):
			delete(rows, code)
		case !c.gone && (!known || !row.Looked.After(c.row.Looked)):
			rows[code] = c.row
		}
	}
}

// waiting lists who waits, in the order of the queue. Without the feed it is what
// this process knows itself.
func waiting(ctx context.Context, s kiosk.Session, r *recent) []Waiting {
	rows := map[string]Waiting{}
	for after := ""; ; {
		list, err := s.List(ctx, kiosk.ListRequest{Feed: FeedWaiting, After: after})
		if err != nil {
			if ctx.Err() == nil {
				slog.Warn("triage: the feed is not to be had", "op", "list", "code", kiosk.CodeOf(err))
			}
			break
		}
		for _, row := range list {
			var w Waiting
			if err := json.Unmarshal(row.JSON, &w); err != nil {
				slog.Warn("triage: a row of the feed cannot be read", "op", "list", "cause", err)
				continue
			}
			rows[w.Code] = w
			after = row.Key
		}
		if len(list) == 0 {
			break
		}
	}
	r.over(rows)
	all := make([]Waiting, 0, len(rows))
	for _, w := range rows {
		all = append(all, w)
	}
	slices.SortFunc(all, Compare)
	return all
}
