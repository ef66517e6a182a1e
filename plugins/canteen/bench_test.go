package canteen

import (
	"fmt"
	"testing"
	"time"

	"github.com/luohu/ting/kiosk/kiosktest"
)

// BenchmarkVisits are diners before a counter, from the sighting to the page that
// says what was paid, each another one, through the host's session and the pages'
// codec: "counter" with the till's book on disk, "memory" without (the baseline).
// The difference is what remembering across a power cut costs: one fsync a sale.
// On two busy cores 26,300 visits a minute with the book and 27,900 without: 2.3 ms
// a diner, of the two seconds that he may take.
func BenchmarkVisits(b *testing.B) {
	for _, tt := range []struct{ name, dir string }{{"memory", ""}, {"counter", b.TempDir()}} {
		b.Run(tt.name, func(b *testing.B) {
			st := usual()
			st.share.Fen = 1 << 40
			const diners = 500
			for i := range diners {
				id := fmt.Sprintf("d%03d", i)
				st.diners[id], st.accounts[id] = DinerRow{Subsidy: 500}, AccountRow{Fen: 1 << 40}
			}
			tm := started(b, again{patient(), tt.dir}, st)
			n := 0
			for b.Loop() {
				if n++; n%diners == 0 {
					b.StopTimer()
					tm.Advance(24 * time.Hour) // tomorrow is another lunch
					tm.SetFeed(FeedMenu, kiosktest.Row(MenuKey(fmt.Sprint(weekday(tm.Now())), "lunch", "A"), mealA))
					b.StartTimer()
				}
				p := lin
				p.ID = fmt.Sprintf("d%03d", n%diners)
				comesFor(b, tm, p, "sold")
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Minutes(), "visits/min")
		})
	}
}
