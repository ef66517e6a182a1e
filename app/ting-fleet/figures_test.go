package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/luohu/ting/sync/center/pgtest"
	"github.com/luohu/ting/sync/fleet"
	"github.com/luohu/ting/sync/journal"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/uplink"
	"github.com/luohu/ting/sync/wire"
)

// TestMain starts PostgreSQL when a figure needs it.
func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// programs is the folder of the real programs, which make bench has built.
func programs(b *testing.B) string {
	b.Helper()
	dir := os.Getenv("TING_BIN")
	if dir == "" {
		b.Skip("TING_BIN is not set: make bench builds the programs and sets it")
	}
	return dir
}

func newCenter(b *testing.B, store, safe string) *fleet.Center {
	b.Helper()
	c := &fleet.Center{Program: filepath.Join(programs(b), "ting-center"), Dir: filepath.Join(b.TempDir(), "center"), Args: []string{"-safe", safe}}
	if store == "PostgreSQL" {
		c.Database = pgtest.URL(b)
	}
	return c
}

func onBoth(b *testing.B, f func(b *testing.B, store string)) {
	for _, store := range []string{"SQLite", "PostgreSQL"} {
		b.Run(store, func(b *testing.B) { f(b, store) })
	}
}

// BenchmarkCatchUp: 2,000 terminals come back after three dark days, each with
// what a gate or a counter has gathered in them, to one center on the same two
// cores: how long until everything is durable there, and how long an urgent record
// of one more terminal takes meanwhile, from its own commit to the center's.
// TING_CATCHUP makes it smaller. Measured with 400 terminals, 60,000 records, on two
// cores that other work kept busy (load 20): SQLite 10,300 records/s, 7.2 s, and
// PostgreSQL 5,500 records/s, 14.4 s.
func BenchmarkCatchUp(b *testing.B) { onBoth(b, benchmarkCatchUp) }

