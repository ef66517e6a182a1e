package journal

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// room watches the space on the journal's file system. New records are refused
// while less than min is free. Should others use up even that, the reserve, a
// file of real blocks, is given back so that cursors can still be saved and
// safe records deleted; it is taken again once there is space.
type room struct {
	dir     string
	path    string // of the reserve
	min     int64
	reserve int64

	mu    sync.Mutex
	since time.Time // of being full; zero when it is not
}

// free is how much an ordinary user may still write.
func (r *room) free() (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(r.dir, &s); err != nil {
		return 0, fmt.Errorf("ask for free space in %s: %w", r.dir, err)
	}
	return int64(s.Bavail) * s.Bsize, nil
}

// check refuses new records when room runs short.
func (r *room) check() error {
	if r.reserve > 0 && !exists(r.path) {
		if r.restore(); !exists(r.path) {
			return fmt.Errorf("%w (%s has no room for a reserve of %d KiB)", ErrDiskFull, r.dir, r.reserve>>10)
		}
	}
	if r.min <= 0 {
		return nil
	}
	// Where the free space cannot be asked for, the write itself will tell.
	if free, err := r.free(); err == nil && free < r.min {
		return fmt.Errorf("%w (%d KiB free in %s, %d KiB are kept for sending)", ErrDiskFull, free>>10, r.dir, r.min>>10)
	}
	return nil
}

// backlog is how far the log may grow before it is copied into the database.
func (r *room) backlog() int {
	if r.reserve > 0 {
		return int(min(maxBacklog, r.reserve/2))
	}
	return maxBacklog
}

// release gives the reserve back. It reports whether there was one.
func (r *room) release() bool {
	err := os.Remove(r.path)
	return err == nil
}

// restore takes the reserve if it is missing and leaves at least as much free.
func (r *room) restore() {
	if r.reserve <= 0 {
		return
	}
	if s, err := os.Stat(r.path); err == nil && s.Size() >= r.reserve {
		return
	}
	if free, err := r.free(); err != nil || free < max(0, r.min)+2*r.reserve {
		return
	}
	if err := allocate(r.path, r.reserve); err != nil {
		os.Remove(r.path)
	}
}

// allocate makes a file of real blocks.
func allocate(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	err = unix.Fallocate(int(f.Fd()), 0, 0, size)
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS) {
		// Not every file system can; written blocks are as good.
		block := make([]byte, 64<<10)
		for n := int64(0); n < size && err == nil; n += int64(len(block)) {
			_, err = f.Write(block)
		}
	}
	return err
}

func (r *room) setFull(now time.Time) (changed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.since.IsZero() {
		return false
	}
	r.since = now
	return true
}

func (r *room) setRoomy() (changed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	changed = !r.since.IsZero()
	r.since = time.Time{}
	return changed
}

func (r *room) fullSince() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.since
}
