package journal

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// cut runs an appending process with the given synchronous setting, cuts its power after n
// answers, and counts the answered records that are then missing.
func cut(t *testing.T, shim, synchronous string, n int) (answered, lost int) {
	t.Helper()
	live, kept := t.TempDir(), t.TempDir()
	c := startChild(t, filepath.Join(live, "journal.db"), "LD_PRELOAD="+shim, "PC_WATCH="+live, "PC_DURABLE="+kept,
		"TING_SYNCHRONOUS="+synchronous)
	// Go's own fsync does not go through the C library, where the shim listens.
	// The origin was synced before the child was ready.
	copyOver(t, filepath.Join(live, "journal.db.origin"), filepath.Join(kept, "journal.db.origin"))
	told := c.killAfter(n)
	answered = len(told)
	lost, j := missing(t, filepath.Join(kept, "journal.db"), told)
	if synchronous == "FULL" {
		if j.Epoch() != 1 {
			t.Errorf("a power cut was taken for a restored file: epoch %d", j.Epoch())
		}
		if a := appendN(t, j, 1); a[0].Seq <= int64(answered) {
			t.Errorf("after %d answers the next number is %d", answered, a[0].Seq)
		}
	}
	j.Close()
	return answered, lost
}

// TestPowerCut must lose no answered record with FULL and must lose some with
// NORMAL, or the harness proves nothing. TING_POWERCUTS=1000 is the long run.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	shim := compileShim(t)
	cuts := 5
	if s := os.Getenv("TING_POWERCUTS"); s != "" {
		var err error
		if cuts, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	answered, lost := 0, 0
	for range cuts {
		a, l := cut(t, shim, "FULL", 1+rand.IntN(600))
		answered, lost = answered+a, lost+l
	}
	t.Logf("FULL: %d cuts, %d records answered, %d lost", cuts, answered, lost)
	if lost > 0 {
		t.Errorf("%d of %d answered records were lost", lost, answered)
	}
	for range 5 {
		a, l := cut(t, shim, "NORMAL", 100)
		t.Logf("NORMAL: 1 cut, %d records answered, %d lost", a, l)
		if l > 0 {
			return
		}
	}
	t.Error("the harness is dead: NORMAL lost nothing")
}

func TestKilled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	all := map[string]int64{}
	for range 4 {
		for id, seq := range startChild(t, path).killAfter(1 + rand.IntN(200)) {
			all[id] = seq
		}
	}
	n := len(all)
	lost, j := missing(t, path, all)
	if lost > 0 || j.Epoch() != 1 {
		t.Errorf("%d of %d answered records were lost, epoch %d", lost, n, j.Epoch())
	}
}

// TestFsyncFails has a disk die under the journal: everything stops, nothing
// that was answered is lost, and nothing is retried.
func TestFsyncFails(t *testing.T) {
	t.Parallel()
	shim := compileShim(t)
	for _, after := range []int{40, 90} {
		live, kept := t.TempDir(), t.TempDir()
		c := startChild(t, filepath.Join(live, "journal.db"), "LD_PRELOAD="+shim, "PC_WATCH="+live, "PC_DURABLE="+kept,
			"PC_FAIL_AFTER="+strconv.Itoa(after))
		copyOver(t, filepath.Join(live, "journal.db.origin"), filepath.Join(kept, "journal.db.origin"))
		told, why := c.untilError()
		if why != "durability" || len(told) == 0 {
			t.Errorf("after a failed fsync and %d answers the child said %q", len(told), why)
		}
		if lost, _ := missing(t, filepath.Join(kept, "journal.db"), told); lost > 0 {
			t.Errorf("%d answered records are not on the disk whose fsync failed later", lost)
		}
	}
}
