package center

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/luohu/ting/sync/center/pgtest"
	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// TestTheStandbyTakesOver runs a server with a synchronous standby. What the center
// calls safe is on the standby's disk; when the server is gone and the standby is
// promoted, nothing acknowledged is missing, and terminals see another incarnation.
func TestTheStandbyTakesOver(t *testing.T) {
	primary := pgtest.Start(t)
	primary.Do(t, `CREATE DATABASE ting`)
	dir := t.TempDir()
	s := serve(t, Options{Dir: dir, Database: primary.URL("ting"), Safe: SafeStandby})
	tm := s.enrol("gate-1", "school-1")
	ctx := context.Background()
	rs := tm.Make(record.Ordinary, 6, "a.b", "", `{}`)
	if ack := tm.Send(record.Ordinary, record.Hash{}, rs[:2]); ack.CommittedSeq != 2 || ack.SafeSeq != 0 {
		t.Errorf("without a standby: committed %d, safe %d", ack.CommittedSeq, ack.SafeSeq)
	}
	if err := s.c.markOnStandby(ctx); !errors.Is(err, store.ErrNoStandby) {
		t.Errorf("without a standby: %v", err)
	}
	standby := primary.Standby(t, "second")
	primary.Synchronous(t, "second")
	until(t, func() bool { return s.c.markOnStandby(ctx) == nil })
	if ack := tm.Send(record.Ordinary, rs[1].Hash, rs[2:4]); ack.CommittedSeq != 4 || ack.SafeSeq < 2 {
		t.Errorf("with a standby: committed %d, safe %d", ack.CommittedSeq, ack.SafeSeq)
	}
	if err := s.c.markOnStandby(ctx); err != nil {
		t.Fatal(err)
	}
	if ack := tm.Send(record.Ordinary, rs[3].Hash, nil); ack.SafeSeq != 4 {
		t.Errorf("safe %d, want 4", ack.SafeSeq)
	}
	before := s.c.Incarnation()
	s.close()
	primary.Stop()
	standby.Promote(t)
	s = serve(t, Options{Dir: dir, Database: primary.Either(standby, "ting"), Safe: SafeStandby})
	if s.c.Incarnation() == before {
		t.Error("the incarnation is the same after another server took over")
	}
	if n := s.stored(); n != 4 {
		t.Errorf("%d records on the standby, want 4", n)
	}
	if ack := at(tm, s).Send(record.Ordinary, rs[3].Hash, rs[4:]); ack.Code != wire.OK || ack.CommittedSeq != 6 || ack.SafeSeq != 4 {
		t.Errorf("after the change: %+v", ack)
	}
	if err := s.c.markOnStandby(ctx); !errors.Is(err, store.ErrNoStandby) {
		t.Errorf("the promoted server has no standby, yet: %v", err)
	}
}

// until looks again until something is so.
func until(t *testing.T, so func() bool) {
	t.Helper()
	patience := time.After(30 * time.Second)
	for !so() {
		select {
		case <-patience:
			t.Fatal("it did not come to be so")
		case <-time.After(20 * time.Millisecond):
		}
	}
}
