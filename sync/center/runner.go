package center

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/luohu/ting/sync/center/projection"
	"github.com/luohu/ting/sync/center/store"
)

const (
	// projectBatch is how many records of the log are looked at in one transaction:
	// few enough that ingest does not wait long for the writer.
	projectBatch = 200
	// A temporary error is tried so often before it is taken for permanent: a
	// defect that no time heals must not hold up a whole module.
	temporaryTries = 8
	firstDelay     = 250 * time.Millisecond
	lastDelay      = 30 * time.Second
)

// runner keeps one projection up with the log.
//
// A rebuild starts from empty tables. Until it has caught up, what the
// projection puts into feeds is held back: terminals must not live through the
// past again, in which somebody who has withdrawn his consent had not yet done
// so. The wish to rebuild is stored first, so that a crash begins it anew.
type runner struct {
	c     *Center
	p     projection.Projection
	name  string
	kinds map[string]bool
	woken chan struct{}

	mu     sync.Mutex // held while the projection's tables are changed
	cursor int64
	held   map[feedKey]json.RawMessage // while rebuilding; nil is a deletion

	stuckAt int64 // position of a temporary error,
	tries   int   // and how often it came up
}

type feedKey struct{ site, feed, key string }

func (c *Center) newRunner(ctx context.Context, p projection.Projection) (*runner, error) {
	r := &runner{c: c, p: p, name: p.Name(), kinds: map[string]bool{}, woken: make(chan struct{}, 1)}
	for _, k := range p.Kinds() {
		r.kinds[k] = true
	}
	for _, t := range p.Schema().Tables {
		if !strings.HasPrefix(t, r.name+"_") || strings.ContainsFunc(t, notIdentifier) {
			return nil, fmt.Errorf("table %q must be called %s_… in small letters", t, r.name)
		}
	}
	if c.db.Shared() {
		return r, r.prepare(ctx) // it begins when it leads
	}
	return r, r.start(ctx)
}

// prepare makes the tables of a projection that no process has begun yet: whoever
// looks into them now finds nothing, and no error.
func (r *runner) prepare(ctx context.Context) error {
	return r.c.db.Write(ctx, func(tx *store.Tx) error {
		state, err := tx.LockProjected(r.name)
		if err != nil || state.Schema != "" {
			return err
		}
		if err := tx.Script(r.p.Schema().SQL); err != nil {
			return fmt.Errorf("schema: %w", err)
		}
		return tx.SetProjected(r.name, store.Projected{Schema: r.schemaDigest(), Rebuilding: true})
	})
}

// start takes up the projection where it was left, by whatever process.
func (r *runner) start(ctx context.Context) error {
	var state store.Projected
	var waiting []store.DeadLetter
	err := r.c.db.Read(ctx, func(tx *store.Tx) (err error) {
		if state, err = tx.Projected(r.name); err != nil {
			return err
		}
		waiting, err = tx.DeadLetterKeys(r.name, store.Version)
		return err
	})
	if err != nil {
		return err
	}
	if state.Schema != r.schemaDigest() || state.Rebuilding {
		return r.begin(ctx)
	}
	r.mu.Lock()
	r.cursor, r.held = state.Cursor, nil
	r.mu.Unlock()
	// This program may know the versions that the last one did not.
	for _, l := range waiting {
		if _, err := r.replay(ctx, l.Site, l.Key, nil); err != nil {
			return err
		}
	}
	r.wake()
	return nil
}

func notIdentifier(r rune) bool { return r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9') }

func (r *runner) schemaDigest() string {
	s := r.p.Schema()
	h := sha256.Sum256([]byte(strings.Join(s.Tables, "\x00") + "\x00\x00" + s.SQL))
	return hex.EncodeToString(h[:])
}

// begin empties the projection's tables and starts from the log's beginning. The
// audit entries are stored with that.
func (r *runner) begin(ctx context.Context, notes ...store.Audit) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.c.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.LockProjected(r.name); err != nil {
			return err
		}
		s := r.p.Schema()
		for _, t := range s.Tables {
			if err := tx.Script(`DROP TABLE IF EXISTS ` + t); err != nil {
				return err
			}
		}
		if err := tx.Script(s.SQL); err != nil {
			return fmt.Errorf("schema: %w", err)
		}
		if err := tx.DropDeadLetters(r.name); err != nil {
			return err
		}
		for _, n := range notes {
			if err := tx.Note(n); err != nil {
				return err
			}
		}
		return tx.SetProjected(r.name, store.Projected{Schema: r.schemaDigest(), Rebuilding: true})
	})
	if err != nil {
		return err
	}
	r.cursor, r.held, r.tries = 0, map[feedKey]json.RawMessage{}, 0
	r.wake()
	return nil
}

