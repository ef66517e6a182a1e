package fleet

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/sync/feed"
	"github.com/luohu/ting/sync/journal"
	"github.com/luohu/ting/sync/uplink"
	"github.com/luohu/ting/sync/wire"
)

// terminal is one terminal of a rack: all of it but the screen.
type terminal struct {
	Terminal
	rack    *rack
	profile Profile
	journal *journal.Journal
	feeds   *feed.Cache
	up      atomic.Pointer[uplink.Uplink]

	mu      sync.Mutex
	commits Times
}

func (t *terminal) now() time.Time { return time.Now().Add(t.Clock) }

// Folder is where a terminal of a rack keeps its state.
func Folder(rackDir, terminal string) string { return filepath.Join(rackDir, terminal) }

func (r *rack) open(ctx context.Context, spec Terminal, p Profile) (*terminal, error) {
	t := &terminal{Terminal: spec, rack: r, profile: p}
	dir := Folder(r.order.Dir, spec.ID)
	var err error
	t.journal, err = journal.Open(ctx, filepath.Join(dir, "journal.db"), journal.Options{
		Terminal: spec.ID, Clock: t.now, Log: r.log, Retention: r.order.Retention,
		MinFree: -1, Reserve: -1, // hundreds share one disk
		TidyEvery: 500 * time.Millisecond, Device: spec.Device,
	})
	if err != nil {
		return nil, err
	}
	if r.order.Feeds {
		t.feeds, err = feed.OpenCache(ctx, filepath.Join(dir, "feeds.db"), feed.CacheOptions{Site: spec.Site, Clock: t.now, Log: r.log})
	}
	if err == nil {
		err = t.gather(ctx, r.order.Backlog)
	}
	return t, err
}

// gather makes records together, so that they share commits.
func (t *terminal) gather(ctx context.Context, n int) error {
	const together = 50
	random := rand.New(rand.NewPCG(t.Seed, 7))
	for done := 0; done < n; {
		some := min(together, n-done)
		entries, errs := make([]journal.Entry, some), make([]error, some)
		for i := range entries {
			entries[i] = t.profile.Entry(random, t.now())
		}
		var all sync.WaitGroup
		for i, e := range entries {
			all.Go(func() {
				a, err := t.journal.Append(ctx, e)
				if errs[i] = err; err == nil {
					t.rack.say(lineDone + t.ID + " " + a.ID.String())
				}
			})
		}
		all.Wait()
		if err := errors.Join(errs...); err != nil {
			return err
		}
		done += some
	}
	return nil
}

func (t *terminal) close() error {
	err := t.journal.Close()
	if t.feeds != nil {
		err = errors.Join(err, t.feeds.Close())
	}
	return err
}

// run makes records and brings them up until ctx ends, or the journal fails.
func (t *terminal) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var all sync.WaitGroup
	defer all.Wait()
	all.Go(func() { t.link(ctx) })
	all.Go(func() { t.people(ctx) })
	select {
	case <-ctx.Done():
		return nil
	case <-t.journal.Failed():
		cancel()
		return t.journal.Err()
	}
}

// people come and leave records behind.
func (t *terminal) people(ctx context.Context) {
	random := rand.New(rand.NewPCG(t.Seed, uint64(t.rack.order.Start)))
	days := t.rack.order.Days
	load := loaded{t.profile, t.Load}
	for {
		wait, comes := days.next(load, random, time.Now())
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-t.rack.quiet:
			timer.Stop()
			return
		case <-timer.C:
		}
		if !comes {
			continue
		}
		began := time.Now()
		a, err := t.journal.Append(ctx, t.profile.Entry(random, t.now()))
		switch {
		case err == nil:
			t.rack.say(lineDone + t.ID + " " + a.ID.String())
			t.took(time.Since(began))
		case ctx.Err() != nil, errors.Is(err, journal.ErrDurability):
			return
		case errors.Is(err, journal.ErrDiskFull):
			t.rack.say(lineRefused + t.ID + " disk-full")
		default:
			t.rack.say(lineRefused + t.ID + " " + err.Error())
		}
	}
}

