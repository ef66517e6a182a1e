package center

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sys/unix"

	"github.com/luohu/ting/sync/center/projection"
	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// metrics count what one process does. What belongs to the database is read
// from there when somebody asks, so that every process of a center says the same.
//
// No label names a person, a terminal or an address: their number must not grow
// with the district. sync/README.md lists them all.
type metrics struct {
	registry *prometheus.Registry

	batches  *prometheus.CounterVec   // lane, code
	records  *prometheus.CounterVec   // lane
	repeated prometheus.Counter       // records that were stored already
	bytes    *prometheus.CounterVec   // lane: of batches' bodies as they came
	commit   prometheus.Histogram     // seconds of a group's transaction
	group    prometheus.Histogram     // batches in a group
	answered *prometheus.HistogramVec // lane: seconds from a batch's arrival to its answer
	polls    prometheus.Gauge
}

func newMetrics(c *Center) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		batches: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ting_center_batches_total", Help: "Batches answered, by lane and verdict."}, []string{"lane", "code"}),
		records: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ting_center_records_total", Help: "Records stored, by lane."}, []string{"lane"}),
		repeated: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "ting_center_records_repeated_total", Help: "Records that came again and were stored already."}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ting_center_batch_bytes_total", Help: "Bytes of batches' bodies as they came, compressed, by lane."}, []string{"lane"}),
		commit: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "ting_center_commit_seconds", Help: "Time that the durable commit of one group of batches took.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 15)}),
		group: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "ting_center_commit_batches", Help: "Batches that shared one commit.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 7)}),
		answered: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "ting_center_answer_seconds", Help: "Time from a batch's arrival to its answer, by lane.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 14)}, []string{"lane"}),
		polls: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "ting_center_polls", Help: "Terminals' feed requests that wait for a change."}),
	}
	m.registry.MustRegister(m.batches, m.records, m.repeated, m.bytes, m.commit, m.group, m.answered, m.polls,
		&stateCollector{c: c}, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Metrics is what the center measures, for Prometheus.
func (c *Center) Metrics() prometheus.Gatherer { return c.metrics.registry }

func (m *metrics) answer(l record.Lane, code wire.Code) {
	m.batches.WithLabelValues(l.String(), string(code)).Inc()
}

// How old what the database says may be, and how long it may take to say it.
const (
	stateFresh   = 5 * time.Second
	statePatient = 3 * time.Second
)

// stateCollector reads what the center holds, at most every few seconds: a
// scrape must not become work for the database.
type stateCollector struct {
	c  *Center
	mu sync.Mutex
	at time.Time
	is state
}

// state is the center's condition in numbers.
type state struct {
	ready      bool
	terminals  map[store.State]int
	silent     int // active terminals not heard of for ten minutes
	wrongClock int // terminals whose clock is off by more than five seconds
	unsent     int64
	position   int64
	lag        map[string]int64 // by projection
	letters    int64
	forks      int
	backupAge  time.Duration // below 0 when there is none
	gauges     []projection.Gauge
}

const (
	silentAfter = 10 * time.Minute
	clockOff    = 5 * time.Second
)

var (
	descReady      = desc("ready", "1 when the center can take records in.")
	descTerminals  = desc("terminals", "Enrolled terminals, by state.", "state")
	descSilent     = desc("terminals_silent", "Active terminals that were not heard of for ten minutes.")
	descWrongClock = desc("terminals_clock_off", "Terminals whose clock is off by more than five seconds.")
	descUnsent     = desc("terminals_unsent_records", "Records that terminals say they still have to send.")
	descPosition   = desc("log_position", "The last position of the raw log.")
	descLag        = desc("projection_lag_positions", "Positions of the log that a projection has not seen.", "projection")
	descLetters    = desc("dead_letters", "Records that a projection has not applied.")
	descForks      = desc("forks", "Histories of terminals that wait for an administrator.")
	descBackupAge  = desc("backup_age_seconds", "Time since the last verified backup; absent while there is none.")
	descFree       = desc("disk_free_bytes", "Free room on the volume of the state directory.")
	descSize       = desc("database_bytes", "Size of the database file and its log; 0 for a database elsewhere.")
	descRefusals   = desc("refusals_total", "Requests refused since the start, by reason.", "reason")
	descQueue      = desc("lane_batches", "Batches that hold a place on the way to the commit, by lane.", "lane")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("ting_center_"+name, help, labels, nil)
}

// Describe implements prometheus.Collector.
func (s *stateCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descReady, descTerminals, descSilent, descWrongClock, descUnsent, descPosition, descLag,
		descLetters, descForks, descBackupAge, descFree, descSize, descRefusals, descQueue} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (s *stateCollector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for reason, n := range s.c.refusals.Counts() {
		ch <- prometheus.MustNewConstMetric(descRefusals, prometheus.CounterValue, float64(n), reason)
	}
	gauge(descQueue, float64(len(s.c.urgent.slots)), record.Urgent.String())
	gauge(descQueue, float64(len(s.c.ordinary.slots)), record.Ordinary.String())
	if free, err := freeBytes(s.c.opt.Dir); err == nil {
		gauge(descFree, float64(free))
	}
	gauge(descSize, float64(sizeOf(s.c.opt.Dir)))
	if position, err := s.position(); err == nil { // cheap, and watched closely
		gauge(descPosition, float64(position))
	}
	is, err := s.read()
	if err != nil {
		s.c.log.Warn("center: its state cannot be read", "op", "metrics", "cause", err)
		gauge(descReady, 0)
		return
	}
	ready := 0.0
	if is.ready {
		ready = 1
	}
	gauge(descReady, ready)
	for _, st := range []store.State{store.Active, store.Quarantined, store.Revoked} {
		gauge(descTerminals, float64(is.terminals[st]), string(st))
	}
	gauge(descSilent, float64(is.silent))
	gauge(descWrongClock, float64(is.wrongClock))
	gauge(descUnsent, float64(is.unsent))
	for name, lag := range is.lag {
		gauge(descLag, float64(lag), name)
	}
	gauge(descLetters, float64(is.letters))
	gauge(descForks, float64(is.forks))
	for _, g := range is.gauges {
		gauge(desc(g.Name, g.Help), g.Value)
	}
	if is.backupAge >= 0 {
		gauge(descBackupAge, is.backupAge.Seconds())
	}
}

func (s *stateCollector) position() (n int64, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), statePatient)
	defer cancel()
	err = s.c.db.Read(ctx, func(tx *store.Tx) (err error) {
		n, err = tx.LastPosition()
		return err
	})
	return n, err
}