func (r *runner) wake() {
	select {
	case r.woken <- struct{}{}:
	default:
	}
}

// run follows the log while this process leads the projection, until ctx ends.
func (r *runner) run(ctx context.Context) {
	r.c.db.Lead(ctx, "projection/"+r.name, func(ctx context.Context) {
		if r.c.db.Shared() {
			if r.again(ctx, func() error { return r.start(ctx) }) != nil {
				return // ctx has ended
			}
		}
		for ctx.Err() == nil {
			var more bool
			err := r.again(ctx, func() (err error) {
				more, err = r.step(ctx)
				return err
			})
			if errors.Is(err, errOtherRelease) {
				return
			}
			if more {
				continue
			}
			select {
			case <-ctx.Done():
			case <-r.woken:
			}
		}
	})
}

// again calls fn until it succeeds, or will never, or ctx ends.
func (r *runner) again(ctx context.Context, fn func() error) error {
	for delay := firstDelay; ; delay = min(2*delay, lastDelay) {
		err := fn()
		if err == nil || ctx.Err() != nil {
			return err
		}
		if errors.Is(err, errOtherRelease) {
			r.c.log.Warn("center: a projection is left to the other release", "op", "project", "projection", r.name, "cause", err)
			return err
		}
		r.c.log.Warn("center: a projection waits", "op", "project", "projection", r.name, "cause", err, "again", delay)
		pause := time.NewTimer(delay)
		select {
		case <-ctx.Done():
			pause.Stop()
			return ctx.Err()
		case <-pause.C:
		}
	}
}

var (
	// errOtherRelease ends a leadership: a center of another release has made the
	// projection's tables anew.
	errOtherRelease = errors.New("another release has rebuilt it")
	// errElsewhere is of a step that finds the projection moved by another process.
	errElsewhere = errors.New("another process has moved it")
)

// step applies the next records of the log in one transaction.
func (r *runner) step(ctx context.Context) (more bool, err error) {
	more, err = r.advance(ctx)
	if errors.Is(err, errElsewhere) {
		return true, r.start(ctx)
	}
	return more, err
}

func (r *runner) advance(ctx context.Context) (more bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var batch []store.Received
	err = r.c.db.Read(ctx, func(tx *store.Tx) error {
		batch = nil
		return tx.Log(r.cursor, projectBatch, func(rec store.Received) error {
			batch = append(batch, rec)
			return nil
		})
	})
	if err != nil {
		return false, err
	}
	rebuilding, done := r.held != nil, len(batch) < projectBatch
	if len(batch) == 0 && !rebuilding {
		return false, nil
	}
	var t *tx
	var told []Event
	var cursor int64
	err = r.c.db.WriteRows(ctx, func(stx *store.Tx) error {
		t, cursor, told = r.tx(stx), r.cursor, nil
		// Whoever leads, or believes to: only one at a time gets past this lock, and
		// goes on only from where the projection is.
		switch state, err := stx.LockProjected(r.name); {
		case err != nil:
			return err
		case state.Schema != r.schemaDigest():
			return errOtherRelease
		case state.Cursor != r.cursor, state.Rebuilding != rebuilding:
			return errElsewhere
		}
		for _, rec := range batch {
			if r.kinds[rec.Record.Kind] {
				applied, err := r.take(ctx, t, rec)
				if err != nil {
					return err
				}
				if applied && !rebuilding {
					told = append(told, r.tell(rec)...)
				}
			}
			cursor = rec.Position
		}
		if rebuilding && done {
			if err := t.release(); err != nil {
				return err
			}
		}
		r.c.tellOthers(stx, noteMoved, r.name)
		for _, e := range told[max(0, len(told)-toldMost):] {
			r.c.tellOthers(stx, noteTold, fmt.Sprintf("%d %s", e.Record.Position, r.name))
		}
		t.tellFeeds()
		return stx.SetProjected(r.name, store.Projected{Cursor: cursor, Schema: r.schemaDigest(), Rebuilding: rebuilding && !done})
	})
	if err != nil {
		return false, err
	}
	r.tries = 0
	if rebuilding {
		for k, v := range t.pending {
			r.held[k] = v
		}
		if done {
			r.held = nil
		}
	}
	r.cursor = cursor
	r.c.feeds.wake(signalMoved(r.name))
	r.c.wakeFeeds(t.touched)
	for _, e := range told {
		r.c.Events.publish(e)
	}
	if len(batch) > 0 {
		r.c.Events.publish(Event{Board: r.name})
	}
	return !done, nil
}

