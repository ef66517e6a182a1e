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

	"github.com/luohu/ting/sync/record"
)

// Options tell Open whose journal it is and how to keep it. Only Terminal is needed.
type Options struct {
	Terminal string           // the district's name for this terminal
	Clock    func() time.Time // the terminal's clock; nil is time.Now
	Log      *slog.Logger     // nil is slog.Default

	// Retention is the least time a record stays here after it was made, even
	// when it is safe at the center. 0 is seven days; less than 0 is none.
	Retention time.Duration
	// MinFree is the free space in bytes below which no new record is taken.
	// 0 is 32 MiB; less than 0 is none.
	MinFree int64
	// Reserve is the size in bytes of path.reserve, which is given back when
	// the disk is full to the last block; until there is room to take it again no new
	// record is taken. 0 is 8 MiB; less than 0 is none, and then a disk full to the
	// last block may also keep the center's cursor from being saved.
	Reserve int64
	// TidyEvery is how often old records are deleted. 0 is a minute.
	TidyEvery time.Duration
	// Copy is a file that Copies keeps on a second medium: should the journal be
	// damaged, what only the copy still has is taken from there. "" is none.
	Copy string
	// Device identifies the machine. "" is a digest of its machine-id.
	Device string

	synchronous string // "FULL"; "NORMAL" in the test that must lose records
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Retention == 0 {
		o.Retention = 7 * 24 * time.Hour
	}
	if o.MinFree == 0 {
		o.MinFree = 32 << 20
	}
	if o.Reserve == 0 {
		o.Reserve = 8 << 20
	}
	if o.TidyEvery <= 0 {
		o.TidyEvery = time.Minute
	}
	if o.Device == "" {
		o.Device = deviceID()
	}
	if o.synchronous == "" {
		o.synchronous = "FULL"
	}
	return o
}

// Journal is an open journal. Its methods may be called from any goroutine.
type Journal struct {
	path, originPath string
	opts             Options
	lock             *os.File
	db               *sql.DB // one connection, used by the writer alone
	ro               *sql.DB
	insert, putChain *sql.Stmt
	room             *room

	jobs    chan *job
	quit    chan struct{}
	stopped chan struct{} // the writer has ended
	failed  chan struct{}
	woken   map[record.Lane]chan struct{}
	closing sync.Once
	closed  error

	// The writer's own.
	backlog int  // bytes of log, about, since the last checkpoint
	stuck   bool // the last checkpoint had no room
	ids     ids
	origin  *origin

	mu      sync.RWMutex
	book    book // its chains are replaced, never changed
	failure error
	raised  string // why this Open raised the epoch
	salvage *Salvage
}

// Open opens the journal at path, or makes it. A damaged file is set aside and
// salvaged, a restored or cloned one gets a new epoch; Status tells. Close it.
func Open(ctx context.Context, path string, o Options) (*Journal, error) {
	o = o.withDefaults()
	if o.Terminal == "" || len(o.Terminal) > record.MaxName {
		return nil, fmt.Errorf("open journal: a terminal ID of 1 to %d bytes is needed", record.MaxName)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("open journal: make its directory: %w", err)
	}
	lock, err := acquire(path + ".lock")
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	j := &Journal{
		path: path, originPath: path + ".origin", opts: o, lock: lock,
		room: &room{dir: filepath.Dir(path), path: path + ".reserve", min: o.MinFree, reserve: o.Reserve},
		jobs: make(chan *job, maxGroup), quit: make(chan struct{}), stopped: make(chan struct{}), failed: make(chan struct{}),
		woken: map[record.Lane]chan struct{}{},
	}
	for _, l := range record.Lanes {
		j.woken[l] = make(chan struct{}, 1)
	}
	err = j.open(ctx)
	if isFull(err) && j.room.release() {
		err = j.open(ctx) // what is stored must be readable and sent even now
	}
	if err != nil {
		_ = j.closeFiles()
		return nil, fmt.Errorf("open journal %s: %w", path, err)
	}
	j.room.restore()
	go j.writer()
	return j, nil
}

