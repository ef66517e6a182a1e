package console

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/luohu/ting/sync/center/pgtest"
	"github.com/luohu/ting/sync/center/store"
)

// clock is a time that a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newClock() *clock { return &clock{at: time.Now()} }

func TestSignIn(t *testing.T) { pgtest.Both(t, testSignIn) }

func testSignIn(t *testing.T) {
	d := open(t)
	for _, wrong := range []url.Values{
		{"user": {"admin"}, "password": {"guess"}},
		{"user": {"root"}, "password": {password}},
		{"user": {"admin"}, "password": {""}},
		{"user": {"admin' OR '1'='1"}, "password": {password}},
		{"user": {"admin"}, "password": {strings.Repeat("x", 3000)}},
	} {
		if status, _, _ := d.post("/signin", wrong); status != http.StatusForbidden {
			t.Errorf("%v: %d", wrong["user"], status)
		}
		d.own.guesses.right("127.0.0.1")
	}
	d.signIn("admin", password)
	resp, err := d.web.Get(d.url + "/")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	csp := resp.Header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
		t.Errorf("policy %q", csp)
	}
	if list := d.audits(store.AuditFilter{Action: "console.signin"}); len(list) != 1 || list[0].Who != "admin" || list[0].Subject != "127.0.0.1" {
		t.Errorf("noted as %+v", list)
	}
	if status, _, at := d.send("/signout"); status != http.StatusOK || at != "/signin" {
		t.Errorf("sign-out: %d at %s", status, at)
	}
	if _, _, at := d.get("/people"); at != "/signin" {
		t.Error("still signed in")
	}
}

func TestGuessingIsSlowedDown(t *testing.T) {
	d := open(t)
	for range guessesFree {
		d.post("/signin", url.Values{"user": {"admin"}, "password": {"guess"}})
	}
	if status, _, _ := d.post("/signin", url.Values{"user": {"admin"}, "password": {password}}); status != http.StatusTooManyRequests {
		t.Errorf("after %d wrong guesses: %d", guessesFree, status)
	}
}

// TestAccountIsLockedForAWhile: guesses at one account from everywhere lock it,
// for a while and for itself alone.
func TestAccountIsLockedForAWhile(t *testing.T) { pgtest.Both(t, testAccountIsLockedForAWhile) }

func testAccountIsLockedForAWhile(t *testing.T) {
	now := newClock()
	d := openAt(t, now.now)
	for range accountFailures {
		d.own.guesses.right("127.0.0.1") // as if each came from another address
		d.post("/signin", url.Values{"user": {"operator"}, "password": {"guess"}})
	}
	d.own.guesses.right("127.0.0.1")
	try := func(user string) int {
		t.Helper()
		status, _, _ := d.post("/signin", url.Values{"user": {user}, "password": {password}})
		return status
	}
	if status := try("operator"); status != http.StatusTooManyRequests {
		t.Errorf("the account is not locked: %d", status)
	}
	if list := d.audits(store.AuditFilter{Action: "account.locked"}); len(list) != 1 || list[0].Subject != "operator" {
		t.Errorf("noted as %+v", list)
	}
	if status := try("viewer"); status != http.StatusOK {
		t.Errorf("another account: %d", status)
	}
	now.pass(accountLocked + time.Second)
	d.web = d.browser()
	if status := try("operator"); status != http.StatusOK {
		t.Errorf("after the while: %d", status)
	}
	if a, err := d.own.accountOf(context.Background(), "operator"); err != nil || a.Failures != 0 {
		t.Errorf("failures are still %d: %v", a.Failures, err)
	}
}

