package center

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luohu/ting/sync/center/projection"
	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// TestDecisionsOutliveARebuild: what a person decided on a letter holds when the
// log is read again, and by a program that would now understand the record.
func TestDecisionsOutliveARebuild(t *testing.T) { onBoth(t, testDecisionsOutliveARebuild) }

func testDecisionsOutliveARebuild(t *testing.T) {
	y := newTally()
	s := serve(t, Options{Projections: []projection.Projection{y}})
	tm := s.enrol("desk-1", "hall")
	s.tell(tm, "a:fail", "a:ok", "b:fail", "b:ok", "c:fail")
	ctx := context.Background()
	if err := s.c.Accept(ctx, "wang", "tally", 1, "a test card"); err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{"", "[]", "null", `{"do":`, `{} {}`} {
		if _, err := s.c.Compensate(ctx, "wang", "tally", 3, json.RawMessage(body), "x"); !errors.Is(err, ErrBody) {
			t.Errorf("compensated with %q: %v", body, err)
		}
	}
	position, err := s.c.Compensate(ctx, "wang", "tally", 3, json.RawMessage(`{"do":"ok"}`), "read off the paper slip")
	if err != nil || position != 6 {
		t.Fatalf("compensated by %d: %v", position, err)
	}
	s.caughtUp()
	for _, key := range []string{"a", "b"} {
		if _, err := s.c.Replay(ctx, "wang", "tally", "hall", key); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]int{"a": 1, "b": 2}
	if diff := cmp.Diff(want, s.sums()); diff != "" {
		t.Errorf("sums (-want +got):\n%s", diff)
	}
	y.strict.Store(false) // it would count them all now
	if err := s.c.Rebuild(ctx, "wang", "tally"); err != nil {
		t.Fatal(err)
	}
	s.caughtUp()
	want["c"] = 1
	if diff := cmp.Diff(want, s.sums()); diff != "" {
		t.Errorf("sums after a rebuild (-want +got):\n%s", diff)
	}
	if err := s.c.Undo(ctx, "wang", "tally", 3); !errors.Is(err, ErrFinal) {
		t.Errorf("a compensation was undone: %v", err)
	}
	if err := s.c.Undo(ctx, "wang", "tally", 1); err != nil {
		t.Fatal(err)
	}
	if n, err := s.c.Replay(ctx, "wang", "tally", "hall", "a"); err != nil || n != 1 {
		t.Errorf("after undoing, a replay applied %d: %v", n, err)
	}
	for _, position := range []int64{1, 5, 99} {
		if err := s.c.Accept(ctx, "wang", "tally", position, "x"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("accepted %d, which is no letter: %v", position, err)
		}
	}
}

func TestForkIsDecided(t *testing.T) { onBoth(t, testForkIsDecided) }

func testForkIsDecided(t *testing.T) {
	s := serve(t, Options{})
	tm := s.enrol("desk-1", "hall")
	other := tm.Clone()
	expect(t, tm.Send(record.Ordinary, record.Hash{}, tm.Make(record.Ordinary, 2, "x.y", "a", `{}`)), wire.OK, 2)
	expect(t, other.Send(record.Ordinary, record.Hash{}, other.Make(record.Ordinary, 3, "x.y", "b", `{}`)), wire.Fork, 2)
	ctx := context.Background()
	waiting := func() (n int64) {
		t.Helper()
		if err := s.c.View(ctx, func(tx *store.Tx) (err error) { n, err = tx.WaitingForks(); return err }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := waiting(); n != 1 {
		t.Fatalf("%d forks wait", n)
	}
	if err := s.c.Dismiss(ctx, "wang", 1, "the clone was a test"); err != nil || waiting() != 0 {
		t.Errorf("dismissed: %v, %d wait", err, waiting())
	}
	if err := s.c.Reopen(ctx, "wang", 1); err != nil || waiting() != 1 {
		t.Errorf("reopened: %v, %d wait", err, waiting())
	}
	if err := s.c.Reopen(ctx, "wang", 1); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("reopened what was open: %v", err)
	}
	if err := s.c.ProposeAdopt(ctx, "wang", 1, "both gates were used"); err != nil || waiting() != 1 {
		t.Errorf("proposed: %v, %d wait", err, waiting())
	}
	if n, err := s.c.Adopt(ctx, "li", 1); err != nil || n != 3 || waiting() != 0 {
		t.Errorf("adopted %d: %v, %d wait", n, err, waiting())
	}
	if err := s.c.Dismiss(ctx, "wang", 1, "too late"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("dismissed what was taken in: %v", err)
	}
}

func TestHistoryOfContactsAndCursors(t *testing.T) { onBoth(t, testHistoryOfContactsAndCursors) }

func testHistoryOfContactsAndCursors(t *testing.T) {
	start := time.Date(2026, 3, 2, 7, 59, 0, 0, time.UTC)
	c := contacts{heard: map[string]Contact{}}
	head := func(unsent int64, ahead time.Duration, at time.Time) (wire.Head, time.Time) {
		return wire.Head{Terminal: "gate-1", SentAt: at.Add(ahead), Health: wire.Health{Unsent: unsent}}, at
	}
	c.hear(head(3, -2*time.Second, start))
	c.hear(head(1, time.Second, start.Add(20*time.Second)))
	if h := c.heard["gate-1"].hour; h.Contacts != 2 || h.Unsent != 3 || h.ClockError != -2*time.Second {
		t.Errorf("the hour is %+v", h)
	}
	s := serve(t, Options{Feeds: []string{"people"}})
	tm := s.enrol("gate-1", "hall")
	tm.Feed("people", 0, 0)
	s.c.contacts.heard = c.heard
	ctx := context.Background()
	if err := s.c.flushContacts(ctx); err != nil {
		t.Fatal(err)
	}
	s.c.contacts.hear(head(7, 0, start.Add(30*time.Second)))
	if err := s.c.flushContacts(ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.c.View(ctx, func(tx *store.Tx) error {
		hours, err := tx.Hours("gate-1", start.Add(-time.Hour))
		if err != nil || len(hours) != 1 || hours[0].Contacts != 3 || hours[0].Unsent != 7 || hours[0].ClockError != -2*time.Second {
			t.Errorf("hours %+v: %v", hours, err)
		}
		cursors, err := tx.FeedCursors()
		if err != nil || len(cursors) != 1 || cursors[0].Feed != "people" {
			t.Errorf("cursors %+v: %v", cursors, err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
