package center

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// Limits of a request.
const (
	maxHead        = 16 << 10 // bytes of HeaderHead
	bodyPatience   = 20 * time.Second
	answerPatience = 30 * time.Second
	batchesAtOnce  = 2  // per terminal and lane: the second while the first's answer is given up
	pollsAtOnce    = 16 // per terminal
	maxWait        = 60 * time.Second
)

// Handler serves what terminals ask for: wire.PathUp, PathFeed and PathEnrol.
// It is to be served by a server of NewServer.
func (c *Center) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+wire.PathUp, c.serveUp)
	mux.HandleFunc("GET "+wire.PathFeed+"{name}", c.serveFeed)
	mux.HandleFunc("POST "+wire.PathEnrol, c.serveEnrol)
	mux.HandleFunc("POST "+wire.PathRenew, c.serveRenew)
	mux.HandleFunc("/sync/", func(w http.ResponseWriter, r *http.Request) {
		c.TurnAway(r, "http.protocol", r.URL.Path)
		http.Error(w, "this center speaks version 1 of the protocol: update whichever is older", http.StatusUpgradeRequired)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c.isDraining() {
			w.Header().Set("Connection", "close")
			w.Header().Set("Retry-After", "2")
			http.Error(w, ErrDraining.Error(), http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// NewServer is an HTTP server that speaks TLS 1.3 only, asks for a client
// certificate of the district's authority, and has no patience with a client
// that sends slowly. Handlers give themselves more time when they need it.
func (c *Center) NewServer(h http.Handler, cert tls.Certificate) *http.Server {
	s := &http.Server{
		Handler: h,
		TLSConfig: &tls.Config{
			MinVersion:   tls.VersionTLS13,
			Certificates: []tls.Certificate{cert},
			ClientAuth:   tls.VerifyClientCertIfGiven,
			ClientCAs:    c.ca.Pool(),
			Time:         c.now,
			NextProtos:   []string{"h2", "http/1.1"},
		},
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       3 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          log.New(&serverErrors{c}, "", 0),
	}
	c.watchConnections(s)
	return s
}

// serverErrors counts what the HTTP server refuses by itself.
type serverErrors struct{ c *Center }

func (s *serverErrors) Write(b []byte) (int, error) {
	line := strings.TrimSpace(string(b))
	switch {
	case strings.Contains(line, "TLS handshake error") && strings.HasSuffix(line, ": EOF"):
		// Somebody looked whether the port is open.
	case strings.Contains(line, "TLS handshake error"):
		from, cause := handshake(line)
		s.c.refusals.Note("tls", "", from, cause)
		s.c.log.Warn("center: a connection was refused", "op", "tls", "cause", line)
	default:
		s.c.log.Warn("center: http", "op", "serve", "cause", line)
	}
	return len(b), nil
}

// handshake takes the address and the cause out of net/http's line
// "http: TLS handshake error from ADDRESS: CAUSE".
func handshake(line string) (from, cause string) {
	_, rest, _ := strings.Cut(line, " from ")
	address, cause, _ := strings.Cut(rest, ": ")
	return host(address), cause
}

// peer is whose client certificate the request came with: the only identity
// that counts. TLS has verified its chain up to the district's authority.
func peer(r *http.Request) (terminal string, key ed25519.PublicKey, ok bool) {
	if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 {
		return "", nil, false
	}
	cert := r.TLS.VerifiedChains[0][0]
	key, ok = cert.PublicKey.(ed25519.PublicKey)
	return cert.Subject.CommonName, key, ok
}

// peer is peer, as long as the certificate is good: a connection outlives the moment
// at which it was shown.
func (c *Center) peer(r *http.Request) (terminal string, key ed25519.PublicKey, ok bool) {
	terminal, key, ok = peer(r)
	if ok && c.expired(r) {
		return terminal, nil, false
	}
	return terminal, key, ok
}

func (c *Center) expired(r *http.Request) bool {
	return r.TLS != nil && len(r.TLS.VerifiedChains) > 0 && c.now().After(r.TLS.VerifiedChains[0][0].NotAfter)
}

// refuse answers with a bare status and counts it.
func (c *Center) refuse(w http.ResponseWriter, r *http.Request, reason string, status int, hint string) {
	c.TurnAway(r, reason, "")
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "2")
	}
	if c.expired(r) {
		w.Header().Set("Connection", "close") // the next may show a newer certificate
	}
	http.Error(w, hint, status)
}

func (c *Center) serveUp(w http.ResponseWriter, r *http.Request) {
	terminal, key, ok := c.peer(r)
	if !ok {
		c.refuse(w, r, "up.identity", http.StatusForbidden, "a client certificate of the district is needed, and one that is still good: enrol")
		return
	}
	rawHead := []byte(r.Header.Get(wire.HeaderHead))
	var head wire.Head
	if len(rawHead) > maxHead || json.Unmarshal(rawHead, &head) != nil || !sound(head) {
		c.refuse(w, r, "up.malformed", http.StatusBadRequest, wire.HeaderHead+" is not a batch's head")
		return
	}
	verdict := func(code wire.Code) {
		c.answer(w, r, wire.Ack{Terminal: terminal, Epoch: head.Epoch, Lane: head.Lane, Code: code}, head.Terminal)
	}
	if head.Terminal != terminal {
		verdict(wire.Sig)
		return
	}
	if head.Count > wire.MaxRecords || r.ContentLength > wire.MaxBodyBytes {
		verdict(wire.TooBig)
		return
	}
	lane, turn := c.ordinary, terminal+"/"+head.Lane.String()
	switch {
	case head.Count == 0:
		lane = c.asks
	case head.Lane == record.Urgent:
		lane = c.urgent
	}
	if !c.polls.begin(turn, batchesAtOnce) {
		c.refuse(w, r, "up.busy", http.StatusServiceUnavailable, "one batch at a time")
		return
	}
	defer c.polls.end(turn)
	leave, err := lane.enter(r.Context())
	if err != nil {
		c.refuse(w, r, "up.busy", http.StatusServiceUnavailable, "the center is busy")
		return
	}
	defer leave()

	// From here on the request holds one of few places: it must not dawdle.
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(bodyPatience)) // a test's recorder has none
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, wire.MaxBodyBytes))
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &tooBig):
		verdict(wire.TooBig)
		return
	case err != nil:
		c.refuse(w, r, "up.unread", http.StatusRequestTimeout, "the batch did not arrive in time")
		return
	case wire.Verify(key, wire.PurposeUp, rawHead, body, r.Header.Get(wire.HeaderSignature)) != nil:
		verdict(wire.Sig)
		return
	}
	b := &batch{
		head:     head,
		chain:    record.Chain{Terminal: terminal, Epoch: head.Epoch, Lane: head.Lane},
		key:      key,
		at:       c.now(),
		answered: make(chan wire.Ack, 1),
	}
	copy(b.prev[:], head.Prev)
	c.metrics.bytes.WithLabelValues(head.Lane.String()).Add(float64(len(body)))
	arrived := time.Now()
	if b.records, err = wire.DecodeRecords(body, head); errors.Is(err, wire.ErrChain) {
		b.broken = err
	} else if err != nil {
		c.log.Warn("center: a batch cannot be read", "op", "ingest", "terminal", terminal, "cause", err)
		verdict(wire.TooBig)
		return
	}
	b.check()
	lane.queue <- b
	_ = control.SetWriteDeadline(time.Now().Add(answerPatience))
	select {
	case ack := <-b.answered:
		c.metrics.answered.WithLabelValues(head.Lane.String()).Observe(time.Since(arrived).Seconds())
		c.answer(w, r, ack, "")
	case <-c.closed: // stored or not: the terminal asks again
		c.refuse(w, r, "up.closed", http.StatusServiceUnavailable, "the center is shutting down")
	}
}

