package center

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/wire"
)

// Contact is what a terminal last said of itself.
type Contact struct {
	At         time.Time
	ClockError time.Duration // above 0 the terminal is ahead
	Health     wire.Health
	stored     bool
	hour       store.Hour // heard since the last storing
}

// contacts are kept in memory and stored every few seconds: they are news, not
// records, and must not cost a commit each.
type contacts struct {
	mu     sync.Mutex
	heard  map[string]Contact
	polled map[[2]string]store.FeedCursor // by terminal and feed, not stored yet
	noted  map[[2]string]store.FeedCursor // as stored
}

// cursorNews is how long a feed's cursor that does not move goes without storing.
const cursorNews = 10 * time.Minute

// heardAtOnce is how many terminals one note names: a note has some kilobytes.
const heardAtOnce = 40

// hoursKept is how long the history of contacts is.
const hoursKept = 30 * 24 * time.Hour

func (c *contacts) hear(h wire.Head, at time.Time) {
	contact := Contact{At: at, ClockError: h.SentAt.Sub(at), Health: trimHealth(h.Health)}
	hour := store.Hour{Hour: at.Truncate(time.Hour), Contacts: 1, Unsent: contact.Health.Unsent,
		ClockError: contact.ClockError, Troubles: len(contact.Health.Devices)}
	c.mu.Lock()
	defer c.mu.Unlock()
	if contact.Health.Parts == nil {
		contact.Health.Parts = c.heard[h.Terminal].Health.Parts // as it said before
	}
	if old := c.heard[h.Terminal]; !old.stored && old.hour.Hour.Equal(hour.Hour) {
		hour.Contacts += old.hour.Contacts
		hour.Unsent, hour.Troubles = max(hour.Unsent, old.hour.Unsent), max(hour.Troubles, old.hour.Troubles)
		if old.hour.ClockError.Abs() > hour.ClockError.Abs() {
			hour.ClockError = old.hour.ClockError
		}
	}
	contact.hour = hour
	c.heard[h.Terminal] = contact
}

// poll notes how far a terminal says it has applied a feed.
func (c *contacts) poll(terminal, feed string, after uint64, at time.Time) {
	k, cur := [2]string{terminal, feed}, store.FeedCursor{Terminal: terminal, Feed: feed, Revision: after, At: at}
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.noted[k]; ok && old.Revision == after && at.Sub(old.At) < cursorNews {
		return
	}
	if c.polled == nil {
		c.polled, c.noted = map[[2]string]store.FeedCursor{}, map[[2]string]store.FeedCursor{}
	}
	c.polled[k] = cur
}

// Limits of what a terminal may say of itself.
const (
	maxTroubles = 32
	maxTrouble  = 200 // bytes
	maxParts    = 64
)

func trimHealth(h wire.Health) wire.Health {
	h.Unsent, h.Lag = max(h.Unsent, 0), max(h.Lag, 0)
	h.Version = cut(h.Version)
	devices := map[string]string{}
	for name, trouble := range h.Devices {
		if len(devices) == maxTroubles {
			break
		}
		devices[cut(name)] = cut(trouble)
	}
	h.Devices = devices
	if h.Parts != nil {
		parts := slices.Clone(h.Parts[:min(len(h.Parts), maxParts)])
		for i := range parts {
			p := &parts[i]
			p.Kind, p.Name, p.State, p.Reason = cut(p.Kind), cut(p.Name), cut(p.State), cut(p.Reason)
			p.Limit = max(p.Limit, 0)
		}
		h.Parts = parts
	}
	if h.Position != nil && !h.Position.Valid() {
		h.Position = nil
	}
	return h
}

func cut(s string) string { return cutAt(s, maxTrouble) }

// cutAt shortens a text to at most so many bytes, between two characters.
func cutAt(s string, most int) string {
	if len(s) <= most {
		return s
	}
	s = s[:most]
	for len(s) > 0 && !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s
}

func (c *Center) flushContacts(ctx context.Context) error {
	c.contacts.mu.Lock()
	fresh := map[string]Contact{}
	for terminal, contact := range c.contacts.heard {
		if !contact.stored {
			fresh[terminal] = contact
			contact.stored = true
			c.contacts.heard[terminal] = contact
		}
	}
	polled := c.contacts.polled
	c.contacts.polled = map[[2]string]store.FeedCursor{}
	if c.contacts.noted == nil {
		c.contacts.noted = map[[2]string]store.FeedCursor{}
	}
	for k, cur := range polled {
		c.contacts.noted[k] = cur
	}
	c.contacts.mu.Unlock()
	if len(fresh) == 0 && len(polled) == 0 {
		return nil
	}
	return c.db.Write(ctx, func(tx *store.Tx) error {
		for terminal, h := range fresh {
			if err := errors.Join(tx.SetContact(terminal, h.At, h.ClockError, h.Health), tx.AddHour(terminal, h.hour)); err != nil {
				return err
			}
		}
		for _, cur := range polled {
			if err := tx.SetFeedCursor(cur); err != nil {
				return err
			}
		}
		for some := range slices.Chunk(keys(fresh), heardAtOnce) {
			c.tellOthers(tx, noteHeard, strings.Join(some, " "))
		}
		return nil
	})
}

// Terminals lists the enrolled terminals with what was last heard of them.
func (c *Center) Terminals(ctx context.Context) (list []store.Device, err error) {
	err = c.db.Read(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.Devices()
		return err
	})
	c.contacts.mu.Lock()
	defer c.contacts.mu.Unlock()
	for i := range list {
		if h, ok := c.contacts.heard[list[i].Terminal]; ok && h.At.After(list[i].LastContact) { // or it speaks to another center now
			if h.Health.Parts == nil {
				h.Health.Parts = list[i].Health.Parts
			}
			list[i].LastContact, list[i].ClockError, list[i].Health = h.At, h.ClockError, h.Health
		}
	}
	return list, err
}

// FeedCursors lists how far the terminals said they had applied each feed.
func (c *Center) FeedCursors(ctx context.Context) (list []store.FeedCursor, err error) {
	err = c.db.Read(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.FeedCursors()
		return err
	})
	c.contacts.mu.Lock()
	defer c.contacts.mu.Unlock()
	fresh := maps.Clone(c.contacts.polled)
	for i, cur := range list {
		k := [2]string{cur.Terminal, cur.Feed}
		if newer, ok := fresh[k]; ok {
			list[i] = newer
			delete(fresh, k)
		}
	}
	for _, cur := range fresh {
		list = append(list, cur)
	}
	slices.SortFunc(list, func(a, b store.FeedCursor) int {
		return cmp.Or(strings.Compare(a.Terminal, b.Terminal), strings.Compare(a.Feed, b.Feed))
	})
	return list, err
}

// SetState lets a terminal in again, or keeps it out. A quarantined terminal
// comes back by being enrolled anew, which gives it a new epoch.
func (c *Center) SetState(ctx context.Context, who, terminal string, s store.State) error {
	if s == store.Active {
		return errors.New("a terminal becomes active by enrolling: make a code for it")
	}
	err := c.db.Write(ctx, func(tx *store.Tx) error {
		if err := tx.SetState(terminal, s); err != nil {
			return err
		}
		// A code that was made before must not let it in again.
		if err := tx.DropCodes(terminal); err != nil {
			return err
		}
		c.tellOthers(tx, noteChanged, terminal)
		return tx.Note(store.Audit{At: c.now(), Who: who, Action: "terminal." + string(s), Subject: terminal})
	})
	if err == nil {
		c.feeds.wake(signalTerminal(terminal))
		c.Events.publish(Event{Terminal: terminal})
	}
	return err
}