// loaded is a profile at a multiple of its rate.
type loaded struct {
	Profile
	times float64
}

// Rate implements Profile.
func (l loaded) Rate(day time.Time) float64 { return l.Profile.Rate(day) * l.times }

func (t *terminal) took(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.commits.Count++
	t.commits.Total += d
	t.commits.Most = max(t.commits.Most, d)
}

// link enrols the terminal once, and then sends and follows feeds as app/ting does.
func (t *terminal) link(ctx context.Context) {
	id, err := t.identity(ctx)
	if err != nil {
		return // ctx has ended
	}
	o := t.rack.order
	up, err := uplink.New(uplink.Options{
		URL: t.URL, Identity: id, Journal: t.journal, Clock: t.now, Log: t.rack.log,
		Health:    func() wire.Health { return wire.Health{Version: "fleet"} },
		Heartbeat: o.Heartbeat, Timeout: o.Timeout, BackoffMost: o.BackoffMost, SlowRetry: 4 * o.BackoffMost,
	})
	if err != nil {
		t.rack.say(lineFailed + t.ID + " " + err.Error())
		return
	}
	t.up.Store(up)
	var all sync.WaitGroup
	all.Go(func() {
		if err := up.Run(ctx); err != nil && ctx.Err() == nil {
			t.rack.log.Error("the uplink ended", "op", "uplink", "terminal", t.ID, "cause", err)
		}
	})
	if t.feeds != nil {
		all.Go(func() { t.follow(ctx, id) })
	}
	all.Wait()
}

func (t *terminal) follow(ctx context.Context, id *uplink.Identity) {
	p, err := feed.NewPoller(feed.PollerOptions{URL: t.URL, TLS: id.TLS(), Center: id.Center, Cache: t.feeds,
		Feeds: []string{kiosk.FeedPeople}, Log: t.rack.log, BackoffMost: t.rack.order.BackoffMost})
	if err == nil {
		err = p.Run(ctx)
	}
	if err != nil && ctx.Err() == nil {
		t.rack.log.Error("no feeds come down", "op", "feeds", "terminal", t.ID, "cause", err)
	}
}

// identity loads the terminal's identity, or enrols it as soon as the center can
// be reached.
func (t *terminal) identity(ctx context.Context) (*uplink.Identity, error) {
	dir := filepath.Join(Folder(t.rack.order.Dir, t.ID), "device")
	for {
		id, err := uplink.LoadIdentity(dir)
		if errors.Is(err, uplink.ErrNotEnrolled) {
			id, err = uplink.Enrol(ctx, uplink.Enrolment{Dir: dir, URL: t.URL, CA: t.rack.ca, Terminal: t.ID, Site: t.Site,
				Code: t.Code, Epoch: t.journal.Epoch()})
		}
		if err == nil {
			return id, nil
		}
		var refused *uplink.RefusedError
		if errors.As(err, &refused) && refused.Status/100 == 4 && refused.Reason != wire.EnrolTooMany {
			t.rack.say(lineFailed + t.ID + " " + fmt.Sprint(err))
		}
		wait := time.NewTimer(t.rack.order.BackoffMost/4 + time.Duration(rand.Int64N(int64(t.rack.order.BackoffMost))))
		select {
		case <-ctx.Done():
			wait.Stop()
			return nil, ctx.Err()
		case <-wait.C:
		}
	}
}

// sum adds the terminal to its rack's report.
func (t *terminal) sum(s *Report) {
	s.Unsent += t.journal.Unsent()
	s.Epochs += t.journal.Epoch()
	if up := t.up.Load(); up != nil {
		st := up.Status()
		if st.Online {
			s.Online++
		}
		if len(st.Stopped) > 0 {
			s.Stopped++
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	s.Commits.Count += t.commits.Count
	s.Commits.Total += t.commits.Total
	s.Commits.Most = max(s.Commits.Most, t.commits.Most)
	t.commits = Times{}
}
