package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/luohu/ting/sync/center"
)

// logger writes the log as asked for. No line of it names a person: see the
// package center.
func logger(how string, w io.Writer) (*slog.Logger, error) {
	switch how {
	case "text":
		return slog.New(slog.NewTextHandler(w, nil)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, nil)), nil
	}
	return nil, fmt.Errorf("-log is text or json, not %q", how)
}

// watched is the port for Prometheus and for whoever asks after the center's
// health. It answers from the first moment: while the center still opens and
// brings its database up to date it is alive, and not ready.
type watched struct {
	server  *http.Server
	handler atomic.Pointer[http.Handler]
}

func watch(address string, log *slog.Logger) (*watched, error) {
	w := &watched{}
	if address == "" {
		return w, nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: choose another address with -metrics HOST:PORT: %w", address, err)
	}
	opening := http.NewServeMux()
	opening.HandleFunc("GET /healthz", center.Healthy)
	opening.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "5")
		http.Error(w, "the center is opening its database", http.StatusServiceUnavailable)
	})
	w.serve(opening)
	w.server = &http.Server{
		Handler:           http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { (*w.handler.Load()).ServeHTTP(rw, r) }),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	log.Info("center: metrics and health", "op", "metrics", "address", l.Addr().String())
	go func() { _ = w.server.Serve(l) }() // ends with stop
	return w, nil
}

// serve answers with h from now on.
func (w *watched) serve(h http.Handler) { w.handler.Store(&h) }

func (w *watched) stop() {
	if w.server != nil {
		_ = w.server.Close() // a scrape under way is nobody's loss
	}
}
