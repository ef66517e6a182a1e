package journal

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/luohu/ting/sync/record"
)

// damaged makes a journal of n records, the first acked of them acknowledged,
// closes it and overwrites its file between two fractions of its length.
func damaged(t *testing.T, n, acked int, from, to float64) (path string, as []Appended) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "journal.db")
	j := open(t, path)
	for i := range n {
		a, err := j.AppendWith(t.Context(), Entry{Kind: "k", Version: 1, Body: make([]byte, 900)},
			func(ctx context.Context, tx *sql.Tx) error {
				if i > 0 {
					return nil
				}
				_, err := tx.ExecContext(ctx, "CREATE TABLE loan (copy TEXT)")
				return err
			})
		if err != nil {
			t.Fatal(err)
		}
		as = append(as, a)
	}
	if acked > 0 {
		if err := j.Acknowledge(t.Context(), ackOf(as[acked-1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := int(from * float64(len(b))); i < int(to*float64(len(b))); i++ {
		b[i] = 0xa5
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, as
}

func TestSalvage(t *testing.T) {
	t.Parallel()
	path, as := damaged(t, 200, 50, 0.6, 0.65)
	before, _ := os.ReadFile(path)
	j := open(t, path)
	st, err := j.Status(t.Context())
	if err != nil || st.Salvage == nil {
		t.Fatalf("no salvage: %v", err)
	}
	s := st.Salvage
	if after, err := os.ReadFile(s.SetAside); err != nil || !slices.Equal(before, after) {
		t.Errorf("the damaged file is not what it was: %v", err)
	}
	if st.Epoch != 2 || s.Unreadable || len(s.Missing) != 1 || s.Missing[0].To != 200 || !slices.Equal(s.Tables, []string{"loan"}) {
		t.Fatalf("epoch %d, salvage %+v", st.Epoch, s)
	}
	last := s.Missing[0].From - 1
	if last <= 50 || s.Recovered != last {
		t.Errorf("recovered %d, missing from %d", s.Recovered, s.Missing[0].From)
	}
	b, err := j.Batch(t.Context(), as[0].Chain, 1000, 1<<30)
	if err != nil || b.First != 51 || b.Prev != as[49].Hash || int64(len(b.Records)) != last-50 {
		t.Fatalf("to be sent of the old chain: %d from %d, %v", len(b.Records), b.First, err)
	}
	for i, r := range b.Records {
		if r.Hash != as[50+i].Hash {
			t.Fatalf("record %d is not what it was", r.Seq)
		}
	}
	if a := appendN(t, j, 1)[0]; a.Chain.Epoch != 2 || a.Seq != 1 {
		t.Errorf("goes on with %d of epoch %d", a.Seq, a.Chain.Epoch)
	}
	mustVerify(t, j, last+1)
	j.Close()
	j = open(t, path)
	if st, _ := j.Status(t.Context()); st.Salvage != nil || st.Epoch != 2 || st.Raised != "" {
		t.Errorf("opened once more: %+v", st)
	}
}

// TestSalvageSent damages only what the center has: all unsent records must survive.
func TestSalvageSent(t *testing.T) {
	path, as := damaged(t, 200, 150, 0.3, 0.35)
	j := open(t, path)
	st, _ := j.Status(t.Context())
	if st.Salvage == nil || len(st.Salvage.Missing) != 0 || st.Unsent != 50 {
		t.Fatalf("%d unsent, salvage %+v", st.Unsent, st.Salvage)
	}
	b, err := j.Batch(t.Context(), as[0].Chain, 1000, 1<<30)
	if err != nil || b.First != 151 || len(b.Records) != 50 || b.Records[49].Hash != as[199].Hash {
		t.Errorf("%d records from %d, %v", len(b.Records), b.First, err)
	}
}

func TestSalvageHopeless(t *testing.T) {
	t.Parallel()
	for name, r := range map[string][2]float64{"all": {0, 1}, "its beginning": {0, 0.01}} {
		t.Run(name, func(t *testing.T) {
			path, _ := damaged(t, 50, 0, r[0], r[1])
			j := open(t, path)
			st, err := j.Status(t.Context())
			if err != nil || st.Salvage == nil || !st.Salvage.Unreadable || st.Epoch < 2 {
				t.Fatalf("%+v, %v", st, err)
			}
			if a := appendN(t, j, 1)[0]; a.Seq != 1 || a.Chain.Epoch != st.Epoch {
				t.Errorf("goes on with %d of epoch %d", a.Seq, a.Chain.Epoch)
			}
		})
	}
}

// TestQuietDamage changes the file in ways that SQLite itself finds in order.
func TestQuietDamage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sql   string
		reads bool // reading the records finds it while the journal is open
	}{
		"a record is gone":         {"DELETE FROM outbox WHERE seq = 3", true},
		"the last record is gone":  {"DELETE FROM outbox WHERE seq = 5", false},
		"the head goes back":       {"UPDATE chains SET seq = 4 WHERE lane = 0", false},
		"the head's hash differs":  {"UPDATE chains SET hash = zeroblob(32) WHERE lane = 0", false},
		"a short hash":             {"UPDATE chains SET hash = x'00' WHERE lane = 0", false},
		"a chain is gone":          {"DELETE FROM chains WHERE lane = 1", false},
		"a body differs":           {"UPDATE outbox SET body = '{}' WHERE seq = 3", true},
		"a record has another key": {"UPDATE outbox SET key = 'person/9' WHERE seq = 3", true},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "journal.db")
			j := open(t, path)
			appendN(t, j, 5)
			if _, err := j.db.Exec(c.sql); err != nil {
				t.Fatal(err)
			}
			if _, err := j.Verify(t.Context()); !errors.Is(err, ErrCorrupt) {
				t.Errorf("Verify found %v", err)
			}
			if c.reads {
				if b, err := j.Batch(t.Context(), record.Chain{Terminal: "gate-1", Epoch: 1}, 10, 1<<20); !errors.Is(err, ErrCorrupt) {
					t.Errorf("%d altered records would be sent: %v", len(b.Records), err)
				}
				select {
				case <-j.Failed():
				default:
					t.Error("the journal goes on")
				}
			}
			j.Close()
			j = open(t, path)
			if s, err := j.Status(t.Context()); err != nil || s.Salvage == nil || s.Epoch != 2 {
				t.Errorf("epoch %d, salvage %+v, %v", s.Epoch, s.Salvage, err)
			}
		})
	}
}

// TestDamageWhileSending stops the journal, so that it is opened anew and
// salvaged: what cannot be read would be in the way of all behind it for ever.
func TestDamageWhileSending(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	j := open(t, path)
	appendN(t, j, 3)
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`UPDATE outbox SET id=x'00' WHERE seq=1`); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Batch(t.Context(), current(j, record.Ordinary).Chain, 10, 1<<20); !errors.Is(err, ErrCorrupt) {
		t.Errorf("%v", err)
	}
	select {
	case <-j.Failed():
	default:
		t.Error("the journal goes on though it can send nothing")
	}
}
