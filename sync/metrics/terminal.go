// Package metrics is what a terminal measures of its records, for Prometheus,
// and whether it is well. The center's own are in sync/center.
//
// No label names a person or a record; the series of one terminal are some
// forty. Everything is read from the journal's and the uplink's own state when
// somebody asks, but for the time that a durable append takes, which Appended
// is told.
//
// Callers serve Handler where only the operators are: on the loopback address or
// a Unix socket.
package metrics

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/luohu/ting/sync/journal"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/uplink"
	"github.com/luohu/ting/sync/wire"
)

// Terminal measures one terminal.
type Terminal struct {
	o        Options
	registry *prometheus.Registry
	appended *prometheus.HistogramVec // lane
	failed   *prometheus.CounterVec   // why
}

// Options say where the numbers come from. Journal returns nil, and Link false,
// while there is none yet; Troubles, by name, may be nil.
type Options struct {
	Version  string
	Journal  func() *journal.Journal
	Link     func() (uplink.Status, bool)
	Modules  func() map[string]int // by state
	Troubles func() int            // devices and modules that need somebody
	Clock    func() time.Time      // nil is time.Now
}

// New makes the measures, in a registry of their own.
func New(o Options) *Terminal {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	t := &Terminal{o: o, registry: prometheus.NewRegistry(),
		appended: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "ting_terminal_append_seconds", Help: "Time until a record was durable, by lane.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 2, 16)}, []string{"lane"}),
		failed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ting_terminal_append_failures_total", Help: "Records that were refused, by reason: disk-full, durability, other."}, []string{"reason"}),
	}
	for _, reason := range []string{"disk-full", "durability", "other"} {
		t.failed.WithLabelValues(reason)
	}
	t.registry.MustRegister(t.appended, t.failed, collector{t}, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return t
}

// Appended is told how long an append took and how it ended.
func (t *Terminal) Appended(lane string, took time.Duration, err error) {
	switch {
	case err == nil:
		t.appended.WithLabelValues(lane).Observe(took.Seconds())
	case errors.Is(err, journal.ErrDiskFull):
		t.failed.WithLabelValues("disk-full").Inc()
	case errors.Is(err, journal.ErrDurability):
		t.failed.WithLabelValues("durability").Inc()
	default:
		t.failed.WithLabelValues("other").Inc()
	}
}

// Ready says why the terminal takes no business at the moment, or nil. Being
// without the center is no reason.
func (t *Terminal) Ready(ctx context.Context) error {
	j := t.o.Journal()
	if j == nil {
		return errors.New("the terminal is opening")
	}
	s, err := j.Status(ctx)
	if err == nil && !s.FullSince.IsZero() {
		err = journal.ErrDiskFull
	}
	return err
}

// Handler serves /metrics, /healthz and /readyz.
func (t *Terminal) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := t.Ready(r.Context()); err != nil {
			w.Header().Set("Retry-After", "5")
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	return mux
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("ting_terminal_"+name, help, labels, nil)
}

var (
	descInfo     = desc("info", "Always 1; the label is the program's version.", "version")
	descReady    = desc("ready", "1 when the terminal takes business.")
	descEpoch    = desc("epoch", "The journal's epoch; it rises at enrolment and whenever a restored or copied file was noticed.")
	descHead     = desc("head", "Number of the last record of the current epoch, by lane.", "lane")
	descUnsent   = desc("unsent_records", "Records that the center has not acknowledged, by lane.", "lane")
	descOldest   = desc("oldest_unsent_seconds", "Age of the oldest of them, by lane; 0 for none.", "lane")
	descSize     = desc("journal_bytes", "Size of the journal and its log.")
	descFree     = desc("disk_free_bytes", "Free room on the journal's volume.")
	descFull     = desc("journal_full", "1 while records are refused for want of room.")
	descOnline   = desc("online", "1 while the center answers.")
	descContact  = desc("last_contact_seconds", "Time since the last verified answer; absent before the first.")
	descClock    = desc("clock_error_seconds", "By how much the clock is ahead of the center's.")
	descExpiry   = desc("certificate_expiry_seconds", "Time until the certificate expires; below 0 it has.")
	descStopped  = desc("lane_stopped", "1 for a lane that the center has stopped, with its verdict.", "lane", "code")
	descRefused  = desc("answers_refused_total", "Answers that were not believed: not the center's signature, or about something else.")
	descModules  = desc("modules", "Modules, by state.", "state")
	descTroubles = desc("troubles", "Devices and modules that need somebody.")
)

// collector reads the terminal's state at each scrape.
type collector struct{ t *Terminal }

// Describe implements prometheus.Collector.
func (c collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descInfo, descReady, descEpoch, descHead, descUnsent, descOldest, descSize, descFree, descFull,
		descOnline, descContact, descClock, descExpiry, descStopped, descRefused, descModules, descTroubles} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	t := c.t
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(descInfo, 1, t.o.Version)
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	gauge(descReady, oneIf(t.Ready(ctx) == nil))
	if j := t.o.Journal(); j != nil {
		s, _ := j.Status(ctx) // what it knows without the file comes beside the error
		gauge(descEpoch, float64(s.Epoch))
		for _, l := range s.Lanes {
			gauge(descHead, float64(l.Head), l.Lane.String())
			gauge(descUnsent, float64(l.Unsent), l.Lane.String())
			age := time.Duration(0)
			if !l.Oldest.IsZero() {
				age = max(0, t.o.Clock().Sub(l.Oldest))
			}
			gauge(descOldest, age.Seconds(), l.Lane.String())
		}
		gauge(descSize, float64(s.Size))
		gauge(descFree, float64(s.Free))
		gauge(descFull, oneIf(!s.FullSince.IsZero()))
	}
	if t.o.Link != nil {
		if s, ok := t.o.Link(); ok {
			c.link(ch, gauge, s)
		}
	}
	if t.o.Modules != nil {
		for state, n := range t.o.Modules() {
			gauge(descModules, float64(n), state)
		}
	}
	if t.o.Troubles != nil {
		gauge(descTroubles, float64(t.o.Troubles()))
	}
}

func (c collector) link(ch chan<- prometheus.Metric, gauge func(*prometheus.Desc, float64, ...string), s uplink.Status) {
	now := c.t.o.Clock()
	gauge(descOnline, oneIf(s.Online))
	if !s.LastContact.IsZero() {
		gauge(descContact, now.Sub(s.LastContact).Seconds())
	}
	gauge(descClock, s.ClockError.Seconds())
	gauge(descExpiry, s.Certificate.Sub(now).Seconds())
	stopped := map[record.Lane]wire.Code{}
	for _, stop := range s.Stopped {
		stopped[stop.Lane] = stop.Code
	}
	for lane, code := range stopped {
		gauge(descStopped, 1, lane.String(), string(code))
	}
	ch <- prometheus.MustNewConstMetric(descRefused, prometheus.CounterValue, float64(s.Refused))
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
