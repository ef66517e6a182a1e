package center

import (
	"context"
	"strconv"
	"strings"

	"github.com/luohu/ting/sync/center/projection"
	"github.com/luohu/ting/sync/center/store"
)

// Several centers may serve one database. Each is told what the others did, so
// that whoever waits at one hears of it at once; what they are told is only ever a
// reason to look into the database. Nothing rests on a note's arriving: after a
// silence that may have hidden some, a center looks at everything.

// The notes, each a word and what it is about.
const (
	noteLog         = "log"         // records were appended
	noteFeed        = "feed"        // SITE/FEED: it changed
	noteMoved       = "moved"       // PROJECTION: its cursor moved
	noteTold        = "told"        // POSITION PROJECTION: a record to be told of
	noteHeard       = "heard"       // TERMINAL …: they were heard of
	noteChanged     = "changed"     // TERMINAL: its state changed
	noteEnrolled    = "enrolled"    // TERMINAL: it was let in
	noteAlarm       = "alarm"       // TERMINAL: it was quarantined
	noteIncarnation = "incarnation" // the database was restored
	noteShown       = "shown"       // NAME …: what the console shows of it changed
)

// toldMost is how many records of one step the other centers are told of, to show
// them: a page shows no more.
const toldMost = 20

func signalMoved(name string) string        { return "projection " + name }
func signalTerminal(terminal string) string { return "terminal " + terminal }

// tellOthers tells the other centers once the transaction is committed.
func (c *Center) tellOthers(tx *store.Tx, note, about string) {
	if c.db.Shared() {
		tx.Notify(note + " " + about)
	}
}

// hear is what another center noted.
func (c *Center) hear(ctx context.Context, note string) {
	word, about, _ := strings.Cut(note, " ")
	switch word {
	case noteLog:
		c.wakeRunners()
	case noteFeed:
		c.feeds.wake(about)
		c.Events.Announce("feeds")
	case noteMoved:
		c.feeds.wake(signalMoved(about))
		c.Events.publish(Event{Board: about})
	case noteTold:
		c.retell(ctx, about)
	case noteHeard:
		for _, terminal := range strings.Fields(about) {
			c.Events.publish(Event{Terminal: terminal})
		}
	case noteChanged:
		c.feeds.wake(signalTerminal(about))
		c.Events.publish(Event{Terminal: about})
	case noteEnrolled:
		c.feeds.wake(signalTerminal(about))
		c.Events.publish(Event{Terminal: about, Enrolled: true})
	case noteAlarm:
		c.Events.publish(Event{Terminal: about, Alarm: true})
	case noteIncarnation:
		c.readIncarnation(ctx)
	case noteShown:
		c.Events.Announce(strings.Fields(about)...)
	}
}

// retell tells of a record that another center's projection has applied.
func (c *Center) retell(ctx context.Context, about string) {
	if !c.Events.heard() {
		return
	}
	at, name, _ := strings.Cut(about, " ")
	position, err := strconv.ParseInt(at, 10, 64)
	r, unknown := c.runner(name)
	if err != nil || unknown != nil {
		return
	}
	if _, ok := r.p.(projection.Teller); !ok {
		return
	}
	var rec store.Received
	if err := c.db.Read(ctx, func(tx *store.Tx) (err error) {
		rec, err = tx.At(position)
		return err
	}); err != nil {
		return // a line on a page, and the next one comes
	}
	for _, e := range r.tell(rec) {
		c.Events.publish(e)
	}
}

// Hears waits until this center hears what the others do that serve the same
// database. Until then it says that all may have changed when it begins to hear.
func (c *Center) Hears(ctx context.Context) error {
	if c.hears == nil {
		return nil // SQLite: there are no others
	}
	select {
	case <-c.hears:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// missed looks at everything, because notes may have been lost.
func (c *Center) missed(ctx context.Context) {
	c.readIncarnation(ctx)
	c.feeds.wakeAll()
	c.wakeRunners()
	c.Events.Announce("all")
	select {
	case <-c.hears:
	default: // the first time; Listen calls one after the other
		close(c.hears)
	}
}

// readIncarnation reads which incarnation the database is of. Another center may
// have found that it was restored; or the server may have, by its standby.
func (c *Center) readIncarnation(ctx context.Context) {
	if err := c.identify(ctx); err != nil && ctx.Err() == nil {
		c.log.Warn("center: which incarnation the database is of cannot be read", "op", "identify", "cause", err)
	}
}
