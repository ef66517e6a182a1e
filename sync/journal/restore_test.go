package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// copyJournal copies the database and its log as a backup or a crash would
// leave them, without the origin file.
func copyJournal(t testing.TB, from, to string) {
	t.Helper()
	removeAll(to)
	for _, suffix := range []string{"", "-wal"} {
		if err := copyFile(from+suffix, to+suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
}

// TestRestoredFiles puts files back, copies and loses them, and wants a new
// epoch whenever numbers might come twice.
func TestRestoredFiles(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		// change is called between two runs; backup is a copy made in the middle of the first.
		change func(t *testing.T, path, backup string)
		device string
		crash  bool // the first run ends by a crash
		epoch  int64
		why    string
	}{
		"nothing happened":  {change: func(*testing.T, string, string) {}, epoch: 1},
		"crashed":           {change: func(*testing.T, string, string) {}, crash: true, epoch: 1},
		"another machine":   {change: func(*testing.T, string, string) {}, device: "other", epoch: 2, why: "another machine"},
		"origin lost":       {change: func(_ *testing.T, path, _ string) { os.Remove(path + ".origin") }, epoch: 2, why: "missing"},
		"origin unreadable": {change: func(_ *testing.T, path, _ string) { os.WriteFile(path+".origin", nil, 0o600) }, epoch: 2, why: "missing"},
		"journal lost":      {change: func(_ *testing.T, path, _ string) { removeAll(path) }, epoch: 2, why: "gone"},
		"put back the copy of the same run": {
			change: func(t *testing.T, path, backup string) { copyJournal(t, backup, path) }, epoch: 2, why: "older copy"},
		"put back the copy of an earlier run": {
			change: func(t *testing.T, path, backup string) {
				open(t, path).Close()
				copyJournal(t, backup, path)
			}, epoch: 2, why: "older copy"},
		"put back twice": {
			change: func(t *testing.T, path, backup string) {
				copyJournal(t, backup, path)
				open(t, path).Close() // epoch 2
				copyJournal(t, backup, path)
			}, epoch: 3, why: "older copy"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path, backup := filepath.Join(dir, "journal.db"), filepath.Join(dir, "backup.db")
			j := open(t, path)
			appendN(t, j, 2)
			copyJournal(t, path, backup)
			last := appendN(t, j, 3)[2]
			if c.crash {
				crashed := filepath.Join(t.TempDir(), "journal.db")
				copyJournal(t, path, crashed)
				copyOver(t, path+".origin", crashed+".origin")
				path = crashed
			}
			j.Close()
			c.change(t, path, backup)

			j = open(t, path, func(o *Options) { o.Device = c.device })
			s, err := j.Status(t.Context())
			if err != nil || s.Epoch != c.epoch || !strings.Contains(s.Raised, c.why) || (c.why == "") != (s.Raised == "") {
				t.Fatalf("epoch %d because %q, %v; want %d because %q", s.Epoch, s.Raised, err, c.epoch, c.why)
			}
			a := appendN(t, j, 1)[0]
			if c.epoch == 1 && (a.Seq != 6 || a.Prev != last.Hash) {
				t.Errorf("the chain goes on with record %d", a.Seq)
			}
			if c.epoch > 1 && (a.Seq != 1 || a.Chain.Epoch != c.epoch || a.Prev != (record.Hash{})) {
				t.Errorf("the new chain begins with record %d of epoch %d", a.Seq, a.Chain.Epoch)
			}
			j.Close()
			if j = open(t, path, func(o *Options) { o.Device = c.device }); j.Epoch() != c.epoch {
				t.Errorf("opened once more: epoch %d", j.Epoch())
			}
		})
	}
}

