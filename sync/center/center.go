// Package center is the other end of every terminal's journal: it takes batches
// of records in exactly once, understands them by projections, and sends feeds
// down.
//
// Guarantees:
//   - A record is acknowledged only after it is on the center's disk, and stored
//     once per (terminal, epoch, lane, seq), whatever is sent twice, out of order
//     or by two at a time.
//   - The raw log is the truth. What projections and feeds say can be built anew
//     from it, and a record that none of them understands waits, parking only the
//     records of its own aggregate key.
//   - A terminal whose history forks is quarantined, and both histories are kept.
//   - The revisions of a feed become visible in their order, none after a larger.
//   - Who speaks is decided by the client certificate alone, which the district's
//     own authority has issued; no header is believed. Every refusal is counted.
//
// Batches of all terminals are committed in groups by one goroutine, the urgent
// lane first; each lane has a capacity of its own, so that a flood of ordinary
// records cannot keep an alarm waiting, and one more answers those that bring
// nothing. Signatures and chains are verified before the queue, on every core.
//
// SafeSeq, below which terminals may delete what they sent, follows a policy that
// the caller must choose: see [SafePolicy].
//
// Callers must not write to the center's database by themselves and must Close
// the Center. Test with Open on t.TempDir and httptest, or see the tests here.
package center

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/luohu/ting/sync/center/projection"
	"github.com/luohu/ting/sync/center/store"
)

// SafePolicy says which committed records a terminal may delete.
type SafePolicy int

// The policies.
const (
	// SafeAfterBackup: those inside the last verified backup (Center.Backup), so
	// that restoring it loses nothing. Before the first backup, none.
	SafeAfterBackup SafePolicy = iota
	// SafeCommitted: all that is committed. For demonstrations, and for a center
	// whose disk is itself replicated synchronously: restoring an older copy of
	// the database would lose records for good.
	SafeCommitted
	// SafeStandby: those that a synchronous standby of the PostgreSQL server has on
	// its disk too, so that letting it take over loses nothing. The server's
	// synchronous_standby_names must name it.
	SafeStandby
)

// Options say how a center works. Only Dir is needed.
type Options struct {
	Dir string // of its state, 0700; made when missing
	// Database is where the records are: "" is SQLite, in Dir; postgres://… is a
	// server, which other centers with the same keys may serve at the same time.
	Database string
	// NewKeys makes the keys in Dir those of a server's database, whose own are lost.
	NewKeys     bool
	Projections []projection.Projection
	Feeds       []string // known although they may still be empty, besides those of Projections
	// Roles are what a terminal may be for, each with the only feeds it then gets. An
	// administrator gives one with his approval; a terminal without gets them all.
	Roles map[string][]string
	Safe  SafePolicy
	Now   func() time.Time // nil: the machine's clock
	Log   *slog.Logger     // nil: slog's default
	// CertificateLife is how long a terminal's certificate is good; 0 is 90 days.
	CertificateLife time.Duration
	// CodeLife is how long an enrolment code is good; 0 is 24 hours.
	CodeLife time.Duration
	// MinFree is the free space in bytes on Dir's volume below which the center
	// says that it is not ready; 0 is 64 MiB, below 0 none.
	MinFree int64
	// Retention is how long deletions stay in feeds; 0 is 90 days. A terminal
	// that was away for longer gets a snapshot.
	Retention time.Duration
}

// Center is a running center. Its methods may be called at once from anywhere.
type Center struct {
	opt         Options
	db          *store.DB
	log         *slog.Logger
	now         func() time.Time
	ca          *Authority
	key         ed25519.PrivateKey
	incarnation atomic.Pointer[string]
	hears       chan struct{} // closed once it hears what others do; see Hears

	urgent, ordinary *lane
	asks             *lane // batches without records
	polls            inflight
	contacts         contacts
	refusals         Refusals
	metrics          *metrics
	full             atomic.Bool // the last commit found no room
	Events           Events
	feeds            signals
	runners          []*runner

	stop     context.CancelFunc
	draining chan struct{}
	closed   chan struct{} // nobody commits any more
	drained  sync.Once
	tasks    sync.WaitGroup
	failed   chan error
}

