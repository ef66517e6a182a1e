package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/luohu/ting/assets/demo"
	"github.com/luohu/ting/plugins/gate"
	"github.com/luohu/ting/sync/center/centertest"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// TestScreens leaves pictures of the console in the folder named by
// TING_SCREENS, at the widths of a desk and of a phone, for people to look at.
// The last ones are taken after somebody passed while the page was open.
func TestScreens(t *testing.T) {
	to := os.Getenv("TING_SCREENS")
	if to == "" {
		t.Skip("TING_SCREENS names no folder")
	}
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is missing")
	}
	p := start(t, t.TempDir(), "127.0.0.1:0", "-demo")
	tm := fill(t, p)
	desk := signedIn(t, p, nil)
	for _, page := range []string{"", "board/school-1", "people", "terminals", "attention", "audit"} {
		for _, size := range []string{"1280,900", "390,844"} {
			name := strings.ReplaceAll("console-"+page+"-"+strings.SplitN(size, ",", 2)[0], "/", "-")
			screenshot(t, browser, desk+"/"+page, filepath.Join(to, name+".png"), size)
		}
	}
	// The page counts as loaded when its picture has come, which is held back
	// until its script had time to show the pass.
	live := signedIn(t, p, func() {
		prev := tm.Heads[record.Ordinary].Hash
		tm.Send(record.Ordinary, prev, tm.Make(record.Ordinary, 1, gate.KindPass.Name, "person/2020-0107", passBody(t, "2020-0107", gate.In, time.Now())))
		<-time.After(2 * time.Second)
	})
	screenshot(t, browser, live+"/", filepath.Join(to, "console-live.png"), "1280,900")
}

// signedIn passes requests on to the console with the cookie of a session, so
// that a browser sees its pages without typing, and returns the address.
func signedIn(t *testing.T, p *process, beforePicture func()) string {
	t.Helper()
	c := p.browser()
	to, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	forward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			for _, ck := range c.Jar.Cookies(to) {
				r.Out.AddCookie(ck)
			}
		},
		Transport:     c.Transport,
		FlushInterval: -1,
	}
	var once sync.Once
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if beforePicture != nil && r.URL.Path == "/static/ting.svg" {
			once.Do(func() {
				<-time.After(time.Second)
				beforePicture()
			})
		}
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	return proxy.URL
}

// fill gives the center a morning's news.
func fill(t *testing.T, p *process) *centertest.Terminal {
	t.Helper()
	tm := centertest.Enrol(t, p.url, p.roots(), demoTerminal, demoSite, p.read("enrol-code"), centertest.NewKey(t))
	away := centertest.Enrol(t, p.url, p.roots(), "gate-south-1", demoSite, p.enrolCode("gate-south-1", demoSite), centertest.NewKey(t))
	people, now := demo.People(demoSite), time.Now()
	var rs []record.Record
	for i, person := range people {
		rs = append(rs, tm.Make(record.Ordinary, 1, gate.KindPass.Name, "person/"+person.ID,
			passBody(t, person.ID, gate.In, now.Add(time.Duration(i-40)*17*time.Second)))...)
	}
	rs = append(rs, tm.Make(record.Ordinary, 1, gate.KindPass.Name, "person/"+people[0].ID, passBody(t, people[0].ID, gate.Out, now))...)
	rs = append(rs, tm.Make(record.Ordinary, 2, gate.KindRefused.Name, "lane/east", `{"verdict":"stranger","lane":"east","at":"`+now.Format(time.RFC3339)+`"}`)...)
	rs = append(rs, tm.Make(record.Ordinary, 1, gate.KindPass.Name, "person/broken", `{"person":"","direction":"in"}`)...)
	rs = append(rs, tm.Make(record.Ordinary, 1, gate.KindPass.Name, "person/broken", passBody(t, "2020-0999", gate.In, now))...)
	if ack := tm.Send(record.Ordinary, record.Hash{}, rs); ack.Code != wire.OK {
		t.Fatal(ack.Code)
	}
	h := away.Head(record.Ordinary, record.Hash{}, nil)
	h.SentAt = now.Add(47 * time.Second)
	h.Health = wire.Health{Unsent: 128, Version: "1.0.0", Devices: map[string]string{"camera": "unplugged"}}
	if _, err := away.TrySend(context.Background(), h, nil); err != nil {
		t.Fatal(err)
	}
	return tm
}

// screenshot takes a picture of a page.
func screenshot(t *testing.T, browser, url, to, size string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
		"--user-data-dir="+t.TempDir(), "--window-size="+size, "--screenshot="+to, url)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("chromium: %v\n%s", err, out)
	}
}
