package library_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/plugins/library"
	"github.com/luohu/ting/plugins/library/sip2"
)

// BenchmarkVisit is a reader who borrows three books and takes them off his list again, as
// fast as the module follows: with Ting's own holdings, and (the baseline of what a
// library has today) with its own system asked in SIP2 over a loopback, which
// answers at once. Written: 1,207 and 443 visits a minute, on two cores that others
// worked on too; a reader needs half a minute for his hands alone.
func BenchmarkVisit(b *testing.B) {
	b.Run("ting", func(b *testing.B) {
		benchmarkVisits(b, nil, journey, three, "10100041")
	})
	b.Run("sip2", func(b *testing.B) {
		l := &ils{lent: map[string]string{}}
		server := &sip2.Server{Login: func(context.Context, *sip2.Login, net.Addr) sip2.Handler { return l }, Anonymous: true}
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		go func() { _ = server.Serve(listener) }()
		b.Cleanup(func() {
			_ = server.Close()
			_ = listener.Close()
		})
		benchmarkVisits(b, map[string]string{"sip2": "tcp://" + listener.Addr().String()}, "A1", "A2", "A3")
	})
}

func benchmarkVisits(b *testing.B, settings map[string]string, barcodes ...string) {
	opts := []kiosktest.Option{kiosktest.WithSettings(settings)}
	for _, c := range []library.Copy{{Barcode: journey, ID: "t0001", Title: "西游记"}, {Barcode: three, ID: "t0003", Title: "三国演义"}, {Barcode: "10100041", ID: "t0004", Title: "红楼梦"}} {
		opts = append(opts, kiosktest.WithFeed(library.FeedHoldings, kiosktest.Row(c.Barcode, c)))
	}
	tm := kiosktest.New(b, library.New(), opts...)
	started := time.Now()
	for b.Loop() {
		tm.Start()
		tm.WantPage("start")
		tm.Answer("borrow", nil)
		tm.Identifies(lin)
		tm.WantPage("borrow")
		for _, code := range barcodes {
			scanTwice(tm, "borrow", code)
		}
		for _, code := range barcodes { // so that the next visit finds them
			tm.Answer("undo:"+code, nil)
			tm.WantPage("undo")
			tm.Answer("yes", nil)
			tm.WantPage("borrow")
		}
		tm.End()
	}
	b.ReportMetric(float64(b.N)/time.Since(started).Minutes(), "visits/min")
}
