package center

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// limit lets the database grow by so many pages and no more, which SQLite
// reports as it does a full disk.
func (s *site) limit(pages int64) {
	s.t.Helper()
	err := s.c.Edit(context.Background(), func(tx *store.Tx) error {
		var now int64
		if err := tx.One(`PRAGMA page_count`, nil, &now); err != nil {
			return err
		}
		return tx.Script(fmt.Sprintf(`PRAGMA max_page_count = %d`, now+pages))
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func TestFullDiskIsBusyAndNothingIsHalfStored(t *testing.T) {
	s := serve(t, Options{Safe: SafeCommitted, Feeds: []string{"people"}})
	tm := s.enrol("gate-1", "school-1")
	first := tm.Make(record.Ordinary, 3, "a.b", "", `{}`)
	expect(t, tm.Send(record.Ordinary, record.Hash{}, first), wire.OK, 3)
	s.limit(2)
	many := tm.Make(record.Ordinary, 40, "a.b", "", `{"x":"`+strings.Repeat("x", 4000)+`"}`)
	ack := tm.Send(record.Ordinary, first[2].Hash, many)
	if ack.Code != wire.Busy || ack.RetryAfter <= 0 || ack.CommittedSeq != 0 {
		t.Errorf("on a full disk: %+v", ack)
	}
	if n := s.stored(); n != 3 {
		t.Errorf("%d records stored, want the 3 of before", n)
	}
	if _, status := tm.Feed("people", 0, 0); status != http.StatusOK {
		t.Errorf("reading on a full disk: %d", status)
	}
	select {
	case err := <-s.c.Failed():
		t.Errorf("a full disk ended the center: %v", err)
	default:
	}
	s.limit(10_000) // there is room again
	expect(t, tm.Send(record.Ordinary, first[2].Hash, many), wire.OK, 43)
}

// TestOnePoisonedBatchDoesNotTakeItsGroupAlong has one batch of a group fail in
// the database: the others are stored all the same.
func TestOnePoisonedBatchDoesNotTakeItsGroupAlong(t *testing.T) {
	onBoth(t, testOnePoisonedBatchDoesNotTakeItsGroupAlong)
}

func testOnePoisonedBatchDoesNotTakeItsGroupAlong(t *testing.T) {
	s := serve(t, Options{})
	good, bad := s.enrol("gate-1", "school-1"), s.enrol("gate-2", "school-1")
	err := s.c.Edit(context.Background(), func(tx *store.Tx) error {
		if s.c.db.Shared() {
			return tx.Script(`CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'poison'; END $$;
				CREATE TRIGGER poison BEFORE INSERT ON inbox FOR EACH ROW WHEN (NEW.kind = 'bad.kind') EXECUTE FUNCTION poison()`)
		}
		return tx.Script(`CREATE TRIGGER poison BEFORE INSERT ON inbox WHEN NEW.kind = 'bad.kind' BEGIN SELECT RAISE(ABORT, 'poison'); END`)
	})
	if err != nil {
		t.Fatal(err)
	}
	group := func(tm *terminal, kind string) *batch {
		rs := tm.Make(record.Ordinary, 2, kind, "", `{}`)
		b := &batch{head: tm.Head(record.Ordinary, record.Hash{}, rs), records: rs, answered: make(chan wire.Ack, 1),
			chain: record.Chain{Terminal: tm.ID, Epoch: tm.Epoch}, at: s.c.now()}
		b.key = b.key[:0]
		for _, d := range s.devices() {
			if d.Terminal == tm.ID {
				b.key = d.PublicKey
			}
		}
		b.check()
		return b
	}
	g, b := group(good, "a.b"), group(bad, "bad.kind")
	s.c.commit(context.Background(), []*batch{b, g})
	expect(t, <-g.answered, wire.OK, 2)
	expect(t, <-b.answered, wire.Busy, 0)
}

func (s *site) devices() []store.Device {
	s.t.Helper()
	list, err := s.c.Terminals(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}
