package center

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luohu/ting/sync/center/projection"
	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/record"
)

// tally counts notes by key and puts the sums into a feed; it refuses what a
// note asks it to refuse.
type tally struct {
	fails  atomic.Int64 // temporary failures still to come
	strict atomic.Bool  // true: permanent errors hold; false: they are healed
	knows  atomic.Int64 // the highest version understood
}

func newTally() *tally {
	t := &tally{}
	t.strict.Store(true)
	t.knows.Store(1)
	return t
}

type note struct {
	Do string `json:"do"`
}

func (*tally) Name() string    { return "tally" }
func (*tally) Kinds() []string { return []string{"tally.note"} }
func (*tally) Schema() projection.Schema {
	return projection.Schema{Tables: []string{"tally_sums"}, SQL: `CREATE TABLE tally_sums (key TEXT PRIMARY KEY, n INTEGER NOT NULL, last TEXT NOT NULL)`}
}

func (y *tally) Apply(_ context.Context, tx projection.Tx, r projection.Received) error {
	if int64(r.Version) > y.knows.Load() {
		return projection.UnknownVersion(r.Kind, r.Version)
	}
	var n note
	if err := json.Unmarshal(r.Body, &n); err != nil {
		return projection.Permanent(err)
	}
	if _, err := tx.Exec(`INSERT INTO tally_sums (key, n, last) VALUES (?, 1, ?)
		ON CONFLICT (key) DO UPDATE SET n = tally_sums.n + 1, last = excluded.last`, r.Key, n.Do); err != nil {
		return err
	}
	switch {
	case n.Do == "fail" && y.strict.Load(): // after it has written: that must be undone
		return projection.Permanent(errors.New("it says fail"))
	case n.Do == "panic" && y.strict.Load():
		panic("it says panic")
	case n.Do == "temporary" && y.fails.Add(-1) >= 0:
		return errors.New("the weather")
	case n.Do == "gone":
		return tx.DeleteFeed(r.Site, "sums", r.Key)
	}
	var sum int
	if err := tx.One(`SELECT n FROM tally_sums WHERE key = ?`, []any{r.Key}, &sum); err != nil {
		return err
	}
	return tx.PutFeed(r.Site, "sums", r.Key, sum)
}

