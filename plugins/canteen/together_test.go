package canteen_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	_ "github.com/mattn/go-sqlite3" // the driver "sqlite3"
	"pgregory.net/rapid"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/plugins/canteen"
	"github.com/luohu/ting/plugins/canteen/center"
	"github.com/luohu/ting/sync/center/projection"
)

const school = "school-1"

var noon = time.Date(2026, time.March, 2, 12, 0, 0, 0, time.FixedZone("CST", 8*60*60))

// ledger is the center's projection over a database in memory, without a center.
type ledger struct {
	*sql.Tx
	projection *center.Ledger
	feeds      map[string]map[string][]byte
}

func newLedger(t *rapid.T, db *sql.DB) *ledger {
	l := &ledger{projection: center.New(noon.Location()), feeds: map[string]map[string][]byte{}}
	var err error
	if l.Tx, err = db.Begin(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Tx.Exec(l.projection.Schema().SQL); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *ledger) One(query string, args []any, dest ...any) error {
	err := l.QueryRow(query, args...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return projection.ErrNotFound
	}
	return err
}

func (l *ledger) Each(query string, args []any, fn func(scan func(...any) error) error) error {
	rows, err := l.Query(query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (l *ledger) Row(_, feed, key string) (json.RawMessage, error) {
	if row, ok := l.feeds[feed][key]; ok {
		return row, nil
	}
	return nil, projection.ErrNotFound
}

func (l *ledger) Exec(query string, args ...any) (int64, error) {
	r, err := l.Tx.Exec(query, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

func (l *ledger) PutFeed(_, feed, key string, value any) error {
	b, err := json.Marshal(value)
	if l.feeds[feed] == nil {
		l.feeds[feed] = map[string][]byte{}
	}
	l.feeds[feed][key] = b
	return err
}

func (l *ledger) DeleteFeed(_, feed, key string) error {
	delete(l.feeds[feed], key)
	return nil
}

// take applies a record that has come from a terminal, or the center's own.
func (l *ledger) take(t *rapid.T, terminal string, r kiosk.Record) {
	body, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	got := projection.Received{Terminal: terminal, Site: school, ReceivedAt: noon}
	got.ID, got.Kind, got.Version, got.Body = uuid.New(), r.RecordKind().Name, r.RecordKind().Version, body
	if err := l.projection.Apply(context.Background(), l, got); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
}

func (l *ledger) sum(t *rapid.T, query string) (n int64) {
	if err := l.One(query, nil, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// terminal is one till's terminal: its journal, and its copy of the feeds.
type terminal struct {
	kiosk.Session // the calls that a till does not make
	id, dir       string
	till          *canteen.TestTill
	feeds         map[string]map[string][]byte
	unsent        []kiosk.Record
	sold          []canteen.Sale                  // all that were ever recorded
	fault         func() (stored bool, err error) // of the next record; nil for none
}

func (m *terminal) Now() time.Time     { return noon }
func (m *terminal) Visit() kiosk.Visit { return kiosk.Visit{Terminal: m.id, Module: canteen.ID} }

func (m *terminal) Lookup(_ context.Context, feed, key string) (kiosk.Row, error) {
	if feed == canteen.FeedDiners {
		return kiosk.Row{Key: key, JSON: []byte(`{}`)}, nil
	}
	row, ok := m.feeds[feed][key]
	if !ok {
		return kiosk.Row{}, &kiosk.Error{Code: kiosk.CodeNotFound}
	}
	return kiosk.Row{Key: key, JSON: row}, nil
}

func (m *terminal) Record(_ context.Context, r kiosk.Record) (kiosk.Receipt, error) {
	stored, err := true, error(nil)
	if m.fault != nil {
		stored, err = m.fault()
		m.fault = nil
	}
	if stored {
		m.unsent = append(m.unsent, r)
		if s, ok := r.(canteen.Sale); ok {
			m.sold = append(m.sold, s)
		}
	}
	return kiosk.Receipt{}, err
}

// TestNeverAboveTheQuota: whatever is sold, sent, heard, topped up, interrupted and
// shared anew, in whatever order, the tills together never hold more than the
// site's quota, and no more than that is ever overdrawn; and every account is, to
// the fen, its credits less its debits.
func TestNeverAboveTheQuota(t *testing.T) {
	db, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	defer db.Close()
	dir := t.TempDir()
	round := 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		checkQuota(t, db, filepath.Join(dir, fmt.Sprint(round)))
	})
}

func checkQuota(t *rapid.T, db *sql.DB, dir string) {
	const quota = 1000
	ctx := context.Background()
	l := newLedger(t, db)
	defer func() { _ = l.Rollback() }() // the next round begins with nothing
	var tills []*terminal
	open := func(m *terminal) {
		var err error
		if m.till, err = canteen.NewTestTill(ctx, m.dir); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"a", "b", "c"} {
		m := &terminal{id: id, dir: filepath.Join(dir, id), feeds: map[string]map[string][]byte{}}
		if err := os.MkdirAll(m.dir, 0o700); err != nil {
			t.Fatal(err)
		}
		open(m)
		defer func() { _ = m.till.Close() }()
		tills = append(tills, m)
	}
	people := []string{"1", "2", "3"}
	credits, paid := map[string]int64{}, 0
	shared := func() {
		left, shares := int64(quota), map[string]int64{}
		for _, m := range tills {
			fen := rapid.Int64Range(0, left).Draw(t, "share")
			shares[m.id+"/"+canteen.ID] = fen
			left -= fen
		}
		l.take(t, "center/"+school, canteen.Quota{Fen: quota, Shares: shares, At: noon})
	}
	shared()
	send := func(m *terminal, most int) {
		n := min(most, len(m.unsent))
		for _, r := range m.unsent[:n] {
			l.take(t, m.id, r)
		}
		m.unsent = m.unsent[n:]
	}
	hear := func(m *terminal) {
		m.feeds = map[string]map[string][]byte{}
		for feed, rows := range l.feeds {
			m.feeds[feed] = maps.Clone(rows)
		}
	}
	one := func(t *rapid.T) *terminal { return rapid.SampledFrom(tills).Draw(t, "till") }
	t.Repeat(map[string]func(*rapid.T){
		"sell": func(t *rapid.T) {
			m := one(t)
			if _, err := m.till.Sell(ctx, m, rapid.SampledFrom(people).Draw(t, "person"), rapid.Int64Range(1, 400).Draw(t, "fen")); err != nil {
				t.Fatal(err)
			}
		},
		"crash in a sale": func(t *rapid.T) {
			m := one(t)
			stored := rapid.Bool().Draw(t, "stored")
			m.fault = func() (bool, error) { return stored, &kiosk.Error{Code: kiosk.CodeShutdown} }
			_, err := m.till.Sell(ctx, m, rapid.SampledFrom(people).Draw(t, "person"), rapid.Int64Range(1, 400).Draw(t, "fen"))
			if err != nil && kiosk.CodeOf(err) != kiosk.CodeShutdown {
				t.Fatal(err)
			}
			m.fault = nil
			open(m) // nothing was closed in order
		},
		"disk full": func(t *rapid.T) {
			m := one(t)
			before := m.till.Held()
			m.fault = func() (bool, error) { return false, &kiosk.Error{Code: kiosk.CodeDiskFull} }
			_, _ = m.till.Sell(ctx, m, rapid.SampledFrom(people).Draw(t, "person"), 100)
			m.fault = nil
			if held := m.till.Held(); held > before {
				t.Fatalf("a sale that was not stored holds %d", held-before)
			}
		},
		"restart": func(t *rapid.T) { open(one(t)) },
		"send":    func(t *rapid.T) { send(one(t), rapid.IntRange(1, 3).Draw(t, "records")) },
		"hear":    func(t *rapid.T) { hear(one(t)) },
		"attend": func(t *rapid.T) {
			m := one(t)
			if err := m.till.Attend(ctx, m); err != nil {
				t.Fatal(err)
			}
		},
		"share anew": func(*rapid.T) { shared() },
		"top up": func(t *rapid.T) {
			paid++
			p, fen := rapid.SampledFrom(people).Draw(t, "person"), rapid.Int64Range(1, 600).Draw(t, "fen")
			credits[p] += fen
			l.take(t, "center/"+school, canteen.TopUp{ID: fmt.Sprint("paid-", paid), Person: p, Fen: fen, Source: canteen.SourceOnline, At: noon})
		},
		"": func(t *rapid.T) {
			var held int64
			for _, m := range tills {
				held += m.till.Held()
			}
			overdrawn := -l.sum(t, `SELECT COALESCE(SUM(fen), 0) FROM canteen_balances WHERE account LIKE 'diner/%' AND fen < 0`)
			out := l.sum(t, `SELECT COALESCE(SUM(fen), 0) FROM (SELECT MAX(fen) AS fen FROM canteen_issues GROUP BY till)`)
			if held > quota || overdrawn > held || out > quota {
				t.Fatalf("of a quota of %d: %d held, %d overdrawn, %d handed out", quota, held, overdrawn, out)
			}
		},
	})
	// Everything arrives in the end.
	for _, m := range tills {
		hear(m)
		if err := m.till.Attend(ctx, m); err != nil {
			t.Fatal(err)
		}
	}
	debits, seen := map[string]int64{}, map[string]bool{}
	for _, m := range tills {
		send(m, len(m.unsent))
		for _, sale := range m.sold {
			if !seen[sale.ID] {
				seen[sale.ID] = true
				debits[sale.Person] += sale.Own
			}
		}
	}
	for _, p := range people {
		got := l.sum(t, `SELECT COALESCE(SUM(fen), 0) FROM canteen_balances WHERE account = 'diner/`+p+`'`)
		legs := l.sum(t, `SELECT COALESCE(SUM(fen), 0) FROM canteen_legs WHERE account = 'diner/`+p+`'`)
		if want := credits[p] - debits[p]; got != want || legs != want {
			t.Fatalf("account %s has %d (legs %d), its credits less its debits are %d", p, got, legs, want)
		}
	}
	if n := l.sum(t, `SELECT COALESCE(SUM(fen), 0) FROM canteen_legs`); n != 0 {
		t.Fatalf("the ledger is out by %d", n)
	}
	// Every till gets back what it held, once nobody is overdrawn.
	for _, p := range people {
		paid++
		l.take(t, "center/"+school, canteen.TopUp{ID: fmt.Sprint("paid-", paid), Person: p, Fen: 10_000, Source: canteen.SourceOnline, At: noon})
	}
	for _, m := range tills {
		hear(m)
		if _, err := m.till.Sell(ctx, m, people[0], 100_000); err != nil { // too much: it looks after everybody's entries
			t.Fatal(err)
		}
		if held := m.till.Held(); held != 0 {
			t.Fatalf("till %s still holds %d", m.id, held)
		}
	}
}
