package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// open opens a journal that never tidies by itself and closes it with the test.
func open(t testing.TB, path string, change ...func(*Options)) *Journal {
	t.Helper()
	j, err := tryOpen(t, path, change...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func tryOpen(t testing.TB, path string, change ...func(*Options)) (*Journal, error) {
	o := Options{Terminal: "gate-1", Log: slog.New(slog.DiscardHandler), TidyEvery: time.Hour, MinFree: -1, Reserve: -1}
	for _, c := range change {
		c(&o)
	}
	return Open(t.Context(), path, o)
}

func entry(i int) Entry {
	return Entry{Kind: "gate.pass", Version: 1, Key: fmt.Sprintf("person/%d", i), Body: fmt.Appendf(nil, `{"n":%d}`, i)}
}

func appendN(t testing.TB, j *Journal, n int) []Appended {
	t.Helper()
	out := make([]Appended, n)
	for i := range out {
		a, err := j.Append(t.Context(), entry(i))
		if err != nil {
			t.Fatal(err)
		}
		out[i] = a
	}
	return out
}

func current(j *Journal, l record.Lane) ChainStatus {
	cs := j.Chains(l)
	return cs[len(cs)-1]
}

// ackOf is the ack of a center that holds everything up to a.
func ackOf(a Appended) wire.Ack {
	return wire.Ack{Terminal: a.Chain.Terminal, Epoch: a.Chain.Epoch, Lane: a.Chain.Lane,
		CommittedSeq: a.Seq, CommittedHash: a.Hash[:], SafeSeq: a.Seq, Incarnation: "c1", Code: wire.OK}
}

func mustVerify(t testing.TB, j *Journal, records int64) {
	t.Helper()
	v, err := j.Verify(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if v.Records != records {
		t.Fatalf("%d records verified, want %d", v.Records, records)
	}
}

func TestAppendChainsRecords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "with space?&%20", "journal.db")
	j := open(t, path)
	as := appendN(t, j, 3)
	u, err := j.Append(t.Context(), Entry{Lane: record.Urgent, Kind: "alarm", Version: 2})
	if err != nil {
		t.Fatal(err)
	}
	if u.Seq != 1 || u.Prev != (record.Hash{}) || u.Chain.Epoch != 1 {
		t.Errorf("the urgent lane's first record is %d of epoch %d after %x", u.Seq, u.Chain.Epoch, u.Prev)
	}
	var prev record.Hash
	for i, a := range as {
		if a.Seq != int64(i+1) || a.Prev != prev || a.Hash != a.Chain.Next(prev, &a.Record) {
			t.Errorf("record %d: seq %d does not continue the chain", i+1, a.Seq)
		}
		prev = a.Hash
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}

	j = open(t, path)
	mustVerify(t, j, 4)
	a, err := j.Append(t.Context(), entry(3))
	if err != nil {
		t.Fatal(err)
	}
	if a.Seq != 4 || a.Prev != prev || a.Chain.Epoch != 1 {
		t.Errorf("after a reopening: record %d of epoch %d, prev equal: %v", a.Seq, a.Chain.Epoch, a.Prev == prev)
	}
	recent, err := j.Recent(t.Context(), 2)
	if err != nil || len(recent) != 2 || recent[0].Seq != 4 || recent[0].Prev != prev || recent[1].Chain.Lane != record.Urgent {
		t.Errorf("Recent(2) = %v, %v", recent, err)
	}
	if n := j.Unsent(); n != 5 {
		t.Errorf("Unsent() = %d, want 5", n)
	}
}

func TestAppendTogether(t *testing.T) {
	t.Parallel()
	j := open(t, filepath.Join(t.TempDir(), "journal.db"))
	const writers, each = 8, 40
	var wg sync.WaitGroup
	seen := make([][]int64, writers)
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				a, err := j.Append(t.Context(), entry(i))
				if err != nil {
					t.Error(err)
					return
				}
				// Whoever has an answer can read the record: it is committed.
				b, err := j.Batch(t.Context(), a.Chain, 1<<20, 1<<30)
				if err != nil || int64(len(b.Records)) < a.Seq || b.Records[a.Seq-1].ID != a.ID {
					t.Errorf("record %d is not there after Append: %v", a.Seq, err)
					return
				}
				seen[w] = append(seen[w], a.Seq)
			}
		})
	}
	wg.Wait()
	numbers := map[int64]bool{}
	for _, s := range seen {
		for i, n := range s {
			if numbers[n] || i > 0 && n <= s[i-1] {
				t.Errorf("number %d was given twice or out of order", n)
			}
			numbers[n] = true
		}
	}
	mustVerify(t, j, writers*each)
}

