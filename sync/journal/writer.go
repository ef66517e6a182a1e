package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"sync/atomic"
	"time"

	"github.com/luohu/ting/sync/record"
)

// maxGroup and maxGroupBytes bound how many appends share a commit, and thereby
// how long the first of them waits for the last and how far the log grows at once.
const (
	maxGroup      = 256
	maxGroupBytes = 1 << 20
)

// maxBacklog is how many bytes of log, at about rowPages a record, are written
// before it is copied into the database. It is less with a small reserve:
// released, that must have room for all the database may then grow by, or the
// log could never be emptied on a full disk.
const (
	maxBacklog = 4 << 20
	rowPages   = 4 * 4096
)

// job is one wish to write. Whoever makes it waits on done.
type job struct {
	run    func(t *transaction) error
	adds   bool // a new record: refused when room runs short
	size   int  // bytes of its body
	state  atomic.Int32
	done   chan error
	commit func() // after COMMIT, before done; may be nil
}

// The states of a job: whoever moves it away from queued has it.
const (
	jobQueued = iota
	jobTaken
	jobWithdrawn
)

// transaction is an open SQLite transaction and the book as it will be when it
// commits. Only chains that were put are written.
type transaction struct {
	*sql.Tx
	j      *Journal
	book   book
	put    map[chainKey]chain
	frugal bool // it lives on the reserve
}

func (t *transaction) chain(k chainKey) chain {
	if c, ok := t.put[k]; ok {
		return c
	}
	return t.book.chains[k]
}

// write runs a job on the writer and waits for its commit. When ctx ends first
// the job is withdrawn, unless the writer has it already: then its outcome is
// waited for, so that the answer is the truth.
func (j *Journal) write(ctx context.Context, jb *job) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	jb.done = make(chan error, 1)
	select {
	case j.jobs <- jb:
	case <-ctx.Done():
		return ctx.Err()
	case <-j.stopped:
		return ErrClosed
	}
	withdrawn := ErrClosed
	select {
	case err := <-jb.done:
		return err
	case <-ctx.Done():
		withdrawn = ctx.Err()
	case <-j.stopped:
	}
	if jb.state.CompareAndSwap(jobQueued, jobWithdrawn) {
		return withdrawn
	}
	return <-jb.done
}

// writer is the one goroutine that writes.
func (j *Journal) writer() {
	defer close(j.stopped)
	tidy := time.NewTicker(j.opts.TidyEvery)
	defer tidy.Stop()
	var next *job // taken from the queue but not fit for the group before it
	for {
		first := next
		next = nil
		if first == nil {
			select {
			case first = <-j.jobs:
			case <-tidy.C:
				j.tidy()
				continue
			case <-j.quit:
				return
			}
			if !first.state.CompareAndSwap(jobQueued, jobTaken) {
				continue
			}
		}
		group, size := []*job{first}, first.size
	collect:
		for first.adds && len(group) < maxGroup && size < maxGroupBytes {
			select {
			case jb := <-j.jobs:
				if !jb.state.CompareAndSwap(jobQueued, jobTaken) {
					continue
				}
				if !jb.adds {
					next = jb
					break collect
				}
				group, size = append(group, jb), size+jb.size
			default:
				break collect
			}
		}
		j.commit(group)
		if j.backlog >= j.room.backlog() && j.Err() == nil {
			j.checkpoint()
		}
	}
}

// commit runs a group of jobs in one transaction and answers each.
func (j *Journal) commit(group []*job) {
	errs := make([]error, len(group))
	err := j.Err()
	if err == nil && group[0].adds {
		err = j.haveRoom()
	}
	if err == nil {
		err = j.transact(group, errs, false)
		if errors.Is(err, ErrDiskFull) && !group[0].adds {
			// Saving a cursor and deleting what is safe make room again: that is
			// what the reserve is for. The log is emptied first, to be used anew.
			j.room.release()
			j.checkpoint()
			err = j.transact(group, errs, true)
		}
	}
	j.noteOutcome(err, group[0].adds)
	for i, jb := range group {
		if err != nil {
			errs[i] = err
		} else if errs[i] == nil && jb.commit != nil {
			jb.commit()
		}
		jb.done <- errs[i]
	}
}

