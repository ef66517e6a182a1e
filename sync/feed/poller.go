package feed

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/sync/wire"
)

// PollerOptions say what comes down, and from where. All but the last group are needed.
type PollerOptions struct {
	URL    string            // of the center: https://host[:port]
	TLS    *tls.Config       // this terminal's certificate and the district's CA; TLS 1.3 at least is enforced
	Center ed25519.PublicKey // signs the pages
	Cache  *Cache
	Feeds  []string // besides the revocations, which always come

	Log *slog.Logger // nil is slog.Default
	// Wait is how long the center may hold a request until something changes: 0 is 25 s.
	Wait time.Duration
	// BackoffMost bounds the random wait after failures: 0 is 30 s.
	BackoffMost time.Duration
	// Dial replaces the network; nil is TCP.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Poller brings feeds down. Run it once.
type Poller struct {
	o         PollerOptions
	base      *url.URL
	transport *http.Transport
	first     sync.Mutex // held while the revocations are read to their end

	mu      sync.Mutex
	failed  map[string]bool   // feeds whose last request failed: said once
	horizon map[string]uint64 // of the snapshot that is arriving
}

// NewPoller checks the options. Run does the work.
func NewPoller(o PollerOptions) (*Poller, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("feeds: center URL %q: https://host[:port] is needed", o.URL)
	}
	if o.TLS == nil || o.Cache == nil || len(o.Center) != ed25519.PublicKeySize {
		return nil, errors.New("feeds: a TLS configuration, the center's key and a cache are needed")
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Wait <= 0 {
		o.Wait = 25 * time.Second
	}
	if o.BackoffMost <= 0 {
		o.BackoffMost = 30 * time.Second
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}).DialContext
	}
	config := o.TLS.Clone()
	config.MinVersion = max(config.MinVersion, tls.VersionTLS13)
	return &Poller{o: o, base: u, failed: map[string]bool{}, horizon: map[string]uint64{}, transport: &http.Transport{
		DialContext: o.Dial, TLSClientConfig: config, TLSHandshakeTimeout: 10 * time.Second,
		ForceAttemptHTTP2: true, // all the waiting requests share one connection
		IdleConnTimeout:   90 * time.Second, DisableCompression: true,
	}}, nil
}

// Run polls until ctx ends. It returns nil then.
func (p *Poller) Run(ctx context.Context) error {
	defer p.transport.CloseIdleConnections()
	for failures := 0; ; failures++ {
		err := p.readRevocations(ctx)
		p.note(ctx, kiosk.FeedRevocations, err)
		if err == nil {
			break
		}
		if !p.pause(ctx, err, failures) {
			return nil
		}
	}
	var wg sync.WaitGroup
	feeds := append([]string{kiosk.FeedRevocations}, p.o.Feeds...)
	slices.Sort(feeds)
	for _, name := range slices.Compact(feeds) {
		wg.Go(func() { p.follow(ctx, name) })
	}
	wg.Wait()
	return nil
}

// follow keeps one feed up to date.
func (p *Poller) follow(ctx context.Context, name string) {
	failures := 0
	for ctx.Err() == nil {
		page, err := p.fetch(ctx, name, p.o.Wait)
		if err == nil {
			err = p.take(ctx, page)
		}
		p.note(ctx, name, err)
		if err == nil {
			failures = 0
			continue
		}
		if !p.pause(ctx, err, failures) {
			return
		}
		failures++
	}
}

// take applies a page, after the revocations if it is of another feed.
func (p *Poller) take(ctx context.Context, page wire.FeedPage) error {
	if page.Feed != kiosk.FeedRevocations && (len(page.Rows) > 0 || page.Snapshot) {
		if err := p.readRevocations(ctx); err != nil {
			return fmt.Errorf("nothing is applied before the revocations: %w", err)
		}
	}
	return p.apply(ctx, page)
}

func (p *Poller) apply(ctx context.Context, page wire.FeedPage) error {
	err := p.o.Cache.Apply(ctx, page)
	switch {
	case errors.Is(err, ErrStale):
		return nil // another request was quicker
	case errors.Is(err, ErrBehind):
		p.o.Log.Warn("a feed is read anew", "op", "feed", "feed", page.Feed, "cause", err)
		return p.o.Cache.Reset(ctx, page.Feed)
	}
	if err == nil {
		p.mu.Lock()
		if p.horizon[page.Feed] = page.Horizon; !page.More {
			delete(p.horizon, page.Feed)
		}
		p.mu.Unlock()
	}
	return err
}