// Open opens the center of a directory, or makes it there, and starts its work.
func Open(ctx context.Context, opt Options) (_ *Center, err error) {
	c := &Center{opt: opt, log: opt.Log, now: opt.Now, failed: make(chan error, 1), draining: make(chan struct{}), closed: make(chan struct{})}
	if c.log == nil {
		c.log = slog.Default()
	}
	if c.now == nil {
		c.now = time.Now
	}
	orDefault := func(d *time.Duration, def time.Duration) {
		if *d <= 0 {
			*d = def
		}
	}
	orDefault(&c.opt.CertificateLife, 90*24*time.Hour)
	orDefault(&c.opt.CodeLife, 24*time.Hour)
	orDefault(&c.opt.Retention, 90*24*time.Hour)
	if c.opt.MinFree == 0 {
		c.opt.MinFree = 64 << 20
	}
	c.opt.Feeds = slices.Clone(opt.Feeds)
	for _, p := range opt.Projections {
		if p, ok := p.(projection.Publisher); ok {
			c.opt.Feeds = append(c.opt.Feeds, p.Feeds()...)
		}
	}
	if err := os.MkdirAll(opt.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("the state directory cannot be made (choose another with -state): %w", err)
	}
	if c.ca, err = openAuthority(opt.Dir, c.now()); err != nil {
		return nil, err
	}
	if c.key, err = openSigningKey(filepath.Join(opt.Dir, centerKeyFile)); err != nil {
		return nil, err
	}
	if opt.Database == "" {
		opt.Database = filepath.Join(opt.Dir, "center.db")
	}
	if c.db, err = store.Open(ctx, opt.Database); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = c.db.Close()
		}
	}()
	if err := c.identify(ctx); err != nil {
		return nil, err
	}
	c.urgent, c.ordinary = newLane(urgentSlots, urgentWaiting), newLane(ordinarySlots, ordinaryWaiting)
	c.asks = newLane(askSlots, askWaiting)
	c.metrics = newMetrics(c)
	c.refusals.now = c.now
	c.contacts.heard = map[string]Contact{}
	for _, p := range opt.Projections {
		r, err := c.newRunner(ctx, p)
		if err != nil {
			return nil, fmt.Errorf("projection %s: %w", p.Name(), err)
		}
		c.runners = append(c.runners, r)
	}
	if c.db.Shared() {
		c.hears = make(chan struct{})
	}
	run, stop := context.WithCancel(context.Background())
	c.stop = stop
	for range c.committers() {
		c.tasks.Go(func() { c.commitLoop(run) })
	}
	c.tasks.Go(func() { c.askLoop(run) })
	c.tasks.Go(func() { c.housekeeping(run) })
	if opt.Safe == SafeStandby {
		c.tasks.Go(func() { c.followStandby(run) })
	}
	c.tasks.Go(func() {
		c.db.Listen(run, func(note string) { c.hear(run, note) }, func() { c.missed(run) })
	})
	for _, r := range c.runners {
		c.tasks.Go(func() { r.run(run) })
	}
	return c, nil
}

// Drain begins the shutdown: those who wait for a feed to change are answered,
// batches under way are committed, and whoever comes is told to come back in a
// moment, when this center, or another process of it, serves again.
func (c *Center) Drain() { c.drained.Do(func() { close(c.draining) }) }

// Close ends the center's work, in order: what was promised is on the disk already.
func (c *Center) Close() error {
	c.Drain()
	c.stop()
	c.tasks.Wait()
	close(c.closed)
	err := errors.Join(c.flushContacts(context.Background()), c.flushRefusals(context.Background()))
	if errors.Is(err, store.ErrBroken) || errors.Is(err, store.ErrFull) {
		err = nil // what terminals last said of themselves, and what was refused, may be lost
	}
	return errors.Join(err, c.markHighWater(), c.db.Close())
}

// Failed receives an error after which the center cannot go on: its disk did
// not keep what was written. The program must end; started again, it verifies
// what is there.
func (c *Center) Failed() <-chan error { return c.failed }

func (c *Center) fail(err error) {
	select {
	case c.failed <- err:
	default:
	}
}

// Authority is the district's certificate authority.
func (c *Center) Authority() *Authority { return c.ca }

// PublicKey signs acknowledgements and feed pages.
func (c *Center) PublicKey() ed25519.PublicKey { return c.key.Public().(ed25519.PublicKey) }

// Now is the center's clock.
func (c *Center) Now() time.Time { return c.now() }

// housekeeping stores what terminals say of themselves every few seconds, and
// forgets old deletions once an hour.
func (c *Center) housekeeping(ctx context.Context) {
	flush, compact := time.NewTicker(5*time.Second), time.NewTicker(time.Hour)
	defer flush.Stop()
	defer compact.Stop()
	for {
		var op string
		var err error
		select {
		case <-ctx.Done():
			return
		case <-flush.C:
			op, err = "store contacts", errors.Join(c.flushContacts(ctx), c.flushRefusals(ctx), c.markHighWater())
		case <-compact.C:
			op, err = "compact feeds", c.Compact(ctx)
		}
		if err != nil && ctx.Err() == nil {
			c.log.Warn("center: housekeeping", "op", op, "cause", err)
		}
	}
}

// Compact forgets deletions in feeds that are older than the retention, and
// refusals of long ago.
func (c *Center) Compact(ctx context.Context) error {
	return c.db.Write(ctx, func(tx *store.Tx) error {
		if err := tx.ForgetRefusals(c.now().Add(-refusalsKept)); err != nil {
			return err
		}
		if err := tx.DropHours(c.now().Add(-hoursKept)); err != nil {
			return err
		}
		_, err := tx.Compact(c.now().Add(-c.opt.Retention))
		return err
	})
}
