package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// ErrSameDisk is returned for a copy on the disk that it is to be a copy of.
var ErrSameDisk = errors.New("the copy would lie on the journal's own disk, and be lost with it: give a second medium, and see that it is mounted")

// Copy writes what the journal holds now to a file, beside the one of the last time
// until it is verified, and then in its place. The terminal may run on. It reads
// every page of the copy and walks every chain in it before it says what it has.
//
// A copy holds personal data. It has no origin: a journal restored from it begins a
// new epoch, so that no number is used twice.
func Copy(ctx context.Context, from, to string) (Verified, error) {
	v, err := copyVerified(ctx, from, to)
	if err != nil {
		return v, fmt.Errorf("copy the journal to %s: %w", to, classify(err))
	}
	return v, nil
}

func copyVerified(ctx context.Context, from, to string) (v Verified, err error) {
	if _, err := os.Stat(from); err != nil {
		return v, err
	}
	next := to + ".next"
	removeAll(next)
	f, err := os.OpenFile(next, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // never readable by others
	if err != nil {
		return v, err
	}
	f.Close()
	defer func() {
		if err != nil {
			removeAll(next)
		}
	}()
	source, err := sql.Open("sqlite3", dsn(from, "FULL", false))
	if err != nil {
		return v, err
	}
	defer source.Close()
	source.SetMaxOpenConns(1)
	if _, err := source.ExecContext(ctx, "VACUUM INTO ?", next); err != nil {
		return v, err
	}
	if v, err = verifyCopy(ctx, next); err != nil {
		return v, err
	}
	done, err := os.OpenFile(next, os.O_RDWR, 0)
	if err != nil {
		return v, err
	}
	if err := errors.Join(done.Sync(), done.Close()); err != nil {
		return v, err
	}
	if err := os.Rename(next, to); err != nil {
		return v, err
	}
	return v, syncDir(filepath.Dir(to))
}

func verifyCopy(ctx context.Context, path string) (Verified, error) {
	r, err := OpenReader(ctx, path)
	if err != nil {
		return Verified{}, err
	}
	v, err := r.Verify(ctx)
	return v, errors.Join(err, r.Close())
}

// Restore puts a copy in the place of a journal that is gone, or sets the one that
// is there aside. The terminal must not run. The next Open begins a new epoch.
func Restore(ctx context.Context, copied, to string) (v Verified, setAside string, err error) {
	lock, err := acquire(to + ".lock")
	if err != nil {
		return v, "", fmt.Errorf("restore the journal: %w", err)
	}
	defer func() { _ = release(lock) }() // nothing was written to it
	if v, err = verifyCopy(ctx, copied); err != nil {
		return v, "", fmt.Errorf("restore the journal: the copy is no use: %w", classify(err))
	}
	next := to + ".restoring"
	removeAll(next)
	if err := copyFile(copied, next); err != nil {
		return v, "", fmt.Errorf("restore the journal: %w", err)
	}
	if exists(to) {
		setAside = to + ".replaced-" + time.Now().UTC().Format("20060102T150405Z")
		for _, suffix := range []string{"-wal", "-shm", ""} { // the log first, as in setAsideAndSalvage
			if err := os.Rename(to+suffix, setAside+suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
				return v, "", fmt.Errorf("restore the journal: %w", err)
			}
		}
	}
	f, err := os.OpenFile(next, os.O_RDWR, 0)
	if err == nil {
		err = errors.Join(f.Sync(), f.Close())
	}
	if err == nil {
		err = errors.Join(os.Rename(next, to), syncDir(filepath.Dir(to)))
	}
	if err != nil {
		return v, setAside, fmt.Errorf("restore the journal: %w", err)
	}
	return v, setAside, nil
}

// Copies keeps a copy of a journal on a second medium while the terminal runs.
type Copies struct {
	Journal *Journal
	To      string        // the file; its directory must be there, on another disk
	Every   time.Duration // 0 is five minutes; nothing is written while nothing changed
	Log     *slog.Logger  // nil is slog.Default

	anyDisk bool // in tests: another disk is not to be had there

	mu     sync.Mutex
	status CopyStatus
	done   string // what the last copy holds
}

// CopyStatus is how the copy is.
type CopyStatus struct {
	At      time.Time // of the last one that was verified; zero for none
	Records int64
	Err     error // why the last attempt failed; nil after one that did not
}

// Status is how the copy is now.
func (c *Copies) Status() CopyStatus {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.status
}

// Run copies now, then again and again until ctx ends.
func (c *Copies) Run(ctx context.Context) {
	every := c.Every
	if every <= 0 {
		every = 5 * time.Minute
	}
	log := c.Log
	if log == nil {
		log = slog.Default()
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		was := c.Status().Err
		switch err := c.Once(ctx); {
		case ctx.Err() != nil:
			return
		case err != nil && (was == nil || was.Error() != err.Error()):
			log.Warn("the journal has no fresh copy", "op", "copy", "to", c.To, "cause", err)
		case err == nil && was != nil:
			log.Info("the journal is copied again", "op", "copy", "to", c.To)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Once copies if something has changed since the last copy.
func (c *Copies) Once(ctx context.Context) error {
	err := c.once(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	if ctx.Err() == nil {
		c.status.Err = err
	}
	return err
}

func (c *Copies) once(ctx context.Context) error {
	dir, err := os.Stat(filepath.Dir(c.To))
	if err != nil {
		return fmt.Errorf("the second medium is not there: %w", err)
	}
	own, err := os.Stat(filepath.Dir(c.Journal.path))
	if err != nil {
		return err
	}
	if !c.anyDisk && device(dir) == device(own) {
		return ErrSameDisk
	}
	holds := c.holds()
	if _, err := os.Stat(c.To); err == nil && holds == c.done {
		return nil
	}
	v, err := Copy(ctx, c.Journal.path, c.To)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done, c.status.At, c.status.Records = holds, c.Journal.opts.Clock(), v.Records
	return nil
}

// holds names what the journal has: its heads, and what was sent and deleted.
func (c *Copies) holds() string {
	b := c.Journal.snapshot()
	var heads, anchors, acked int64 // a sum stays the same only while each does
	for _, chain := range b.chains {
		heads, anchors, acked = heads+chain.seq, anchors+chain.anchorSeq, acked+chain.ackedSeq
	}
	return fmt.Sprint(b.epoch, heads, anchors, acked)
}

func device(fi os.FileInfo) uint64 {
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		return st.Dev
	}
	return 0
}
