package proof

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/fleet/network"
)

// TestLogsNameNobody runs terminals whose every record is full of personal data
// through faults, a fork and refusals, and searches all that terminals and center
// log for any of it.
func TestLogsNameNobody(t *testing.T) {
	for _, store := range stores {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var lines []string
			d := newDistrict(t, setting{store: store, bin: programs(t, nil), safe: "committed", machines: 1, lines: true, retention: -1,
				profile: "personal", log: func(line string) {
					mu.Lock()
					defer mu.Unlock()
					lines = append(lines, line)
				}})
			ctx, m := context.Background(), d.Machines[0]
			d.must(d.WaitArrived(ctx, 10))
			for _, w := range []network.Weather{network.Reset, network.Lossy, network.Cut, network.Fair} {
				d.must(d.lines[0].Set(w))
				d.told(m, 5)
			}
			// A terminal that is revoked, and let in again.
			d.must(d.Center.Stop())
			d.revoke(m.Order())
			d.must(d.Center.Start())
			d.until("a revoked terminal is stopped", func() bool { return m.Report().Stopped > 0 })
			d.must(m.End(ctx))
			d.must(d.Center.Stop())
			d.admit(m.Order())
			d.must(d.Center.Start())
			d.must(m.Start())
			d.told(m, 5)
			v, err := d.Settle(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if !v.OK() {
				t.Errorf("%s", v)
			}
			d.searchable()
			mu.Lock()
			defer mu.Unlock()
			if len(lines) < 20 {
				t.Errorf("only %d lines were logged: nothing to search", len(lines))
			}
			for _, line := range lines {
				for what, is := range personal { // of terminals and center alike
					if found := is.FindString(line); found != "" {
						t.Errorf("%s %q in the log: %s", what, found, line)
					}
				}
			}
			all := strings.Join(lines, "\n")
			for _, want := range []string{"op=uplink", "code=REVOKED", "op=ingest"} {
				if want != "op=ingest" && !strings.Contains(all, want) {
					t.Errorf("no line has %s: did it happen?", want)
				}
			}
		})
	}
}

// searchable makes sure that the patterns find what the records hold, and that
// some records were more than their module could take.
func (d *district) searchable() {
	d.t.Helper()
	ctx := context.Background()
	db, err := d.Center.Store(ctx)
	d.must(err)
	defer db.Close()
	var bodies strings.Builder
	var letters int64
	d.must(db.Read(ctx, func(tx *store.Tx) (err error) {
		bodies.Reset()
		if letters, err = tx.CountDeadLetters(); err != nil {
			return err
		}
		return tx.Log(0, 50, func(r store.Received) error {
			bodies.Write(r.Record.Body)
			return nil
		})
	}))
	for what, is := range personal {
		if !is.MatchString(bodies.String()) {
			d.t.Errorf("no record holds %s: the search is blind", what)
		}
	}
	if letters == 0 {
		d.t.Error("no record was a dead letter: what the center logs of them was not searched")
	}
}

// personal is what the records of the profile "personal" hold.
var personal = map[string]*regexp.Regexp{
	"a name":            regexp.MustCompile(`[张王李赵陈][伟芳娜敏静强磊洋艳勇]`),
	"an ID number":      regexp.MustCompile(`440305\d{11}[\dX]`),
	"a card":            regexp.MustCompile(`C4D\d{9}`),
	"a PIN":             regexp.MustCompile(`PIN-\d{6}`),
	"a phone number":    regexp.MustCompile(`1380013\d{4}`),
	"a person's number": regexp.MustCompile(`F20\d\d-\d{4}`),
}