// TestGuessingTogetherIsSlowedDown has a guess wait for its turn while the ones
// before it are found wrong: it must not be looked at any more.
func TestGuessingTogetherIsSlowedDown(t *testing.T) {
	d := open(t)
	for range cap(d.own.hashing) {
		d.own.hashing <- struct{}{}
	}
	// The database asks the context too: only the wait for a turn counts here.
	waits := make(chan struct{})
	r := httptest.NewRequest(http.MethodPost, "/signin",
		strings.NewReader(url.Values{"user": {"admin"}, "password": {password}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	w, done := httptest.NewRecorder(), make(chan struct{})
	d.own.turn = func() { close(waits) }
	go func() { defer close(done); d.own.signIn(w, r) }()
	<-waits // the first look at the guesses is over
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

func TestSessionCookieIsKeptFromScriptsAndOtherSites(t *testing.T) {
	d := open(t)
	d.web.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := d.web.PostForm(d.url+"/signin", url.Values{"user": {"admin"}, "password": {password}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	for _, ck := range resp.Cookies() {
		if !ck.HttpOnly || !ck.Secure || ck.SameSite != http.SameSiteStrictMode || !strings.HasPrefix(ck.Name, "__Host-") {
			t.Errorf("cookie %s: %+v", ck.Name, ck)
		}
	}
	if len(resp.Cookies()) != 1 {
		t.Errorf("%d cookies", len(resp.Cookies()))
	}
}

// TestSessionEnds by idleness, and in the end whatever happens.
func TestSessionEnds(t *testing.T) { pgtest.Both(t, testSessionEnds) }

func testSessionEnds(t *testing.T) {
	now := newClock()
	d := openAt(t, now.now)
	in := func(d *desk) bool {
		t.Helper()
		_, _, at := d.get("/account")
		return at == "/account"
	}
	idle, busy := d.as(Viewer), d.as(Viewer)
	for range int(sessionLife/(50*time.Minute)) - 1 {
		now.pass(50 * time.Minute)
		if !in(busy) {
			t.Fatal("a session in use ended")
		}
	}
	if in(idle) {
		t.Error("an idle session goes on")
	}
	for range 3 {
		now.pass(30 * time.Minute)
		if now.now().Sub(busy.session().MadeAt) < sessionLife {
			in(busy)
		}
	}
	if in(busy) {
		t.Error("a session goes on for ever")
	}
}

// session is the viewer's newest session.
func (d *desk) session() (s store.Session) {
	d.t.Helper()
	if err := d.c.View(context.Background(), func(tx *store.Tx) error {
		list, err := tx.Sessions(string(Viewer))
		s = list[0]
		return err
	}); err != nil {
		d.t.Fatal(err)
	}
	return s
}

// TestOpenPageKeepsNothingAlive: what the script does by itself, and an open
// stream, do not count as somebody being there.
func TestOpenPageKeepsNothingAlive(t *testing.T) {
	now := newClock()
	d := openAt(t, now.now)
	v := d.as(Viewer)
	stream := v.listen("")
	for range 5 {
		now.pass(sessionIdle / 4)
		req, err := http.NewRequest(http.MethodGet, d.url+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set(reloads, "1")
		resp, err := v.web.Do(req)
		status, _, at := v.result(resp, err)
		if over := now.now().Sub(v.session().MadeAt) >= sessionIdle; over && status != http.StatusUnauthorized || !over && (status != http.StatusOK || at != "/") {
			t.Errorf("after %v: %d at %s", now.now().Sub(v.session().MadeAt), status, at)
		}
	}
	d.c.Events.Announce("audit")
	if got := stream.next(); got != "signedout" {
		t.Errorf("the stream says %q", got)
	}
	if !stream.ended() {
		t.Error("the stream goes on")
	}
}

func TestPasswordChangeSignsTheOthersOut(t *testing.T) {
	pgtest.Both(t, testPasswordChangeSignsTheOthersOut)
}

func testPasswordChangeSignsTheOthersOut(t *testing.T) {
	d := open(t)
	one, other := d.as(Operator), d.as(Operator)
	for name, c := range map[string]struct{ old, next, again, want string }{
		"wrong old":   {"guess", "a long new one", "a long new one", "当前密码不正确"},
		"not alike":   {password, "a long new one", "a long other one", "不一致"},
		"short":       {password, "short", "short", "至少"},
		"the same":    {password, password, password, "相同"},
		"the name":    {password, "operator-1234", "operator-1234", "用户名"},
		"one letter":  {password, "aaaaaaaaaaaa", "aaaaaaaaaaaa", "同一个字符"},
		"much":        {password, strings.Repeat("long", 80), strings.Repeat("long", 80), "最多"},
		"no encoding": {password, "\xff\xfe123456789", "\xff\xfe123456789", "至少"},
	} {
		if status, body, _ := one.send("/account/password", "old", c.old, "next", c.next, "again", c.again); status < 400 || !strings.Contains(body, c.want) {
			t.Errorf("%s: %d, without %q", name, status, c.want)
		}
	}
	if status, _, at := one.send("/account/password", "old", password, "next", "a long new one", "again", "a long new one"); status != http.StatusOK || at != "/account" {
		t.Fatalf("changed: %d at %s", status, at)
	}
	if _, _, at := other.get("/account"); at != "/signin" {
		t.Error("the other browser is still signed in")
	}
	if _, _, at := one.get("/people"); at != "/people" {
		t.Error("the browser that changed it was signed out")
	}
	other.web = d.browser()
	other.signIn("operator", "a long new one")
}

func TestSignOutElsewhereAndEverywhere(t *testing.T) {
	d := open(t)
	one, other := d.as(Operator), d.as(Operator)
	_, body, _ := one.get("/account")
	_, id, ok := strings.Cut(body, `name="session" value="`)
	if !ok {
		t.Fatal("no other session is listed")
	}
	id, _, _ = strings.Cut(id, `"`)
	one.send("/account/sessions", "session", id)
	if _, _, at := other.get("/account"); at != "/signin" {
		t.Error("the other is still signed in")
	}
	other.web = d.browser()
	other.signIn("operator", password)
	if _, _, at := one.send("/account/sessions", "session", "all"); at != "/signin" {
		t.Errorf("it led to %s", at)
	}
	for _, b := range []*desk{one, other} {
		if _, _, at := b.get("/account"); at != "/signin" {
			t.Error("somebody is still signed in")
		}
	}
}

func TestSlipIsForOneBrowserAndOnePage(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	w := httptest.NewRecorder()
	out := readSlip(r, "the secret")
	out.keep("code", "gate-1", "ABCDE-FGHIJ")
	out.hand(w)
	ck := w.Result().Cookies()[0]
	if strings.Contains(ck.Value, "ABCDE") || !ck.HttpOnly || !ck.Secure {
		t.Errorf("cookie %+v", ck)
	}
	r.AddCookie(ck)
	if whom, code := readSlip(r, "the secret").take("code"); whom != "gate-1" || code != "ABCDE-FGHIJ" {
		t.Errorf("%q %q", whom, code)
	}
	if _, code := readSlip(r, "the secret").take("password"); code != "" {
		t.Error("a code passes for a password")
	}
	if _, code := readSlip(r, "another secret").take("code"); code != "" {
		t.Error("another session reads it")
	}
	w = httptest.NewRecorder()
	readSlip(r, "the secret").show(w)
	if got := w.Result().Cookies(); len(got) != 1 || got[0].MaxAge >= 0 {
		t.Errorf("it is not taken back: %+v", got)
	}
}
