// Package canteen sells meals in a school's canteen: the counter, the cashier's
// desk, and the page on which a guardian sees the account. They are three
// modules, so that a site grants each what it needs; one terminal may run any.
//
// The counter (New) rests on the viewfinder, as a gate does. Somebody who is
// recognised, or lays down a card or holds up a code, has bought the meal of
// the window that is open: name, meal, price and balance are on the screen, the
// sale is on disk. Only a choice of several meals, an allergy, or a second
// helping takes a touch.
//
// Guarantees: a sale is durable before the page says so, and counted once,
// whatever loses power. Money is whole fen in an int64. A till never takes more
// from accounts than its share of the site's quota allows (till.go), nor from an
// account more than it knows to be there, nor a day more than the guardian's
// limit. Nobody is sold what he is allergic to unless a member of staff says who
// he is. Records carry the person's number, never a name.
//
// Callers must not take a balance shown here for more than the till knows: the
// account as the center had counted it, and its own entries since.
//
// The double-entry ledger is the center's (plugins/canteen/center); the records
// are its journal. Test with kiosk/kiosktest.
package canteen

import (
	"context"
	"log/slog"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// The modules' names in terminal.toml. ID is the purpose a consent names, also
// for the account page.
const (
	ID        = "canteen"
	DeskID    = "canteen-desk"
	AccountID = "canteen-account"
)

// Counter is the module of a counter. Make it with New.
type Counter struct {
	till     *till
	refusals *refusals
	look     time.Duration // how often the page at rest is made anew
}

// New returns the counter's module.
func New() kiosk.Module {
	return &Counter{till: &till{book: inMemory()}, refusals: newRefusals(), look: lookEvery}
}

// inMemory is the book of a till that has no directory.
func inMemory() *Book {
	b, err := OpenBook("")
	if err != nil {
		panic(err) // there is nothing that could fail
	}
	return b
}

// Start implements kiosk.Starter: it opens the till's book.
func (c *Counter) Start(ctx context.Context, s kiosk.Setup) error {
	return c.till.start(ctx, s)
}

// Manifest implements kiosk.Module.
func (c *Counter) Manifest() kiosk.Manifest {
	return kiosk.Manifest{
		ID:      ID,
		Version: "1.0.0",
		Title:   view.T("食堂用餐", "Canteen"),
		Icon:    "canteen",
		Permissions: []kiosk.Permission{
			kiosk.PermIdentify, kiosk.PermWatch, kiosk.PermRecord, kiosk.PermFeeds, kiosk.PermScan, kiosk.PermSpeak,
		},
		Records:    []kiosk.RecordKind{KindSale, KindRefused, KindShare},
		Feeds:      []string{FeedWindows, FeedMenu, FeedDiners, FeedAccounts, FeedShares, kiosk.FeedPeople},
		Unattended: true,
	}
}

var _ kiosk.Starter = (*Counter)(nil)

// Serve implements kiosk.Module. It returns when ctx ends, or when the site has
// not granted what a counter needs.
func (c *Counter) Serve(ctx context.Context, s kiosk.Session) error {
	ctx, cancel := context.WithCancel(ctx)
	v := &visit{
		Counter:   c,
		s:         s,
		sightings: make(chan kiosk.Sighting),
		answers:   make(chan answer),
		named:     make(chan named),
		failed:    make(chan error, 1),
	}
	defer v.running.Wait()
	defer cancel()
	v.running.Go(func() {
		if err := v.watch(ctx); err != nil {
			v.failed <- err
		}
	})
	v.running.Go(func() { v.scan(ctx) })
	if err := v.rest(ctx); err != nil {
		return err
	}
	look := time.NewTicker(c.look)
	defer look.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
			if v.resting && v.stopName == nil {
				err = v.rest(ctx)
			}
		case err = <-v.failed:
		case sg := <-v.sightings:
			err = v.sighted(ctx, sg)
		case a := <-v.answers:
			err = v.answered(ctx, a)
		case n := <-v.named:
			err = v.identified(ctx, n)
		}
		if err != nil {
			return err
		}
	}
}

// lookEvery is how often the page at rest is made anew while nobody is there: a
// window opens or closes, the menu changes, a share has come down.
const lookEvery = 20 * time.Second

// retry is the pause before the camera's stream is asked again.
const retry = time.Second

// watch feeds v.sightings until ctx ends. A stream that breaks is opened again;
// only a refusal for good (not granted, not declared) is returned.
func (v *visit) watch(ctx context.Context) error {
	for {
		err := v.stream(ctx)
		if code := kiosk.CodeOf(err); code == kiosk.CodeDenied {
			return err
		} else if ctx.Err() == nil {
			slog.Warn("canteen: sightings ended", "op", "watch", "code", code, "cause", err)
			v.tell(ctx, kiosk.Sighting{Verdict: kiosk.NoCamera, Time: v.s.Now(), Detail: "watch ended"})
		}
		if !pause(ctx, retry) {
			return nil
		}
	}
}

// pause waits before something is tried again; false when ctx has ended.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

func (v *visit) stream(ctx context.Context) error {
	st, err := v.s.Watch(ctx, kiosk.WatchRequest{})
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }() // a stream that is over has nothing more to say
	for {
		sg, err := st.Next()
		if err != nil {
			return err
		}
		v.tell(ctx, sg)
	}
}

func (v *visit) tell(ctx context.Context, sg kiosk.Sighting) {
	select {
	case v.sightings <- sg:
	case <-ctx.Done():
	}
}