func TestAppendWith(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "journal.db"))
	ctx := t.Context()
	debit := func(fen int, err error) func(context.Context, *sql.Tx) error {
		return func(ctx context.Context, tx *sql.Tx) error {
			if _, e := tx.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS debit (fen INTEGER)"); e != nil {
				return e
			}
			if _, e := tx.ExecContext(ctx, "INSERT INTO debit VALUES (?)", fen); e != nil {
				return e
			}
			return err
		}
	}
	broke := errors.New("balance too low")
	if _, err := j.AppendWith(ctx, entry(1), debit(100, nil)); err != nil {
		t.Fatal(err)
	}
	// Failing and panicking entries among good ones, sharing commits.
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			switch i % 3 {
			case 0:
				if _, err := j.AppendWith(ctx, entry(i), debit(1, nil)); err != nil {
					t.Error(err)
				}
			case 1:
				if _, err := j.AppendWith(ctx, entry(i), debit(7, broke)); !errors.Is(err, broke) {
					t.Errorf("error %v, want %v", err, broke)
				}
			case 2:
				_, err := j.AppendWith(ctx, entry(i), func(context.Context, *sql.Tx) error { panic("bad module") })
				if err == nil || !strings.Contains(err.Error(), "bad module") {
					t.Errorf("a panic became %v", err)
				}
			}
		})
	}
	wg.Wait()
	mustVerify(t, j, 21)
	var n, sum int
	if err := j.ro.QueryRow("SELECT count(*), sum(fen) FROM debit").Scan(&n, &sum); err != nil || n != 21 || sum != 120 {
		t.Errorf("%d debits of %d fen, %v; want 21 of 120", n, sum, err)
	}
}

func TestAppendRefuses(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "journal.db"))
	for name, e := range map[string]Entry{
		"no kind":      {Version: 1},
		"no version":   {Kind: "k"},
		"long key":     {Kind: "k", Version: 1, Key: strings.Repeat("k", record.MaxName+1)},
		"large body":   {Kind: "k", Version: 1, Body: make([]byte, record.MaxBody+1)},
		"unknown lane": {Kind: "k", Version: 1, Lane: 9},
	} {
		if _, err := j.Append(t.Context(), e); !errors.Is(err, record.ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", name, err)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := j.Append(gone, entry(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
	if a := appendN(t, j, 1); a[0].Seq != 1 {
		t.Errorf("refused entries used up numbers: next is %d", a[0].Seq)
	}
	j.Close()
	if _, err := j.Append(t.Context(), entry(1)); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if _, err := j.Recent(t.Context(), 1); !errors.Is(err, ErrClosed) {
		t.Errorf("Recent after Close: %v", err)
	}
}

// TestCloseLetsGoAtOnce: a child that is just being started still has what its
// parent had open, the lock too.
func TestCloseLetsGoAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	j := open(t, path)
	born, err := syscall.Dup(int(j.lock.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(born)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, path)
}

func TestOpenRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	j := open(t, path)
	if _, err := tryOpen(t, path); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("a second owner: %v, want ErrInUse with our process number", err)
	}
	j.Close()
	if _, err := tryOpen(t, path, func(o *Options) { o.Terminal = "other" }); !errors.Is(err, ErrOtherTerminal) {
		t.Errorf("another terminal: %v", err)
	}
	j = open(t, path)
	if _, err := j.db.Exec("PRAGMA user_version=99"); err != nil {
		t.Fatal(err)
	}
	j.Close()
	if _, err := tryOpen(t, path); err == nil || !strings.Contains(err.Error(), "newer release") {
		t.Errorf("a newer schema: %v", err)
	}
}

// TestSettings reads the pragmas of the connections that are really used.
func TestSettings(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "journal.db"))
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1",
		"busy_timeout": "5000", "secure_delete": "1", "wal_autocheckpoint": "0"} {
		var got string
		if err := j.db.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s = %s, %v; want %s", pragma, got, err, want)
		}
	}
	if _, err := j.ro.Exec("DELETE FROM outbox"); err == nil {
		t.Error("the reading pool can write")
	}
}

func TestSettingsAreChecked(t *testing.T) {
	db, err := sql.Open("sqlite3", dsn(filepath.Join(t.TempDir(), "x.db"), "NORMAL", false))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := setUp(t.Context(), db, "FULL"); err == nil || !strings.Contains(err.Error(), "synchronous=1") {
		t.Errorf("a connection with synchronous=NORMAL was accepted: %v", err)
	}
}
