package center

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/luohu/ting/sync/center/projection"
	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/wire"
)

// put changes rows of a feed of school-1; a nil value deletes.
func (s *site) put(feed string, rows ...any) {
	s.t.Helper()
	var changes []FeedChange
	for i := 0; i < len(rows); i += 2 {
		changes = append(changes, FeedChange{Site: "school-1", Feed: feed, Key: rows[i].(string), Value: rows[i+1]})
	}
	if err := s.c.Register(context.Background(), changes); err != nil {
		s.t.Fatal(err)
	}
}

func TestFeedSendsWhatChanged(t *testing.T) { onBoth(t, testFeedSendsWhatChanged) }

func testFeedSendsWhatChanged(t *testing.T) {
	s := serve(t, Options{Feeds: []string{"people"}})
	tm := s.enrol("gate-1", "school-1")
	if page, status := tm.Feed("people", 0, 0); status != http.StatusOK || len(page.Rows) != 0 {
		t.Errorf("empty feed: %d, %+v", status, page)
	}
	if _, status := tm.Feed("nonsense", 0, 0); status != http.StatusNotFound {
		t.Errorf("unknown feed: %d", status)
	}
	s.put("people", "a", 1, "b", 2)
	first, _ := tm.Feed("people", 0, 0)
	if len(first.Rows) != 2 || first.Snapshot || first.More || first.Site != "school-1" || first.Revision != first.Rows[1].Revision {
		t.Fatalf("first page %+v", first)
	}
	s.put("people", "a", 1) // unchanged
	if page, _ := tm.Feed("people", first.Revision, 0); len(page.Rows) != 0 || page.Revision != first.Revision {
		t.Errorf("nothing changed, but: %+v", page)
	}
	s.put("people", "b", nil, "a", 3)
	page, _ := tm.Feed("people", first.Revision, 0)
	if len(page.Rows) != 2 || !page.Rows[0].Deleted || page.Rows[0].Key != "b" || string(page.Rows[1].Value) != "3" {
		t.Errorf("changes: %+v", page.Rows)
	}
}

// publishing is a projection that names its feeds.
type publishing struct{ *tally }

func (publishing) Feeds() []string { return []string{"sums"} }

func TestFeedOfAProjectionIsKnownBeforeItsFirstRow(t *testing.T) {
	onBoth(t, testFeedOfAProjectionIsKnownBeforeItsFirstRow)
}

func testFeedOfAProjectionIsKnownBeforeItsFirstRow(t *testing.T) {
	s := serve(t, Options{Feeds: []string{"people"}, Projections: []projection.Projection{publishing{newTally()}}})
	tm := s.enrol("gate-1", "school-1")
	for _, name := range []string{"people", "sums"} {
		if page, status := tm.Feed(name, 0, 0); status != http.StatusOK || len(page.Rows) != 0 {
			t.Errorf("empty feed %s: %d, %+v", name, status, page)
		}
	}
}

func TestFeedIsOfTheTerminalsSite(t *testing.T) { onBoth(t, testFeedIsOfTheTerminalsSite) }

func testFeedIsOfTheTerminalsSite(t *testing.T) {
	s := serve(t, Options{Feeds: []string{"people"}})
	tm := s.enrol("gate-2", "school-2")
	s.put("people", "a", 1)
	if page, _ := tm.Feed("people", 0, 0); len(page.Rows) != 0 || page.Site != "school-2" {
		t.Errorf("another site's rows: %+v", page)
	}
}

func TestFeedLongPoll(t *testing.T) { onBoth(t, testFeedLongPoll) }