// readRevocations reads the revocations to their end, without waiting there.
func (p *Poller) readRevocations(ctx context.Context) error {
	p.first.Lock()
	defer p.first.Unlock()
	for {
		page, err := p.fetch(ctx, kiosk.FeedRevocations, 0)
		if err != nil {
			return err
		}
		if err := p.apply(ctx, page); err != nil {
			return err
		}
		cursor, err := p.o.Cache.Cursor(ctx, kiosk.FeedRevocations)
		if err != nil {
			return err
		}
		if !page.More && cursor >= page.Revision {
			return nil
		}
	}
}

// statusError is an answer without a page.
type statusError struct {
	status     int
	retryAfter time.Duration
}

func (e *statusError) Error() string {
	switch e.status {
	case http.StatusNotFound:
		return "the center has no such feed (status 404)"
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Sprintf("the center does not let this terminal read feeds (status %d): enrol it again, or admit it in the console", e.status)
	}
	return fmt.Sprintf("status %d without a page", e.status)
}

// fetch asks for the page after the cursor and verifies it.
func (p *Poller) fetch(ctx context.Context, name string, wait time.Duration) (page wire.FeedPage, err error) {
	after, err := p.o.Cache.Cursor(ctx, name)
	if err != nil {
		return page, err
	}
	ctx, cancel := context.WithTimeout(ctx, wait+30*time.Second)
	defer cancel()
	u := p.base.JoinPath(wire.PathFeed, name)
	values := url.Values{
		"after": {strconv.FormatUint(after, 10)},
		"wait":  {strconv.Itoa(int(wait / time.Second))},
	}
	p.mu.Lock()
	if h := p.horizon[name]; h > 0 {
		values.Set("snapshot", strconv.FormatUint(h, 10))
	}
	p.mu.Unlock()
	u.RawQuery = values.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return page, err
	}
	resp, err := p.transport.RoundTrip(req)
	if err != nil {
		return page, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, wire.MaxPageBytes+1))
	if err != nil {
		return page, err
	}
	signature := resp.Header.Get(wire.HeaderSignature)
	switch {
	case resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusGone, signature == "":
		e := &statusError{status: resp.StatusCode}
		if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s > 0 {
			e.retryAfter = time.Duration(min(s, 3600)) * time.Second
		}
		return page, e
	case len(body) > wire.MaxPageBytes:
		return page, fmt.Errorf("%w: it has more than %d bytes", ErrPage, wire.MaxPageBytes)
	}
	if err := wire.Verify(p.o.Center, wire.PurposeFeed, nil, body, signature); err != nil {
		return page, err
	}
	if err := json.Unmarshal(body, &page); err != nil {
		return page, fmt.Errorf("%w: %w", ErrPage, err)
	}
	switch {
	case page.Feed != name:
		return page, fmt.Errorf("%w: it is of feed %q", ErrPage, page.Feed)
	case page.After != after && !page.Snapshot:
		return page, fmt.Errorf("%w: it follows %d where %d was asked for", ErrPage, page.After, after)
	case resp.StatusCode == http.StatusGone && !page.Snapshot:
		return page, fmt.Errorf("%w: the center has forgotten the cursor but sends no snapshot", ErrPage)
	}
	return page, nil
}

// pause waits after a failure, at random below a bound that doubles. It reports
// false when ctx ended.
func (p *Poller) pause(ctx context.Context, err error, failures int) bool {
	bound := min(250*time.Millisecond<<min(failures, 20), p.o.BackoffMost)
	var s *statusError
	d := time.Millisecond
	if errors.As(err, &s) {
		switch {
		case s.retryAfter > 0:
			d, bound = s.retryAfter, s.retryAfter
		case s.status >= 400 && s.status < 500:
			d, bound = p.o.BackoffMost, p.o.BackoffMost // it will not change by itself
		}
	}
	t := time.NewTimer(d + rand.N(max(bound, 1)))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// note logs the first failure of a row, and its end.
func (p *Poller) note(ctx context.Context, name string, err error) {
	if ctx.Err() != nil {
		return
	}
	p.mu.Lock()
	was := p.failed[name]
	p.failed[name] = err != nil
	p.mu.Unlock()
	switch {
	case err != nil && !was:
		p.o.Log.Warn("a feed does not come", "op", "feed", "feed", name, "cause", err)
	case err == nil && was:
		p.o.Log.Info("a feed comes again", "op", "feed", "feed", name)
	}
}