// sound reports whether a head can be of a batch at all.
func sound(h wire.Head) bool {
	return h.Epoch >= 1 && h.Epoch < 1<<40 && h.Lane <= record.Urgent && h.First >= 1 && h.First < 1<<60 &&
		h.Count >= 0 && len(h.Prev) == len(record.Hash{})
}

// answer signs an acknowledgement and sends it. claimed is whom the batch said
// it was of.
func (c *Center) answer(w http.ResponseWriter, r *http.Request, a wire.Ack, claimed string) {
	if a.Code != wire.OK {
		if claimed == a.Terminal {
			claimed = ""
		}
		reason := "up." + strings.ToLower(string(a.Code))
		if a.Code == wire.Gap || a.Code == wire.Busy {
			c.refusals.Count(reason) // how the protocol goes, not somebody turned away
		} else {
			c.TurnAway(r, reason, claimed)
		}
	}
	if a.CommittedHash == nil {
		a.CommittedHash = make([]byte, len(record.Hash{}))
	}
	a.Incarnation, a.Now, a.Formats = c.Incarnation(), c.now(), wire.Newest
	c.metrics.answer(a.Lane, a.Code)
	c.signed(w, wire.PurposeAck, wire.StatusOf(a.Code), int(a.RetryAfter), a)
}

