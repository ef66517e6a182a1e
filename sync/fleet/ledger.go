package fleet

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"

	"github.com/google/uuid"

	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/journal"
	"github.com/luohu/ting/sync/record"
)

// Ledger knows every promise that terminals made: each record of which one said
// that it was done.
type Ledger struct {
	mu      sync.Mutex
	told    map[uuid.UUID]string // terminal by record
	twice   []string             // records that were told twice
	aside   map[uuid.UUID]bool   // records on a disk that was set aside, unsent
	refused map[string]int64     // by reason
}

// NewLedger is an empty one.
func NewLedger() *Ledger {
	return &Ledger{told: map[uuid.UUID]string{}, refused: map[string]int64{}}
}

func (l *Ledger) done(terminal string, id uuid.UUID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, again := l.told[id]; again {
		l.twice = append(l.twice, id.String())
	}
	l.told[id] = terminal
}

func (l *Ledger) refuse(reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused[reason]++
}

// Told is how many promises were made.
func (l *Ledger) Told() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.told)
}

// Refused is how many records were refused, by reason.
func (l *Ledger) Refused() map[string]int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[string]int64{}
	for k, v := range l.refused {
		out[k] = v
	}
	return out
}

// Verdict is what became of the promises.
type Verdict struct {
	Told    int // records that terminals said were done
	Stored  int // records in the center's log
	Untold  int // of these, stored by a terminal that died before it could say so
	Lost    int // told, and nowhere
	Doubled int // more than once in the log
	Gaps    int // chains with a hole or a hash that does not hold
	Forked  int // told, and kept beside the log as another history
	Aside   int // told, and unsent on a disk that was set aside, where an operator finds them
	// Examples name a few of what is wrong.
	Examples []string
}

// OK reports whether every promise was kept.
func (v Verdict) OK() bool { return v.Lost == 0 && v.Doubled == 0 && v.Gaps == 0 && v.Told > 0 }

// String is the verdict in one line.
func (v Verdict) String() string {
	s := fmt.Sprintf("%d said done, %d stored, %d lost, %d doubled, %d gaps", v.Told, v.Stored, v.Lost, v.Doubled, v.Gaps)
	if v.Aside > 0 {
		s += fmt.Sprintf(", %d unsent on the disk set aside", v.Aside)
	}
	if v.Forked > 0 {
		s += fmt.Sprintf(", %d kept as another history", v.Forked)
	}
	return s
}

// SetAside tells of a terminal's folder that is taken out of service: what its
// journal knows to be unsent is not lost, but waits there for an operator.
func (l *Ledger) SetAside(ctx context.Context, folder string) (err error) {
	r, err := journal.OpenReader(ctx, filepath.Join(folder, "journal.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	o, err := r.Overview(ctx)
	if err != nil {
		return err
	}
	acked := map[record.Chain]int64{}
	for _, c := range o.Chains {
		acked[c.Chain] = c.Acked
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.aside == nil {
		l.aside = map[uuid.UUID]bool{}
	}
	return r.Each(ctx, func(c record.Chain, rec record.Record) error {
		if rec.Seq > acked[c] {
			l.aside[rec.ID] = true
		}
		return nil
	})
}

const checkPage = 5000

// Check holds the center's log against the promises.
func (l *Ledger) Check(ctx context.Context, db *store.DB) (v Verdict, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	wrong := func(n *int, format string, a ...any) {
		*n++
		if len(v.Examples) < 10 {
			v.Examples = append(v.Examples, fmt.Sprintf(format, a...))
		}
	}
	v.Told = len(l.told)
	for _, id := range l.twice {
		wrong(&v.Doubled, "record %s was told twice", id)
	}
	seen := make(map[uuid.UUID]bool, len(l.told))
	kept := map[uuid.UUID]bool{}
	for after, n := int64(0), checkPage; n == checkPage; {
		var page []store.Received
		err := db.Read(ctx, func(tx *store.Tx) error {
			page = page[:0]
			return tx.Log(after, checkPage, func(r store.Received) error {
				r.Record.Body = nil
				page = append(page, r)
				return nil
			})
		})
		if err != nil {
			return v, err
		}
		n = len(page)
		for _, r := range page {
			after = r.Position
			v.Stored++
			if seen[r.Record.ID] {
				wrong(&v.Doubled, "record %s of %s is stored twice", r.Record.ID, r.Terminal)
			}
			seen[r.Record.ID] = true
			if _, told := l.told[r.Record.ID]; !told {
				v.Untold++
			}
		}
	}
	err = db.Read(ctx, func(tx *store.Tx) error {
		forks, err := tx.Forks()
		if err != nil {
			return err
		}
		for _, f := range forks {
			rs, err := tx.ForkRecords(f.ID)
			if err != nil {
				return err
			}
			for _, r := range rs {
				kept[r.ID] = true
			}
		}
		return nil
	})
	if err != nil {
		return v, err
	}
	for id, terminal := range l.told {
		switch {
		case seen[id]:
		case kept[id]:
			v.Forked++
		case l.aside[id]:
			v.Aside++
		default:
			wrong(&v.Lost, "record %s of %s is lost", id, terminal)
		}
	}
	slices.Sort(v.Examples)
	chains, err := db.Verify(ctx)
	for _, p := range chains.Problems {
		wrong(&v.Gaps, "%s", p)
	}
	return v, err
}
