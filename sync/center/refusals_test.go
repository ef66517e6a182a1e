package center

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// TestRefusalsAreKeptByWhomAndWhence has a revoked terminal and a stranger
// knock, and reads what the console shows, also after the center was restarted.
func TestRefusalsAreKeptByWhomAndWhence(t *testing.T) { onBoth(t, testRefusalsAreKeptByWhomAndWhence) }

func testRefusalsAreKeptByWhomAndWhence(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, Options{Dir: dir})
	tm, other := s.enrol("gate-1", "school-1"), s.enrol("gate-2", "school-1")
	if err := s.c.SetState(context.Background(), "admin", "gate-1", store.Revoked); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		tm.Send(record.Ordinary, record.Hash{}, tm.Make(record.Ordinary, 1, "a.b", "", `{}`))
	}
	head := tm.Head(record.Ordinary, record.Hash{}, nil)
	if ack, err := other.TrySend(context.Background(), head, nil); err != nil || ack.Code != wire.Sig {
		t.Errorf("gate-2 passed for gate-1: %+v, %v", ack, err)
	}
	find := func(reason string) (r store.Refusal) {
		t.Helper()
		list, err := s.c.Refused(context.Background(), 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, r = range list {
			if r.Reason == reason {
				return r
			}
		}
		t.Fatalf("no %s among %+v", reason, list)
		return r
	}
	if r := find("up.revoked"); r.Count != 3 || r.Terminal != "gate-1" || r.Source != "127.0.0.1" || r.FirstAt.After(r.LastAt) {
		t.Errorf("%+v", r)
	}
	if r := find("up.sig"); r.Terminal != "gate-2" || r.Detail != "gate-1" {
		t.Errorf("%+v does not say who claimed to be whom", r)
	}
	s.close()
	s = serve(t, Options{Dir: dir})
	if r := find("up.revoked"); r.Count != 3 {
		t.Errorf("after a restart: %+v", r)
	}
}

func TestRefusalsAreBounded(t *testing.T) {
	day := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	r := Refusals{now: func() time.Time { return day }}
	for i := range 5 * refusalsADay {
		r.Note("tls", "", fmt.Sprintf("10.0.%d.%d", i/256, i%256), "\x1b[31m"+strings.Repeat("长", 100)+"\n")
	}
	first := r.take()
	if len(first) != refusalsADay+1 || first[refused{"tls", "", otherSources}].Count != 4*refusalsADay {
		t.Errorf("%d sums are kept of one day", len(first))
	}
	for _, sum := range first {
		if len(sum.Detail) > refusalDetail || strings.ContainsAny(sum.Detail, "\x1b\n") {
			t.Fatalf("a stranger's text is kept as %q", sum.Detail)
		}
	}
	r.Note("tls", "", "10.9.9.9", "")
	if sums := r.take(); sums[refused{"tls", "", otherSources}] == nil {
		t.Errorf("the same day has room again: %+v", sums)
	}
	day = day.AddDate(0, 0, 1)
	r.Note("tls", "", "10.9.9.9", "")
	again := r.take()
	if again[refused{"tls", "", "10.9.9.9"}] == nil {
		t.Errorf("the next day has no room: %+v", again)
	}
	r.Note("tls", "", "10.9.9.9", "")
	r.restore(again)
	if sum := r.take()[refused{"tls", "", "10.9.9.9"}]; sum.Count != 2 {
		t.Errorf("what could not be stored is lost: %+v", sum)
	}
	if n := r.Counts()["tls"]; n != 5*refusalsADay+3 {
		t.Errorf("%d counted", n)
	}
}