func (c *Center) signed(w http.ResponseWriter, purpose string, status, retryAfter int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		c.log.Error("center: an answer cannot be encoded", "op", purpose, "cause", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set(wire.HeaderSignature, wire.Sign(c.key, purpose, nil, body))
	if retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(retryAfter))
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // whoever did not get it asks again
}

func (c *Center) serveFeed(w http.ResponseWriter, r *http.Request) {
	terminal, key, ok := c.peer(r)
	if !ok {
		c.refuse(w, r, "feed.identity", http.StatusForbidden, "a client certificate of the district is needed, and one that is still good: enrol")
		return
	}
	q := feedQuery{terminal: terminal, key: key, feed: r.PathValue("name")}
	var err error
	if q.after, err = strconv.ParseUint(orZero(r.FormValue("after")), 10, 63); err == nil {
		var seconds uint64
		seconds, err = strconv.ParseUint(orZero(r.FormValue("wait")), 10, 31)
		q.wait = min(time.Duration(seconds)*time.Second, maxWait)
	}
	if err == nil {
		q.snapshot, err = strconv.ParseUint(orZero(r.FormValue("snapshot")), 10, 63)
	}
	if err != nil || !names.MatchString(q.feed) {
		c.refuse(w, r, "feed.malformed", http.StatusBadRequest, "after and wait are whole numbers")
		return
	}
	turn := terminal + "/feed"
	if !c.polls.begin(turn, pollsAtOnce) {
		c.refuse(w, r, "feed.busy", http.StatusServiceUnavailable, fmt.Sprintf("at most %d feeds at a time", pollsAtOnce))
		return
	}
	defer c.polls.end(turn)
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(q.wait + answerPatience))
	c.metrics.polls.Inc()
	page, status, err := c.feedPage(r.Context(), q)
	c.metrics.polls.Dec()
	switch {
	case r.Context().Err() != nil && !errors.Is(r.Context().Err(), context.DeadlineExceeded):
		return // the terminal has gone
	case err != nil:
		c.log.Error("center: a feed cannot be read", "op", "feed", "feed", q.feed, "cause", err)
		c.refuse(w, r, "feed.failed", http.StatusServiceUnavailable, "the center cannot read the feed at the moment")
	case status == http.StatusForbidden:
		c.refuse(w, r, "feed.revoked", status, "this terminal is not let in: enrol it again")
	case status == statusNotOfRole:
		c.refuse(w, r, "feed.role", http.StatusForbidden, "a terminal of this role does not get this feed")
	case status == http.StatusNotFound:
		c.refuse(w, r, "feed.unknown", status, "the center has no such feed")
	default:
		c.signed(w, wire.PurposeFeed, status, 0, page)
	}
}

func orZero(s string) string {
	if s == "" {
		return "0"
	}
	return s
}
