package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/sync/feed"
	"github.com/luohu/ting/sync/journal"
	"github.com/luohu/ting/sync/uplink"
	"github.com/luohu/ting/sync/wire"
)

// link is the terminal's line to the center: enrolment once, then records up
// and feeds down for as long as the terminal runs. Nothing waits for it.
type link struct {
	config  *Config
	log     *slog.Logger
	journal *journal.Journal
	feeds   *feed.Cache
	health  func() wire.Health
	// modules is the state of the terminal's modules; changed receives when it may
	// have changed, and holds one signal.
	modules func() []host.Status
	changed <-chan struct{}

	up        atomic.Pointer[uplink.Uplink]    // nil until the terminal is enrolled
	applicant atomic.Pointer[uplink.Applicant] // while it waits to be let in, without a code
}

// application is what the screen shows of a terminal that waits to be let in: a QR
// code that leads an administrator to it in the console, and six digits.
func (l *link) application() (qr, digits string, ok bool) {
	if a := l.applicant.Load(); a != nil {
		return a.QR(), a.Digits(), true
	}
	return "", "", false
}

// enrolAgain is the pause between tries to enrol.
const enrolAgain = 3 * time.Second

// applyAgain is the pause after an administrator has refused.
const applyAgain = time.Minute

func (l *link) run(ctx context.Context) {
	id, err := l.identity(ctx)
	if err != nil {
		return // ctx has ended
	}
	up, err := uplink.New(uplink.Options{
		URL: l.config.Center.URL, Identity: id, Journal: l.journal, Health: l.health, Log: l.log,
	})
	if err != nil {
		l.log.Error("no records go up", "op", "uplink", "cause", err)
		return
	}
	l.up.Store(up)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := up.Run(ctx); err != nil {
			l.log.Error("the uplink ended", "op", "uplink", "cause", err)
		}
	})
	wg.Go(func() {
		follow(ctx, l.changed, l.wanted, func(ctx context.Context, feeds []string) { l.poll(ctx, id, feeds) })
	})
	wg.Wait()
}

// poll brings feeds down until ctx ends.
func (l *link) poll(ctx context.Context, id *uplink.Identity, feeds []string) {
	poller, err := feed.NewPoller(feed.PollerOptions{
		URL: l.config.Center.URL, TLS: id.TLS(), Center: id.Center, Cache: l.feeds, Feeds: feeds, Log: l.log,
	})
	if err == nil {
		l.log.Debug("feeds come down", "op", "feeds", "feeds", feeds)
		err = poller.Run(ctx)
	}
	if err != nil {
		l.log.Error("no feeds come down", "op", "feeds", "cause", err)
	}
}

// mostFeeds is how many feeds a terminal follows besides the revocations. The
// center lets it wait for sixteen at once, and the revocations may take two.
const mostFeeds = 14

// wanted is the feeds to follow: the people and the policy, then what the manifests of the
// modules name that are known so far, in the order of terminal.toml.
func (l *link) wanted() []string {
	feeds := []string{kiosk.FeedPeople, kiosk.FeedPolicy}
	for _, s := range l.modules() {
		for _, name := range s.Manifest.Feeds {
			switch {
			case name == kiosk.FeedRevocations || slices.Contains(feeds, name):
			case len(feeds) == mostFeeds:
				l.log.Warn("a feed is left out: the terminal follows too many", "op", "feeds", "feed", name, "module", s.ID, "most", mostFeeds)
			default:
				feeds = append(feeds, name)
			}
		}
	}
	return feeds
}

// follow keeps poll going with the feeds wanted until ctx ends. A module's
// manifest is known once it has run, which may be late, or again with another
// release: poll is then ended and called with the new feeds. Withdrawals and
// people never wait for a module.
func follow(ctx context.Context, changed <-chan struct{}, wanted func() []string, poll func(context.Context, []string)) {
	for ctx.Err() == nil {
		feeds := wanted()
		polling, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() {
			defer close(done)
			poll(polling, feeds)
		}()
		for same := true; same; {
			select {
			case <-ctx.Done():
				same = false
			case <-changed:
				same = slices.Equal(feeds, wanted())
			}
		}
		stop()
		<-done
	}
}

