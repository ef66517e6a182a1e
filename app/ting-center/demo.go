package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/luohu/ting/assets/demo"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/plugins/enrolment"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/store"
)

// The demo's terminal.
const (
	demoTerminal = "gate-east-1"
	demoSite     = demo.School1
	metaDemo     = "demo"
)

// demoDistrict keeps an enrolment code ready for the demo's terminal, as an
// administrator would after each time it was set up anew.
type demoDistrict struct {
	c    *center.Center
	path string
	end  context.CancelFunc
	done chan struct{}
}

// loadDemo puts the invented district into the center: its sites, the people in
// its register, what they agreed to and what they took back.
func loadDemo(ctx context.Context, c *center.Center, dir string, log *slog.Logger) (*demoDistrict, error) {
	if err := loadSites(ctx, c); err != nil {
		return nil, err
	}
	var changes []center.FeedChange
	for _, s := range demo.District().Sites {
		for _, p := range demo.People(s.ID) {
			changes = append(changes, center.FeedChange{Site: s.ID, Feed: kiosk.FeedPeople, Key: p.ID, Value: p})
		}
	}
	if err := c.Register(ctx, changes); err != nil {
		return nil, err
	}
	if err := loadConsents(ctx, c); err != nil {
		return nil, err
	}
	if err := loadCanteen(ctx, c); err != nil {
		return nil, err
	}
	if err := loadHall(ctx, c); err != nil {
		return nil, err
	}
	if err := loadLibrary(ctx, c); err != nil {
		return nil, err
	}
	d := &demoDistrict{c: c, path: filepath.Join(dir, "enrol-code"), done: make(chan struct{})}
	if err := d.writeCode(ctx); err != nil {
		return nil, err
	}
	watch, end := context.WithCancel(context.Background())
	d.end = end
	events, stop := c.Events.Listen()
	go func() {
		defer close(d.done)
		defer stop()
		for {
			select {
			case <-watch.Done():
				return
			case e := <-events:
				if !e.Enrolled || e.Terminal != demoTerminal {
					continue
				}
				if err := d.writeCode(watch); err != nil && !errors.Is(err, context.Canceled) {
					log.Warn("center: no new enrolment code for the demo", "op", "demo", "cause", err)
				}
			}
		}
	}()
	return d, nil
}

func (d *demoDistrict) stop() {
	d.end()
	<-d.done
}

func (d *demoDistrict) writeCode(ctx context.Context) error {
	code, _, err := d.c.MakeCode(ctx, "demo", demoTerminal, demoSite)
	if err != nil {
		return err
	}
	if err := os.WriteFile(d.path+".new", []byte(code+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(d.path+".new", d.path)
}

func loadSites(ctx context.Context, c *center.Center) error {
	return c.Edit(ctx, func(tx *store.Tx) error {
		for _, s := range demo.District().Sites {
			if err := tx.PutSite(store.Site{ID: s.ID, NameZH: s.Name.ZH, NameEN: s.Name.EN}); err != nil {
				return err
			}
		}
		return nil
	})
}

// loadConsents records, once, what the demo's people agreed to and took back.
func loadConsents(ctx context.Context, c *center.Center) error {
	var loaded string
	if err := c.View(ctx, func(tx *store.Tx) (err error) {
		loaded, err = tx.Meta(metaDemo)
		return err
	}); err != nil || loaded != "" {
		return err
	}
	var last int64
	for _, s := range demo.District().Sites {
		for _, p := range demo.People(s.ID) {
			for _, agreed := range demo.Consents(p.ID) {
				position, err := c.Record(ctx, s.ID, enrolment.Consented{Person: p.ID, Name: p.Name, Role: p.Role, Group: p.Group,
					Purposes: agreed.Purposes, TextVersion: agreed.TextVersion, GivenBy: agreed.GivenBy, Way: agreed.Way, At: agreed.Time})
				if err != nil {
					return err
				}
				last = position
			}
		}
		for _, r := range demo.Revocations(s.ID) {
			position, err := c.Record(ctx, s.ID, enrolment.Withdrawn{Person: r.Person, Purposes: r.Purposes, At: r.Time})
			if err != nil {
				return err
			}
			last = position
		}
	}
	// Terminals must find the revocations when they first ask.
	if err := c.Projected(ctx, enrolment.ID, last); err != nil {
		return err
	}
	return c.Edit(ctx, func(tx *store.Tx) error { return tx.SetMeta(metaDemo, demo.District().ID) })
}
