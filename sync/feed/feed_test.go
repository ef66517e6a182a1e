package feed

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/sync/wire"
)

var _ host.Feeds = (*Cache)(nil)

func openCache(t testing.TB, path string, change ...func(*CacheOptions)) *Cache {
	t.Helper()
	o := CacheOptions{Site: "school-1", Log: slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(&o)
	}
	c, err := OpenCache(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func row(rev uint64, key string) wire.FeedRow {
	return wire.FeedRow{Key: key, Revision: rev, Value: fmt.Appendf(nil, `{"r":%d}`, rev)}
}

func gone(rev uint64, key string) wire.FeedRow {
	return wire.FeedRow{Key: key, Revision: rev, Deleted: true}
}

func page(after, rev uint64, rows ...wire.FeedRow) wire.FeedPage {
	return wire.FeedPage{Feed: "people", Site: "school-1", After: after, Revision: rev, Rows: rows}
}

func snapshot(p wire.FeedPage) wire.FeedPage { p.Snapshot = true; return p }
func more(p wire.FeedPage) wire.FeedPage     { p.More = true; return p }

// contents is a feed as "key@revision" in order.
func contents(t testing.TB, c *Cache, feed string) string {
	t.Helper()
	rows, err := c.List(t.Context(), kiosk.ListRequest{Feed: feed})
	if err != nil {
		t.Fatal(err)
	}
	var s []string
	for _, r := range rows {
		s = append(s, fmt.Sprintf("%s@%d", r.Key, r.Revision))
	}
	return strings.Join(s, " ")
}

func TestApply(t *testing.T) {
	start := step{page: page(0, 3, row(1, "b"), row(3, "a")), cursor: 3, want: "a@3 b@1", told: "b a"}
	other := page(3, 4, row(4, "x"))
	other.Site = "school-2"
	for name, steps := range map[string][]step{
		"changes and deletions": {start, {page: page(3, 6, gone(4, "b"), row(6, "c")), cursor: 6, want: "a@3 c@6", told: "-b c"}},
		"nothing new":           {start, {page: page(3, 3), cursor: 3, want: "a@3 b@1"}},
		"a page of pages":       {moreToCome(start), {page: page(3, 5, row(5, "c")), cursor: 5, want: "a@3 b@1 c@5", told: "c"}},
		"the same page again":   {start, {page: start.page, err: ErrStale, cursor: 3, want: "a@3 b@1"}},
		"a gap":                 {start, {page: page(5, 6, row(6, "c")), err: ErrStale, cursor: 3, want: "a@3 b@1"}},
		"the center went back":  {start, {page: page(3, 2), err: ErrBehind, cursor: 3, want: "a@3 b@1"}},
		"another site":          {start, {page: other, err: ErrPage, cursor: 3, want: "a@3 b@1"}},
		"rows out of order":     {start, {page: page(3, 6, row(6, "c"), row(5, "d")), err: ErrPage, cursor: 3, want: "a@3 b@1"}},
		"a row before the page": {start, {page: page(3, 6, row(3, "c")), err: ErrPage, cursor: 3, want: "a@3 b@1"}},
		"a row after the page":  {start, {page: page(3, 6, row(7, "c")), err: ErrPage, cursor: 3, want: "a@3 b@1"}},
		"a row without a key":   {start, {page: page(3, 6, row(5, "")), err: ErrPage, cursor: 3, want: "a@3 b@1"}},
		"more but empty":        {start, {page: more(page(3, 3)), err: ErrPage, cursor: 3, want: "a@3 b@1"}},
		"a snapshot":            {start, {page: snapshot(page(3, 9, row(3, "a"), row(8, "c"))), cursor: 9, want: "a@3 c@8", told: "-b c"}},
		"an empty snapshot":     {start, {page: snapshot(page(3, 9)), cursor: 9, want: "", told: "-a -b"}},
		"a snapshot of three pages": {start,
			{page: more(snapshot(page(3, 3, row(3, "a")))), cursor: 3, want: "a@3 b@1"},
			{page: more(page(3, 8, row(8, "c"))), cursor: 8, want: "a@3 b@1"},
			{page: page(8, 12, gone(10, "c"), row(11, "d")), cursor: 12, want: "a@3 d@11", told: "-b d"}},
		"a snapshot begun anew": {start,
			{page: more(snapshot(page(3, 8, row(8, "x")))), cursor: 8, want: "a@3 b@1"},
			{page: snapshot(page(8, 9, row(9, "y"))), cursor: 9, want: "y@9", told: "-a -b y"}},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "feeds.db")
			c := openCache(t, file)
			var told []string
			c.OnChange("people", func(rows []wire.FeedRow) {
				for _, r := range rows {
					if _, err := c.Lookup(t.Context(), "people", r.Key); (err != nil) != r.Deleted {
						t.Errorf("%s was told before its commit: %v", r.Key, err)
					}
					told = append(told, map[bool]string{true: "-"}[r.Deleted]+r.Key)
				}
			})
			for i, s := range steps {
				told = nil
				err := c.Apply(t.Context(), s.page)
				if !errors.Is(err, s.err) {
					t.Fatalf("step %d: %v, want %v", i, err, s.err)
				}
				if got := strings.Join(told, " "); got != s.told {
					t.Errorf("step %d: told %q, want %q", i, got, s.told)
				}
				if cur, err := c.Cursor(t.Context(), "people"); err != nil || cur != s.cursor {
					t.Errorf("step %d: cursor %d, %v; want %d", i, cur, err, s.cursor)
				}
				if got := contents(t, c, "people"); got != s.want {
					t.Errorf("step %d: %q, want %q", i, got, s.want)
				}
			}
			last := steps[len(steps)-1]
			c.Close()
			if got := contents(t, openCache(t, file), "people"); got != last.want {
				t.Errorf("after a restart %q, want %q", got, last.want)
			}
		})
	}
}

