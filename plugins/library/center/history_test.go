package center

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/luohu/ting/plugins/library"
)

// drawEvents are records about one copy, at times that collide and terminals whose
// clocks differ, with returns and decisions that name loans of the past and, by a
// clock that is behind, of the future.
func drawEvents(t *rapid.T) []event {
	n := rapid.IntRange(1, 12).Draw(t, "records")
	var events []event
	var loans []string
	for i := range n {
		e := event{id: fmt.Sprintf("%02d", i), at: today.Add(time.Duration(rapid.IntRange(0, 15).Draw(t, "minute")) * time.Minute)}
		person := rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "person")
		some := func() string {
			if len(loans) == 0 || rapid.Bool().Draw(t, "unnamed") {
				return ""
			}
			return rapid.SampledFrom(loans).Draw(t, "loan")
		}
		switch rapid.IntRange(0, 6).Draw(t, "kind") {
		case 0, 1, 2:
			e.lent = &library.Loan{Copy: "B1", Title: "t1", Person: person, At: e.at, Due: "2026-10-01", FinePerDay: 10}
			loans = append(loans, e.id)
		case 3, 4:
			e.returned = &library.Return{Copy: "B1", At: e.at, Loan: some(), Undo: rapid.IntRange(0, 4).Draw(t, "undo") == 0,
				HeldFor: rapid.SampledFrom([]string{"", "9"}).Draw(t, "held")}
		case 5:
			e.renewed = &library.Renewal{Copy: "B1", Person: person, Loan: some(), At: e.at, Due: "2026-11-01"}
		case 6:
			e.settled = &library.Settled{Task: "double/B1", Copy: "B1", Closed: []string{some()}, By: "T1", At: e.at}
		}
		events = append(events, e)
	}
	return events
}

// TestHistory proves the loan's invariant (SYNC.md): whatever the order in which
// records arrive, nothing is dropped, a return closes what was open, and more
// than one open loan is a librarian's task, whose settling leaves one.
func TestHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t)
		want := history(slices.Clone(events), zone)
		shuffled := rapid.Permutation(events).Draw(t, "arrival")
		got := history(slices.Clone(shuffled), zone)
		if d := cmp.Diff(want, got, cmp.AllowUnexported(copyHistory{}, loan{})); d != "" {
			t.Fatalf("the order of arrival changes what happened:\n%s", d)
		}
		seen := map[string]int{}
		for _, l := range got.loans {
			seen[l.ID]++
		}
		var ids []string
		for _, e := range events {
			if e.lent != nil {
				ids = append(ids, e.id)
				if seen[e.id] != 1 {
					t.Fatalf("loan %s is there %d times", e.id, seen[e.id])
				}
			}
		}
		if len(got.loans) != len(ids) {
			t.Fatalf("%d loans of %d", len(got.loans), len(ids))
		}
		open := got.open()
		who := map[string]bool{}
		for _, l := range open {
			if who[l.Person] {
				t.Fatalf("%s has the copy twice", l.Person)
			}
			who[l.Person] = true
			for _, e := range events {
				// Equal times are in the order of the IDs.
				before := l.At.Before(e.at) || l.At.Equal(e.at) && l.ID < e.id
				if e.returned != nil && (before || e.returned.Loan == l.ID) {
					t.Fatalf("loan %s is open after the return %s", l.ID, e.id)
				}
			}
		}
		if len(open) < 2 {
			return
		}
		keep := rapid.IntRange(0, len(open)-1).Draw(t, "keep")
		decision := library.Settled{Task: "double/B1", Copy: "B1", Kept: open[keep].ID, By: "T1", At: today.Add(time.Hour)}
		for i, l := range open {
			if i != keep {
				decision.Closed = append(decision.Closed, l.ID)
			}
		}
		settled := history(append(slices.Clone(events), event{id: "99", at: decision.At, settled: &decision}), zone)
		if left := settled.open(); len(left) != 1 || left[0].ID != decision.Kept {
			t.Fatalf("after the decision %v are open, not %s alone", left, decision.Kept)
		}
		if len(settled.loans) != len(ids) {
			t.Fatal("the decision dropped a loan")
		}
	})
}

func TestFines(t *testing.T) {
	lent := library.Loan{Copy: "B1", Person: "1", Due: "2026-09-10", FinePerDay: 10, FineMost: 35}
	for _, c := range []struct {
		back string
		undo bool
		late int
		fine int64
	}{
		{"2026-09-10 23:59", false, 0, 0},
		{"2026-09-11 00:00", false, 1, 10},
		{"2026-09-13 12:00", false, 3, 30},
		{"2026-10-30 12:00", false, 50, 35}, // never more than was agreed
		{"2026-09-13 12:00", true, 0, 0},
	} {
		back, err := time.ParseInLocation("2006-01-02 15:04", c.back, zone)
		if err != nil {
			t.Fatal(err)
		}
		h := history([]event{
			{id: "1", at: today, lent: &lent},
			{id: "2", at: back.UTC(), returned: &library.Return{Copy: "B1", Undo: c.undo}},
		}, zone)
		if l := h.loans[0]; l.open() || l.late != c.late || l.fine != c.fine {
			t.Errorf("back at %s: %d days late, %d fen, open %v", c.back, l.late, l.fine, l.open())
		}
	}
}
