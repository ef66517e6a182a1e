package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/assets/demo"
	"github.com/luohu/ting/plugins/gate"
	"github.com/luohu/ting/sync/journal"
	"github.com/luohu/ting/sync/uplink"
)

// TestTheTerminalsOwnEnd lets the real journal and uplink speak to the real
// center, which is killed in between.
func TestTheTerminalsOwnEnd(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, "127.0.0.1:0", "-demo")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	log := slog.New(slog.DiscardHandler)
	j, err := journal.Open(ctx, filepath.Join(t.TempDir(), "journal.db"), journal.Options{Terminal: demoTerminal, Log: log, MinFree: -1, Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	id, err := uplink.Enrol(ctx, uplink.Enrolment{Dir: t.TempDir(), URL: p.url, CA: []byte(p.read("ca.pem")), Terminal: demoTerminal,
		Site: demoSite, Place: "第一小学 东门", Code: p.read("enrol-code"), Epoch: j.Epoch()})
	if err != nil {
		t.Fatal(err)
	}
	u, err := uplink.New(uplink.Options{URL: p.url, Identity: id, Journal: j, Log: log, Heartbeat: 100 * time.Millisecond, BackoffMost: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- u.Run(ctx) }()
	pass := func(person string) {
		t.Helper()
		r := gate.Pass{Person: person, Direction: gate.In, Way: "face", Lane: "east", At: time.Now()}
		body, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := j.Append(ctx, journal.Entry{Kind: r.RecordKind().Name, Version: r.RecordKind().Version, Key: r.AggregateKey(), Body: body}); err != nil {
			t.Fatal(err)
		}
	}
	people := demo.People(demoSite)
	pass(people[0].ID)
	pass(people[1].ID)
	sent(t, j)
	p.kill()
	pass(people[2].ID) // nobody is told that the center is away
	p = start(t, dir, strings.TrimPrefix(p.url, "https://"), "-demo")
	sent(t, j)
	cancel()
	if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	browser := p.browser()
	deadline := time.After(20 * time.Second)
	for {
		page := get(t, browser, p.url+"/boards/"+demoSite)
		if strings.Contains(page, "现在在校 3 人") && strings.Contains(page, people[2].Name) {
			break
		}
		select {
		case <-deadline:
			t.Fatalf("the board does not show three people:\n%s", page)
		case <-time.After(20 * time.Millisecond):
		}
	}
	if page := get(t, browser, p.url+"/"); !strings.Contains(page, "第一小学 东门") {
		t.Error("the overview does not list the terminal")
	}
}

// sent waits until the center has everything.
func sent(t *testing.T, j *journal.Journal) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for j.Unsent() > 0 {
		select {
		case <-deadline:
			t.Fatalf("%d records are still unsent", j.Unsent())
		case <-time.After(10 * time.Millisecond):
		}
	}
}
