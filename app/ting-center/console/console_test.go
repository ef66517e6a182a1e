package console

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/enrolment"
	enrolled "github.com/luohu/ting/plugins/enrolment/center"
	"github.com/luohu/ting/plugins/gate"
	gates "github.com/luohu/ting/plugins/gate/center"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/centertest"
	"github.com/luohu/ting/sync/center/projection"
	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

const password = "correct-horse"

// evil is what a hostile terminal or register might put into any text.
const evil = `<script>alert(1)</script>'"><img src=x onerror=alert(2)>'; DROP TABLE inbox; --`

type consents struct{}

func (consents) Of(q projection.Querier, site string) (map[string][]string, error) {
	return enrolled.Given(q, site)
}
func (consents) Withdrawal(person string, at time.Time) kiosk.Record {
	return enrolment.Withdrawn{Person: person, At: at}
}
func (consents) Projection() string { return enrolment.ID }

// desk is a console that listens, and a browser at it.
type desk struct {
	t   *testing.T
	c   *center.Center
	own *Console
	url string
	web *http.Client
}

func open(t *testing.T) *desk {
	t.Helper()
	ctx := context.Background()
	log := slog.New(slog.DiscardHandler)
	c, err := center.Open(ctx, center.Options{Dir: t.TempDir(), Log: log,
		Projections: []projection.Projection{gates.New(time.UTC), enrolled.New()},
		Feeds:       []string{kiosk.FeedPeople, kiosk.FeedRevocations}})
	if err != nil {
		t.Fatal(err)
	}
	// The real cost, under the race detector, would be most of the tests' time.
	hash, err := hashPassword(password, 64)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Edit(ctx, func(tx *store.Tx) error {
		return tx.PutAccount(store.Account{Name: Administrator, Role: "admin", Password: hash, ChangedAt: c.Now()})
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
	cert, err := c.Authority().Server(time.Now())
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
	web.Jar, _ = cookiejar.New(nil)
	d.t.Cleanup(web.CloseIdleConnections)
	return web
}

func (d *desk) signIn() {
	d.t.Helper()
	if status, _, at := d.post("/signin", url.Values{"user": {Administrator}, "password": {password}}); status != http.StatusOK || at != "/" {
		d.t.Fatalf("sign-in: %d at %s", status, at)
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
	_, body, _ := d.get("/")
	m := tokenField.FindStringSubmatch(body)
	if m == nil {
		d.t.Fatal("the page holds no token")
	}
	return m[1]
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
	if err := d.c.Register(context.Background(), changes); err != nil {
		d.t.Fatal(err)
	}
}

func pass(t *testing.T, person string) string {
	t.Helper()
	b, err := json.Marshal(gate.Pass{Person: person, Direction: gate.In, Way: "face", Lane: "east", At: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestNothingIsShownWithoutASession(t *testing.T) {
	d := open(t)
	for _, path := range []string{"/", "/board", "/board/school-1", "/people", "/terminals", "/attention", "/audit"} {
		if _, body, at := d.get(path); at != "/signin" || strings.Contains(body, `name="token"`) {
			t.Errorf("%s led to %s", path, at)
		}
	}
	if status, _, _ := d.get("/live"); status != http.StatusUnauthorized {
		t.Errorf("/live without a session: %d", status)
	}
	for _, path := range []string{"/people/withdraw", "/terminals/code", "/terminals/revoke", "/attention/replay", "/attention/adopt", "/attention/rebuild", "/signout"} {
		if _, _, at := d.post(path, url.Values{}); at != "/signin" {
			t.Errorf("POST %s led to %s", path, at)
		}
	}
}

func TestSignIn(t *testing.T) {
	d := open(t)
	for _, wrong := range []url.Values{
		{"user": {Administrator}, "password": {"guess"}},
		{"user": {"root"}, "password": {password}},
		{"user": {Administrator}, "password": {""}},
		{"user": {Administrator}, "password": {strings.Repeat("x", 3000)}},
	} {
		if status, _, _ := d.post("/signin", wrong); status != http.StatusForbidden {
			t.Errorf("%v: %d", wrong["user"], status)
		}
	}
	d.signIn()
	resp, err := d.web.Get(d.url + "/")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	csp := resp.Header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
		t.Errorf("policy %q", csp)
	}
	if status, _, at := d.post("/signout", url.Values{"token": {d.token()}}); status != http.StatusOK || at != "/signin" {
		t.Errorf("sign-out: %d at %s", status, at)
	}
	if _, _, at := d.get("/people"); at != "/signin" {
		t.Error("still signed in")
	}
}

func TestGuessingIsSlowedDown(t *testing.T) {
	d := open(t)
	for range guessesFree {
		d.post("/signin", url.Values{"user": {Administrator}, "password": {"guess"}})
	}
	if status, _, _ := d.post("/signin", url.Values{"user": {Administrator}, "password": {password}}); status != http.StatusTooManyRequests {
		t.Errorf("after %d wrong guesses: %d", guessesFree, status)
	}
}

// seen is a context that says when it is first listened to.
type seen struct {
	context.Context
	once *sync.Once
	ch   chan struct{}
}

func (s seen) Done() <-chan struct{} {
	s.once.Do(func() { close(s.ch) })
	return s.Context.Done()
}

// TestGuessingTogetherIsSlowedDown has a guess wait for its turn while the ones
// before it are found wrong: it must not be looked at any more.
func TestGuessingTogetherIsSlowedDown(t *testing.T) {
	d := open(t)
	for range cap(d.own.hashing) {
		d.own.hashing <- struct{}{}
	}
	ctx := seen{t.Context(), new(sync.Once), make(chan struct{})}
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/signin",
		strings.NewReader(url.Values{"user": {Administrator}, "password": {password}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w, done := httptest.NewRecorder(), make(chan struct{})
	go func() { defer close(done); d.own.signIn(w, r) }()
	<-ctx.ch // the first look at the guesses is over
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	for range guessesFree + 3 {
		d.own.guesses.wrong(host)
	}
	for range cap(d.own.hashing) {
		<-d.own.hashing
	}
	<-done
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" || len(w.Result().Cookies()) > 0 {
		t.Errorf("status %d, header %v", w.Code, w.Header())
	}
}

// TestEventsHoldNoForeignLines: a text must not end an event and begin another.
func TestEventsHoldNoForeignLines(t *testing.T) {
	if got, want := dataLines.Replace("a\rb\r\nc\n\rd"), "a\ndata: b\ndata: c\ndata: \ndata: d"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestSessionCookieIsKeptFromScriptsAndOtherSites(t *testing.T) {
	d := open(t)
	d.web.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := d.web.PostForm(d.url+"/signin", url.Values{"user": {Administrator}, "password": {password}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	for _, ck := range resp.Cookies() {
		if !ck.HttpOnly || !ck.Secure || ck.SameSite != http.SameSiteStrictMode {
			t.Errorf("cookie %s: %+v", ck.Name, ck)
		}
	}
	if len(resp.Cookies()) != 1 {
		t.Errorf("%d cookies", len(resp.Cookies()))
	}
}

func TestChangesNeedTheToken(t *testing.T) {
	d := open(t)
	d.register("school-1", kiosk.PersonRow{ID: "1", Name: "张小三", Role: "pupil"})
	d.signIn()
	form := url.Values{"site": {"school-1"}, "person": {"1"}}
	if status, _, _ := d.post("/people/withdraw", form); status != http.StatusForbidden {
		t.Errorf("without a token: %d", status)
	}
	form.Set("token", d.token())
	req, err := http.NewRequest(http.MethodPost, d.url+"/people/withdraw", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", "https://elsewhere.example")
	resp, err := d.web.Do(req)
	if status, _, _ := d.result(resp, err); status != http.StatusForbidden {
		t.Errorf("from another site: %d", status)
	}
	tm := d.terminal("gate-1", "school-1")
	if page, _ := tm.Feed(kiosk.FeedRevocations, 0, 0); len(page.Rows) != 0 {
		t.Errorf("somebody was revoked: %+v", page.Rows)
	}
}

func TestWithdrawalReachesTerminalsAtOnce(t *testing.T) {
	d := open(t)
	d.register("school-1", kiosk.PersonRow{ID: "2020-1", Name: "张小三", Role: "pupil"})
	tm := d.terminal("gate-1", "school-1")
	d.signIn()
	status, body, _ := d.post("/people/withdraw", url.Values{"token": {d.token()}, "site": {"school-1"}, "person": {"2020-1"}})
	if status != http.StatusOK || !strings.Contains(body, "已撤回") {
		t.Fatalf("withdraw: %d", status)
	}
	page, _ := tm.Feed(kiosk.FeedRevocations, 0, 0)
	if len(page.Rows) != 1 || page.Rows[0].Key != "2020-1" {
		t.Fatalf("revocations: %+v", page.Rows)
	}
	var row kiosk.RevocationRow
	if err := json.Unmarshal(page.Rows[0].Value, &row); err != nil || !row.Covers("gate") || row.Time.IsZero() {
		t.Errorf("row %s: %v", page.Rows[0].Value, err)
	}
	if _, body, _ := d.get("/audit"); !strings.Contains(body, "consent.withdraw") {
		t.Error("the audit does not show it")
	}
	if status, _, _ := d.post("/people/withdraw", url.Values{"token": {d.token()}, "site": {"school-1"}, "person": {"nobody"}}); status != http.StatusNotFound {
		t.Errorf("withdraw for nobody: %d", status)
	}
}

func TestPassesArriveLiveWithMaskedNames(t *testing.T) {
	d := open(t)
	d.register("school-1", kiosk.PersonRow{ID: "2020-1", Name: "张小三", Role: "pupil"})
	tm := d.terminal("gate-1", "school-1")
	d.signIn()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := d.web.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if ack := tm.Send(record.Ordinary, record.Hash{}, tm.Make(record.Ordinary, 1, "gate.pass", "person/2020-1", pass(t, "2020-1"))); ack.Code != wire.OK {
		t.Fatal(ack.Code)
	}
	var got strings.Builder
	buf := make([]byte, 4096)
	for !strings.Contains(got.String(), "event: lines") || !strings.Contains(got.String(), "gate-1") || !strings.Contains(got.String(), "张*三") {
		n, err := resp.Body.Read(buf)
		got.Write(buf[:n])
		if err != nil {
			t.Fatalf("%v after:\n%s", err, got.String())
		}
	}
	if strings.Contains(got.String(), "张小三") {
		t.Error("the whole name went over the overview's stream")
	}
	_, body, _ := d.get("/")
	if !strings.Contains(body, "张*三") || strings.Contains(body, "张小三") {
		t.Error("the overview does not mask the name")
	}
	if _, body, _ = d.get("/board/school-1"); !strings.Contains(body, "张小三") || !strings.Contains(body, "现在在校 1 人") {
		t.Error("the board does not show who is in")
	}
}

// TestEverythingIsEscaped puts markup and SQL into every text that comes from
// outside and looks at every page.
func TestEverythingIsEscaped(t *testing.T) {
	d := open(t)
	d.register("school-1", kiosk.PersonRow{ID: evil[:40], Name: evil, Role: evil, Group: evil},
		kiosk.PersonRow{ID: "2", Name: evil, Role: evil, Group: evil})
	code, _, err := d.c.MakeCode(context.Background(), "test", "gate-1", "school-1")
	if err != nil {
		t.Fatal(err)
	}
	key := centertest.NewKey(t)
	q := centertest.Request(t, "gate-1", "school-1", code, key)
	q.Place = evil
	if status, body := centertest.PostEnrol(t, d.url, d.c.Authority().Pool(), q); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	tm := centertest.Enrol(t, d.url, d.c.Authority().Pool(), "gate-1", "school-1", code, key)
	rs := tm.Make(record.Ordinary, 1, "gate.pass", "person/2", pass(t, "2"))
	rs = append(rs, tm.Make(record.Ordinary, 1, "gate.pass", evil, `{"person":"x","direction":`+string(must(json.Marshal(evil)))+`}`)...)
	rs = append(rs, tm.Make(record.Ordinary, 1, "gate.pass", "person/3", pass(t, evil))...)
	rs = append(rs, tm.Make(record.Ordinary, 1, "gate.refused", "lane/x", `{"verdict":`+string(must(json.Marshal(evil)))+`,"at":"`+time.Now().Format(time.RFC3339)+`"}`)...)
	rs = append(rs, tm.Make(record.Urgent, 0, "x", "", "")...)
	h := tm.Head(record.Ordinary, record.Hash{}, rs)
	h.Health = wire.Health{Unsent: 1, Version: evil, Devices: map[string]string{evil: evil}}
	if ack, err := tm.TrySend(context.Background(), h, wire.EncodeRecords(rs)); err != nil || ack.Code != wire.OK {
		t.Fatal(ack.Code, err)
	}
	waitForBoard(t, d)
	d.signIn()
	seen := 0
	for _, path := range []string{"/", "/board/school-1", "/people?site=school-1", "/people?site=" + url.QueryEscape(evil), "/terminals",
		"/attention?done=" + url.QueryEscape(evil), "/audit?before=" + url.QueryEscape(evil), "/board/" + url.PathEscape(evil)} {
		_, body, _ := d.get(path)
		if strings.Contains(body, "<script>alert") || strings.Contains(body, "<img src=x") {
			t.Errorf("%s shows markup from outside:\n%s", path, body)
		}
		if strings.Contains(body, "&lt;script&gt;") {
			seen++
		}
	}
	if seen < 4 {
		t.Errorf("only %d pages show the text at all", seen)
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// waitForBoard waits until the gate's projection has seen the log.
func waitForBoard(t *testing.T, d *desk) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := d.c.Projected(ctx, gate.ID, 4); err != nil {
		t.Fatal(err)
	}
}

func TestLetterIsReplayedAndGivenUp(t *testing.T) {
	d := open(t)
	tm := d.terminal("gate-1", "school-1")
	rs := tm.Make(record.Ordinary, 1, "gate.pass", "person/1", `{"person":""}`)
	rs = append(rs, tm.Make(record.Ordinary, 1, "gate.pass", "person/1", pass(t, "1"))...)
	rs = append(rs, tm.Make(record.Ordinary, 2, "gate.pass", "person/2", pass(t, "2"))...)
	tm.Send(record.Ordinary, record.Hash{}, rs)
	waitForBoard(t, d)
	d.signIn()
	if _, body, _ := d.get("/attention"); strings.Count(body, "person/1</td>")+strings.Count(body, "person/1<small>") != 2 {
		t.Errorf("want two letters:\n%s", body)
	}
	replay := url.Values{"token": {d.token()}, "projection": {"gate"}, "site": {"school-1"}, "key": {"person/1"}}
	if status, body, _ := d.post("/attention/replay", replay); status != http.StatusOK || strings.Count(body, "person/1<small>") != 2 {
		t.Errorf("a replay of what is still wrong: %d", status)
	}
	if status, _, _ := d.post("/attention/discard", url.Values{"token": {d.token()}, "projection": {"gate"}, "position": {"1"}}); status != http.StatusOK {
		t.Errorf("give up: %d", status)
	}
	if _, body, _ := d.post("/attention/replay", replay); strings.Contains(body, "person/1<small>") {
		t.Error("the record behind it was not applied")
	}
	if _, body, _ := d.get("/board/school-1"); !strings.Contains(body, "现在在校 2 人") {
		t.Error("the board does not count it")
	}
}

func TestCodeIsShownOnce(t *testing.T) {
	d := open(t)
	d.signIn()
	_, body, _ := d.post("/terminals/code", url.Values{"token": {d.token()}, "terminal": {"gate-9"}, "site": {"school-9"}})
	m := regexp.MustCompile(`class="code">([A-Z2-9-]+)<`).FindStringSubmatch(body)
	if m == nil {
		t.Fatal("no code is shown")
	}
	if _, body, _ = d.get("/terminals"); strings.Contains(body, m[1]) {
		t.Error("the code is shown again")
	}
	centertest.Enrol(t, d.url, d.c.Authority().Pool(), "gate-9", "school-9", m[1], centertest.NewKey(t))
	if status, _, _ := d.post("/terminals/code", url.Values{"token": {d.token()}, "terminal": {evil}, "site": {"s"}}); status != http.StatusBadRequest {
		t.Errorf("a code for a bad name: %d", status)
	}
}

func TestLanguageSwitch(t *testing.T) {
	d := open(t)
	d.signIn()
	if _, body, _ := d.get("/"); !strings.Contains(body, "总览") || !strings.Contains(body, `lang="zh-CN"`) {
		t.Error("Chinese does not come first")
	}
	_, body, at := d.post("/lang", url.Values{"lang": {"en"}, "back": {"/people"}})
	if at != "/people" || !strings.Contains(body, "People and consent") || strings.Contains(body, "总览") {
		t.Errorf("English at %s", at)
	}
	d.web.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, back := range []string{"https://elsewhere.example/", "//elsewhere.example", `/\elsewhere.example`, ""} {
		resp, err := d.web.PostForm(d.url+"/lang", url.Values{"lang": {"zh"}, "back": {back}})
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if to := resp.Header.Get("Location"); to != "/" {
			t.Errorf("back to %q led to %q", back, to)
		}
	}
}

func TestEveryKindOfNodeIsDrawn(t *testing.T) {
	d := open(t)
	console, err := New(Options{Center: d.c, Consents: consents{}, Zone: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	tx := view.Same(evil)
	for _, n := range []view.Node{
		view.TextNode{Text: tx}, view.Notice{Text: tx, Detail: tx}, view.Viewfinder{Hint: tx},
		view.PersonCard{Name: tx, Line: tx, Detail: tx}, view.Tiles{Tiles: []view.Tile{{ID: "a", Title: tx, Detail: tx}}},
		view.Form{Fields: []view.Field{{ID: "a", Label: tx, Value: evil, Error: tx}}},
		view.List{Items: []view.ListItem{{Title: tx, Detail: tx}}}, view.List{Empty: tx},
		view.Table{Columns: []view.Text{tx}, Rows: [][]string{{evil}}}, view.Table{Columns: []view.Text{tx}, Empty: tx},
		view.Receipt{Number: evil, Facts: []view.Fact{{Label: tx, Value: tx}}}, view.QRCode{Data: evil, Label: tx},
		view.Progress{Label: tx, Done: 0.5}, view.Progress{Label: tx, Done: -1},
	} {
		var b strings.Builder
		err := console.pages["board"].ExecuteTemplate(&b, "nodes", nodesOf{view.ZH, view.Page{ID: "p", Body: []view.Node{n}}})
		if err != nil {
			t.Errorf("%s: %v", n.NodeKind(), err)
		}
		if s := b.String(); strings.Contains(s, "<script>") || !strings.Contains(s, "&lt;script&gt;") || strings.Contains(s, "尚不能显示") {
			t.Errorf("%s: %s", n.NodeKind(), s)
		}
	}
}