func benchmarkCatchUp(b *testing.B, store string) {
	const racks, days = 4, 3
	terminals := 2000
	if n, err := strconv.Atoi(os.Getenv("TING_CATCHUP")); err == nil {
		terminals = n
	}
	const eachDay = 50
	ctx := b.Context()
	for b.Loop() {
		b.StopTimer()
		c := newCenter(b, store, "committed")
		g, err := fleet.NewGroup(ctx, fleet.GroupOptions{Dir: b.TempDir(), Center: c, Rack: []string{filepath.Join(programs(b), "ting-fleet"), "rack"},
			Machines: racks, Terminals: terminals / racks, Profile: "gate", Load: 1e-9, Patience: 20 * time.Minute,
			Heartbeat: 5 * time.Second, Timeout: 20 * time.Second, BackoffMost: 30 * time.Second}) // as terminals have them
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(g.Close)
		urgent := oneMore(b, c)
		until(b, 10*time.Minute, func() bool { // everybody is enrolled
			online := 0
			for _, m := range g.Machines {
				online += m.Report().Online
			}
			return online == terminals
		})
		for _, m := range g.Machines {
			if err := m.End(ctx); err != nil {
				b.Fatal(err)
			}
		}
		if err := c.Stop(); err != nil {
			b.Fatal(err)
		}
		var starting sync.WaitGroup
		for _, m := range g.Machines {
			m.Order().Backlog = eachDay * days
			starting.Go(func() {
				if err := m.Start(); err != nil {
					b.Error(err)
				}
			})
		}
		starting.Wait()
		backlog := g.Ledger.Told()
		if err := c.Start(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		began := time.Now()
		latencies := urgent.measure(ctx, func() bool {
			for _, m := range g.Machines {
				if r := m.Report(); r.Unsent > 0 || r.Online == 0 {
					return false
				}
			}
			return true
		})
		took := time.Since(began)
		b.StopTimer()
		urgent.close()
		v, err := g.Settle(ctx)
		if err != nil || !v.OK() {
			b.Fatalf("%s, %v", v, err)
		}
		b.ReportMetric(float64(backlog)/took.Seconds(), "records/s")
		b.ReportMetric(took.Seconds(), "s-until-caught-up")
		slices.Sort(latencies)
		if len(latencies) > 0 {
			b.ReportMetric(float64(latencies[len(latencies)/2].Milliseconds()), "urgent-p50-ms")
			b.ReportMetric(float64(latencies[len(latencies)*99/100].Milliseconds()), "urgent-p99-ms")
			b.ReportMetric(float64(len(latencies)), "urgent-records")
		}
		b.StartTimer()
	}
}

func until(b *testing.B, most time.Duration, holds func() bool) {
	b.Helper()
	patience := time.NewTimer(most)
	defer patience.Stop()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for !holds() {
		select {
		case <-look.C:
		case <-patience.C:
			b.Fatal("in vain")
		}
	}
}

// single is a terminal of this process.
type single struct {
	b       *testing.B
	journal *journal.Journal
	uplink  *uplink.Uplink
	end     context.CancelFunc
	done    chan error
	sent    atomic.Int64              // bytes of its connections, both ways
	clock   atomic.Pointer[time.Time] // of the journal; nil is the machine's
}

func (s *single) now() time.Time {
	if at := s.clock.Load(); at != nil {
		return *at
	}
	return time.Now()
}

// oneMore enrols a terminal of this process at a center that runs.
func oneMore(b *testing.B, c *fleet.Center) *single {
	b.Helper()
	ctx, quiet, dir := b.Context(), slog.New(slog.DiscardHandler), b.TempDir()
	code, err := c.Do(ctx, "enrol-code", "-terminal", "one-more", "-site", "hospital")
	if err != nil {
		b.Fatal(err)
	}
	ca, err := os.ReadFile(c.CA())
	if err != nil {
		b.Fatal(err)
	}
	s := &single{b: b, done: make(chan error, 1)}
	url := "https://" + c.Address()
	id, err := uplink.Enrol(ctx, uplink.Enrolment{Dir: dir, URL: url, CA: ca, Terminal: "one-more", Site: "hospital", Code: strings.Fields(code)[0]})
	if err != nil {
		b.Fatal(err)
	}
	if s.journal, err = journal.Open(ctx, filepath.Join(dir, "journal.db"), journal.Options{Terminal: "one-more", Log: quiet, Reserve: -1, Clock: s.now}); err != nil {
		b.Fatal(err)
	}
	if s.uplink, err = uplink.New(uplink.Options{URL: url, Identity: id, Journal: s.journal, Log: quiet, Dial: s.dial,
		Health: func() wire.Health { return wire.Health{Version: "figures"} }}); err != nil {
		b.Fatal(err)
	}
	run, end := context.WithCancel(ctx)
	s.end = end
	go func() { s.done <- s.uplink.Run(run) }()
	return s
}

func (s *single) close() {
	s.end()
	if err := errors.Join(<-s.done, s.journal.Close()); err != nil {
		s.b.Error(err)
	}
}

func (s *single) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, network, address)
	return counted{c, &s.sent}, err
}

type counted struct {
	net.Conn
	n *atomic.Int64
}

// Read implements net.Conn.
func (c counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.n.Add(int64(n))
	return n, err
}

// Write implements net.Conn.
func (c counted) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.n.Add(int64(n))
	return n, err
}

// measure makes an urgent record again and again until it is over, and says how
// long each took from its own commit until the center had it.
func (s *single) measure(ctx context.Context, over func() bool) (took []time.Duration) {
	random := rand.New(rand.NewPCG(1, 1))
	for !over() {
		e := severity(random, time.Now())
		e.Lane = record.Urgent
		a, err := s.journal.Append(ctx, e)
		if err != nil {
			s.b.Fatal(err)
		}
		began := time.Now()
		until(s.b, 5*time.Minute, func() bool {
			chains := s.journal.Chains(record.Urgent)
			return chains[len(chains)-1].Acked >= a.Seq
		})
		took = append(took, time.Since(began))
	}
	return took
}

