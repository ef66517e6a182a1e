package center

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luohu/ting/sync/center/centertest"
	"github.com/luohu/ting/sync/center/pgtest"
	"github.com/luohu/ting/sync/center/projection"
	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// serveTogether opens several centers of one database.
func serveTogether(t testing.TB, n int, opt Options) []*site {
	t.Helper()
	opt.Database = pgtest.URL(t)
	sites := make([]*site, n)
	for i := range sites {
		opt := opt
		opt.Dir = t.TempDir()
		if i > 0 {
			copyKeys(t, sites[0].dir, opt.Dir)
		}
		sites[i] = serve(t, opt)
	}
	return sites
}

func copyKeys(t testing.TB, from, to string) {
	t.Helper()
	for _, name := range []string{"ca.pem", "ca-key.pem", "center-key.pem"} {
		b, err := os.ReadFile(filepath.Join(from, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// at is a terminal as it speaks to another center.
func at(tm *terminal, s *site) *terminal {
	other := tm.Clone()
	other.URL = s.url
	other.Heads, other.Horizons = tm.Heads, tm.Horizons
	return other
}

// notes sends so many notes of a key to this center.
func (s *site) notes(tm *terminal, n int, key string) {
	s.t.Helper()
	prev := tm.Heads[record.Ordinary].Hash
	rs := tm.Make(record.Ordinary, n, "tally.note", key, `{"do":"ok"}`)
	if ack := at(tm, s).Send(record.Ordinary, prev, rs); ack.Code != wire.OK {
		s.t.Fatalf("answered %s", ack.Code)
	}
}

func TestTerminalsHopBetweenCenters(t *testing.T) {
	sites := serveTogether(t, 3, Options{Safe: SafeCommitted})
	const terminals, batches, size = 6, 30, 5
	fleet := make([]*terminal, terminals)
	for i := range fleet {
		fleet[i] = sites[i%3].enrol(fmt.Sprintf("gate-%d", i), "school-1")
	}
	var all sync.WaitGroup
	for i, tm := range fleet {
		all.Go(func() {
			for b := range batches {
				prev := tm.Heads[record.Ordinary].Hash
				rs := tm.Make(record.Ordinary, size, "a.b", "", fmt.Sprintf(`{"n":%d}`, b))
				// The same batch goes to two centers at once, as when an answer is given up.
				var both sync.WaitGroup
				for _, s := range []*site{sites[(i+b)%3], sites[(i+b+1)%3]} {
					both.Go(func() {
						expect(t, at(tm, s).Send(record.Ordinary, prev, rs), wire.OK, int64((b+1)*size))
					})
				}
				both.Wait()
			}
		})
	}
	all.Wait()
	if n := sites[0].stored(); n != terminals*batches*size {
		t.Errorf("%d records stored, want %d", n, terminals*batches*size)
	}
	sites[1].checkLog(t)
}

// checkLog has the log without gaps, each chain whole and in its order.
func (s *site) checkLog(t *testing.T) {
	t.Helper()
	heads := map[record.Chain]record.Record{}
	next := int64(1)
	err := s.c.View(context.Background(), func(tx *store.Tx) error {
		return tx.Log(0, 1_000_000, func(r store.Received) error {
			last := heads[r.Chain]
			if r.Position != next || r.Record.Seq != last.Seq+1 || r.Next(last.Hash, &r.Record) != r.Record.Hash {
				return fmt.Errorf("position %d (due %d) has seq %d of %v after %d", r.Position, next, r.Record.Seq, r.Chain, last.Seq)
			}
			heads[r.Chain], next = r.Record, next+1
			return nil
		})
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAForkBetweenTwoCentersIsOne(t *testing.T) {
	sites := serveTogether(t, 2, Options{Safe: SafeCommitted})
	tm := sites[0].enrol("gate-1", "school-1")
	common := tm.Make(record.Ordinary, 2, "a.b", "", `{}`)
	expect(t, tm.Send(record.Ordinary, record.Hash{}, common), wire.OK, 2)
	other := tm.Clone()
	mine, theirs := tm.Make(record.Ordinary, 2, "a.b", "", `{"a":1}`), other.Make(record.Ordinary, 2, "a.b", "", `{"b":2}`)
	answers := make([]wire.Ack, 2)
	var both sync.WaitGroup
	both.Go(func() { answers[0] = at(tm, sites[0]).Send(record.Ordinary, common[1].Hash, mine) })
	both.Go(func() { answers[1] = at(other, sites[1]).Send(record.Ordinary, common[1].Hash, theirs) })
	both.Wait()
	codes := map[wire.Code]int{answers[0].Code: 1}
	codes[answers[1].Code]++
	if codes[wire.OK] != 1 || codes[wire.Fork] != 1 {
		t.Errorf("answered %s and %s, want one OK and one FORK", answers[0].Code, answers[1].Code)
	}
	for i, s := range sites {
		if d := s.devices()[0]; d.State != store.Quarantined {
			t.Errorf("center %d: the terminal is %s", i, d.State)
		}
	}
}

// TestProjectionsAreRunByOne: whichever center takes records in, one applies
// them; when it ends, another goes on where it was.
func TestProjectionsAreRunByOne(t *testing.T) {
	y := newTally()
	sites := serveTogether(t, 3, Options{Projections: []projection.Projection{y}})
	tm := sites[0].enrol("desk-1", "hall")
	for round, s := range []int{0, 1, 2, 1} {
		sites[s].notes(tm, 3, "a")
		sites[(s+1)%3].caughtUp()
		if diff := cmp.Diff(map[string]int{"a": 3 * (round + 1)}, sites[(s+1)%3].sums()); diff != "" {
			t.Fatalf("round %d (-want +got):\n%s", round, diff)
		}
	}
	// The leaders go, one after the other.
	for _, s := range sites[:2] {
		s.close()
		last := sites[2]
		last.notes(tm, 1, "b")
		last.caughtUp()
	}
	if diff := cmp.Diff(map[string]int{"a": 12, "b": 2}, sites[2].sums()); diff != "" {
		t.Errorf("after two have ended (-want +got):\n%s", diff)
	}
}

// TestALeaderThatWasCutOffDoesNothing: a process that still believes to lead
// finds the projection moved, and loses nothing and doubles nothing.
func TestALeaderThatWasCutOffDoesNothing(t *testing.T) {
	y := newTally()
	sites := serveTogether(t, 2, Options{Projections: []projection.Projection{y}})
	tm := sites[0].enrol("desk-1", "hall")
	ctx := context.Background()
	for i := range 10 {
		sites[i%2].notes(tm, 2, "a")
		// Both step, whoever leads.
		for _, s := range sites {
			if _, err := s.c.runners[0].step(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	sites[0].caughtUp()
	if diff := cmp.Diff(map[string]int{"a": 20}, sites[1].sums()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatOneCenterChangesReachesWhoWaitsAtAnother(t *testing.T) {
	sites := serveTogether(t, 2, Options{Feeds: []string{"people"}})
	ctx := context.Background()
	tm := sites[0].enrol("gate-1", "school-1")
	there := at(tm, sites[1])
	events, stop := sites[1].c.Events.Listen()
	defer stop()
	waiting := make(chan wire.FeedPage, 1)
	go func() {
		page, _ := there.Feed("people", 0, 50)
		waiting <- page
	}()
	if err := sites[0].c.Register(ctx, []FeedChange{{"school-1", "people", "p1", map[string]string{"name": "张三"}}}); err != nil {
		t.Fatal(err)
	}
	select {
	case page := <-waiting:
		if len(page.Rows) != 1 {
			t.Errorf("%d rows", len(page.Rows))
		}
	case <-time.After(20 * time.Second):
		t.Fatal("who waited for the feed at the other center was not told")
	}
	tm.Send(record.Ordinary, record.Hash{}, tm.Make(record.Ordinary, 1, "a.b", "", `{}`))
	heard := func(want func(Event) bool) {
		t.Helper()
		patience := time.After(20 * time.Second)
		for {
			select {
			case e := <-events:
				if want(e) {
					return
				}
			case <-patience:
				t.Fatal("the other center did not hear of it")
			}
		}
	}
	heard(func(e Event) bool { return e.Terminal == "gate-1" })

	// A revocation holds everywhere, also for a request that waits already.
	status := make(chan int, 1)
	go func() {
		_, s := there.Feed("people", 1, 50)
		status <- s
	}()
	if err := sites[0].c.SetState(ctx, "admin", "gate-1", store.Revoked); err != nil {
		t.Fatal(err)
	}
	select {
	case s := <-status:
		if s != http.StatusForbidden {
			t.Errorf("who was revoked waited on and got %d", s)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("who was revoked at one center waits on at the other")
	}
	if ack := there.Send(record.Ordinary, tm.Heads[record.Ordinary].Hash, nil); ack.Code != wire.Revoked {
		t.Errorf("the other center answers %s", ack.Code)
	}
}

func TestEnrolmentCodesAreGoodOnceEverywhere(t *testing.T) {
	sites := serveTogether(t, 2, Options{})
	code, _, err := sites[0].c.MakeCode(context.Background(), "test", "gate-1", "school-1")
	if err != nil {
		t.Fatal(err)
	}
	// Two disks, two centers, one code.
	statuses := make([]int, 2)
	var both sync.WaitGroup
	for i, s := range sites {
		q := centertest.Request(t, "gate-1", "school-1", code, centertest.NewKey(t))
		both.Go(func() { statuses[i], _ = s.postEnrol(q) })
	}
	both.Wait()
	if statuses[0]+statuses[1] != http.StatusOK+http.StatusForbidden {
		t.Errorf("answered %v, want one %d and one %d", statuses, http.StatusOK, http.StatusForbidden)
	}
	// Whoever guesses is refused by the other center too.
	for range guardFrom {
		sites[0].postEnrol(centertest.Request(t, "gate-1", "school-1", "WRONG-WRONG", centertest.NewKey(t)))
	}
	if status, _ := sites[1].postEnrol(centertest.Request(t, "gate-1", "school-1", "WRONG-WRONG", centertest.NewKey(t))); status != http.StatusTooManyRequests {
		t.Errorf("the other center lets guess on: %d", status)
	}
}

func TestCentersOfOneDatabaseHaveTheSameKeys(t *testing.T) {
	sites := serveTogether(t, 1, Options{})
	_, err := Open(context.Background(), Options{Dir: t.TempDir(), Database: sites[0].c.opt.Database, Log: discard()})
	if !errors.Is(err, ErrKeys) {
		t.Errorf("opened with other keys: %v", err)
	}
}

// TestASnapshotGoesOnAtAnotherCenter: its pages may come from whichever center.
func TestASnapshotGoesOnAtAnotherCenter(t *testing.T) {
	now := time.Now()
	sites := serveTogether(t, 2, Options{Feeds: []string{"people"}, Now: func() time.Time { return now }, Retention: time.Hour})
	ctx := context.Background()
	tm := sites[0].enrol("gate-1", "school-1")
	var changes []FeedChange
	for i := range 3 * pageRows {
		changes = append(changes, FeedChange{"school-1", "people", fmt.Sprintf("p%05d", i), i})
	}
	gone := FeedChange{"school-1", "people", "gone", 1}
	if err := sites[0].c.Register(ctx, append(changes, gone)); err != nil {
		t.Fatal(err)
	}
	gone.Value = nil
	if err := sites[0].c.Register(ctx, []FeedChange{gone}); err != nil {
		t.Fatal(err)
	}
	err := sites[0].c.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Compact(now.Add(time.Hour))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	keys, after := map[string]bool{}, uint64(1)
	for page := 0; ; page++ {
		p, status := at(tm, sites[page%2]).Feed("people", after, 0)
		if first := page == 0; first != (status == http.StatusGone) || first != p.Snapshot || page > 5 {
			t.Fatalf("page %d: status %d, snapshot %v", page, status, p.Snapshot)
		}
		for _, r := range p.Rows {
			keys[r.Key] = true
		}
		if after = p.Revision; !p.More {
			break
		}
	}
	if len(keys) != 3*pageRows {
		t.Errorf("%d rows, want %d", len(keys), 3*pageRows)
	}
}
