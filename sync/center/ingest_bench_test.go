package center

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// BenchmarkIngest has 200 terminals send batches of 250 records with bodies of
// 400 bytes over TLS to a center that commits them durably, all on the same two
// cores; making, chaining, compressing and signing them is the terminals' work
// and counted too.
//
// Both kinds of database run in the same run; SQLite is PostgreSQL's baseline.
// Measured on two quiet cores over 4 s: SQLite 197,000 and PostgreSQL 15, on a socket
// of the same machine with fsync on, 134,000 records/s. Shorter runs show less of the
// latter (52,000 in the first second).
// The prototype, on SQLite without TLS and compression, made 22,849.
func BenchmarkIngest(b *testing.B) {
	b.Run(onSQLite, benchmarkIngest)
	b.Run(onPostgres, benchmarkIngest)
}

func benchmarkIngest(b *testing.B) {
	s := serve(b, Options{Safe: SafeCommitted})
	f := s.flood(200)
	b.ResetTimer()
	f.run(func() bool { return f.sent.Load() < int64(b.N) })
	b.StopTimer()
	b.ReportMetric(float64(s.stored())/b.Elapsed().Seconds(), "records/s")
}

// flood is terminals that send as fast as they can.
type flood struct {
	s     *site
	fleet []*terminal
	body  string
	sent  atomic.Int64 // records
}

func (s *site) flood(terminals int) *flood {
	f := &flood{s: s, fleet: make([]*terminal, terminals)}
	for i := range f.fleet {
		f.fleet[i] = s.enrol("gate-"+string(rune('a'+i/26))+string(rune('a'+i%26)), "school-1")
	}
	body := make([]byte, 400)
	random := rand.NewChaCha8([32]byte{})
	for i := range body {
		body[i] = 'a' + byte(random.Uint64()%26)
	}
	f.body = string(body)
	return f
}

func (f *flood) run(goOn func() bool) {
	const size = 250
	var all sync.WaitGroup
	for _, tm := range f.fleet {
		all.Go(func() {
			for goOn() {
				f.sent.Add(size)
				f.send(tm, record.Ordinary, size)
			}
		})
	}
	all.Wait()
}

// send sends records until the center has them.
func (f *flood) send(tm *terminal, l record.Lane, n int) {
	prev := tm.Heads[l].Hash
	rs := tm.Make(l, n, "bench.record", "thing/1", f.body)
	for {
		ack, err := tm.TrySend(context.Background(), tm.Head(l, prev, rs), wire.EncodeRecords(rs, wire.Newest))
		if err == nil && ack.Code == wire.OK {
			return
		}
		if err == nil {
			f.s.t.Errorf("answered %s", ack.Code)
			return
		}
		// Busy: at once again, with no mercy on the center.
	}
}

// BenchmarkUrgent: how long one urgent record takes from its making to the center's
// signed answer, while 200 terminals flood the ordinary lane as in BenchmarkIngest,
// all on the same two cores. Measured, 400 records each, on a quiet machine: SQLite
// p50 14 ms, p99 40 ms; PostgreSQL 33 and 92. With groups of 8,000 records, and ordinary
// batches in an urgent record's group, it was 178 and 2,166; 259 and 755 (load 14).
func BenchmarkUrgent(b *testing.B) {
	b.Run(onSQLite, benchmarkUrgent)
	b.Run(onPostgres, benchmarkUrgent)
}

func benchmarkUrgent(b *testing.B) {
	s := serve(b, Options{Safe: SafeCommitted})
	f := s.flood(200)
	alarm := s.enrol("alarm", "hospital")
	var over atomic.Bool
	var flooding sync.WaitGroup
	flooding.Go(func() { f.run(func() bool { return !over.Load() }) })
	for f.sent.Load() < 100_000 { // it has begun
		f.send(alarm, record.Urgent, 1)
	}
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		f.send(alarm, record.Urgent, 1)
		took = append(took, time.Since(began))
	}
	flooded := f.sent.Load()
	over.Store(true)
	flooding.Wait()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(flooded)/b.Elapsed().Seconds(), "flood-records/s")
}
