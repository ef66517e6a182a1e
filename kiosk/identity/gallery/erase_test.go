package gallery

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestEraseIsReal: with everything that was ever on disk before the erasure, and
// the device key as it is after it, nobody can read the person again.
func TestEraseIsReal(t *testing.T) {
	dir, backup := t.TempDir(), t.TempDir()
	g := open(t, dir, here)
	put(t, g, entry("gone", "gate"), point(1))
	put(t, g, entry("stays", "gate"), point(2))
	if err := os.CopyFS(backup, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := g.Erase("gone"); err != nil {
		t.Fatal(err)
	}
	g = reopen(t, g, dir)
	if got := g.Persons(); !slices.Equal(got, []string{"stays"}) {
		t.Fatalf("enrolled after erasure: %v", got)
	}
	g.Close()

	// An operator puts last night's backup back, all but the device key.
	backedUp, err := filepath.Glob(filepath.Join(backup, "*"))
	check(t, err)
	check(t, os.Remove(templatesPath(t, dir)))
	for _, path := range backedUp {
		if name := filepath.Base(path); name != deviceFile && name != "lock" {
			b, err := os.ReadFile(path)
			check(t, err)
			check(t, os.WriteFile(filepath.Join(dir, name), b, 0o600))
		}
	}
	if _, _, err := Open(dir, here); !errors.Is(err, ErrOtherDevice) {
		t.Errorf("the backup of before the erasure opens: %v", err)
	}
}

// TestEraseInterrupted kills an erasure after each of its steps.
func TestEraseInterrupted(t *testing.T) {
	steps := map[string]struct {
		cut   func(t *testing.T, s *store)
		stays bool // the person is still there afterwards
	}{
		"overwritten": {func(t *testing.T, s *store) {
			id := only(t, s)
			check(t, s.overwriteSlot(s.slots[id], recordErased))
		}, false},
		"next key written": {func(t *testing.T, s *store) {
			next := newSecret()
			check(t, s.writeFile(nextFile, next[:]))
		}, true},
		"keys rewritten": {func(t *testing.T, s *store) {
			next := newSecret()
			check(t, s.writeFile(nextFile, next[:]))
			delete(s.slots, only(t, s))
			check(t, s.writeKeys(next, s.site, s.generation))
		}, false},
		"old key overwritten": {func(t *testing.T, s *store) {
			next := newSecret()
			check(t, s.writeFile(nextFile, next[:]))
			delete(s.slots, only(t, s))
			check(t, s.writeKeys(next, s.site, s.generation))
			check(t, overwrite(s.path(deviceFile)))
		}, false},
	}
	for name, tt := range steps {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			g := open(t, dir, here)
			put(t, g, entry("a", "gate"), point(1))
			tt.cut(t, g.store)
			g = reopen(t, g, dir)
			if _, there := g.Entry("a"); there != tt.stays {
				t.Errorf("still enrolled: %t, want %t", there, tt.stays)
			}
			put(t, g, entry("b", "gate"), point(2))
			check(t, g.Erase("b"))
			g = reopen(t, g, dir)
			if _, there := g.Entry("a"); there != tt.stays {
				t.Errorf("after more changes still enrolled: %t, want %t", there, tt.stays)
			}
		})
	}
}

func only(t *testing.T, s *store) keyID {
	t.Helper()
	for id := range s.slots {
		return id
	}
	t.Fatal("no key")
	return keyID{}
}

// TestEraseWhenDiskRefuses: on a full disk the face is not found any more, its key and
// entry are overwritten all the same, the error says that a copy may still open, and
// the next call changes the device key.
func TestEraseWhenDiskRefuses(t *testing.T) {
	dir, refused := t.TempDir(), t.TempDir()
	g := open(t, dir, here)
	put(t, g, entry("a", "gate"), point(1))
	put(t, g, entry("b", "gate", "canteen"), point(2))
	before := g.store.device
	blocked := filepath.Join(dir, nextFile+".new")
	check(t, os.Mkdir(blocked, 0o700)) // a directory where a temporary file is to be written
	if err := g.Erase("a"); err == nil {
		t.Error("Erase reports no error though nothing could be written")
	}
	if _, err := g.Limit("b", []string{"gate"}); err == nil {
		t.Error("Limit reports no error though nothing could be written")
	}
	if _, there := g.Entry("a"); there || g.Covers("b", "gate") {
		t.Error("a withdrawal waits for the disk")
	}
	check(t, os.CopyFS(refused, os.DirFS(dir)))
	check(t, os.Remove(filepath.Join(refused, nextFile+".new")))
	if _, there := open(t, refused, here).Entry("a"); there {
		t.Error("after a power cut on a full disk the person is back")
	}
	check(t, os.Remove(blocked))
	check(t, g.Erase("a"))
	if g.store.device == before {
		t.Error("the device key has not changed")
	}
	if _, err := g.Limit("b", []string{"gate"}); err != nil {
		t.Fatal(err)
	}
	g = reopen(t, g, dir)
	if _, there := g.Entry("a"); there || g.Covers("b", "gate") || !g.Covers("b", "canteen") {
		t.Error("the withdrawal did not become durable")
	}
}