// identity loads the terminal's identity, or enrols it as soon as there is a
// center and a code. It returns an error only when ctx ends.
func (l *link) identity(ctx context.Context) (*uplink.Identity, error) {
	dir := filepath.Join(l.config.Terminal.State, "device")
	var said string
	for {
		id, err := uplink.LoadIdentity(dir)
		switch {
		case errors.Is(err, uplink.ErrNotEnrolled):
			id, err = l.enrol(ctx, dir)
		case err == nil && time.Now().After(id.NotAfter()):
			// It was off for longer than its certificate is good, or its clock is wrong.
			l.log.Warn("the certificate has ended; asking to be let in anew", "op", "enrol", "until", id.NotAfter().Format(time.DateOnly))
			id, err = l.enrol(ctx, dir)
		}
		if err == nil && id.Site != l.config.Terminal.Site {
			err = fmt.Errorf("the center has this terminal at site %q, terminal.site says %q: correct terminal.site and start again",
				id.Site, l.config.Terminal.Site)
		}
		if err == nil {
			l.applicant.Store(nil)
			return id, nil
		}
		if s := err.Error(); s != said {
			said = s
			l.log.Warn("not enrolled at the center; local business goes on", "op", "enrol", "cause", err)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(enrolAgain):
		}
	}
}

func (l *link) enrol(ctx context.Context, dir string) (*uplink.Identity, error) {
	c := l.config
	ca, err := os.ReadFile(c.Center.CA)
	if err != nil {
		return nil, fmt.Errorf("center.ca: copy ca.pem from the center's state directory: %w", err)
	}
	e := uplink.Enrolment{
		Dir: dir, URL: c.Center.URL, CA: ca, Terminal: c.Terminal.ID, Site: c.Terminal.Site,
		Place: c.Terminal.Place.ZH, Epoch: l.journal.Epoch(),
	}
	code, err := l.code()
	if err != nil {
		return nil, err
	}
	var id *uplink.Identity
	if e.Code = code; code != "" {
		id, err = uplink.Enrol(ctx, e)
	} else {
		id, err = l.apply(ctx, e)
	}
	if err != nil {
		return nil, err
	}
	l.log.Info("enrolled at the center", "op", "enrol", "terminal", id.Terminal, "site", id.Site)
	return id, nil
}

// code is the one-time code that lies ready, "" for none.
func (l *link) code() (string, error) {
	path := l.config.Center.CodeFile
	if path == "" {
		return "", nil
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("center.code_file: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}

// apply asks once to be let in without a code; the screen shows meanwhile what an
// administrator needs.
func (l *link) apply(ctx context.Context, e uplink.Enrolment) (*uplink.Identity, error) {
	a := l.applicant.Load()
	if a == nil {
		var err error
		if a, err = uplink.NewApplicant(e); err != nil {
			return nil, err
		}
		l.applicant.Store(a)
		l.log.Info("this terminal asks to be let in: an administrator approves it in the console", "op", "enrol", "digits", a.Digits())
	}
	id, err := a.Ask(ctx)
	var no *uplink.RefusedError
	if errors.As(err, &no) && (no.Reason == wire.EnrolRefused || no.Reason == wire.EnrolInactive) {
		l.applicant.Store(nil) // others see another nonce and other digits
		select {
		case <-time.After(applyAgain):
		case <-ctx.Done():
		}
	}
	return id, err
}

// status is how the line is; ok is false while the terminal is not enrolled.
func (l *link) status() (s uplink.Status, ok bool) {
	if up := l.up.Load(); up != nil {
		return up.Status(), true
	}
	return uplink.Status{}, false
}
