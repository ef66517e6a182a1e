package journal

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestCopyIsVerifiedAndReplacesTheLast(t *testing.T) {
	t.Parallel()
	path, to := filepath.Join(t.TempDir(), "journal.db"), filepath.Join(t.TempDir(), "copy.db")
	j := open(t, path)
	appendN(t, j, 3)
	c := &Copies{Journal: j, To: to, anyDisk: true}
	if err := c.Once(t.Context()); err != nil || c.Status().Records != 3 {
		t.Fatalf("%+v: %v", c.Status(), err)
	}
	if fi, err := os.Stat(to); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("%v: %v", fi, err)
	}
	first := c.Status().At
	if err := c.Once(t.Context()); err != nil || c.Status().At != first {
		t.Errorf("copied again though nothing changed: %v", err)
	}
	appendN(t, j, 2)
	if err := c.Once(t.Context()); err != nil || c.Status().Records != 5 {
		t.Errorf("%+v: %v", c.Status(), err)
	}
	// A medium that is gone is said, and what was there before stays.
	gone := &Copies{Journal: j, To: filepath.Join(t.TempDir(), "absent", "copy.db"), anyDisk: true}
	if err := gone.Once(t.Context()); !errors.Is(err, os.ErrNotExist) || gone.Status().Err == nil {
		t.Errorf("onto a medium that is not there: %v", err)
	}
	same := &Copies{Journal: j, To: to}
	if err := same.Once(t.Context()); !errors.Is(err, ErrSameDisk) {
		t.Errorf("onto the journal's own disk: %v", err)
	}
}

func TestCopyOfADamagedJournalIsNone(t *testing.T) {
	t.Parallel()
	path, _ := damaged(t, 100, 0, 0.5, 0.6)
	to := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(to, []byte("the copy before"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Copy(t.Context(), path, to); err == nil {
		t.Error("a damaged journal was copied")
	}
	if b, err := os.ReadFile(to); err != nil || string(b) != "the copy before" {
		t.Errorf("the copy before is gone: %q, %v", b, err)
	}
	if _, err := os.Stat(to + ".next"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something half lies about: %v", err)
	}
}

// TestRestoreBeginsANewEpoch: what is restored from a copy reuses no number.
func TestRestoreBeginsANewEpoch(t *testing.T) {
	t.Parallel()
	path, to := filepath.Join(t.TempDir(), "journal.db"), filepath.Join(t.TempDir(), "copy.db")
	j := open(t, path)
	as := appendN(t, j, 3)
	if _, err := Copy(t.Context(), path, to); err != nil {
		t.Fatal(err)
	}
	appendN(t, j, 1) // lost with the disk
	if _, _, err := Restore(t.Context(), to, path); !errors.Is(err, ErrInUse) {
		t.Errorf("restored under a running terminal: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	v, aside, err := Restore(t.Context(), to, path)
	if err != nil || v.Records != 3 || aside == "" {
		t.Fatalf("%+v, set aside %q: %v", v, aside, err)
	}
	if _, err := os.Stat(aside); err != nil {
		t.Error(err)
	}
	j = open(t, path)
	if j.Epoch() != 2 || j.Unsent() != 3 {
		t.Errorf("epoch %d, %d unsent", j.Epoch(), j.Unsent())
	}
	if a := appendN(t, j, 1)[0]; a.Chain.Epoch != 2 || a.Seq != 1 {
		t.Errorf("goes on with %d of epoch %d", a.Seq, a.Chain.Epoch)
	}
	b, err := j.Batch(t.Context(), as[0].Chain, 10, 1<<20)
	if err != nil || len(b.Records) != 3 || b.Records[2].Hash != as[2].Hash {
		t.Errorf("%d of the old epoch are to be sent: %v", len(b.Records), err)
	}
	if _, _, err := Restore(t.Context(), filepath.Join(t.TempDir(), "none.db"), path); !errors.Is(err, os.ErrNotExist) && !errors.Is(err, ErrInUse) {
		t.Errorf("from a copy that is not there: %v", err)
	}
}

// TestSalvageTakesFromTheCopy: what the damage took, the second medium still has.
func TestSalvageTakesFromTheCopy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ from, to float64 }{"a part": {0.6, 0.65}, "all": {0, 1}} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "journal.db")
			to := filepath.Join(t.TempDir(), "copy.db")
			j := open(t, path)
			var as []Appended
			for range 200 {
				a, err := j.Append(context.Background(), Entry{Kind: "k", Version: 1, Body: make([]byte, 900)})
				if err != nil {
					t.Fatal(err)
				}
				as = append(as, a)
			}
			if _, err := Copy(t.Context(), path, to); err != nil {
				t.Fatal(err)
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for i := int(c.from * float64(len(b))); i < int(c.to*float64(len(b))); i++ {
				b[i] = 0xa5
			}
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			j, err = Open(t.Context(), path, Options{Terminal: "gate-1", Copy: to, MinFree: -1, Reserve: -1})
			if err != nil {
				t.Fatal(err)
			}
			defer j.Close()
			st, err := j.Status(t.Context())
			if err != nil || st.Salvage == nil {
				t.Fatalf("no salvage: %v", err)
			}
			if s := st.Salvage; s.Recovered != 200 || s.FromCopy == 0 || len(s.Missing) != 0 || st.Unsent != 200 || st.Epoch != 2 {
				t.Errorf("epoch %d, %d unsent, salvage %+v", st.Epoch, st.Unsent, s)
			}
			mustVerify(t, j, 200)
			got, err := j.Batch(t.Context(), as[0].Chain, 1000, 1<<30)
			if err != nil || len(got.Records) != 200 || got.Records[199].Hash != as[199].Hash {
				t.Errorf("%d records to be sent: %v", len(got.Records), err)
			}
			reports, err := Reports(path)
			if err != nil || len(reports) != 1 || reports[0].Recovered != 200 || reports[0].Cause == "" {
				t.Errorf("%+v: %v", reports, err)
			}
		})
	}
}