func testFeedLongPoll(t *testing.T) {
	s := serve(t, Options{Feeds: []string{"revocations"}})
	tm := s.enrol("gate-1", "school-1")
	got := make(chan wire.FeedPage)
	go func() {
		page, _ := tm.Feed("revocations", 0, 30)
		got <- page
	}()
	for i := 0; ; i++ { // whenever the request begins to wait, a change ends it
		s.put("revocations", "p", i)
		select {
		case page := <-got:
			if len(page.Rows) != 1 {
				t.Errorf("page %+v", page)
			}
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func TestDrainAnswersWhoWaits(t *testing.T) { onBoth(t, testDrainAnswersWhoWaits) }

func testDrainAnswersWhoWaits(t *testing.T) {
	s := serve(t, Options{Feeds: []string{"people"}})
	tm := s.enrol("gate-1", "school-1")
	type answer struct {
		page   wire.FeedPage
		status int
	}
	got := make(chan answer)
	go func() {
		page, status := tm.Feed("people", 0, 60)
		got <- answer{page, status}
	}()
	for waiting := false; !waiting; <-time.After(time.Millisecond) {
		s.c.feeds.mu.Lock()
		waiting = s.c.feeds.ch["school-1/people"] != nil
		s.c.feeds.mu.Unlock()
	}
	s.c.Drain()
	if a := <-got; a.status != http.StatusOK || len(a.page.Rows) != 0 {
		t.Errorf("who waited: %+v", a)
	}
	// Whoever comes now is told to come back.
	if _, status := tm.Feed("people", 0, 60); status != http.StatusServiceUnavailable {
		t.Errorf("a newcomer: %d", status)
	}
	resp, _, err := tm.Post(t.Context(), "", "", nil)
	if err != nil || resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Errorf("a batch: %+v, %v", resp, err)
	}
}

func TestFeedPagesAndSnapshot(t *testing.T) { onBoth(t, testFeedPagesAndSnapshot) }

func testFeedPagesAndSnapshot(t *testing.T) {
	now := time.Now()
	var mu sync.Mutex
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	s := serve(t, Options{Feeds: []string{"people"}, Now: clock, Retention: time.Hour})
	tm := s.enrol("gate-1", "school-1")
	const n = 2*pageRows + 100
	var rows []any
	for i := range n {
		rows = append(rows, fmt.Sprintf("p%05d", i), i)
	}
	s.put("people", rows...)
	s.put("people", "p00000", nil, "p01500", nil)
	mu.Lock()
	now = now.Add(2 * time.Hour)
	mu.Unlock()
	if err := s.c.Compact(context.Background()); err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	page, status := tm.Feed("people", 5, 0) // a cursor of before the deletions
	if status != http.StatusGone || !page.Snapshot || !page.More {
		t.Fatalf("status %d, %+v", status, page)
	}
	for pages := 1; ; pages++ {
		for _, r := range page.Rows {
			if r.Deleted {
				delete(have, r.Key)
			} else {
				have[r.Key] = true
			}
		}
		if !page.More {
			break
		}
		if pages == 1 { // deleted while the snapshot is under way
			s.put("people", "p00001", nil)
		}
		if page, status = tm.Feed("people", page.Revision, 0); status != http.StatusOK || page.Snapshot {
			t.Fatalf("page %d: status %d, snapshot %t", pages+1, status, page.Snapshot)
		}
	}
	if len(have) != n-3 || have["p00000"] || have["p00001"] || !have["p02099"] {
		t.Errorf("%d rows after the snapshot, want %d", len(have), n-3)
	}
	if next, status := tm.Feed("people", page.Revision, 0); status != http.StatusOK || len(next.Rows) != 0 {
		t.Errorf("after the snapshot: %d, %d rows", status, len(next.Rows))
	}
	// A cursor that no revision has reached yet is of a center that was restored.
	if next, status := tm.Feed("people", page.Revision+1000, 0); status != http.StatusGone || !next.Snapshot {
		t.Errorf("a cursor from the future: %d", status)
	}
}

// TestRevisionsAreSeenInOrder has writers race and a reader follow: a revision
// that became visible after a larger one would be missed by it.
func TestRevisionsAreSeenInOrder(t *testing.T) { onBoth(t, testRevisionsAreSeenInOrder) }

func testRevisionsAreSeenInOrder(t *testing.T) {
	s := serve(t, Options{Feeds: []string{"people"}})
	tm := s.enrol("gate-1", "school-1")
	const writers, each = 4, 40
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				s.put("people", fmt.Sprintf("%d-%d", w, i), i)
			}
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	seen, last := 0, uint64(0)
	for finished := false; ; {
		select {
		case <-done:
			finished = true
		default:
		}
		page, _ := tm.Feed("people", last, 0)
		for _, r := range page.Rows {
			if r.Revision <= last {
				t.Fatalf("revision %d after %d", r.Revision, last)
			}
			last = r.Revision
		}
		seen += len(page.Rows)
		if finished && len(page.Rows) == 0 {
			break
		}
	}
	if seen != writers*each {
		t.Errorf("%d changes seen, want %d", seen, writers*each)
	}
}

func TestRegisterOwnsItsRows(t *testing.T) { onBoth(t, testRegisterOwnsItsRows) }

func testRegisterOwnsItsRows(t *testing.T) {
	s := serve(t, Options{})
	s.put("people", "a", 1)
	err := s.c.Edit(context.Background(), func(tx *store.Tx) error {
		if _, err := tx.PutFeed("school-1", "people", "a", []byte("2"), "enrolment", time.Now()); err == nil {
			t.Error("a projection changed the register's row")
		}
		_, err := tx.PutFeed("school-1", "people", "b", []byte("1"), "enrolment", time.Now())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s.put("people", "b", 2) // the register takes it over
}
