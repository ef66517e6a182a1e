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

// maxGroup bounds how many appends share a commit, and thereby how long the
// first of them waits for the last.
const maxGroup = 256

// checkpointEvery is the number of written rows after which the log is copied
// into the database: about 4 MiB of log.
const checkpointEvery = 500

// job is one wish to write. Whoever makes it waits on done.
type job struct {
	run    func(t *transaction) error
	adds   bool // a new record: refused when room runs short
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
	j    *Journal
	book book
	put  map[chainKey]chain
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
		group := []*job{first}
	collect:
		for first.adds && len(group) < maxGroup {
			select {
			case jb := <-j.jobs:
				if !jb.state.CompareAndSwap(jobQueued, jobTaken) {
					continue
				}
				if !jb.adds {
					next = jb
					break collect
				}
				group = append(group, jb)
			default:
				break collect
			}
		}
		j.commit(group)
		if j.rows >= checkpointEvery && j.Err() == nil {
			j.checkpoint()
		}
	}
}

// commit runs a group of jobs in one transaction and answers each.
func (j *Journal) commit(group []*job) {
	errs := make([]error, len(group))
	err := j.Err()
	if err == nil && group[0].adds {
		err = j.room.check()
	}
	if err == nil {
		err = j.transact(group, errs)
		if errors.Is(err, ErrDiskFull) && !group[0].adds && j.room.release() {
			// Saving a cursor and deleting what is safe make room again: that is
			// what the reserve is for.
			err = j.transact(group, errs)
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
func (j *Journal) transact(group []*job, errs []error) (err error) {
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
	t := &transaction{Tx: sqlTx, j: j, book: j.book, put: map[chainKey]chain{}}
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
	j.rows += len(group)
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

// checkpoint copies the log into the database, on the writer's goroutine and
// after the appenders were answered.
func (j *Journal) checkpoint() {
	j.rows = 0
	var busy, log, done int
	err := j.db.QueryRow("PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &log, &done)
	switch err = classify(err); {
	case errors.Is(err, ErrDiskFull):
		// The log holds everything; the next checkpoint tries again.
		j.opts.Log.Warn("the log could not be copied into the journal", "op", "checkpoint", "code", "disk-full", "cause", err)
	case err != nil:
		j.noteOutcome(err, false)
	default:
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
	if j.Err() != nil {
		return
	}
	jb := &job{run: func(t *transaction) error { _, err := t.prune(); return err }, done: make(chan error, 1)}
	j.commit([]*job{jb})
	if err := <-jb.done; err != nil {
		j.opts.Log.Warn("old records were not deleted", "op", "prune", "cause", err)
	}
	j.room.restore()
	j.noteHeads()
}
