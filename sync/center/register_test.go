package center

import (
	"context"
	"fmt"
	"testing"

	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/wire"
)

// people is a school's register: person i has a name and a class.
func people(n, year int) []FeedChange {
	changes := make([]FeedChange, n)
	for i := range changes {
		changes[i] = FeedChange{"school-1", "people", fmt.Sprintf("F%d", i), map[string]any{"name": fmt.Sprintf("学生%d", i), "class": year + i%6}}
	}
	return changes
}

// TestRegister puts a whole register in at once: what changed gets the next
// revisions in its order, what did not gets none.
func TestRegister(t *testing.T) { onBoth(t, testRegister) }

func testRegister(t *testing.T) {
	s := serve(t, Options{Feeds: []string{"people"}})
	ctx := context.Background()
	put := func(changes ...FeedChange) {
		t.Helper()
		if err := s.c.Register(ctx, changes); err != nil {
			t.Fatal(err)
		}
	}
	row := func(key string) (r wire.FeedRow) {
		t.Helper()
		if err := s.c.db.Read(ctx, func(tx *store.Tx) (err error) {
			r, _, err = tx.FeedRow("school-1", "people", key)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return r
	}
	const n = 4500 // more than one statement carries
	put(people(n, 1)...)
	if first, last := row("F0").Revision, row(fmt.Sprintf("F%d", n-1)).Revision; last-first != n-1 {
		t.Errorf("revisions %d to %d for %d people", first, last, n)
	}
	before := row(fmt.Sprintf("F%d", n-1)).Revision
	again := people(n, 1)
	again[7].Value = map[string]any{"name": "学生7", "class": 9}
	again[8].Value = nil
	put(append(again, FeedChange{"school-1", "people", "F9", "twice"}, FeedChange{"school-1", "people", "nobody", nil})...)
	if r := row("F7"); r.Revision != before+1 || string(r.Value) != `{"class":9,"name":"学生7"}` {
		t.Errorf("changed: %+v", r)
	}
	if r := row("F8"); r.Revision != before+2 || !r.Deleted || r.Value != nil {
		t.Errorf("deleted: %+v", r)
	}
	if r := row("F9"); r.Revision != before+3 || string(r.Value) != `"twice"` {
		t.Errorf("of two words the later holds: %+v", r)
	}
	if r := row("F6"); r.Revision >= before {
		t.Errorf("unchanged, and a new revision: %+v", r)
	}
	put(people(n, 1)...)
	if r := row("F8"); r.Deleted || r.Revision <= before+2 {
		t.Errorf("back again: %+v", r)
	}
}

// BenchmarkRegister puts 10,000 people of a school in at once, and a year later all
// of them anew with another class. Measured on two cores that other work kept busy
// (load 15): SQLite 106,000 people/s, PostgreSQL 3,800; row by row, as projections
// do, it is 52,000 and 218.
func BenchmarkRegister(b *testing.B) {
	b.Run(onSQLite, benchmarkRegister)
	b.Run(onPostgres, benchmarkRegister)
}

func benchmarkRegister(b *testing.B) {
	const n = 10_000
	s := serve(b, Options{Feeds: []string{"people"}})
	year := 0
	for b.Loop() {
		year++
		if err := s.c.Register(context.Background(), people(n, year)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n*year)/b.Elapsed().Seconds(), "people/s")
}
