package center

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/luohu/ting/sync/center/store"
)

// Errors of a center that cannot take records in.
var (
	ErrDraining = errors.New("the center is shutting down")
	// ErrNoRoom is returned while the state directory's volume has less than Options.MinFree.
	ErrNoRoom = errors.New("the disk is nearly full: free some space on the volume of the state directory")
)

// Operations serves what watches over the center: /metrics for Prometheus,
// /healthz (the process answers) and /readyz (it can take records in). It names
// nobody and takes no password: serve it where only the operators are.
func (c *Center) Operations() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(c.metrics.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", Healthy)
	mux.HandleFunc("GET /readyz", c.ServeReady)
	return mux
}

// Healthy answers that the process is there. A program serves it from its first
// moment on, also while the center still opens.
func Healthy(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }

// ServeReady answers 200 when the center can take records in, or 503 with why not.
func (c *Center) ServeReady(w http.ResponseWriter, r *http.Request) {
	if err := c.Ready(r.Context()); err != nil {
		w.Header().Set("Retry-After", "5")
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}

// readyPatience bounds how long a database may take to say that it is there.
const readyPatience = 3 * time.Second

// Ready says why the center cannot take records in at the moment, or nil: it is
// shutting down, its disk is full or broken, or the database does not answer.
func (c *Center) Ready(ctx context.Context) error {
	if c.isDraining() {
		return ErrDraining
	}
	if err := c.db.Broken(); err != nil {
		return err
	}
	if free, err := freeBytes(c.opt.Dir); err == nil && free < c.opt.MinFree {
		return ErrNoRoom
	}
	ctx, cancel := context.WithTimeout(ctx, readyPatience)
	defer cancel()
	if c.full.Load() {
		// Somebody may have made room, and no batch may come to find that out.
		if err := c.db.Write(ctx, func(tx *store.Tx) error { return tx.SetMeta("room", c.now().Format(time.RFC3339)) }); err != nil {
			return err
		}
		c.full.Store(false)
	}
	return c.db.Read(ctx, func(tx *store.Tx) error {
		_, err := tx.LastPosition()
		return err
	})
}

func (c *Center) isDraining() bool {
	select {
	case <-c.draining:
		return true
	default:
		return false
	}
}

// connection is what the server knows of one: whether a request is being read
// from it that no handler has seen yet.
type connection struct {
	remote  string
	handled atomic.Bool
	active  atomic.Bool
}

type connectionKey struct{}

// watchConnections has the server count connections on which a request began
// that never became one: sent too slowly, cut off, or not HTTP at all. net/http
// closes those without a word.
func (c *Center) watchConnections(s *http.Server) {
	inner := s.Handler
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if conn, ok := r.Context().Value(connectionKey{}).(*connection); ok {
			conn.handled.Store(true)
		}
		inner.ServeHTTP(w, r)
	})
	var known sync.Map // net.Conn → *connection
	s.ConnContext = func(ctx context.Context, nc net.Conn) context.Context {
		conn := &connection{remote: host(nc.RemoteAddr().String())}
		known.Store(nc, conn)
		return context.WithValue(ctx, connectionKey{}, conn)
	}
	s.ConnState = func(nc net.Conn, state http.ConnState) {
		v, ok := known.Load(nc)
		if !ok {
			return
		}
		conn := v.(*connection)
		switch state {
		case http.StateActive:
			conn.active.Store(true)
		case http.StateIdle:
			conn.active.Store(false)
			conn.handled.Store(false)
		case http.StateClosed, http.StateHijacked:
			known.Delete(nc)
			if conn.active.Load() && !conn.handled.Load() {
				c.refusals.Note("http.unfinished", "", conn.remote, "")
			}
		}
	}
}