func TestRaiseEpoch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	j := open(t, path)
	old := appendN(t, j, 3)
	if e, err := j.RaiseEpoch(t.Context(), 7, "enrolment"); err != nil || e != 7 {
		t.Fatalf("raised to %d, %v", e, err)
	}
	a := appendN(t, j, 1)[0]
	if a.Chain.Epoch != 7 || a.Seq != 1 || string(a.ID[:]) <= string(old[2].ID[:]) {
		t.Errorf("first record of the new epoch: %d of %d, ID in order: %v", a.Seq, a.Chain.Epoch, string(a.ID[:]) > string(old[2].ID[:]))
	}
	cs := j.Chains(record.Ordinary)
	if len(cs) != 2 || cs[0].Epoch != 1 || cs[0].Unsent() != 3 || cs[1].Epoch != 7 || cs[1].Unsent() != 1 {
		t.Fatalf("chains to send: %+v", cs)
	}
	b, err := j.Batch(t.Context(), cs[0].Chain, 10, 1<<20)
	if err != nil || len(b.Records) != 3 || b.Records[2].Hash != old[2].Hash {
		t.Errorf("the old chain's records: %d, %v", len(b.Records), err)
	}
	if e, err := j.RaiseEpoch(t.Context(), 3, "again"); err != nil || e != 8 {
		t.Errorf("a lower wish raised to %d, %v", e, err)
	}
	j.Close()
	if j = open(t, path); j.Epoch() != 8 || j.Unsent() != 4 {
		t.Errorf("after a reopening: epoch %d, %d unsent", j.Epoch(), j.Unsent())
	}
}

func TestClockGoesBack(t *testing.T) {
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	path := filepath.Join(t.TempDir(), "journal.db")
	clock := func(o *Options) { o.Clock = func() time.Time { return now } }
	j := open(t, path, clock)
	ids := []uuid.UUID{appendN(t, j, 1)[0].ID}
	now = now.Add(-time.Hour)
	j.Close()
	j = open(t, path, clock)
	for _, a := range appendN(t, j, 3) {
		ids = append(ids, a.ID)
		if !a.Time().Equal(now.Add(time.Hour)) {
			t.Errorf("record made at %v", a.Time())
		}
	}
	if s, err := j.Status(t.Context()); err != nil || s.ClockBehind != time.Hour {
		t.Errorf("the clock is behind by %v, %v; want 1h", s.ClockBehind, err)
	}
	now = now.Add(time.Hour + time.Second)
	ids = append(ids, appendN(t, j, 1)[0].ID)
	if s, _ := j.Status(t.Context()); s.ClockBehind != 0 {
		t.Errorf("the clock is right again but behind by %v", s.ClockBehind)
	}
	for i := 1; i < len(ids); i++ {
		if string(ids[i][:]) <= string(ids[i-1][:]) {
			t.Errorf("ID %d is not after ID %d", i, i-1)
		}
	}
}

func TestNextID(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_123)
	var g ids
	prev := g.next(uuid.Nil, now)
	if prev.Version() != 7 || prev.Variant() != uuid.RFC4122 {
		t.Fatalf("%v is not a version 7 UUID", prev)
	}
	r := record.Record{ID: prev}
	if !r.Time().Equal(now) {
		t.Errorf("its time is %v, want %v", r.Time(), now)
	}
	for i := range 10_000 { // more than the count within a millisecond holds
		id := g.next(prev, now)
		if string(id[:]) <= string(prev[:]) || id.Version() != 7 {
			t.Fatalf("ID %d, %v, does not follow %v", i, id, prev)
		}
		prev = id
	}
}

