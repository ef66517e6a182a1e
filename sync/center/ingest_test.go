package center

import (
	"context"
	"sync"
	"testing"

	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

func (s *site) stored() (n int64) {
	s.t.Helper()
	err := s.c.View(context.Background(), func(tx *store.Tx) error {
		return tx.One(`SELECT COUNT(*) FROM inbox`, nil, &n)
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

func expect(t *testing.T, ack wire.Ack, code wire.Code, committed int64) {
	t.Helper()
	if ack.Code != code || ack.CommittedSeq != committed {
		t.Errorf("answered %s at %d, want %s at %d", ack.Code, ack.CommittedSeq, code, committed)
	}
}

func TestIngestAcknowledgesWhatIsStored(t *testing.T) { onBoth(t, testIngestAcknowledgesWhatIsStored) }

func testIngestAcknowledgesWhatIsStored(t *testing.T) {
	s := serve(t, Options{Safe: SafeCommitted})
	tm := s.enrol("gate-1", "school-1")
	rs := tm.Make(record.Ordinary, 5, "gate.pass", "person/1", `{}`)
	ack := tm.Send(record.Ordinary, record.Hash{}, rs)
	expect(t, ack, wire.OK, 5)
	if record.Hash(ack.CommittedHash) != rs[4].Hash {
		t.Error("the committed hash is not that of the last record")
	}
	if ack.SafeSeq != 5 || ack.Incarnation != s.c.Incarnation() || ack.Now.IsZero() {
		t.Errorf("ack %+v", ack)
	}
	if got := s.stored(); got != 5 {
		t.Errorf("%d records stored, want 5", got)
	}
}

func TestIngestSkipsWhatItHas(t *testing.T) { onBoth(t, testIngestSkipsWhatItHas) }

func testIngestSkipsWhatItHas(t *testing.T) {
	s := serve(t, Options{})
	tm := s.enrol("gate-1", "school-1")
	rs := tm.Make(record.Ordinary, 10, "gate.pass", "person/1", `{}`)
	expect(t, tm.Send(record.Ordinary, record.Hash{}, rs[:5]), wire.OK, 5)
	expect(t, tm.Send(record.Ordinary, record.Hash{}, rs[:5]), wire.OK, 5)
	expect(t, tm.Send(record.Ordinary, rs[1].Hash, rs[2:8]), wire.OK, 8)
	expect(t, tm.Send(record.Ordinary, rs[0].Hash, rs[1:3]), wire.OK, 8)
	expect(t, tm.Send(record.Ordinary, rs[7].Hash, rs[8:]), wire.OK, 10)
	if got := s.stored(); got != 10 {
		t.Errorf("%d records stored, want 10", got)
	}
}

func TestIngestGap(t *testing.T) { onBoth(t, testIngestGap) }

func testIngestGap(t *testing.T) {
	s := serve(t, Options{})
	tm := s.enrol("gate-1", "school-1")
	rs := tm.Make(record.Ordinary, 6, "gate.pass", "person/1", `{}`)
	expect(t, tm.Send(record.Ordinary, rs[2].Hash, rs[3:]), wire.Gap, 0)
	expect(t, tm.Send(record.Ordinary, record.Hash{}, rs[:2]), wire.OK, 2)
	expect(t, tm.Send(record.Ordinary, rs[3].Hash, rs[4:]), wire.Gap, 2)
	if got := s.stored(); got != 2 {
		t.Errorf("%d records stored, want 2", got)
	}
}

func TestIngestRefusesABrokenChain(t *testing.T) { onBoth(t, testIngestRefusesABrokenChain) }

func testIngestRefusesABrokenChain(t *testing.T) {
	for name, harm := range map[string]func(rs []record.Record){
		"body":       func(rs []record.Record) { rs[1].Body = []byte(`{"person":"somebody else"}`) },
		"order":      func(rs []record.Record) { rs[1], rs[2] = rs[2], rs[1] },
		"missing":    func(rs []record.Record) { copy(rs[1:], rs[2:]) },
		"other hash": func(rs []record.Record) { rs[2].Hash[0] ^= 1 },
		"version":    func(rs []record.Record) { rs[2].Version = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, Options{})
			tm := s.enrol("gate-1", "school-1")
			rs := tm.Make(record.Ordinary, 4, "gate.pass", "person/1", `{}`)
			harm(rs)
			expect(t, tm.Send(record.Ordinary, record.Hash{}, rs[:3]), wire.Chain, 0)
			if got := s.stored(); got != 0 {
				t.Errorf("%d records stored, want none", got)
			}
		})
	}
}

func TestIngestKeepsBothSidesOfAForkAndQuarantines(t *testing.T) {
	onBoth(t, testIngestKeepsBothSidesOfAForkAndQuarantines)
}

func testIngestKeepsBothSidesOfAForkAndQuarantines(t *testing.T) {
	s := serve(t, Options{})
	tm := s.enrol("gate-1", "school-1")
	common := tm.Make(record.Ordinary, 3, "gate.pass", "person/1", `{}`)
	expect(t, tm.Send(record.Ordinary, record.Hash{}, common), wire.OK, 3)
	other := tm.Clone()
	mine := tm.Make(record.Ordinary, 2, "gate.pass", "person/1", `{"a":1}`)
	theirs := other.Make(record.Ordinary, 4, "gate.pass", "person/1", `{"b":2}`)
	expect(t, tm.Send(record.Ordinary, common[2].Hash, mine), wire.OK, 5)

	expect(t, other.Send(record.Ordinary, common[2].Hash, theirs), wire.Fork, 5)
	expect(t, other.Send(record.Ordinary, common[2].Hash, theirs), wire.Fork, 5) // kept once
	more := tm.Make(record.Ordinary, 1, "gate.pass", "person/1", `{}`)
	expect(t, tm.Send(record.Ordinary, mine[1].Hash, more), wire.Fork, 5) // quarantined: kept aside

	err := s.c.View(context.Background(), func(tx *store.Tx) error {
		d, err := tx.Device("gate-1")
		if err != nil {
			return err
		}
		if d.State != store.Quarantined {
			t.Errorf("the terminal is %s", d.State)
		}
		forks, err := tx.Forks()
		if err != nil {
			return err
		}
		if len(forks) != 1 || forks[0].Records != 5 || forks[0].First != 4 || forks[0].Last != 7 {
			t.Errorf("forks kept: %+v", forks)
		}
		for _, r := range mine {
			if h, err := tx.HashAt(forks[0].ID, r.Seq); err != nil || h != r.Hash {
				t.Errorf("seq %d of the first history is gone: %v", r.Seq, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	// Enrolled anew it goes on in an epoch of its own. What it sends of the old
	// one is taken where it continues the chain, and kept where it does not.
	again := s.enrol("gate-1", "school-1")
	former := again.Clone()
	former.Epoch = tm.Epoch
	expect(t, former.Send(record.Ordinary, mine[1].Hash, more), wire.OK, 6)
	expect(t, former.Send(record.Ordinary, common[2].Hash, theirs), wire.Fork, 6)
	err = s.c.View(context.Background(), func(tx *store.Tx) error {
		d, err := tx.Device("gate-1")
		if err != nil {
			return err
		}
		forks, err := tx.Forks()
		if d.State != store.Active || forks[0].Records != 4 {
			t.Errorf("the terminal is %s, %d records kept aside; want active and 4", d.State, forks[0].Records)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if again.Epoch <= tm.Epoch {
		t.Errorf("epoch %d after %d", again.Epoch, tm.Epoch)
	}
	expect(t, again.Send(record.Ordinary, record.Hash{}, again.Make(record.Ordinary, 1, "gate.pass", "", `{}`)), wire.OK, 1)
}

func TestIngestForkBeforeTheFirstRecordOfABatch(t *testing.T) {
	onBoth(t, testIngestForkBeforeTheFirstRecordOfABatch)
}

func testIngestForkBeforeTheFirstRecordOfABatch(t *testing.T) {
	s := serve(t, Options{})
	tm := s.enrol("gate-1", "school-1")
	other := tm.Clone()
	mine, theirs := tm.Make(record.Ordinary, 3, "a.b", "", `1`), other.Make(record.Ordinary, 4, "a.b", "", `2`)
	expect(t, tm.Send(record.Ordinary, record.Hash{}, mine), wire.OK, 3)
	expect(t, other.Send(record.Ordinary, theirs[2].Hash, theirs[3:]), wire.Fork, 3)
}

func TestHeartbeat(t *testing.T) { onBoth(t, testHeartbeat) }

func testHeartbeat(t *testing.T) {
	s := serve(t, Options{})
	tm := s.enrol("gate-1", "school-1")
	h := tm.Head(record.Ordinary, record.Hash{}, nil)
	h.Health = wire.Health{Unsent: 7, Version: "1.2.3", Devices: map[string]string{"camera": "unplugged"}}
	ack, err := tm.TrySend(context.Background(), h, nil)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, ack, wire.OK, 0)
	list, err := s.c.Terminals(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 || list[0].LastContact.IsZero() || list[0].Health.Unsent != 7 || list[0].Health.Devices["camera"] != "unplugged" {
		t.Errorf("terminals %+v", list)
	}
}

func TestLanesAreChainsOfTheirOwn(t *testing.T) { onBoth(t, testLanesAreChainsOfTheirOwn) }

func testLanesAreChainsOfTheirOwn(t *testing.T) {
	s := serve(t, Options{})
	tm := s.enrol("gate-1", "school-1")
	expect(t, tm.Send(record.Ordinary, record.Hash{}, tm.Make(record.Ordinary, 3, "a.b", "", `1`)), wire.OK, 3)
	expect(t, tm.Send(record.Urgent, record.Hash{}, tm.Make(record.Urgent, 2, "a.b", "", `1`)), wire.OK, 2)
}

func TestConcurrentSendersOfTheSameBatches(t *testing.T) {
	onBoth(t, testConcurrentSendersOfTheSameBatches)
}

func testConcurrentSendersOfTheSameBatches(t *testing.T) {
	s := serve(t, Options{})
	tm := s.enrol("gate-1", "school-1")
	rs := tm.Make(record.Ordinary, 60, "gate.pass", "person/1", `{}`)
	prev := func(i int) record.Hash {
		if i == 0 {
			return record.Hash{}
		}
		return rs[i-1].Hash
	}
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := 0; i < len(rs); {
				n := min(len(rs)-i, 1+(i*7+worker*3)%9)
				ack, err := tm.TrySend(context.Background(), tm.Head(record.Ordinary, prev(i), rs[i:i+n]), wire.EncodeRecords(rs[i:i+n], wire.Newest))
				if err != nil {
					continue // two at a time are let in, the others come again
				}
				if ack.Code != wire.OK {
					t.Errorf("answered %s", ack.Code)
					return
				}
				i = int(ack.CommittedSeq) - worker%2*3 // some look back
				if i < 0 || ack.CommittedSeq == int64(len(rs)) {
					i = int(ack.CommittedSeq)
				}
			}
		})
	}
	all.Wait()
	if got := s.stored(); got != int64(len(rs)) {
		t.Errorf("%d records stored, want %d", got, len(rs))
	}
}

func TestRevokedTerminal(t *testing.T) { onBoth(t, testRevokedTerminal) }

func testRevokedTerminal(t *testing.T) {
	s := serve(t, Options{})
	tm := s.enrol("gate-1", "school-1")
	if err := s.c.SetState(context.Background(), "admin", "gate-1", store.Revoked); err != nil {
		t.Fatal(err)
	}
	expect(t, tm.Send(record.Ordinary, record.Hash{}, tm.Make(record.Ordinary, 1, "a.b", "", `1`)), wire.Revoked, 0)
	if _, status := tm.Feed("people", 0, 0); status != 403 {
		t.Errorf("a revoked terminal reads feeds: %d", status)
	}
}

func TestSafeSeqWithoutABackupIsZero(t *testing.T) { onBoth(t, testSafeSeqWithoutABackupIsZero) }

func testSafeSeqWithoutABackupIsZero(t *testing.T) {
	s := serve(t, Options{})
	tm := s.enrol("gate-1", "school-1")
	if ack := tm.Send(record.Ordinary, record.Hash{}, tm.Make(record.Ordinary, 2, "a.b", "", `1`)); ack.SafeSeq != 0 {
		t.Errorf("safe up to %d although there is no backup", ack.SafeSeq)
	}
}
