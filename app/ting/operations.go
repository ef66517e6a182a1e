package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/luohu/ting/sync/journal"
	"github.com/luohu/ting/sync/metrics"
	"github.com/luohu/ting/sync/uplink"
)

// OperationsConfig says where the terminal serves /metrics, /healthz and
// /readyz: a loopback address, or "unix:" and a path. Nowhere when it is empty.
type OperationsConfig struct {
	Listen string `toml:"listen"`
}

// check says why it cannot be used, or nothing. Whoever reads the metrics is on
// this machine: a terminal in a hall opens no port to the hall.
func (o OperationsConfig) check() string {
	if o.Listen == "" {
		return ""
	}
	if path, ok := strings.CutPrefix(o.Listen, "unix:"); ok {
		if !filepath.IsAbs(path) {
			return fmt.Sprintf("operations.listen = %q: unix:/absolute/path is needed", o.Listen)
		}
		return ""
	}
	host, _, err := net.SplitHostPort(o.Listen)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Sprintf("operations.listen = %q: only this machine may ask: 127.0.0.1:9465 or unix:/run/ting/operations.sock", o.Listen)
	}
	return ""
}

func (o OperationsConfig) open() (net.Listener, error) {
	path, isUnix := strings.CutPrefix(o.Listen, "unix:")
	if !isUnix {
		return net.Listen("tcp", o.Listen)
	}
	// A socket that a killed terminal has left behind would be in the way.
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	return l, os.Chmod(path, 0o660)
}

// measures is what the terminal measures of itself.
func (t *terminal) measures() *metrics.Terminal {
	whenOpen := func(f func()) {
		if t.isOpen() {
			f()
		}
	}
	return metrics.New(metrics.Options{
		Version: version,
		Journal: func() (j *journal.Journal) {
			whenOpen(func() { j = t.journal })
			return j
		},
		Link: func() (s uplink.Status, ok bool) {
			whenOpen(func() {
				if t.link != nil {
					s, ok = t.link.status()
				}
			})
			return s, ok
		},
		Modules: func() map[string]int {
			states := map[string]int{}
			whenOpen(func() {
				for _, m := range t.host.Status() {
					states[string(m.State)]++
				}
			})
			return states
		},
		Troubles: func() (n int) {
			whenOpen(func() { n = len(t.troubles()) })
			return n
		},
	})
}

// serveOperations answers whoever watches over the terminal until ctx ends. A
// port that cannot be had keeps nobody from his lunch.
func serveOperations(ctx context.Context, o OperationsConfig, h http.Handler, log *slog.Logger) {
	l, err := o.open()
	if err != nil {
		log.Error("nobody can watch over this terminal", "op", "operations", "cause", err)
		return
	}
	log.Info("metrics and health", "op", "operations", "address", l.Addr().String())
	s := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	_ = s.Serve(l) // ends when it is closed
}