// sums is what the projection says.
func (s *site) sums() map[string]int {
	s.t.Helper()
	got := map[string]int{}
	err := s.c.Querier(context.Background(), func(q projection.Querier) error {
		return q.Each(`SELECT key, n FROM tally_sums`, nil, func(scan func(...any) error) error {
			var key string
			var n int
			err := scan(&key, &n)
			got[key] = n
			return err
		})
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

func (s *site) letters() (list []string) {
	s.t.Helper()
	err := s.c.View(context.Background(), func(tx *store.Tx) error {
		letters, err := tx.DeadLetters(1000)
		for _, l := range letters {
			list = append(list, fmt.Sprintf("%d %s %s", l.Position, l.Key, l.Reason))
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

// tell sends notes ("key:do", or "key:do:version") and waits until the
// projection has seen them.
func (s *site) tell(tm *terminal, notes ...string) {
	s.t.Helper()
	prev := tm.Heads[record.Ordinary].Hash
	var rs []record.Record
	for _, x := range notes {
		version := 1
		parts := strings.Split(x, ":")
		if len(parts) > 2 {
			version, _ = strconv.Atoi(parts[2])
		}
		rs = append(rs, tm.MakeVersion(record.Ordinary, "tally.note", version, parts[0], `{"do":"`+parts[1]+`"}`))
	}
	tm.Send(record.Ordinary, prev, rs)
	s.caughtUp()
}

// until waits until something is so, looking each time the projection moves.
func (s *site) until(name string, so func() bool) {
	s.t.Helper()
	patience := time.After(20 * time.Second)
	for {
		moved := s.c.feeds.wait(signalMoved(name))
		if so() {
			return
		}
		select {
		case <-moved:
		case <-patience:
			s.t.Fatal("it did not come to be so")
		}
	}
}

func (s *site) caughtUp() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := s.c.Projected(ctx, "tally", s.stored()); err != nil {
		s.t.Fatal(err)
	}
}

func TestDeadLettersParkOnlyTheirKey(t *testing.T) { onBoth(t, testDeadLettersParkOnlyTheirKey) }

func testDeadLettersParkOnlyTheirKey(t *testing.T) {
	y := newTally()
	s := serve(t, Options{Projections: []projection.Projection{y}})
	tm := s.enrol("desk-1", "hall")
	s.tell(tm, "a:ok", "b:fail", "a:ok", "b:ok", "c:panic", "b:ok", "c:ok", "d:ok", "e:ok:2", "e:ok", ":fail", ":ok")
	if diff := cmp.Diff(map[string]int{"a": 2, "d": 1, "": 1}, s.sums()); diff != "" {
		t.Errorf("sums (-want +got):\n%s", diff)
	}
	want := []string{"2 b permanent", "4 b parked", "5 c permanent", "6 b parked", "7 c parked", "9 e version", "10 e parked", "11  permanent"}
	if diff := cmp.Diff(want, s.letters()); diff != "" {
		t.Errorf("letters (-want +got):\n%s", diff)
	}
	ctx := context.Background()
	if n, err := s.c.Replay(ctx, "admin", "tally", "hall", "b"); err != nil || n != 0 {
		t.Errorf("a replay of what is still wrong applied %d: %v", n, err)
	}
	y.strict.Store(false) // the program was mended
	if n, err := s.c.Replay(ctx, "admin", "tally", "hall", "b"); err != nil || n != 3 {
		t.Errorf("replay applied %d: %v", n, err)
	}
	if err := s.c.Accept(ctx, "admin", "tally", 5, "paper slip 7"); err != nil {
		t.Error(err)
	}
	if n, err := s.c.Replay(ctx, "admin", "tally", "hall", "c"); err != nil || n != 1 {
		t.Errorf("replay applied %d: %v", n, err)
	}
	if got := s.sums(); got["b"] != 3 || got["c"] != 1 {
		t.Errorf("sums %v", got)
	}
}

func TestUnknownVersionWaitsForTheProgramThatKnowsIt(t *testing.T) {
	onBoth(t, testUnknownVersionWaitsForTheProgramThatKnowsIt)
}

func testUnknownVersionWaitsForTheProgramThatKnowsIt(t *testing.T) {
	dir := t.TempDir()
	y := newTally()
	s := serve(t, Options{Dir: dir, Projections: []projection.Projection{y}})
	tm := s.enrol("desk-1", "hall")
	s.tell(tm, "a:ok:2", "a:ok", "b:ok")
	if got := s.sums(); got["a"] != 0 || got["b"] != 1 {
		t.Errorf("sums %v", got)
	}
	s.close()
	y.knows.Store(2)
	s = serve(t, Options{Dir: dir, Projections: []projection.Projection{y}})
	s.until("tally", func() bool { return len(s.letters()) == 0 })
	if got := s.sums(); got["a"] != 2 || len(s.letters()) != 0 {
		t.Errorf("sums %v, letters %v", got, s.letters())
	}
}

func TestTemporaryErrorsAreTriedAgain(t *testing.T) { onBoth(t, testTemporaryErrorsAreTriedAgain) }

func testTemporaryErrorsAreTriedAgain(t *testing.T) {
	y := newTally()
	y.fails.Store(2)
	s := serve(t, Options{Projections: []projection.Projection{y}})
	tm := s.enrol("desk-1", "hall")
	s.tell(tm, "a:temporary", "a:ok")
	if got := s.sums(); got["a"] != 2 || len(s.letters()) != 0 {
		t.Errorf("sums %v, letters %v", got, s.letters())
	}
}

func TestRebuildEqualsLive(t *testing.T) { onBoth(t, testRebuildEqualsLive) }

func testRebuildEqualsLive(t *testing.T) {
	y := newTally()
	s := serve(t, Options{Projections: []projection.Projection{y}})
	tm := s.enrol("desk-1", "hall")
	var notes []string
	for i := range 450 {
		notes = append(notes, fmt.Sprintf("k%d:%s", i%17, []string{"ok", "ok", "gone", "ok", "fail"}[i*i%5]))
	}
	s.tell(tm, notes...)
	page, _ := tm.Feed("sums", 0, 0)
	sums, letters := s.sums(), s.letters()
	if len(sums) < 5 || len(letters) < 5 {
		t.Fatalf("the case is too weak: %d sums, %d letters", len(sums), len(letters))
	}
	if err := s.c.Rebuild(context.Background(), "admin", "tally"); err != nil {
		t.Fatal(err)
	}
	s.caughtUp()
	if diff := cmp.Diff(sums, s.sums()); diff != "" {
		t.Errorf("sums after a rebuild (-live +rebuilt):\n%s", diff)
	}
	if diff := cmp.Diff(letters, s.letters()); diff != "" {
		t.Errorf("letters after a rebuild (-live +rebuilt):\n%s", diff)
	}
	// Terminals must not live through the past again: nothing changed, so they hear nothing.
	if again, _ := tm.Feed("sums", page.Revision, 0); len(again.Rows) != 0 {
		t.Errorf("the rebuild sent %d rows", len(again.Rows))
	}
	s.tell(tm, "k0:ok")
}

func TestRebuildBegunBeforeACrashBeginsAnew(t *testing.T) {
	onBoth(t, testRebuildBegunBeforeACrashBeginsAnew)
}

func testRebuildBegunBeforeACrashBeginsAnew(t *testing.T) {
	dir := t.TempDir()
	y := newTally()
	s := serve(t, Options{Dir: dir, Projections: []projection.Projection{y}})
	tm := s.enrol("desk-1", "hall")
	s.tell(tm, "a:ok", "a:ok", "b:ok")
	err := s.c.Edit(context.Background(), func(tx *store.Tx) error { // as a crash midway leaves it
		p, err := tx.Projected("tally")
		if err != nil {
			return err
		}
		p.Cursor, p.Rebuilding = 2, true
		return tx.SetProjected("tally", p)
	})
	if err != nil {
		t.Fatal(err)
	}
	s.close()
	s = serve(t, Options{Dir: dir, Projections: []projection.Projection{y}})
	s.caughtUp()
	if got := s.sums(); got["a"] != 2 || got["b"] != 1 {
		t.Errorf("sums %v", got)
	}
}

func TestAdoptedForkReachesProjections(t *testing.T) { onBoth(t, testAdoptedForkReachesProjections) }

func testAdoptedForkReachesProjections(t *testing.T) {
	y := newTally()
	s := serve(t, Options{Projections: []projection.Projection{y}})
	tm := s.enrol("desk-1", "hall")
	other := tm.Clone()
	s.tell(tm, "a:ok", "b:ok")
	theirs := other.Make(record.Ordinary, 3, "tally.note", "c", `{"do":"ok"}`)
	expect(t, other.Send(record.Ordinary, record.Hash{}, theirs), "FORK", 2)
	prev := tm.Heads[record.Ordinary].Hash
	mine := tm.Make(record.Ordinary, 1, "tally.note", "d", `{"do":"ok"}`)
	expect(t, tm.Send(record.Ordinary, prev, mine), "FORK", 2) // in quarantine: kept
	var chain int64
	err := s.c.View(context.Background(), func(tx *store.Tx) error {
		forks, err := tx.Forks()
		chain = forks[0].ID
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{4, 0} { // the second time there is nothing left
		if n, err := s.c.Adopt(context.Background(), "admin", chain); err != nil || n != want {
			t.Errorf("adopted %d, want %d: %v", n, want, err)
		}
	}
	s.caughtUp()
	if got := s.sums(); got["c"] != 3 || got["a"] != 1 || got["d"] != 1 {
		t.Errorf("sums %v", got)
	}
	// The chain itself went on with what continues it: sent again, it is known.
	former := s.enrol("desk-1", "hall")
	former.Epoch = tm.Epoch
	expect(t, former.Send(record.Ordinary, prev, mine), "OK", 3)
}