// BenchmarkWire: bytes on the wire per record, all of TCP's payload in both
// directions with TLS, HTTP, heads and answers, against the same bodies compressed
// together by batches of 500 (the least that could be sent), for a day's records of
// each place; and against each body compressed by itself.
//
// Measured, bytes a record on the wire and bodies together: gate 10.1 and 9.8 (+3 %),
// canteen 16.5 and 16.9 (-2 %), library 14.5 and 17.1 (-15 %), counter 473 and 483
// (-2 %), triage 15.2 and 14.7 (+3 %). Below 0 a batch is less than its bodies: what
// these have in common is taken out before they are compressed.
func BenchmarkWire(b *testing.B) {
	const n = 5000
	for _, name := range []string{"gate", "canteen", "library", "counter", "triage"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				c := newCenter(b, "SQLite", "committed")
				if err := c.Codes(b.Context(), nil); err != nil {
					b.Fatal(err)
				}
				if err := c.Start(); err != nil {
					b.Fatal(err)
				}
				s := oneMore(b, c)
				until(b, time.Minute, func() bool { return s.uplink.Status().Online })
				c.Kill() // what follows is gathered
				bodies := gatherBodies(b, s, profiles[name], n)
				s.sent.Store(0)
				if err := c.Start(); err != nil {
					b.Fatal(err)
				}
				until(b, time.Minute, func() bool { return s.journal.Unsent() == 0 })
				sent := s.sent.Load()
				s.close()
				c.Kill()
				together, alone := compressed(b, bodies)
				b.ReportMetric(float64(sent)/n, "wire-B/record")
				b.ReportMetric(float64(together)/n, "bodies-B/record")
				b.ReportMetric(float64(alone)/n, "bodies-alone-B/record")
				b.ReportMetric(100*(float64(sent)/float64(together)-1), "overhead-%")
				b.ReportMetric(100*(float64(sent)/float64(alone)-1), "overhead-alone-%")
			}
		})
	}
}

func gatherBodies(b *testing.B, s *single, p fleet.Profile, n int) (bodies [][]byte) {
	random, at := rand.New(rand.NewPCG(1, 1)), time.Now()
	for range n { // one after the other, as people come
		at = at.Add(time.Duration(random.ExpFloat64() * float64(700*time.Millisecond)))
		now := at
		s.clock.Store(&now)
		e := p.Entry(random, at)
		bodies = append(bodies, e.Body)
		if _, err := s.journal.Append(b.Context(), e); err != nil {
			b.Fatal(err)
		}
	}
	return bodies
}

func compressed(b *testing.B, bodies [][]byte) (together, alone int) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		b.Fatal(err)
	}
	for batch := range slices.Chunk(bodies, wire.MaxRecords) {
		together += len(enc.EncodeAll(slices.Concat(batch...), nil))
	}
	for _, body := range bodies {
		alone += len(enc.EncodeAll(body, nil))
	}
	return together, alone
}

// BenchmarkReplication: the same documents from one durable store to another over
// HTTP: a terminal's journal to the center, both durable with fsync, and PouchDB to
// a server of CouchDB's protocol, neither (see .ci/pouchdb).
func BenchmarkReplication(b *testing.B) {
	const n = 5000
	random, at := rand.New(rand.NewPCG(1, 1)), time.Date(2026, 9, 7, 7, 0, 0, 0, time.UTC)
	entries := make([]journal.Entry, n)
	for i := range entries {
		at = at.Add(700 * time.Millisecond)
		entries[i] = pass(random, at)
	}
	b.Run("ting", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			c := newCenter(b, "SQLite", "committed")
			if err := errors.Join(c.Codes(b.Context(), nil), c.Start()); err != nil {
				b.Fatal(err)
			}
			s := oneMore(b, c)
			until(b, time.Minute, func() bool { return s.uplink.Status().Online })
			c.Kill()
			var all sync.WaitGroup
			for part := range slices.Chunk(entries, n/50) {
				all.Go(func() {
					for _, e := range part {
						if _, err := s.journal.Append(b.Context(), e); err != nil {
							b.Error(err)
						}
					}
				})
			}
			all.Wait()
			if err := c.Start(); err != nil {
				b.Fatal(err)
			}
			until(b, time.Minute, func() bool { return s.journal.Unsent() < n }) // it has found the center
			left, began := s.journal.Unsent(), time.Now()
			b.StartTimer()
			until(b, time.Minute, func() bool { return s.journal.Unsent() == 0 })
			b.StopTimer()
			b.ReportMetric(float64(left)/time.Since(began).Seconds(), "records/s")
			s.close()
			c.Kill()
			b.StartTimer()
		}
	})
	b.Run("pouchdb", func(b *testing.B) {
		dir := os.Getenv("TING_POUCHDB")
		if dir == "" {
			b.Skip("TING_POUCHDB is not set: make bench installs PouchDB and sets it")
		}
		for b.Loop() {
			b.ReportMetric(pouchDB(b, dir, entries), "records/s")
		}
	})
}

