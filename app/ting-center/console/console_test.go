package console

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/plugins/enrolment"
	enrolled "github.com/luohu/ting/plugins/enrolment/center"
	"github.com/luohu/ting/plugins/gate"
	gates "github.com/luohu/ting/plugins/gate/center"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/centertest"
	"github.com/luohu/ting/sync/center/pgtest"
	"github.com/luohu/ting/sync/center/projection"
	"github.com/luohu/ting/sync/center/store"
)

// TestMain ends the tests' PostgreSQL.
func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

const password = "correct-horse"

// evil is what a hostile terminal or register might put into any text.
const evil = `<script>alert(1)</script>'"><img src=x onerror=alert(2)>'; DROP TABLE inbox; --`

type consents struct{}

func (consents) Of(q projection.Querier, site string) (map[string][]string, error) {
	return enrolled.Given(q, site)
}
func (consents) History(q projection.Querier, site, person string) (list []Word, err error) {
	words, err := enrolled.History(q, site, person)
	for _, w := range words {
		list = append(list, Word(w))
	}
	return list, err
}
func (consents) Withdrawal(person string, purposes []string, at time.Time) kiosk.Record {
	return enrolment.Withdrawn{Person: person, Purposes: purposes, At: at}
}
func (consents) Projection() string { return enrolment.ID }

func (consents) Holders(q projection.Querier, site, person string) (list []Holder, err error) {
	holders, err := enrolled.Holders(q, site, person)
	for _, h := range holders {
		list = append(list, Holder{Terminal: h.Terminal, Template: h.Template, Stored: h.Stored, Erased: h.Erased, Cause: string(h.Cause)})
	}
	return list, err
}

func (consents) Stored(q projection.Querier, zone *time.Location) (StoredFaces, error) {
	s, err := enrolled.Count(q)
	return StoredFaces{Persons: s.Persons, Soon: s.Soon, Duty: s.Duty, Deadline: s.Deadline(zone)}, err
}

// desk is a console that listens, and a browser at it.
type desk struct {
	t   testing.TB
	c   *center.Center
	own *Console
	url string
	web *http.Client
}

// cheap is the hash of the tests' password: the real cost, under the race
// detector, would be most of the tests' time.
func cheap(t testing.TB) string {
	t.Helper()
	hash, err := hashPassword(password, 64)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

// open starts a console with an account for every role, called like it.
func open(t testing.TB) *desk { return openAt(t, nil) }

func openAt(t testing.TB, now func() time.Time) *desk {
	t.Helper()
	ctx := context.Background()
	log := slog.New(slog.DiscardHandler)
	c, err := center.Open(ctx, center.Options{Dir: t.TempDir(), Database: pgtest.Database(t), Log: log, Now: now,
		Projections: []projection.Projection{gates.New(time.UTC), enrolled.New()},
		Feeds:       []string{kiosk.FeedPeople, kiosk.FeedRevocations}, Roles: map[string][]string{"gate": {kiosk.FeedPeople, kiosk.FeedRevocations}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Hears(ctx); err != nil {
		t.Fatal(err)
	}
	hash := cheap(t)
	if err := c.Edit(ctx, func(tx *store.Tx) error {
		for _, r := range Roles() {
			if err := tx.PutAccount(store.Account{Name: string(r), Role: string(r), Password: hash, ChangedAt: c.Now(), MadeAt: c.Now()}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	console, err := New(Options{Center: c, Consents: consents{}, Log: log, Zone: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", console)
	mux.Handle("/sync/", c.Handler())
	cert, err := c.Authority().Server(c.Now())
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := c.NewServer(mux, cert)
	go server.ServeTLS(l, "", "")
	t.Cleanup(func() {
		console.Drain()
		server.Close()
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	d := &desk{t: t, c: c, own: console, url: "https://" + l.Addr().String()}
	d.web = d.browser()
	return d
}

func (d *desk) browser(certs ...tls.Certificate) *http.Client {
	web := centertest.Client(d.c.Authority().Pool(), certs...)
	web.Transport.(*http.Transport).TLSClientConfig.Time = d.c.Now
	web.Jar, _ = cookiejar.New(nil)
	d.t.Cleanup(web.CloseIdleConnections)
	return web
}

// as is another browser at the same console, with the account of a role.
func (d *desk) as(r Role) *desk {
	d.t.Helper()
	other := *d
	other.web = d.browser()
	other.signIn(string(r), password)
	return &other
}

func (d *desk) signIn(user, password string) {
	d.t.Helper()
	if status, _, at := d.post("/signin", url.Values{"user": {user}, "password": {password}}); status != http.StatusOK || at == "/signin" {
		d.t.Fatalf("sign-in of %s: %d at %s", user, status, at)
	}
}

func (d *desk) get(path string) (status int, body, at string) {
	d.t.Helper()
	resp, err := d.web.Get(d.url + path)
	return d.result(resp, err)
}

func (d *desk) post(path string, form url.Values) (status int, body, at string) {
	d.t.Helper()
	resp, err := d.web.PostForm(d.url+path, form)
	return d.result(resp, err)
}

func (d *desk) result(resp *http.Response, err error) (status int, body, at string) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return resp.StatusCode, string(b), resp.Request.URL.Path
}

var tokenField = regexp.MustCompile(`name="token" value="([^"]+)"`)

func (d *desk) token() string {
	d.t.Helper()
	_, body, _ := d.get("/account")
	m := tokenField.FindStringSubmatch(body)
	if m == nil {
		d.t.Fatal("the page holds no token")
	}
	return m[1]
}

// send posts a form of key and value pairs with the session's token.
func (d *desk) send(path string, pairs ...string) (status int, body, at string) {
	d.t.Helper()
	form := url.Values{"token": {d.token()}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return d.post(path, form)
}

func (d *desk) terminal(id, site string) *centertest.Terminal {
	d.t.Helper()
	code, _, err := d.c.MakeCode(context.Background(), "test", id, site)
	if err != nil {
		d.t.Fatal(err)
	}
	return centertest.Enrol(d.t, d.url, d.c.Authority().Pool(), id, site, code, centertest.NewKey(d.t))
}

func (d *desk) register(site string, rows ...kiosk.PersonRow) {
	d.t.Helper()
	var changes []center.FeedChange
	for _, r := range rows {
		changes = append(changes, center.FeedChange{Site: site, Feed: kiosk.FeedPeople, Key: r.ID, Value: r})
	}
	ctx := context.Background()
	if err := d.c.Register(ctx, changes); err != nil {
		d.t.Fatal(err)
	}
	if err := d.c.Edit(ctx, func(tx *store.Tx) error {
		_, err := tx.Site(site)
		if errors.Is(err, store.ErrNotFound) {
			return tx.PutSite(store.Site{ID: site, NameZH: site, NameEN: site})
		}
		return err
	}); err != nil {
		d.t.Fatal(err)
	}
}

// projected waits until a projection has seen the log up to a position.
func (d *desk) projected(name string, position int64) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := d.c.Projected(ctx, name, position); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) audits(f store.AuditFilter) (list []store.Audit) {
	d.t.Helper()
	err := d.c.View(context.Background(), func(tx *store.Tx) (err error) {
		list, err = tx.Audits(f, 1000)
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return list
}

func pass(t testing.TB, person string) string {
	t.Helper()
	b, err := json.Marshal(gate.Pass{Person: person, Direction: gate.In, Way: "face", Lane: "east", At: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

func contains(s string, any ...string) bool {
	for _, a := range any {
		if strings.Contains(s, a) {
			return true
		}
	}
	return false
}
