package journal

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// smallDisk mounts a file system of so many bytes.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("only root can mount a small disk (%v); TestFileLimit goes without", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill takes the last block.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 4096); ; {
		if _, err := f.Write(block); errors.Is(err, unix.ENOSPC) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestDiskFull(t *testing.T) {
	dir := smallDisk(t, "6m")
	path, junk := filepath.Join(dir, "journal.db"), filepath.Join(dir, "junk")
	change := func(o *Options) { o.Reserve, o.Retention = 256<<10, -1 }
	j := open(t, path, change)
	ctx := t.Context()
	if err := allocate(junk+"0", 2<<20); err != nil {
		t.Fatal(err)
	}
	var stored []Appended
	var err error
	for err == nil {
		var a Appended
		if a, err = j.Append(ctx, Entry{Kind: "k", Version: 1, Body: make([]byte, 8<<10)}); err == nil {
			stored = append(stored, a)
		}
		if len(stored) > 2000 {
			t.Fatal("6 MiB take no end of records")
		}
	}
	if !errors.Is(err, ErrDiskFull) {
		t.Fatalf("on a full disk: %v", err)
	}
	fill(t, junk)
	if _, err := j.Append(ctx, Entry{Kind: "k", Version: 1, Body: make([]byte, 60<<10)}); !errors.Is(err, ErrDiskFull) {
		t.Fatalf("on a disk full to the last block: %v", err)
	}
	mustVerify(t, j, int64(len(stored)))
	s, err := j.Status(ctx)
	if err != nil || s.FullSince.IsZero() || s.Unsent != int64(len(stored)) || s.Failure != nil {
		t.Errorf("status on a full disk: %+v, %v", s, err)
	}
	if b, err := j.Batch(ctx, current(j, 0).Chain, 100, 1<<20); err != nil || len(b.Records) == 0 {
		t.Errorf("unsent records on a full disk: %d, %v", len(b.Records), err)
	}

	// The center takes records: the cursor is saved and they are deleted, from the reserve.
	half := stored[len(stored)/2]
	if err := j.Acknowledge(ctx, ackOf(half)); err != nil {
		t.Fatalf("acknowledge on a full disk: %v", err)
	}
	if _, err := j.Prune(ctx); err != nil {
		t.Fatalf("delete on a full disk: %v", err)
	}
	mustVerify(t, j, int64(len(stored))-half.Seq)

	// A start on a full disk must still read and send.
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	os.Remove(junk)
	if err := os.Truncate(junk+"0", 1<<20); err != nil {
		t.Fatal(err)
	}
	j.room.restore()
	if !exists(path + ".reserve") {
		t.Fatal("there is no reserve")
	}
	fill(t, junk)
	j = open(t, path, change)
	mustVerify(t, j, int64(len(stored))-half.Seq)
	if j.Epoch() != 1 {
		t.Errorf("a full disk was taken for a restored file: epoch %d", j.Epoch())
	}

	os.Remove(junk)
	os.Remove(junk + "0")
	a, err := j.Append(ctx, Entry{Kind: "k", Version: 1, Body: make([]byte, 60<<10)})
	if err != nil || a.Seq != int64(len(stored))+1 {
		t.Fatalf("with room again: record %d, %v; want %d", a.Seq, err, len(stored)+1)
	}
	if s, err := j.Status(ctx); err != nil || !s.FullSince.IsZero() {
		t.Errorf("with room again, full since %v, %v", s.FullSince, err)
	}
	j.room.restore()
	if s, err := os.Stat(path + ".reserve"); err != nil || s.Size() != 256<<10 {
		t.Errorf("the reserve was not taken again: %v", err)
	}
}

// TestFileLimit fills a file to its process's limit, which needs no mount.
func TestFileLimit(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	c := startChild(t, path, "TING_CHILD=limited")
	told, why := c.untilError()
	if why != "disk-full" || len(told) == 0 {
		t.Errorf("at the limit and after %d answers the child said %q", len(told), why)
	}
	if lost, _ := missing(t, path, told); lost > 0 {
		t.Errorf("%d answered records are missing", lost)
	}
}

func TestLeastFree(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "journal.db"), func(o *Options) { o.Retention = -1 })
	as := appendN(t, j, 3)
	j.room.min = 1 << 60
	if _, err := j.Append(t.Context(), entry(3)); !errors.Is(err, ErrDiskFull) {
		t.Errorf("below the least free space: %v", err)
	}
	if err := j.Acknowledge(t.Context(), ackOf(as[1])); err != nil {
		t.Errorf("acknowledge below the least free space: %v", err)
	}
	mustVerify(t, j, 1)
	j.room.min = 0
	if a, err := j.Append(t.Context(), entry(3)); err != nil || a.Seq != 4 {
		t.Errorf("with room again: %d, %v", a.Seq, err)
	}
}

func TestTidyByItself(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "journal.db"), func(o *Options) {
		o.Retention, o.TidyEvery = time.Hour, time.Millisecond
		start := time.Now()
		clock := start
		o.Clock = func() time.Time { clock = clock.Add(time.Minute); return clock } // only the writer asks
	})
	as := appendN(t, j, 3)
	if err := j.Acknowledge(t.Context(), ackOf(as[2])); err != nil {
		t.Fatal(err)
	}
	for current(j, 0).Kept > 0 {
		if err := t.Context().Err(); err != nil {
			t.Fatal("old records stay")
		}
	}
}