// TestAcknowledge deletes by the rule and by nothing less.
func TestAcknowledge(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change  func(*wire.Ack)
		age     time.Duration // of the records; the retention is an hour
		err     error
		anyErr  bool
		acked   int64
		deleted int64
	}{
		"all conditions":          {age: 2 * time.Hour, acked: 4, deleted: 4},
		"too young":               {age: time.Minute, acked: 4},
		"nothing safe":            {age: 2 * time.Hour, change: func(a *wire.Ack) { a.SafeSeq = 0 }, acked: 4},
		"some safe":               {age: 2 * time.Hour, change: func(a *wire.Ack) { a.SafeSeq = 2 }, acked: 4, deleted: 2},
		"safe beyond the cursor":  {age: 2 * time.Hour, change: func(a *wire.Ack) { a.SafeSeq = 99 }, acked: 4, deleted: 4},
		"another hash":            {age: 2 * time.Hour, change: func(a *wire.Ack) { a.CommittedHash[0] ^= 1 }, err: ErrRolledBack},
		"a hash cut short":        {age: 2 * time.Hour, change: func(a *wire.Ack) { a.CommittedHash = a.CommittedHash[:31] }, anyErr: true},
		"ahead of the head":       {age: 2 * time.Hour, change: func(a *wire.Ack) { a.CommittedSeq = 7 }, err: ErrRolledBack},
		"of another number":       {age: 2 * time.Hour, change: func(a *wire.Ack) { a.CommittedSeq = 3 }, err: ErrRolledBack},
		"another terminal":        {age: 2 * time.Hour, change: func(a *wire.Ack) { a.Terminal = "x" }, anyErr: true},
		"another epoch":           {age: 2 * time.Hour, change: func(a *wire.Ack) { a.Epoch = 9 }, anyErr: true},
		"negative":                {age: 2 * time.Hour, change: func(a *wire.Ack) { a.CommittedSeq = -1 }, anyErr: true},
		"empty center":            {age: 2 * time.Hour, change: func(a *wire.Ack) { a.CommittedSeq, a.CommittedHash, a.SafeSeq = 0, nil, 0 }},
		"empty center, zero hash": {age: 2 * time.Hour, change: func(a *wire.Ack) { a.CommittedSeq, a.CommittedHash = 0, make([]byte, 32) }},
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
			path := filepath.Join(t.TempDir(), "journal.db")
			change := func(o *Options) {
				o.Retention = time.Hour
				o.Clock = func() time.Time { return now }
			}
			j := open(t, path, change)
			as := appendN(t, j, 6)
			now = now.Add(c.age)
			ack := ackOf(as[3])
			if c.change != nil {
				c.change(&ack)
			}
			err := j.Acknowledge(t.Context(), ack)
			if c.err != nil && !errors.Is(err, c.err) || (c.err != nil || c.anyErr) != (err != nil) {
				t.Errorf("error %v, want %v", err, c.err)
			}
			check := func(j *Journal) {
				t.Helper()
				s := current(j, 0)
				if s.Acked != c.acked || 6-s.Kept != c.deleted || s.Head != 6 {
					t.Errorf("acknowledged to %d, deleted to %d, head %d; want %d, %d, 6", s.Acked, 6-s.Kept, s.Head, c.acked, c.deleted)
				}
				mustVerify(t, j, 6-c.deleted)
			}
			check(j)
			j.Close()
			j = open(t, path, change) // the anchor must carry the chain
			check(j)
			b, err := j.Batch(t.Context(), current(j, 0).Chain, 500, 1<<20)
			if err != nil || b.First != c.acked+1 || len(b.Records) != int(6-c.acked) {
				t.Errorf("next batch: %d records from %d, %v", len(b.Records), b.First, err)
			}
		})
	}
}

// TestCenterRestored has the cursor move back, and further than is possible.
func TestCenterRestored(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "journal.db"), func(o *Options) { o.Retention = -1 })
	ctx := t.Context()
	as := appendN(t, j, 8)
	ack := ackOf(as[7])
	ack.SafeSeq = 3
	if err := j.Acknowledge(ctx, ack); err != nil || j.Unsent() != 0 {
		t.Fatalf("%v, %d unsent", err, j.Unsent())
	}
	for _, c := range []struct {
		to   int64
		err  error
		sent int64
	}{{5, nil, 3}, {3, nil, 5}, {2, ErrCenterLost, 5}, {0, ErrCenterLost, 5}, {8, nil, 0}} {
		ack := wire.Ack{Terminal: "gate-1", Epoch: 1, CommittedSeq: c.to, SafeSeq: min(c.to, 3), Incarnation: "c2"}
		if c.to > 0 {
			ack.CommittedHash = as[c.to-1].Hash[:]
		}
		if err := j.Acknowledge(ctx, ack); !errors.Is(err, c.err) || j.Unsent() != c.sent {
			t.Errorf("cursor back to %d: %v, %d unsent; want %v, %d", c.to, err, j.Unsent(), c.err, c.sent)
		}
	}
	select {
	case <-j.Wake(record.Ordinary):
	default:
		t.Error("nobody was woken to send again")
	}
}