// transact returns an error when nothing of the group was stored; errs has
// those of single jobs.
func (j *Journal) transact(group []*job, errs []error, frugal bool) (err error) {
	ctx := context.Background()
	sqlTx, err := j.db.BeginTx(ctx, nil)
	if err != nil {
		return classify(err)
	}
	defer func() {
		if err != nil {
			sqlTx.Rollback()
		}
	}()
	t := &transaction{Tx: sqlTx, j: j, book: j.book, put: map[chainKey]chain{}, frugal: frugal}
	t.book.chains = maps.Clone(j.book.chains)
	for i, jb := range group {
		errs[i], err = t.run(jb, len(group) > 1)
		if err != nil {
			return classify(err)
		}
	}
	for k, c := range t.put {
		if _, err := t.StmtContext(ctx, j.putChain).ExecContext(ctx, c.args(k)...); err != nil {
			return classify(err)
		}
	}
	if err := sqlTx.Commit(); err != nil {
		return classify(err)
	}
	maps.Copy(t.book.chains, t.put)
	j.mu.Lock()
	j.book = t.book
	j.mu.Unlock()
	for _, jb := range group {
		j.backlog += rowPages + jb.size
	}
	return nil
}

// run runs one job. Its own failure undoes only its own writes; fatal says that
// the whole group must be undone.
func (t *transaction) run(jb *job, shared bool) (own, fatal error) {
	ctx := context.Background()
	if shared {
		if _, err := t.ExecContext(ctx, "SAVEPOINT entry"); err != nil {
			return nil, err
		}
	}
	put, book := maps.Clone(t.put), t.book
	own = guard(func() error { return jb.run(t) })
	switch {
	case own == nil && !shared:
		return nil, nil
	case own == nil:
		_, err := t.ExecContext(ctx, "RELEASE entry")
		return nil, err
	case !shared, isStorage(own):
		return own, own
	}
	t.put, t.book = put, book
	_, err := t.ExecContext(ctx, "ROLLBACK TO entry; RELEASE entry")
	return own, err
}

// guard turns a panic in a caller's function, which runs on the writer's
// goroutine, into that caller's error.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in the transaction: %v", p)
		}
	}()
	return f()
}

// noteOutcome keeps what Status shows, and makes a lost fsync final.
func (j *Journal) noteOutcome(err error, adds bool) {
	switch {
	case errors.Is(err, ErrDurability), errors.Is(err, ErrCorrupt):
		j.fail(err)
	case errors.Is(err, ErrDiskFull):
		if j.room.setFull(j.opts.Clock()) {
			j.opts.Log.Error("no new records", "op", "append", "code", "disk-full", "cause", err)
		}
	case err == nil && adds:
		if j.room.setRoomy() {
			j.opts.Log.Info("new records again", "op", "append", "code", "ok")
		}
	}
}

// fail makes err final.
func (j *Journal) fail(err error) {
	j.mu.Lock()
	first := j.failure == nil
	if first {
		j.failure = err
	}
	j.mu.Unlock()
	if first {
		j.opts.Log.Error("the journal stops", "op", "write", "code", "durability", "cause", err)
		close(j.failed)
	}
}

// haveRoom refuses new records while room runs short.
func (j *Journal) haveRoom() error {
	if j.stuck {
		j.checkpoint()
	}
	if err := j.Err(); err != nil {
		return err
	}
	if j.stuck {
		return fmt.Errorf("%w (the log cannot be copied into the journal)", ErrDiskFull)
	}
	return j.room.check()
}

// checkpoint copies the log into the database, on the writer's goroutine and
// after the appenders were answered.
func (j *Journal) checkpoint() {
	var busy, log, done int
	err := j.db.QueryRow("PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &log, &done)
	err = classify(err)
	j.stuck = errors.Is(err, ErrDiskFull)
	switch {
	case j.stuck:
		// The log holds everything, and grows no further.
		if j.room.setFull(j.opts.Clock()) {
			j.opts.Log.Error("no new records", "op", "checkpoint", "code", "disk-full", "cause", err)
		}
	case err != nil:
		j.noteOutcome(err, false)
	default:
		j.backlog = 0
		j.noteHeads()
	}
}

// noteHeads tells the origin file what is certainly on disk.
func (j *Journal) noteHeads() {
	for _, l := range record.Lanes {
		_, c := j.book.current(l)
		j.origin.Heads[l.String()] = c.seq
	}
	j.origin.Epoch = j.book.epoch
	if err := j.origin.write(j.originPath, false); err != nil {
		j.opts.Log.Warn("the origin file is not up to date", "op", "origin", "cause", err)
	}
}

// tidy deletes what has become old enough and takes the reserve back.
func (j *Journal) tidy() {
	for n, rounds := int64(1), 0; n > 0 && rounds < 16 && j.Err() == nil; rounds++ {
		jb := &job{run: func(t *transaction) (err error) { n, err = t.prune(); return err }, done: make(chan error, 1)}
		j.commit([]*job{jb})
		if err := <-jb.done; err != nil {
			j.opts.Log.Warn("old records were not deleted", "op", "prune", "cause", err)
			break
		}
		if n > 0 {
			j.checkpoint()
		}
	}
	if j.Err() == nil {
		j.room.restore()
		j.noteHeads()
	}
}
