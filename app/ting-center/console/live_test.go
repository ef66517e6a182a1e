package console

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/pgtest"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// listener reads a stream of events.
type listener struct {
	t    testing.TB
	body *bufio.Scanner
	id   string // of the last event
}

func (d *desk) listen(lastID string) *listener {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	d.t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url+"/live?after="+d.own.hub.mark(), nil)
	if err != nil {
		d.t.Fatal(err)
	}
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	resp, err := d.web.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { resp.Body.Close() })
	if ct := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || ct != "text/event-stream" {
		d.t.Fatalf("%s, %s", resp.Status, ct)
	}
	l := &listener{t: d.t, body: bufio.NewScanner(resp.Body)}
	l.body.Scan() // "retry:": the stream is joined
	return l
}

// next waits for an event and returns its name, with its topics.
func (l *listener) next() string {
	l.t.Helper()
	var name string
	for l.body.Scan() {
		field, value, _ := strings.Cut(l.body.Text(), ": ")
		switch field {
		case "id":
			l.id = value
		case "event":
			name = value
		case "data":
			return strings.TrimSuffix(name+" "+value, " -")
		}
	}
	return "ended"
}

func (l *listener) ended() bool {
	for l.body.Scan() {
	}
	return l.body.Err() == nil
}

func TestPassesArriveLiveWithMaskedNames(t *testing.T) {
	pgtest.Both(t, testPassesArriveLiveWithMaskedNames)
}

func testPassesArriveLiveWithMaskedNames(t *testing.T) {
	d := open(t)
	d.register("school-1", kiosk.PersonRow{ID: "2020-1", Name: "张小三", Role: "pupil"})
	tm := d.terminal("gate-1", "school-1")
	v := d.as(Viewer)
	stream := v.listen("")
	if ack := tm.Send(record.Ordinary, record.Hash{}, tm.Make(record.Ordinary, 1, "gate.pass", "person/2020-1", pass(t, "2020-1"))); ack.Code != wire.OK {
		t.Fatal(ack.Code)
	}
	told := ""
	for !strings.Contains(told, "lines") || !strings.Contains(told, "terminals") {
		next := stream.next()
		if strings.Contains(next, "张") || strings.Contains(next, "2020-1") {
			t.Fatalf("the stream says who: %s", next)
		}
		if next == "ended" {
			t.Fatalf("it ended after %s", told)
		}
		told += next
	}
	_, body, _ := v.get("/")
	if !strings.Contains(body, "张*三") || strings.Contains(body, "张小三") {
		t.Error("the overview does not mask the name")
	}
	if _, body, _ = d.as(Operator).get("/boards/school-1"); !strings.Contains(body, "张小三") || !strings.Contains(body, "现在在校 1 人") {
		t.Error("the board does not show who is in")
	}
}

// TestStreamMakesUpForWhatWasMissed: a browser that comes back says what it knows,
// and hears at once that there is more; one that knows everything hears nothing.
func TestStreamMakesUpForWhatWasMissed(t *testing.T) {
	pgtest.Both(t, testStreamMakesUpForWhatWasMissed)
}

func testStreamMakesUpForWhatWasMissed(t *testing.T) {
	d := open(t)
	v := d.as(Viewer)
	stream := v.listen("")
	d.c.Events.Announce("letters")
	if got := stream.next(); got != "changed letters" {
		t.Fatalf("%q", got)
	}
	known := stream.id
	d.c.Events.Announce("forks")
	if got := stream.next(); got != "changed forks" {
		t.Fatalf("%q", got)
	}
	if got := v.listen(known).next(); got != "changed all" {
		t.Errorf("who missed something hears %q", got)
	}
	if got := v.listen("another-process.7").next(); got != "changed all" {
		t.Errorf("who was at another center hears %q", got)
	}
	upToDate := v.listen(stream.id)
	d.c.Events.Announce("feeds")
	if got := upToDate.next(); got != "changed feeds" {
		t.Errorf("who missed nothing hears %q", got)
	}
}

func TestStreamsAreBoundedAndLeaveNothing(t *testing.T) {
	d := open(t)
	h := &d.own.hub
	var all []*stream
	for range liveStreams {
		s := h.join("x")
		if s == nil {
			t.Fatal("refused too early")
		}
		all = append(all, s)
	}
	if h.join("x") != nil {
		t.Error("there is no bound")
	}
	v := d.as(Viewer)
	resp, err := v.web.Get(d.url + "/live")
	if status, _, _ := v.result(resp, err); status != http.StatusServiceUnavailable {
		t.Errorf("one too many is answered %d", status)
	}
	for _, s := range all {
		h.leave(s)
	}
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err = v.web.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	resp.Body.Close()
	d.own.Drain() // ends every stream, and so nobody may be left
	d.own.hub.gone(t)
}

// gone waits until no stream is left.
func (h *hub) gone(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) {
		h.mu.Lock()
		n := len(h.streams)
		h.mu.Unlock()
		if n == 0 {
			return
		}
	}
	t.Error("a stream is left")
}

func TestTopics(t *testing.T) {
	for _, c := range []struct {
		e    center.Event
		want string
	}{
		{center.Event{Terminal: "gate-1"}, "terminals terminal/gate-1"},
		{center.Event{Terminal: "gate-1", Alarm: true}, "terminals terminal/gate-1 enrolments forks audit"},
		{center.Event{Board: "gate"}, "boards letters"},
		{center.Event{Changed: []string{"feeds"}}, "feeds"},
		{center.Event{}, ""},
	} {
		if got := strings.Join(topics(c.e), " "); got != c.want {
			t.Errorf("%+v changes %q, want %q", c.e, got, c.want)
		}
	}
}

// TestSeveralConsolesAreOne: a session, a form's token and a slip made at one
// center hold at another of the same database.
func TestSeveralConsolesAreOne(t *testing.T) {
	d := open(t)
	second, err := New(Options{Center: d.c, Consents: consents{}, Log: d.own.opt.Log, Zone: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Drain()
	p := d.as(Approver)
	_, body, _ := p.send("/enrol/code", "terminal", "gate-9", "site", "school-9")
	if slipText.FindString(body) == "" {
		t.Fatal("no code")
	}
	var jar []*http.Cookie
	u, err := url.Parse(d.url)
	if err != nil {
		t.Fatal(err)
	}
	jar = p.web.Jar.Cookies(u)
	ask := func(method, path, form string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, ck := range jar {
			r.AddCookie(ck)
		}
		w := httptest.NewRecorder()
		second.ServeHTTP(w, r)
		jar = append(jar, w.Result().Cookies()...)
		return w
	}
	if w := ask(http.MethodGet, "/enrol", ""); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "gate-9") {
		t.Errorf("the other console: %d", w.Code)
	}
	if w := ask(http.MethodPost, "/enrol/code", url.Values{"token": {p.token()}, "terminal": {"gate-8"}, "site": {"school-9"}}.Encode()); w.Code != http.StatusSeeOther {
		t.Errorf("a form at the other console: %d %s", w.Code, w.Body)
	}
	if w := ask(http.MethodGet, "/enrol", ""); slipText.FindString(w.Body.String()) == "" {
		t.Error("the code is not shown")
	}
	if w := ask(http.MethodPost, "/signout", url.Values{"token": {p.token()}}.Encode()); w.Code != http.StatusSeeOther {
		t.Errorf("sign-out: %d", w.Code)
	}
	if _, _, at := p.get("/enrol"); at != "/signin" {
		t.Error("signed out at one, still signed in at the other")
	}
}
