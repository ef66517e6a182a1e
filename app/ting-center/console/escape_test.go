package console

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/plugins/gate"
	"github.com/luohu/ting/sync/center/centertest"
	"github.com/luohu/ting/sync/center/pgtest"
	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"

	"encoding/json"
)

// TestEverythingIsEscaped puts markup and SQL into every text that comes from
// outside, and into every parameter of every address, and looks at every page.
func TestEverythingIsEscaped(t *testing.T) { pgtest.Both(t, testEverythingIsEscaped) }

func testEverythingIsEscaped(t *testing.T) {
	d := open(t)
	d.register("school-1", kiosk.PersonRow{ID: evil[:40], Name: evil, Role: evil, Group: evil},
		kiosk.PersonRow{ID: "2", Name: evil, Role: evil, Group: evil})
	ctx := context.Background()
	if err := d.c.Edit(ctx, func(tx *store.Tx) error {
		if err := tx.PutSite(store.Site{ID: "school-1", NameZH: evil, NameEN: evil}); err != nil {
			return err
		}
		return tx.Note(store.Audit{At: time.Now(), Who: evil, Action: evil, Subject: evil, Detail: evil})
	}); err != nil {
		t.Fatal(err)
	}
	code, _, err := d.c.MakeCode(ctx, evil, "gate-1", "school-1")
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
	evilJSON := string(must(json.Marshal(evil)))
	rs := tm.Make(record.Ordinary, 1, "gate.pass", "person/2", pass(t, "2"))
	rs = append(rs, tm.Make(record.Ordinary, 1, "gate.pass", evil, `{"person":"x","direction":`+evilJSON+`}`)...)
	rs = append(rs, tm.Make(record.Ordinary, 1, "gate.pass", "person/3", pass(t, evil))...)
	rs = append(rs, tm.Make(record.Ordinary, 1, "gate.refused", "lane/x", `{"verdict":`+evilJSON+`,"at":"`+time.Now().Format(time.RFC3339)+`"}`)...)
	h := tm.Head(record.Ordinary, record.Hash{}, rs)
	h.Health = wire.Health{Unsent: 1, Version: evil, Devices: map[string]string{evil: evil},
		Parts: []wire.Part{{Kind: evil, Name: evil, State: evil, Reason: evil}}}
	if ack, err := tm.TrySend(ctx, h, wire.EncodeRecords(rs, wire.Newest)); err != nil || ack.Code != wire.OK {
		t.Fatal(ack.Code, err)
	}
	d.projected(gate.ID, 4)
	d.c.Refusals().Note("up.sig", "gate-1", evil, evil)
	admin := d.as(Admin)
	x := url.QueryEscape(evil)
	seen := 0
	for _, path := range []string{"/", "/?q=" + x + "&only=" + x + "&page=" + x, "/terminals/gate-1", "/boards/school-1", "/boards?site=" + x, "/boards/" + url.PathEscape(evil),
		"/people?site=school-1&q=" + x + "&only=" + x + "&page=" + x, "/people?site=" + x, "/person?site=school-1&id=2", "/person?site=" + x + "&id=" + x,
		"/enrol", "/attention", "/attention?done=" + x + "&only=" + x + "&after=" + x, "/letters/gate/2", "/letters/" + url.PathEscape(evil) + "/" + url.PathEscape(evil),
		"/feeds", "/feeds/school-1/people", "/feeds/" + url.PathEscape(evil) + "/" + url.PathEscape(evil), "/terminals/" + url.PathEscape(evil),
		"/audit", "/audit?before=" + x + "&who=" + x + "&action=" + x + "&q=" + x + "&from=" + x, "/system", "/accounts", "/account", "/" + url.PathEscape(evil)} {
		status, body, _ := admin.get(path)
		if status >= 500 {
			t.Errorf("%s: %d", path, status)
		}
		if contains(body, "<script>alert", "<img src=x") {
			t.Errorf("%s shows markup from outside:\n%s", path, body)
		}
		if strings.Contains(body, "&lt;script&gt;") {
			seen++
		}
	}
	if seen < 12 {
		t.Errorf("only %d pages show the text at all", seen)
	}
	// Whatever is typed into any field of any form breaks nothing either.
	for _, route := range d.own.routes() {
		method, path := concrete(route.pattern)
		if method != http.MethodPost || path == "/signout" || path == "/account/sessions" {
			continue
		}
		pairs := []string{}
		for _, name := range []string{"terminal", "site", "id", "projection", "sure", "reason", "body", "purpose", "known", "name", "role", "what", "old", "next", "again"} {
			pairs = append(pairs, name, evil)
		}
		if status, body, _ := admin.send(path, pairs...); status >= 500 || contains(body, "<script>alert", "<img src=x") {
			t.Errorf("POST %s: %d\n%s", path, status, body)
		}
	}
	if n := d.last(); n < 4 {
		t.Errorf("the log holds %d records", n)
	}
}

