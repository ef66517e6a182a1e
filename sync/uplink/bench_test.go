package uplink

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"github.com/luohu/ting/sync/journal"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// sink is as little of a center as may say OK: it verifies the signature and
// the chain, and commits batches of all terminals in groups to SQLite, FULL.
type sink struct {
	c        *center
	db       *sql.DB
	queue    chan *sinkBatch
	received atomic.Int64
}

type sinkBatch struct {
	head wire.Head
	rs   []record.Record
	ack  chan wire.Ack
}

func newSink(b *testing.B, c *center) *sink {
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(b.TempDir(), "sink.db")+"?_journal_mode=WAL&_synchronous=FULL&_txlock=immediate")
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE TABLE inbox (terminal TEXT, seq INTEGER, id BLOB, kind TEXT, key TEXT, body BLOB, hash BLOB,
		PRIMARY KEY (terminal, seq)) WITHOUT ROWID`); err != nil {
		b.Fatal(err)
	}
	s := &sink{c: c, db: db, queue: make(chan *sinkBatch, 256)}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); s.commitLoop(ctx, b) }()
	b.Cleanup(func() { cancel(); <-done; db.Close() })
	return s
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	head := []byte(r.Header.Get(wire.HeaderHead))
	q := &sinkBatch{ack: make(chan wire.Ack, 1)}
	if json.Unmarshal(head, &q.head) != nil || wire.Verify(s.c.devices[q.head.Terminal], wire.PurposeUp, head, body, r.Header.Get(wire.HeaderSignature)) != nil {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	var err error
	if q.rs, err = wire.DecodeRecords(body, q.head); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	prev := record.Hash(q.head.Prev)
	name := record.Chain{Terminal: q.head.Terminal, Epoch: q.head.Epoch, Lane: q.head.Lane}
	for i := range q.rs {
		if prev = name.Next(prev, &q.rs[i]); prev != q.rs[i].Hash {
			w.WriteHeader(http.StatusConflict)
			return
		}
	}
	s.queue <- q
	s.c.answer(w, <-q.ack)
}

func (s *sink) commitLoop(ctx context.Context, b *testing.B) {
	for {
		var group []*sinkBatch
		select {
		case q := <-s.queue:
			group = append(group, q)
		case <-ctx.Done():
			return
		}
		for more := true; more && len(group) < 64; {
			select {
			case q := <-s.queue:
				group = append(group, q)
			default:
				more = false
			}
		}
		tx, err := s.db.Begin()
		if err != nil {
			b.Error(err)
			return
		}
		put, err := tx.Prepare("INSERT INTO inbox VALUES (?,?,?,?,?,?,?)")
		if err != nil {
			b.Error(err)
			return
		}
		for _, q := range group {
			for i := range q.rs {
				r := &q.rs[i]
				if _, err := put.Exec(q.head.Terminal, r.Seq, r.ID[:], r.Kind, r.Key, r.Body, r.Hash[:]); err != nil {
					b.Error(err)
				}
			}
		}
		if err := tx.Commit(); err != nil {
			b.Error(err)
		}
		for _, q := range group {
			a := wire.Ack{Terminal: q.head.Terminal, Epoch: q.head.Epoch, Lane: q.head.Lane, Code: wire.OK, Incarnation: "sink",
				CommittedSeq: q.head.First - 1, CommittedHash: q.head.Prev, Now: time.Now()}
			if n := len(q.rs); n > 0 {
				a.CommittedSeq, a.CommittedHash = q.rs[n-1].Seq, q.rs[n-1].Hash[:]
				s.received.Add(int64(n))
			}
			q.ack <- a
		}
	}
}

// BenchmarkUplink sends what 50 terminals have gathered, each from its own
// journal and over its own TLS connection, to one durable sink on the same two
// cores: 36,700 records/s; 19,700 with both cores five times oversubscribed.
func BenchmarkUplink(b *testing.B) {
	const terminals, each = 50, 1000
	c := newCenter(b)
	s := newSink(b, c)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	c.server.Handler.(*http.ServeMux).Handle("POST /sink"+wire.PathUp, s)
	go c.server.Serve(c.listenTLS(l))
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", l.Addr().String())
	}
	for b.Loop() {
		b.StopTimer()
		if _, err := s.db.Exec("DELETE FROM inbox"); err != nil {
			b.Fatal(err)
		}
		s.received.Store(0)
		ups := make([]*Uplink, terminals)
		for i := range ups {
			ups[i] = gathered(b, c, dial, fmt.Sprintf("gate-%d", i), each)
		}
		ctx, cancel := context.WithCancel(b.Context())
		b.StartTimer()
		var wg sync.WaitGroup
		for _, u := range ups {
			wg.Go(func() { u.Run(ctx) })
		}
		for _, u := range ups {
			for u.o.Journal.Unsent() > 0 {
				time.Sleep(time.Millisecond)
			}
		}
		b.StopTimer()
		cancel()
		wg.Wait()
		if n := s.received.Load(); n != terminals*each {
			b.Fatalf("%d records arrived", n)
		}
		for _, u := range ups {
			u.o.Journal.Close()
		}
		b.StartTimer()
	}
	b.ReportMetric(terminals*each*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

// gathered is a terminal with unsent records.
func gathered(b *testing.B, c *center, dial func(context.Context, string, string) (net.Conn, error), name string, n int) *Uplink {
	id, err := Enrol(b.Context(), Enrolment{Dir: b.TempDir(), URL: "https://center.example", CA: c.caPEM, Terminal: name,
		Site: "school-1", Code: "123456", Dial: dial})
	if err != nil {
		b.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	j, err := journal.Open(b.Context(), filepath.Join(b.TempDir(), "journal.db"), journal.Options{Terminal: name, Log: quiet, Reserve: -1})
	if err != nil {
		b.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			for range n / 50 {
				if _, err := j.Append(b.Context(), journal.Entry{Kind: "gate.pass", Version: 1, Key: "person/2019-0317", Body: make([]byte, 400)}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	u, err := New(Options{URL: "https://center.example/sink", Identity: id, Journal: j, Log: quiet, Dial: dial})
	if err != nil {
		b.Fatal(err)
	}
	return u
}