// take applies one record, or lays it aside. An error is temporary.
func (r *runner) take(ctx context.Context, t *tx, rec store.Received) (applied bool, err error) {
	if r.held != nil {
		if over, err := t.decided(rec.Position); err != nil || over {
			return false, err
		}
	}
	letter := store.DeadLetter{Projection: r.name, Position: rec.Position, Site: rec.Site, Key: rec.Record.Key, At: r.c.now()}
	if letter.Key != "" {
		parked, err := t.IsParked(r.name, letter.Site, letter.Key)
		if err != nil {
			return false, err
		}
		if parked {
			letter.Reason, letter.Error = store.Parked, "waits behind an earlier record of its key"
			return false, t.AddDeadLetter(letter)
		}
	}
	err = r.apply(ctx, t, rec)
	if err == nil {
		return true, nil
	}
	switch {
	case projection.IsUnknownVersion(err):
		letter.Reason = store.Version
	case projection.IsPermanent(err):
		letter.Reason = store.Permanent
	case ctx.Err() != nil, store.IsOfDatabase(err):
		return false, err
	default:
		if r.stuckAt != rec.Position {
			r.stuckAt, r.tries = rec.Position, 0
		}
		if r.tries++; r.tries < temporaryTries {
			return false, fmt.Errorf("%s at %d: %w", rec.Record.Kind, rec.Position, err)
		}
		letter.Reason = store.Permanent
	}
	letter.Error = cut(err.Error())
	r.c.log.Warn("center: a record is laid aside", "op", "project", "projection", r.name, "position", rec.Position,
		"kind", rec.Record.Kind, "code", letter.Reason)
	return false, t.AddDeadLetter(letter)
}

// apply calls the projection so that a failure leaves no trace, whether it
// returns an error or panics.
func (r *runner) apply(ctx context.Context, t *tx, rec store.Received) error {
	touched, pending := t.touched, t.pending
	t.touched, t.pending = clone(touched), clone(pending)
	err := t.Try(func() (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = projection.Permanent(fmt.Errorf("the projection panicked: %v", p))
			}
		}()
		return r.p.Apply(ctx, t, received(rec))
	})
	if err != nil {
		t.touched, t.pending = touched, pending
	}
	return err
}

func clone[K comparable, V any](m map[K]V) map[K]V {
	out := make(map[K]V, len(m)+1)
	for k, v := range m {
		out[k] = v
	}
	return out
}

func received(rec store.Received) projection.Received {
	return projection.Received{Record: rec.Record, Position: rec.Position, Terminal: rec.Terminal,
		Site: rec.Site, ReceivedAt: rec.ReceivedAt}
}

func (r *runner) tell(rec store.Received) []Event {
	teller, ok := r.p.(projection.Teller)
	if !ok {
		return nil
	}
	p := received(rec)
	line, ok := teller.Tell(p)
	if !ok {
		return nil
	}
	return []Event{{Line: &line, Record: &p, Terminal: rec.Terminal}}
}

// ErrRebuilding is returned for what must wait until a projection is rebuilt.
var ErrRebuilding = errors.New("the projection is being rebuilt from the log: try again when that is done")

// replay applies the dead letters of a key in the order of the log, until one
// fails again, and says how many it applied. note, when there is one, stores the
// audit entry in the same transaction.
func (r *runner) replay(ctx context.Context, site, key string, note func(tx *store.Tx, applied int) error) (applied int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var t *tx
	err = r.c.db.Write(ctx, func(stx *store.Tx) error {
		t = r.tx(stx)
		state, err := stx.LockProjected(r.name)
		if err != nil {
			return err
		}
		if state.Rebuilding {
			return ErrRebuilding
		}
		t.held = nil
		if applied, err = r.applyLetters(ctx, t, site, key); err != nil {
			return err
		}
		t.tellFeeds()
		r.c.tellOthers(stx, noteMoved, r.name)
		if note == nil {
			return nil
		}
		return note(stx, applied)
	})
	if err != nil {
		return 0, err
	}
	r.c.feeds.wake(signalMoved(r.name))
	r.c.wakeFeeds(t.touched)
	r.c.Events.publish(Event{Board: r.name})
	return applied, nil
}

