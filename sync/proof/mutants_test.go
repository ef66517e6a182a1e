package proof

import (
	"context"
	"testing"
	"time"

	"github.com/luohu/ting/sync/fleet"
)

// The defects that the promises stand against, each with the proof that must find
// it. They live here alone, as edits that only the compiler of this test sees.
var mutants = []struct {
	mutant
	stores []string
	find   func(t *testing.T, store, bin string) fleet.Verdict
}{
	{
		mutant: mutant{"ack before commit", []edit{
			{"sync/center/ingest.go", "		return l.settle()\n", "		for i, b := range group {\n			select {\n			case b.answered <- verdicts[i].ack:\n			default:\n			}\n		}\n		return l.settle()\n"},
			{"sync/center/ingest.go", "		b.answered <- v.ack\n", ""},
		}},
		stores: stores, find: findByKills,
	},
	{
		mutant: mutant{"NORMAL at the terminal", []edit{
			{"sync/journal/journal.go", `o.synchronous = "FULL"`, `o.synchronous = "NORMAL"`},
		}},
		stores: stores[:1], find: findByCuts,
	},
	{
		mutant: mutant{"NORMAL at the center", []edit{
			{"sync/center/store/sqlite.go", "_synchronous=FULL", "_synchronous=NORMAL"},
			{"sync/center/store/sqlite.go", `"synchronous": "2"`, `"synchronous": "1"`},
		}},
		stores: stores[:1], find: findByCuts,
	},
	{
		mutant: mutant{"no hash comparison", []edit{
			{"sync/center/ledger.go", "	if stored != b.prev {\n		return 0, false, nil\n	}\n", ""},
			{"sync/center/ledger.go", "stored == last.Hash", "stored != (record.Hash{})"},
		}},
		stores: stores, find: clone,
	},
	{
		mutant: mutant{"delete before safe_seq", []edit{
			{"sync/journal/outbox.go", "limit := min(c.ackedSeq, c.safeSeq)", "limit := c.ackedSeq"},
		}},
		stores: stores, find: func(t *testing.T, store, bin string) fleet.Verdict {
			v, err := fleet.Drill(context.Background(), fleet.DrillOptions{Dir: t.TempDir(), Center: centerOn(t, store, bin, "backup"), Rack: rack(bin),
				Terminals: 4, Profile: "steady", Load: 60, Records: 150, Patience: giveUp})
			if err != nil {
				t.Fatal(err)
			}
			return v
		},
	},
}

// giveUp is how long the records may take that a defect keeps from arriving.
const giveUp = 6 * time.Second

// attempts is how often a proof may look for a defect that shows by chance.
const attempts = 6

func findByKills(t *testing.T, store, bin string) (v fleet.Verdict) {
	for range attempts {
		d := newDistrict(t, setting{store: store, bin: bin, safe: "committed", machines: 2, retention: -1, patience: giveUp})
		if v = d.befallCenter(12, func() error { d.Center.Kill(); return d.Center.Start() }); !v.OK() {
			return v
		}
	}
	return v
}

func findByCuts(t *testing.T, store, bin string) (v fleet.Verdict) {
	for range attempts {
		d := newDistrict(t, setting{store: store, bin: bin, safe: "committed", machines: 1, power: true, lines: true, retention: -1, patience: giveUp})
		if v = d.cuts(6); !v.OK() {
			return v
		}
	}
	return v
}

// TestMutants puts each defect in and wants its proof to find a loss: a harness
// that does not is dead.
func TestMutants(t *testing.T) {
	for _, m := range mutants {
		for _, store := range m.stores {
			t.Run(m.name+"/"+store, func(t *testing.T) {
				t.Parallel()
				v := m.find(t, store, programs(t, &m.mutant))
				if v.Lost == 0 {
					t.Errorf("the defect was not found: %s", v)
				}
				row(t, "defect: "+m.name, store, "found", v.String())
			})
		}
	}
}
