package hall

import (
	"io"
	"log/slog"
	"testing"

	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/hall/catalog"
)

// BenchmarkVisits is how many applications a minute one terminal's module can
// conduct, from the first touch to the receipt, with a visitor who needs no time:
// twelve pages through the codec, the catalog read twice, a photograph of a page,
// a signature, three records. "ticket" is the shortest visit, and the baseline.
//
// 2,566 applications a minute, and 5,763 tickets, on two cores that others worked
// on too; the pages are answered by a script, so that a citizen's own minutes are
// not in it.
func BenchmarkVisits(b *testing.B) {
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	visits := func(b *testing.B, visit func(tm *kiosktest.Terminal)) {
		tm := kiosktest.New(b, New(), options(b)...)
		b.ResetTimer()
		for range b.N {
			tm.Start()
			visit(tm)
			if err := tm.WantEnd(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Minutes(), "visits/min")
	}
	b.Run("ticket", func(b *testing.B) {
		visits(b, func(tm *kiosktest.Terminal) {
			touch(tm, "start", actionTicket)
			touch(tm, "priority", actionOrdinary)
			touch(tm, "ticket", actionDone)
		})
	})
	page, signed := sheet(900, 1260, false), signature()
	b.Run("application", func(b *testing.B) {
		visits(b, func(tm *kiosktest.Terminal) {
			toResidence(tm)
			answered(tm)
			tm.Answer(actionIDCard, nil)
			tm.WantPage("id-card")
			tm.LayIDCard(linCard)
			tm.Identifies(lin)
			touch(tm, "materials", actionNext)
			photograph(tm, "photo-lease-0", actionNext, page)
			touch(tm, "contact", actionNext)
			tm.WantPage("sign")
			tm.AnswerWith(actionSubmit, map[string]view.Value{fieldSignature: {Image: signed}})
			touch(tm, "submitted", actionDone)
		})
	})
}

// BenchmarkSearch is one keystroke in the search among the demo's 31 services:
// 0.25 ms in the same run.
func BenchmarkSearch(b *testing.B) {
	var all []catalog.Service
	for _, r := range catalogRows(b) {
		s, err := catalog.Parse(r.JSON)
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, s)
	}
	for b.Loop() {
		if len(catalog.Search(all, "jzz")) == 0 {
			b.Fatal("nothing is found")
		}
	}
}
