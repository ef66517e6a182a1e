package main

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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
// It draws the pages' own HTML in chromium, which shows them as staff see them.
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
	fill(t, p)
	c := p.browser()
	for _, page := range []string{"signin", "", "board/school-1", "people", "terminals", "attention", "audit"} {
		for _, size := range []string{"1280,900", "390,844"} {
			name := strings.ReplaceAll("console-"+page+"-"+strings.SplitN(size, ",", 2)[0], "/", "-")
			screenshot(t, browser, save(t, p, c, page), filepath.Join(to, name+".png"), size)
		}
	}
}

// fill gives the center a morning's news.
func fill(t *testing.T, p *process) {
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
}

// save keeps a page, with its style, as a file that the browser can open without
// the session: the cookie is the client's own.
func save(t *testing.T, p *process, c *http.Client, page string) string {
	t.Helper()
	if page == "signin" {
		c = centertest.Client(p.roots())
		defer c.CloseIdleConnections()
	}
	html := get(t, c, p.url+"/"+page)
	css := get(t, c, p.url+"/static/console.css")
	icon := get(t, c, p.url+"/static/ting.svg")
	dir := t.TempDir()
	html = strings.Replace(html, `<link rel="stylesheet" href="/static/console.css">`, "<style>"+css+"</style>", 1)
	html = strings.ReplaceAll(html, `src="/static/ting.svg"`, `src="ting.svg"`)
	html = strings.ReplaceAll(html, `<script src="/static/console.js" defer></script>`, "")
	for name, content := range map[string]string{"page.html": html, "ting.svg": icon} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return "file://" + filepath.Join(dir, "page.html")
}

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