func TestBatchLimits(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "journal.db"))
	for range 5 {
		if _, err := j.Append(t.Context(), Entry{Kind: "k", Version: 1, Body: make([]byte, 1000)}); err != nil {
			t.Fatal(err)
		}
	}
	name := current(j, 0).Chain
	for _, c := range []struct{ records, bytes, want int }{
		{10, 1 << 20, 5}, {3, 1 << 20, 3}, {10, 2 * (1000 + overhead + 1), 2}, {10, 1, 1}, {0, 1 << 20, 0},
	} {
		b, err := j.Batch(t.Context(), name, c.records, c.bytes)
		if err != nil || len(b.Records) != c.want || b.First != 1 {
			t.Errorf("at most %d records and %d bytes: %d records, %v; want %d", c.records, c.bytes, len(b.Records), err, c.want)
		}
		if size := len(wire.EncodeRecords(b.Records, wire.Newest)); size > wire.MaxBodyBytes {
			t.Errorf("%d bytes encoded", size)
		}
	}
	name.Epoch = 5
	if _, err := j.Batch(t.Context(), name, 1, 1); err == nil {
		t.Error("an unknown chain gave a batch")
	}
}

func TestSettle(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "journal.db"), func(o *Options) { o.Retention = -1 })
	ctx := t.Context()
	as := appendN(t, j, 3)
	if err := j.Settle(ctx, as[0].Chain, 3); err == nil {
		t.Error("the current chain was settled")
	}
	if _, err := j.RaiseEpoch(ctx, 0, "test"); err != nil {
		t.Fatal(err)
	}
	if err := j.Settle(ctx, as[0].Chain, 2); err != nil || j.Unsent() != 1 {
		t.Errorf("%v, %d unsent; want 1", err, j.Unsent())
	}
	if err := j.Settle(ctx, as[0].Chain, 4); err == nil {
		t.Error("more was settled than there is")
	}
	if n, err := j.Prune(ctx); err != nil || n != 0 {
		t.Errorf("%d settled records were deleted, %v", n, err)
	}
}

func TestStatus(t *testing.T) {
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	j := open(t, filepath.Join(t.TempDir(), "journal.db"), func(o *Options) { o.Clock = func() time.Time { return now } })
	as := appendN(t, j, 2)
	now = now.Add(time.Minute)
	if _, err := j.Append(t.Context(), Entry{Lane: record.Urgent, Kind: "alarm", Version: 1}); err != nil {
		t.Fatal(err)
	}
	if err := j.Acknowledge(t.Context(), ackOf(as[0])); err != nil {
		t.Fatal(err)
	}
	s, err := j.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprint([]LaneStatus{
		{Lane: record.Urgent, Head: 1, Hash: s.Lanes[0].Hash, Unsent: 1, Oldest: now.Local()},
		{Lane: record.Ordinary, Head: 2, Hash: as[1].Hash, Unsent: 1, Oldest: now.Add(-time.Minute).Local()},
	})
	if fmt.Sprint(s.Lanes) != want || s.Unsent != 2 || s.Terminal != "gate-1" || s.Size == 0 || s.Free == 0 {
		t.Errorf("status %+v, want lanes %s", s, want)
	}
}

// TestWithdrawn cancels appends while the writer is held: each is either stored
// and answered, or neither.
func TestWithdrawn(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "journal.db"))
	hold, held := make(chan struct{}), make(chan struct{})
	go j.write(context.Background(), &job{run: func(*transaction) error { close(held); <-hold; return nil }})
	<-held
	ctx, cancel := context.WithCancel(t.Context())
	errs := make(chan error)
	for i := range 5 {
		go func() { _, err := j.Append(ctx, entry(i)); errs <- err }()
	}
	cancel()
	for range 5 {
		if err := <-errs; !errors.Is(err, context.Canceled) {
			t.Errorf("a withdrawn append: %v", err)
		}
	}
	close(hold)
	if a := appendN(t, j, 1)[0]; a.Seq != 1 {
		t.Errorf("withdrawn appends were stored: the next is %d", a.Seq)
	}
}

func mkdirFor(path string) error { return os.MkdirAll(filepath.Dir(path), 0o700) }