// pouchDB replicates documents by PouchDB and says how many a second.
func pouchDB(b *testing.B, dir string, entries []journal.Entry) float64 {
	b.Helper()
	file := filepath.Join(b.TempDir(), "documents")
	var text strings.Builder
	for _, e := range entries {
		text.Write(e.Body)
		text.WriteByte('\n')
	}
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	server := exec.CommandContext(b.Context(), "node", "replicate.mjs", "serve", b.TempDir())
	server.Dir, server.Stderr = dir, os.Stderr
	out, err := server.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = server.Process.Kill(); _ = server.Wait() }()
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	client := exec.CommandContext(b.Context(), "node", "replicate.mjs", "send", b.TempDir(), strings.TrimSpace(port), file)
	client.Dir, client.Stderr = dir, os.Stderr
	answer, err := client.Output()
	if err != nil {
		b.Fatal(err)
	}
	var r struct{ Documents, Seconds float64 }
	if err := json.Unmarshal(answer, &r); err != nil || int(r.Documents) != len(entries) {
		b.Fatalf("%s: %v", answer, err)
	}
	return r.Documents / r.Seconds
}

// BenchmarkCenterMemory: what an idle center takes, and with 5,000 terminals that
// wait for a feed, each over its own TLS connection with its own certificate (PSS).
// TING_POLLERS makes it smaller. Measured: 49 MiB idle, 387 MiB with 5,000 pollers.
func BenchmarkCenterMemory(b *testing.B) {
	pollers := 5000
	if n, err := strconv.Atoi(os.Getenv("TING_POLLERS")); err == nil {
		pollers = n
	}
	for b.Loop() {
		c := newCenter(b, "SQLite", "committed")
		terminals := make([]fleet.Terminal, pollers)
		for i := range terminals {
			terminals[i] = fleet.Terminal{ID: fmt.Sprintf("poller-%d", i), Site: fmt.Sprintf("site-%d", i/10)}
		}
		if err := errors.Join(c.Codes(b.Context(), terminals), c.Start()); err != nil {
			b.Fatal(err)
		}
		until(b, time.Minute, func() bool { return c.Ready(b.Context()) })
		b.ReportMetric(c.Memory()/(1<<20), "idle-MiB")
		poll(b, c, terminals)
		until(b, 10*time.Minute, func() bool {
			n, ok := c.Gauge(b.Context(), "ting_center_polls")
			return ok && int(n) == pollers
		})
		b.ReportMetric(c.Memory()/(1<<20), "with-pollers-MiB")
		b.ReportMetric(float64(pollers), "pollers")
		c.Kill()
	}
}

// poll enrols terminals and has each wait for a feed until the center ends.
func poll(b *testing.B, c *fleet.Center, terminals []fleet.Terminal) {
	b.Helper()
	ca, err := os.ReadFile(c.CA())
	if err != nil {
		b.Fatal(err)
	}
	dir, url := b.TempDir(), "https://"+c.Address()
	work := make(chan fleet.Terminal)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for t := range work {
				id, err := uplink.Enrol(b.Context(), uplink.Enrolment{Dir: filepath.Join(dir, t.ID), URL: url, CA: ca, Terminal: t.ID, Site: t.Site, Code: t.Code})
				if err != nil {
					b.Error(err)
					return
				}
				client := &http.Client{Transport: &http.Transport{TLSClientConfig: id.TLS(), ReadBufferSize: 1 << 10, WriteBufferSize: 1 << 10}}
				go func() {
					for {
						resp, err := client.Get(url + wire.PathFeed + "people?wait=60")
						if err != nil {
							return
						}
						resp.Body.Close()
					}
				}()
			}
		})
	}
	for _, t := range terminals {
		work <- t
	}
	close(work)
	all.Wait()
}
