package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/luohu/ting/kiosk"
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

	up atomic.Pointer[uplink.Uplink] // nil until the terminal is enrolled
}

// enrolAgain is the pause between tries to enrol.
const enrolAgain = 3 * time.Second

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
	poller, err := feed.NewPoller(feed.PollerOptions{
		URL: l.config.Center.URL, TLS: id.TLS(), Center: id.Center, Cache: l.feeds,
		Feeds: []string{kiosk.FeedPeople}, Log: l.log,
	})
	if err != nil {
		l.log.Error("no feeds come down", "op", "feeds", "cause", err)
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
		if err := poller.Run(ctx); err != nil {
			l.log.Error("the feeds ended", "op", "feeds", "cause", err)
		}
	})
	wg.Wait()
}

// identity loads the terminal's identity, or enrols it as soon as there is a
// center and a code. It returns an error only when ctx ends.
func (l *link) identity(ctx context.Context) (*uplink.Identity, error) {
	dir := filepath.Join(l.config.Terminal.State, "device")
	var said string
	for {
		id, err := uplink.LoadIdentity(dir)
		if errors.Is(err, uplink.ErrNotEnrolled) {
			id, err = l.enrol(ctx, dir)
		}
		if err == nil {
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
	if c.Center.CodeFile == "" {
		return nil, errors.New("center.code_file: an enrolment code is needed; the console gives one")
	}
	code, err := os.ReadFile(c.Center.CodeFile)
	if err != nil {
		return nil, fmt.Errorf("center.code_file: put the code there that the console gives: %w", err)
	}
	id, err := uplink.Enrol(ctx, uplink.Enrolment{
		Dir: dir, URL: c.Center.URL, CA: ca, Terminal: c.Terminal.ID, Site: c.Terminal.Site,
		Place: c.Terminal.Place.ZH, Code: strings.TrimSpace(string(code)), Epoch: l.journal.Epoch(),
	})
	if err != nil {
		return nil, err
	}
	l.log.Info("enrolled at the center", "op", "enrol", "terminal", id.Terminal, "site", id.Site)
	return id, nil
}

// status is how the line is; ok is false while the terminal is not enrolled.
func (l *link) status() (s uplink.Status, ok bool) {
	if up := l.up.Load(); up != nil {
		return up.Status(), true
	}
	return uplink.Status{}, false
}