// step is a page and what the cache is like after it.
type step struct {
	page   wire.FeedPage
	err    error
	cursor uint64
	want   string
	told   string // keys, deleted ones with a '-'
}

func moreToCome(s step) step { s.page.More = true; return s }

func TestReset(t *testing.T) {
	c := openCache(t, filepath.Join(t.TempDir(), "feeds.db"))
	for _, p := range []wire.FeedPage{page(0, 5, row(4, "a"), row(5, "b"))} {
		if err := c.Apply(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Reset(t.Context(), "people"); err != nil {
		t.Fatal(err)
	}
	if cur, _ := c.Cursor(t.Context(), "people"); cur != 0 || contents(t, c, "people") != "a@4 b@5" {
		t.Errorf("after a reset: cursor %d, %s", cur, contents(t, c, "people"))
	}
	if err := c.Apply(t.Context(), page(0, 2, row(2, "a"))); err != nil || contents(t, c, "people") != "a@2" {
		t.Errorf("read anew: %s, %v", contents(t, c, "people"), err)
	}
}

func TestLookupAndList(t *testing.T) {
	c := openCache(t, filepath.Join(t.TempDir(), "feeds.db"))
	var rows []wire.FeedRow
	for i := range 700 {
		rows = append(rows, row(uint64(i+1), fmt.Sprintf("p%04d", i)))
	}
	if err := c.Apply(t.Context(), page(0, 700, rows...)); err != nil {
		t.Fatal(err)
	}
	r, err := c.Lookup(t.Context(), "people", "p0006")
	if err != nil || r.Key != "p0006" || r.Revision != 7 || string(r.JSON) != `{"r":7}` {
		t.Errorf("Lookup = %+v, %v", r, err)
	}
	for _, miss := range [][2]string{{"people", "secret-name"}, {"menu", "p0006"}} {
		_, err := c.Lookup(t.Context(), miss[0], miss[1])
		if kiosk.CodeOf(err) != kiosk.CodeNotFound || strings.Contains(err.Error(), "secret-name") {
			t.Errorf("Lookup(%v): %v; want not-found without the key", miss, err)
		}
	}
	for _, l := range []struct {
		r     kiosk.ListRequest
		n     int
		first string
	}{
		{kiosk.ListRequest{Feed: "people"}, 500, "p0000"},
		{kiosk.ListRequest{Feed: "people", Limit: 9999}, 500, "p0000"},
		{kiosk.ListRequest{Feed: "people", Limit: 3, After: "p0010"}, 3, "p0011"},
		{kiosk.ListRequest{Feed: "people", After: "p0498"}, 201, "p0499"},
		{kiosk.ListRequest{Feed: "menu"}, 0, ""},
	} {
		rows, err := c.List(t.Context(), l.r)
		if err != nil || len(rows) != l.n || l.n > 0 && rows[0].Key != l.first {
			t.Errorf("List(%+v): %d rows, %v; want %d from %s", l.r, len(rows), err, l.n, l.first)
		}
	}
	if _, err := c.List(t.Context(), kiosk.ListRequest{Feed: "people", Limit: -1}); kiosk.CodeOf(err) != kiosk.CodeInvalid {
		t.Errorf("List with a negative limit: %v", err)
	}
}

func TestAge(t *testing.T) {
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	c := openCache(t, filepath.Join(t.TempDir(), "feeds.db"), func(o *CacheOptions) { o.Clock = func() time.Time { return now } })
	expect := func(want time.Duration, wantOK bool) {
		t.Helper()
		if age, ok, err := c.Age(t.Context(), "people"); age != want || ok != wantOK || err != nil {
			t.Errorf("Age = %v, %v, %v; want %v, %v", age, ok, err, want, wantOK)
		}
	}
	apply := func(p wire.FeedPage) {
		t.Helper()
		if err := c.Apply(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	expect(0, false)
	apply(more(page(0, 1, row(1, "a"))))
	expect(0, false) // not complete yet
	apply(page(1, 2, row(2, "b")))
	expect(0, true)
	now = now.Add(time.Hour)
	expect(time.Hour, true)
	apply(more(page(2, 3, row(3, "c"))))
	expect(time.Hour, true)
	apply(page(3, 3))
	expect(0, true)
}

func TestOpenMakesAnew(t *testing.T) {
	for name, c := range map[string]struct {
		change func(t *testing.T, file string)
		site   string
		want   string
	}{
		"as it was":      {func(*testing.T, string) {}, "school-1", "a@1"},
		"damaged":        {func(t *testing.T, f string) { os.WriteFile(f, []byte(strings.Repeat("damaged ", 1000)), 0o600) }, "school-1", ""},
		"another site":   {func(*testing.T, string) {}, "school-2", ""},
		"another schema": {setVersion, "school-1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "feeds.db")
			cache := openCache(t, file)
			if err := cache.Apply(t.Context(), page(0, 1, row(1, "a"))); err != nil {
				t.Fatal(err)
			}
			cache.Close()
			c.change(t, file)
			cache = openCache(t, file, func(o *CacheOptions) { o.Site = c.site })
			if got := contents(t, cache, "people"); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func setVersion(t *testing.T, file string) {
	c := openCache(t, file)
	if _, err := c.db.Exec("PRAGMA user_version=9"); err != nil {
		t.Fatal(err)
	}
	c.Close()
}

// source serves feeds as the center does, from lists of rows.
type source struct {
	t    *testing.T
	key  ed25519.PrivateKey
	srv  *httptest.Server
	mu   sync.Mutex
	rows map[string][]wire.FeedRow
	// horizon is the revision below which a cursor gets a snapshot.
	horizon map[string]uint64
	asked   []string
	hook    func(w http.ResponseWriter, feed string) bool
	changed chan struct{}
}

func newSource(t *testing.T) *source {
	t.Helper()
	s := &source{t: t, rows: map[string][]wire.FeedRow{}, horizon: map[string]uint64{}, changed: make(chan struct{})}
	_, s.key, _ = ed25519.GenerateKey(rand.Reader)
	s.srv = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	s.srv.EnableHTTP2 = true
	s.srv.StartTLS()
	t.Cleanup(s.srv.Close)
	return s
}

func (s *source) put(feed string, rows ...wire.FeedRow) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows[feed] = append(s.rows[feed], rows...)
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *source) serve(w http.ResponseWriter, r *http.Request) {
	name := path.Base(r.URL.Path)
	after, _ := strconv.ParseUint(r.FormValue("after"), 10, 64)
	wait, _ := strconv.Atoi(r.FormValue("wait"))
	deadline := time.After(time.Duration(wait) * time.Second)
	for {
		s.mu.Lock()
		s.asked = append(s.asked, name)
		if s.hook != nil && s.hook(w, name) {
			s.mu.Unlock()
			return
		}
		p := wire.FeedPage{Feed: name, Site: "school-1", After: after, Revision: after, Now: time.Now()}
		if after < s.horizon[name] {
			p.Snapshot, p.Revision, after = true, 0, 0
		}
		for _, row := range s.rows[name] {
			if row.Revision > after {
				if len(p.Rows) == 2 {
					p.More = true
					break
				}
				p.Rows = append(p.Rows, row)
				p.Revision = row.Revision
			}
		}
		changed := s.changed
		s.mu.Unlock()
		if len(p.Rows) == 0 && !p.Snapshot && wait > 0 {
			select {
			case <-changed:
				continue
			case <-deadline:
			case <-r.Context().Done():
				return
			}
		}
		s.answer(w, p)
		return
	}
}

func (s *source) answer(w http.ResponseWriter, p wire.FeedPage) {
	b, err := json.Marshal(p)
	if err != nil {
		s.t.Error(err)
	}
	w.Header().Set(wire.HeaderSignature, wire.Sign(s.key, wire.PurposeFeed, nil, b))
	if p.Snapshot {
		w.WriteHeader(http.StatusGone)
	}
	w.Write(b)
}

// poll runs a poller until the test ends.
func (s *source) poll(c *Cache, feeds ...string) {
	s.t.Helper()
	p, err := NewPoller(PollerOptions{URL: s.srv.URL, TLS: s.srv.Client().Transport.(*http.Transport).TLSClientConfig,
		Center: s.key.Public().(ed25519.PublicKey), Cache: c, Feeds: feeds, Wait: 20 * time.Second,
		BackoffMost: 20 * time.Millisecond, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	s.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Error(err)
		}
	})
}

// heard collects the changes of a feed as they come.
func heard(c *Cache, feed string) <-chan string {
	ch := make(chan string, 100)
	c.OnChange(feed, func(rows []wire.FeedRow) {
		for _, r := range rows {
			ch <- r.Key
		}
	})
	return ch
}

func expectKeys(t *testing.T, ch <-chan string, keys ...string) {
	t.Helper()
	for _, want := range keys {
		select {
		case got := <-ch:
			if got != want {
				t.Fatalf("heard %s, want %s", got, want)
			}
		case <-t.Context().Done():
			t.Fatalf("%s did not come", want)
		}
	}
}

func TestPoller(t *testing.T) {
	s := newSource(t)
	s.put("people", row(1, "a"), row(2, "b"), row(3, "c"), row(4, "d"), row(5, "e"))
	s.put("revocations", row(6, "b"))
	c := openCache(t, filepath.Join(t.TempDir(), "feeds.db"))
	people, revoked := heard(c, "people"), heard(c, "revocations")
	s.poll(c, "people")
	expectKeys(t, revoked, "b")
	expectKeys(t, people, "a", "b", "c", "d", "e")
	// Changes come while the request waits.
	s.put("people", gone(7, "a"))
	expectKeys(t, people, "a")
	s.put("revocations", row(8, "c"))
	expectKeys(t, revoked, "c")
	if got := contents(t, c, "people"); got != "b@2 c@3 d@4 e@5" {
		t.Errorf("people: %s", got)
	}
}

// TestUnknownFeedHoldsBackNoOther: the center has not heard of a feed that a newer
// module asks for.
func TestUnknownFeedHoldsBackNoOther(t *testing.T) {
	s := newSource(t)
	s.hook = func(w http.ResponseWriter, feed string) bool {
		if feed == "presence" {
			w.WriteHeader(http.StatusNotFound)
			return true
		}
		return false
	}
	s.put("people", row(1, "a"))
	c := openCache(t, filepath.Join(t.TempDir(), "feeds.db"))
	people, revoked, presence := heard(c, "people"), heard(c, "revocations"), heard(c, "presence")
	s.poll(c, "presence", "people")
	expectKeys(t, people, "a")
	s.put("revocations", row(2, "b"))
	expectKeys(t, revoked, "b")
	s.put("people", row(3, "c"))
	expectKeys(t, people, "c")
	s.mu.Lock()
	s.hook = nil // the center's next release knows it
	s.mu.Unlock()
	s.put("presence", row(4, "a"))
	expectKeys(t, presence, "a")
}

// TestRevocationsFirst has a revocation arrive together with other rows: whoever
// hears of the others already finds it.
func TestRevocationsFirst(t *testing.T) {
	s := newSource(t)
	c := openCache(t, filepath.Join(t.TempDir(), "feeds.db"))
	found := make(chan bool, 100)
	c.OnChange("people", func(rows []wire.FeedRow) {
		for _, r := range rows {
			_, err := c.Lookup(context.Background(), "revocations", r.Key)
			found <- err == nil
		}
	})
	// The center's long poll of the revocations never answers in time.
	s.hook = func(w http.ResponseWriter, feed string) bool {
		if first := s.asked[0]; first != "revocations" {
			t.Errorf("%s was asked for first", first)
		}
		return false
	}
	s.poll(c, "people")
	for i := range 20 {
		key := fmt.Sprint("p", i)
		s.mu.Lock()
		s.rows["revocations"] = append(s.rows["revocations"], row(uint64(2*i+1), key)) // wakes nobody
		s.mu.Unlock()
		s.put("people", row(uint64(2*i+2), key))
		if !<-found {
			t.Fatalf("%s was there before its revocation", key)
		}
	}
}

// TestNothingBeforeRevocations keeps everything waiting while the revocations do not come.
func TestNothingBeforeRevocations(t *testing.T) {
	s := newSource(t)
	s.put("people", row(1, "a"))
	tries := make(chan struct{}, 1000)
	var fixed bool
	s.hook = func(w http.ResponseWriter, feed string) bool {
		if feed == "revocations" && !fixed {
			tries <- struct{}{}
			w.WriteHeader(http.StatusBadGateway)
			return true
		}
		return false
	}
	c := openCache(t, filepath.Join(t.TempDir(), "feeds.db"))
	people := heard(c, "people")
	s.poll(c, "people")
	for range 3 {
		<-tries
	}
	s.mu.Lock()
	if slices.Contains(s.asked, "people") || contents(t, c, "people") != "" {
		t.Error("people came before the revocations")
	}
	fixed = true
	s.mu.Unlock()
	expectKeys(t, people, "a")
}

func TestSnapshotFromCenter(t *testing.T) {
	s := newSource(t)
	c := openCache(t, filepath.Join(t.TempDir(), "feeds.db"))
	if err := c.Apply(t.Context(), page(0, 2, row(1, "old"), row(2, "b"))); err != nil {
		t.Fatal(err)
	}
	s.put("people", row(2, "b"), row(11, "c"), row(12, "d"))
	s.horizon["people"] = 10
	people := heard(c, "people")
	s.poll(c, "people")
	expectKeys(t, people, "old", "c", "d")
	if got := contents(t, c, "people"); got != "b@2 c@11 d@12" {
		t.Errorf("after the snapshot: %s", got)
	}
}

// TestPollerBelievesOnlyTheCenter gives pages that must not be applied.
func TestPollerBelievesOnlyTheCenter(t *testing.T) {
	_, stranger, _ := ed25519.GenerateKey(rand.Reader)
	for name, bad := range map[string]func(s *source, w http.ResponseWriter, p wire.FeedPage){
		"signed with another key": func(s *source, w http.ResponseWriter, p wire.FeedPage) {
			b, _ := json.Marshal(p)
			w.Header().Set(wire.HeaderSignature, wire.Sign(stranger, wire.PurposeFeed, nil, b))
			w.Write(b)
		},
		"signed as an ack": func(s *source, w http.ResponseWriter, p wire.FeedPage) {
			b, _ := json.Marshal(p)
			w.Header().Set(wire.HeaderSignature, wire.Sign(s.key, wire.PurposeAck, nil, b))
			w.Write(b)
		},
		"unsigned": func(s *source, w http.ResponseWriter, p wire.FeedPage) { json.NewEncoder(w).Encode(p) },
		"of another feed": func(s *source, w http.ResponseWriter, p wire.FeedPage) {
			p.Feed = "menu"
			s.answer(w, p)
		},
		"of another site": func(s *source, w http.ResponseWriter, p wire.FeedPage) {
			p.Site = "school-2"
			s.answer(w, p)
		},
		"too long": func(s *source, w http.ResponseWriter, p wire.FeedPage) {
			p.Rows[0].Value = json.RawMessage(`"` + strings.Repeat("x", wire.MaxPageBytes) + `"`)
			s.answer(w, p)
		},
		"gone without a snapshot": func(s *source, w http.ResponseWriter, p wire.FeedPage) {
			b, _ := json.Marshal(p)
			w.Header().Set(wire.HeaderSignature, wire.Sign(s.key, wire.PurposeFeed, nil, b))
			w.WriteHeader(http.StatusGone)
			w.Write(b)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSource(t)
			tries := 0
			s.hook = func(w http.ResponseWriter, feed string) bool {
				if feed != "people" || tries == 3 {
					return false
				}
				tries++
				bad(s, w, page(0, 9, row(9, "evil")))
				return true
			}
			s.put("people", row(1, "good"))
			c := openCache(t, filepath.Join(t.TempDir(), "feeds.db"))
			people := heard(c, "people")
			s.poll(c, "people")
			expectKeys(t, people, "good")
			if got := contents(t, c, "people"); got != "good@1" {
				t.Errorf("applied: %s", got)
			}
		})
	}
}
