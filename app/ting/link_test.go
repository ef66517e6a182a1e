package main

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/host"
)

func TestWantedFeeds(t *testing.T) {
	module := func(id string, feeds ...string) host.Status {
		return host.Status{ID: id, Manifest: kiosk.Manifest{ID: id, Feeds: feeds}}
	}
	many := strings.Split("abcdefghijklm", "")
	for name, tt := range map[string]struct {
		modules []host.Status
		want    []string
		leftOut bool
	}{
		"no module has run":       {[]host.Status{{ID: "gate", State: host.Starting}}, []string{"people", "policy"}, false},
		"what manifests name":     {[]host.Status{module("gate", "presence"), module("canteen", "menu", "presence")}, []string{"people", "policy", "presence", "menu"}, false},
		"what comes anyway":       {[]host.Status{module("x", "revocations", "people", "menu")}, []string{"people", "policy", "menu"}, false},
		"as many as there may be": {[]host.Status{module("x", many[:12]...)}, append([]string{"people", "policy"}, many[:12]...), false},
		"too many":                {[]host.Status{module("x", many[:6]...), module("y", many[6:]...)}, append([]string{"people", "policy"}, many[:12]...), true},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			l := &link{log: slog.New(slog.NewTextHandler(&log, nil)), modules: func() []host.Status { return tt.modules }}
			if diff := cmp.Diff(tt.want, l.wanted()); diff != "" {
				t.Errorf("feeds (-want +got):\n%s", diff)
			}
			if said := strings.Contains(log.String(), "left out"); said != tt.leftOut {
				t.Errorf("log: %s", &log)
			}
		})
	}
}

// TestFollowBeginsAnewWithAModule: feeds come down at once, and those of a module
// as soon as it has run; a change that names no new feed disturbs nothing.
func TestFollowBeginsAnewWithAModule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		changed := make(chan struct{}, 1)
		feeds := []string{"people"}
		var polled [][]string
		polling := 0
		over := make(chan struct{})
		go func() {
			defer close(over)
			follow(ctx, changed, func() []string { return slices.Clone(feeds) }, func(ctx context.Context, feeds []string) {
				polled = append(polled, feeds)
				polling++
				<-ctx.Done()
				polling--
			})
		}()
		want := func(all ...[]string) {
			t.Helper()
			synctest.Wait()
			if diff := cmp.Diff(all, polled); diff != "" || polling != 1 {
				t.Errorf("%d are polling, one after the other (-want +got):\n%s", polling, diff)
			}
		}
		want([]string{"people"})
		changed <- struct{}{}
		want([]string{"people"})
		feeds = []string{"people", "presence"}
		changed <- struct{}{}
		want([]string{"people"}, []string{"people", "presence"})
		cancel()
		<-over
		if polling != 0 {
			t.Error("still polling after the end")
		}
	})
}