// last is the end of the log.
func (d *desk) last() (n int64) {
	d.t.Helper()
	if err := d.c.View(context.Background(), func(tx *store.Tx) (err error) { n, err = tx.LastPosition(); return err }); err != nil {
		d.t.Fatal(err)
	}
	return n
}

func TestChangesNeedTheTokenAndTheSameSite(t *testing.T) {
	d := open(t)
	d.register("school-1", kiosk.PersonRow{ID: "1", Name: "张小三", Role: "pupil"})
	o := d.as(Operator)
	other := d.as(Operator)
	post := func(token string, header ...string) int {
		t.Helper()
		form := url.Values{"site": {"school-1"}, "id": {"1"}, "reason": {"paper 7"}, "token": {token}}
		req, err := http.NewRequest(http.MethodPost, d.url+"/person/withdraw", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		resp, err := o.web.Do(req)
		status, _, _ := o.result(resp, err)
		return status
	}
	for name, status := range map[string]int{
		"no token":            post(""),
		"a made-up token":     post("AAAA"),
		"another's token":     post(other.token()),
		"another origin":      post(o.token(), "Origin", "https://elsewhere.example"),
		"a null origin":       post(o.token(), "Origin", "null"),
		"another site's form": post(o.token(), "Sec-Fetch-Site", "cross-site"),
		"a sibling's form":    post(o.token(), "Sec-Fetch-Site", "same-site"),
	} {
		if status != http.StatusForbidden {
			t.Errorf("%s: %d", name, status)
		}
	}
	if list := d.audits(store.AuditFilter{Action: "consent.withdraw"}); len(list) != 0 {
		t.Errorf("somebody was withdrawn: %+v", list)
	}
	if status := post(o.token(), "Sec-Fetch-Site", "same-origin"); status != http.StatusOK {
		t.Errorf("our own form: %d", status)
	}
}

func TestHugeInputsAreRefused(t *testing.T) {
	d := open(t)
	admin := d.as(Admin)
	token := admin.token()
	for _, path := range []string{"/letters/gate/1/compensate", "/enrol/code", "/accounts/add"} {
		if status, _, _ := admin.post(path, url.Values{"token": {token}, "body": {strings.Repeat("x", 4<<20)}}); status < 400 || status >= 500 {
			t.Errorf("4 MB to %s: %d", path, status)
		}
	}
	if status, _, _ := admin.send("/enrol/code", "terminal", strings.Repeat("x", 100_000), "site", "s"); status != http.StatusBadRequest {
		t.Errorf("a long ID: %d", status)
	}
	if status, _, _ := admin.get("/people?q=" + strings.Repeat("%E5%BC%A0", 2000)); status != http.StatusOK {
		t.Errorf("a long search: %d", status)
	}
	if status, _, _ := admin.get("/audit?page=999999999999999999999&before=-5"); status != http.StatusOK {
		t.Errorf("odd numbers: %d", status)
	}
}

func TestLanguageSwitch(t *testing.T) {
	d := open(t)
	admin := d.as(Admin)
	if _, body, _ := admin.get("/"); !strings.Contains(body, "总览") || !strings.Contains(body, `lang="zh-CN"`) {
		t.Error("Chinese does not come first")
	}
	_, body, at := admin.post("/lang", url.Values{"lang": {"en"}, "back": {"/people"}})
	if at != "/people" || !strings.Contains(body, "People and consent") || strings.Contains(body, "总览") {
		t.Errorf("English at %s", at)
	}
	admin.web.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, back := range []string{"https://elsewhere.example/", "//elsewhere.example", `/\elsewhere.example`, "/\telsewhere", ""} {
		resp, err := admin.web.PostForm(d.url+"/lang", url.Values{"lang": {"zh"}, "back": {back}})
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if to := resp.Header.Get("Location"); to != "/" {
			t.Errorf("back to %q led to %q", back, to)
		}
	}
}

// TestEnglishIsComplete: no page in English has a Chinese word of the console's own.
func TestEnglishIsComplete(t *testing.T) {
	d := open(t)
	d.terminal("gate-1", "school-1")
	admin := d.as(Admin)
	admin.post("/lang", url.Values{"lang": {"en"}, "back": {"/"}})
	for _, path := range []string{"/", "/terminals/gate-1", "/enrol", "/attention", "/boards", "/feeds", "/people", "/audit", "/system", "/accounts", "/account", "/nothing"} {
		_, body, _ := admin.get(path)
		body = strings.NewReplacer("中文", "", "第一小学 东门", "").Replace(body)
		for _, r := range body {
			if r >= 0x4e00 && r <= 0x9fff {
				i := strings.IndexRune(body, r)
				t.Errorf("%s: %q", path, body[max(0, i-40):min(len(body), i+40)])
				break
			}
		}
	}
}