// applyLetters applies the dead letters of a key until one fails.
func (r *runner) applyLetters(ctx context.Context, t *tx, site, key string) (applied int, err error) {
	letters, err := t.DeadLettersOf(r.name, site, key)
	if err != nil {
		return 0, err
	}
	for _, l := range letters {
		rec, err := t.At(l.Position)
		if err != nil {
			return 0, err
		}
		err = r.apply(ctx, t, rec)
		if err == nil {
			if err := t.DropDeadLetter(r.name, l.Position); err != nil {
				return 0, err
			}
			applied++
			continue
		}
		if !projection.IsPermanent(err) {
			return 0, err
		}
		l.Reason = store.Permanent
		if projection.IsUnknownVersion(err) {
			l.Reason = store.Version
		}
		l.Error, l.At = cut(err.Error()), r.c.now()
		if err := t.AddDeadLetter(l); err != nil {
			return 0, err
		}
		if l.Key != "" {
			return applied, nil
		}
	}
	return applied, nil
}

// tx is a projection's view of a transaction.
type tx struct {
	*store.Tx
	r       *runner
	touched map[string]bool             // feeds changed
	pending map[feedKey]json.RawMessage // held back by this step of a rebuild
	held    map[feedKey]json.RawMessage // held back by those before; nil when nothing is
}

func (r *runner) tx(stx *store.Tx) *tx {
	return &tx{Tx: stx, r: r, held: r.held, touched: map[string]bool{}}
}

// tellFeeds has the other processes wake who waits for the feeds changed.
func (t *tx) tellFeeds() {
	for name := range t.touched {
		t.r.c.tellOthers(t.Tx, noteFeed, name)
	}
}

func (t *tx) Exec(query string, args ...any) (int64, error) { return t.Tx.Exec(query, args...) }

func (t *tx) One(query string, args []any, dest ...any) error {
	return notFound(t.Tx.One(query, args, dest...))
}

func notFound(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return projection.ErrNotFound
	}
	return err
}

// Row reads a feed's row, as it will be when a rebuild is done.
func (t *tx) Row(site, feed, key string) (json.RawMessage, error) {
	k := feedKey{site, feed, key}
	for _, m := range []map[feedKey]json.RawMessage{t.pending, t.held} {
		if v, ok := m[k]; ok {
			if v == nil {
				return nil, projection.ErrNotFound
			}
			return v, nil
		}
	}
	return row(t.Tx, site, feed, key)
}

func row(tx *store.Tx, site, feed, key string) (json.RawMessage, error) {
	got, _, err := tx.FeedRow(site, feed, key)
	if err == nil && got.Deleted {
		err = store.ErrNotFound
	}
	return got.Value, notFound(err)
}

func (t *tx) PutFeed(site, feed, key string, value any) error {
	b, err := json.Marshal(value)
	if err != nil {
		return projection.Permanent(err)
	}
	return t.put(feedKey{site, feed, key}, b)
}

func (t *tx) DeleteFeed(site, feed, key string) error { return t.put(feedKey{site, feed, key}, nil) }

func (t *tx) put(k feedKey, value json.RawMessage) error {
	if t.held != nil {
		got, owner, err := t.FeedRow(k.site, k.feed, k.key)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err == nil && !got.Deleted && owner != t.r.name {
			return projection.ErrOwned
		}
		if t.pending == nil {
			t.pending = map[feedKey]json.RawMessage{}
		}
		t.pending[k] = value
		return nil
	}
	return t.write(k, value)
}

func (t *tx) write(k feedKey, value json.RawMessage) error {
	changed, err := t.Tx.PutFeed(k.site, k.feed, k.key, value, t.r.name, t.r.c.now())
	if errors.Is(err, store.ErrOwned) {
		return projection.ErrOwned
	}
	if changed {
		t.touched[k.site+"/"+k.feed] = true
	}
	return err
}

// release writes what a rebuild held back, in a fixed order.
func (t *tx) release() error {
	all := clone(t.held)
	for k, v := range t.pending {
		all[k] = v
	}
	keys := make([]feedKey, 0, len(all))
	for k := range all {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b feedKey) int {
		return strings.Compare(a.site+"\x00"+a.feed+"\x00"+a.key, b.site+"\x00"+b.feed+"\x00"+b.key)
	})
	for _, k := range keys {
		if err := t.write(k, all[k]); err != nil && !errors.Is(err, projection.ErrOwned) {
			return err
		}
	}
	return nil
}