func isFull(err error) bool {
	return errors.Is(err, ErrDiskFull) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

func (j *Journal) open(ctx context.Context) error {
	_ = j.closeDatabases()
	old := readOrigin(j.originPath)
	_, err := os.Stat(j.path)
	isNew := errors.Is(err, os.ErrNotExist)
	if err := j.openChecked(ctx); errors.Is(err, ErrCorrupt) {
		_ = j.closeDatabases()
		if j.salvage, err = j.setAsideAndSalvage(ctx, old, err); err != nil {
			return err
		}
		j.raised = "the journal was damaged"
		if err := j.openChecked(ctx); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	if j.book.terminal != j.opts.Terminal {
		return fmt.Errorf("%w: it is of %q, this is %q; give this terminal a state directory of its own",
			ErrOtherTerminal, j.book.terminal, j.opts.Terminal)
	}
	if err := j.settleOrigin(ctx, old, isNew); err != nil {
		return err
	}
	if j.insert, err = j.db.PrepareContext(ctx, insertSQL); err != nil {
		return classify(err)
	}
	if j.putChain, err = j.db.PrepareContext(ctx, putChainSQL); err != nil {
		return classify(err)
	}
	if j.ro, err = sql.Open("sqlite3", dsn(j.path, j.opts.synchronous, true)); err != nil {
		return err
	}
	j.ro.SetMaxOpenConns(3)
	j.ro.SetMaxIdleConns(3)
	return nil
}

// openChecked opens the database, brings its schema up to date and reads the
// book. A new one gets epoch 1.
func (j *Journal) openChecked(ctx context.Context) error {
	db, err := openWriter(ctx, j.path, j.opts.synchronous)
	if err != nil {
		return classify(err)
	}
	j.db = db
	if err := checkFile(ctx, db); err != nil {
		return err
	}
	if err := migrate(ctx, db); err != nil {
		return err
	}
	b, ok, err := readBook(ctx, db)
	if err != nil {
		return err
	}
	if !ok {
		b.terminal = j.opts.Terminal
		if err := j.inTransaction(ctx, func(tx *sql.Tx) error {
			return beginEpoch(ctx, tx, &b, 1, "the journal was made", j.opts.Clock().UnixMilli())
		}); err != nil {
			return err
		}
	}
	for k, c := range b.chains {
		if err := checkEnds(ctx, db, k, c); err != nil {
			return err
		}
		// What is still to be sent must be sound: a record that cannot be sent
		// would be in the way of all after it.
		if err := walkWhole(ctx, db, b.name(k), c.ackedSeq, c.ackedHash, c.seq); err != nil {
			return err
		}
	}
	j.book = b
	return nil
}

// settleOrigin compares the database with the origin file, raises the epoch when
// they do not belong together, and gives both a new generation.
func (j *Journal) settleOrigin(ctx context.Context, old *origin, isNew bool) error {
	head := func(l record.Lane) int64 { _, c := j.book.current(l); return c.seq }
	why := ""
	switch {
	case j.salvage != nil: // raised already
	case isNew && old != nil:
		why = "the journal was gone"
	case isNew, old == nil && head(record.Urgent) == 0 && head(record.Ordinary) == 0:
	default:
		why = old.differs(j.opts.Device, j.book.generation, j.book.epoch, head)
	}
	next := &origin{Device: j.opts.Device, Generation: newGeneration(), Previous: j.book.generation, Epoch: j.book.epoch, Heads: map[string]int64{}}
	if old != nil {
		next.Epoch = max(next.Epoch, old.Epoch)
	}
	b := j.book
	if why != "" {
		j.raised = why
		next.Epoch++
		j.opts.Log.Warn("a new epoch begins", "op", "open", "epoch", next.Epoch, "cause", why)
	} else {
		for _, l := range record.Lanes {
			next.Heads[l.String()] = head(l)
		}
	}
	// The origin goes first: a crash between the two leaves a database of the
	// Previous generation, which is then still recognised.
	if err := next.write(j.originPath, true); err != nil {
		return err
	}
	if err := j.inTransaction(ctx, func(tx *sql.Tx) error {
		if why != "" {
			if err := beginEpoch(ctx, tx, &b, next.Epoch, why, j.opts.Clock().UnixMilli()); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, "UPDATE identity SET generation = ?", next.Generation)
		return err
	}); err != nil {
		return err
	}
	b.generation = next.Generation
	j.book, j.origin = b, next
	next.Previous = ""
	return next.write(j.originPath, true)
}

func (j *Journal) inTransaction(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := j.db.BeginTx(ctx, nil)
	if err != nil {
		return classify(err)
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return classify(err)
	}
	return classify(tx.Commit())
}

// Close ends the journal in order: what was appended before stays, later calls
// return ErrClosed.
func (j *Journal) Close() error {
	j.closing.Do(func() {
		close(j.quit)
		<-j.stopped
		if j.Err() == nil {
			j.noteHeads()
		}
		j.closed = j.closeFiles()
	})
	return j.closed
}

func (j *Journal) closeDatabases() (err error) {
	for _, db := range []*sql.DB{j.ro, j.db} { // the writer last: its close copies the log
		if db != nil {
			err = errors.Join(err, db.Close())
		}
	}
	j.ro, j.db = nil, nil
	return err
}

func (j *Journal) closeFiles() error {
	err := j.closeDatabases()
	return errors.Join(err, release(j.lock))
}

// Err is why the journal has stopped: ErrDurability or ErrCorrupt, nil while it works.
func (j *Journal) Err() error {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return j.failure
}

// Failed is closed when the journal stops for good. The process should then
// end and be started anew.
func (j *Journal) Failed() <-chan struct{} { return j.failed }

// Wake receives after records were appended to a lane. It is meant for one
// receiver per lane: several appends may give one value.
func (j *Journal) Wake(l record.Lane) <-chan struct{} { return j.woken[l] }

func (j *Journal) wake(l record.Lane) {
	select {
	case j.woken[l] <- struct{}{}:
	default:
	}
}

// snapshot returns the book as of the last commit. It must not be changed.
func (j *Journal) snapshot() book {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return j.book
}

// ready is the error of every reading call.
func (j *Journal) ready() error {
	select {
	case <-j.stopped:
		return ErrClosed
	default:
		return j.Err()
	}
}