func (s *stateCollector) read() (state, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now() // how fresh it is does not depend on the center's clock
	if now.Sub(s.at) < stateFresh {
		return s.is, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), statePatient)
	defer cancel()
	is, err := s.c.state(ctx)
	if err == nil {
		s.is, s.at = is, now
	}
	return is, err
}

func (c *Center) state(ctx context.Context) (is state, err error) {
	is = state{ready: c.Ready(ctx) == nil, terminals: map[store.State]int{}, lag: map[string]int64{}, backupAge: -1}
	devices, err := c.Terminals(ctx)
	if err != nil {
		return is, err
	}
	now := c.now()
	for _, d := range devices {
		is.terminals[d.State]++
		is.unsent += d.Health.Unsent
		if d.State == store.Active && now.Sub(d.LastContact) > silentAfter {
			is.silent++
		}
		if d.ClockError.Abs() > clockOff {
			is.wrongClock++
		}
	}
	err = c.db.Read(ctx, func(tx *store.Tx) (err error) {
		if is.position, err = tx.LastPosition(); err != nil {
			return err
		}
		for _, r := range c.runners {
			p, err := tx.Projected(r.name)
			if err != nil {
				return err
			}
			is.lag[r.name] = max(0, is.position-p.Cursor)
			if m, ok := r.p.(projection.Measured); ok && p.Schema != "" {
				gauges, err := m.Gauges(querier{tx})
				if err != nil {
					return err
				}
				is.gauges = append(is.gauges, gauges...)
			}
		}
		if is.letters, err = tx.CountDeadLetters(); err != nil {
			return err
		}
		forks, err := tx.Forks()
		if err != nil {
			return err
		}
		for _, f := range forks {
			if f.AdoptedAt.IsZero() {
				is.forks++
			}
		}
		at, err := tx.Meta(metaBackup)
		if err != nil || at == "" {
			return err
		}
		t, err := time.Parse(time.RFC3339Nano, at)
		is.backupAge = max(0, now.Sub(t))
		return err
	})
	return is, err
}

func freeBytes(dir string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * st.Bsize, nil
}

func sizeOf(dir string) (n int64) {
	files, err := filepath.Glob(filepath.Join(dir, "center.db*"))
	if err != nil {
		return 0
	}
	for _, f := range files {
		if st, err := os.Stat(f); err == nil && !strings.HasSuffix(f, "-shm") {
			n += st.Size()
		}
	}
	return n
}
