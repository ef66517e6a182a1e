package proof

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/sync/fleet"
)

// TestFleet lets a small fleet live through two days as make fleet does: a dark
// site, bad weather, wrong clocks, power cuts and kills of terminals and center.
func TestFleet(t *testing.T) {
	for _, store := range stores {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			bin := programs(t, nil)
			var table strings.Builder
			v, err := fleet.Run(context.Background(), fleet.Options{Dir: t.TempDir(), Center: centerOn(t, store, bin, "committed"), Rack: rack(bin),
				Terminals: 12, PerSite: 3, PerRack: 4, Seed: 7, Days: 2, Day: 3 * time.Second, Profile: []string{"gate", "counter", "triage"}, Load: 0.2,
				Dark: 30, Bad: 40, Clocks: 40, Cuts: 2, Kills: 2, Restarts: 1, Feeds: true, Out: &table, Settle: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			kept(t, "two days of a fleet", store, 12, "terminals", v)
			if !strings.Contains(table.String(), "settling") {
				t.Errorf("the table does not tell of the days:\n%s", table.String())
			}
		})
	}
}
