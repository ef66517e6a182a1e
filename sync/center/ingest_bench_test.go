package center

import (
	"bytes"
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// BenchmarkIngest has 200 terminals send batches of 250 records with bodies of
// 400 bytes over TLS to a center that commits them durably, all on the same two
// cores; making, chaining, compressing and signing them is the terminals' work
// and counted too.
//
// Both kinds of database run in the same run; SQLite is PostgreSQL's baseline.
// Measured on two cores that other work kept busy (load 8): SQLite 150,000 and
// PostgreSQL 15, on a socket of the same machine with fsync on, 110,000 records/s.
// The prototype, on SQLite without TLS and compression, made 22,849.
func BenchmarkIngest(b *testing.B) {
	b.Run(onSQLite, benchmarkIngest)
	b.Run(onPostgres, benchmarkIngest)
}

func benchmarkIngest(b *testing.B) {
	const terminals, size = 200, 250
	s := serve(b, Options{Safe: SafeCommitted})
	fleet := make([]*terminal, terminals)
	for i := range fleet {
		fleet[i] = s.enrol("gate-"+string(rune('a'+i/26))+string(rune('a'+i%26)), "school-1")
	}
	body := make([]byte, 400)
	random := rand.NewChaCha8([32]byte{})
	for i := range body {
		body[i] = 'a' + byte(random.Uint64()%26)
	}
	var next atomic.Int64
	batches := int64(b.N+size-1) / size
	b.ResetTimer()
	var all sync.WaitGroup
	for _, tm := range fleet {
		all.Go(func() {
			for next.Add(1) <= batches {
				prev := tm.Heads[record.Ordinary].Hash
				rs := tm.Make(record.Ordinary, size, "bench.record", "thing/1", string(bytes.Clone(body)))
				for {
					ack, err := tm.TrySend(context.Background(), tm.Head(record.Ordinary, prev, rs), wire.EncodeRecords(rs, wire.Newest))
					if err == nil && ack.Code == wire.OK {
						break
					}
					if err != nil {
						continue // busy: at once again, with no mercy on the center
					}
					b.Errorf("answered %s", ack.Code)
					return
				}
			}
		})
	}
	all.Wait()
	b.StopTimer()
	b.ReportMetric(float64(s.stored())/b.Elapsed().Seconds(), "records/s")
}
