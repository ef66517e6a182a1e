package console

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	dialog "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/luohu/ting/assets/demo"
	"github.com/luohu/ting/plugins/gate"
	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// window is a real Chromium at the console. It fails the test for every error
// that a page reports and every request to anywhere else.
type window struct {
	t   testing.TB
	ctx context.Context
	url string

	mu     sync.Mutex
	errors []string
}

// chromium finds the browser; in CI it must be there.
func chromium(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("chromium is missing: .ci/setup test installs it")
		}
		t.Skip("chromium is missing: .ci/setup test installs it")
	}
	return path
}

func openWindow(t testing.TB, d *desk) *window {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium(t)), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("no-first-run", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("ignore-certificate-errors", true), chromedp.Flag("lang", "zh-CN"), chromedp.WindowSize(1280, 900))
	all, end := context.WithTimeout(context.Background(), 2*time.Minute)
	alloc, stop := chromedp.NewExecAllocator(all, options...)
	ctx, closeTab := chromedp.NewContext(alloc)
	w := &window{t: t, ctx: ctx, url: d.url}
	// Before the folder of the profile goes: the browser writes into it to the end.
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx)
		closeTab()
		stop()
		end()
		w.quiet()
	})
	if err := chromedp.Listen(ctx, w.hear); err != nil { // it starts the browser, which lives as long as this context
		t.Fatal(err)
	}
	w.do(call(network.Enable, network.EnableParams{}), call(log.Enable, cdp.Empty{}), call(runtime.Enable, cdp.Empty{}))
	return w
}

func (w *window) hear(e any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := e.(type) {
	case *runtime.EventExceptionThrown:
		w.errors = append(w.errors, fmt.Sprintf("exception: %+v", e.ExceptionDetails))
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			w.errors = append(w.errors, fmt.Sprintf("console.%s: %s", e.Type, e.Args[0].Value))
		}
	case *log.EventEntryAdded:
		// A sign-in that is refused is a 403, which the browser logs as an error.
		if e.Entry.Level == log.EntryLevelError && !strings.HasSuffix(e.Entry.URL, "/signin") {
			w.errors = append(w.errors, "log: "+e.Entry.Text+" "+e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		if u, err := url.Parse(e.Request.URL); err != nil || u.Scheme != "data" && u.Scheme != "about" && u.Scheme+"://"+u.Host != w.url {
			w.errors = append(w.errors, "a request to elsewhere: "+e.Request.URL)
		}
	}
}

// quiet fails for what was heard.
func (w *window) quiet() {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.errors {
		w.t.Error(e)
	}
	w.errors = nil
}

// do does things in the browser, within a time that fails instead of hanging.
func (w *window) do(actions ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 30*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		w.t.Fatalf("%v at\n%s", err, w.text())
	}
}

// text is what the page says, for a failure.
func (w *window) text() string {
	text, _ := chromedp.Run(w.ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
	return text
}

// call sends a command of the protocol.
func call[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

type css = chromedp.CSS

func (w *window) signIn(user string) {
	w.t.Helper()
	w.do(chromedp.Navigate(w.url+"/signin"),
		chromedp.SetValue(css(`input[name=user]`), user),
		chromedp.SendKeys(css(`input[name=password]`), password+"\n"),
		chromedp.WaitVisible(css(`#menu`)))
}

// wait waits until a script says true.
func (w *window) wait(what, script string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 20*time.Second)
	defer cancel()
	for {
		_, err := chromedp.Run(ctx, chromedp.Poll[bool](script, chromedp.WithPollingInterval(50*time.Millisecond)))
		if err == nil {
			return
		}
		if ctx.Err() != nil { // else the page went while it was asked, and its successor is asked
			w.t.Fatalf("%s: %v at\n%s", what, err, w.text())
		}
	}
}

// TestInTheBrowser does a morning's work in Chromium.
func TestInTheBrowser(t *testing.T) {
	d := openDistrict(t)
	w := openWindow(t, d.desk)

	// A wrong password first.
	w.do(chromedp.Navigate(w.url+"/"), chromedp.SetValue(css(`input[name=user]`), "approver"),
		chromedp.SendKeys(css(`input[name=password]`), "wrong\n"), chromedp.WaitVisible(css(`[role=alert]`)))
	w.signIn("approver")
	w.wait("the stream opens", `document.getElementById("live").classList.contains("on")`)

	w.wait("a terminal that lags is told", `document.getElementById("terminals").innerText.includes("上传滞后 2 小时")`)

	// Somebody passes, and stands on the page without a touch.
	d.report(d.east.Make(record.Ordinary, 1, gate.KindPass.Name, "person/9999", pass(t, "欧阳小小")))
	w.wait("the pass arrives", `document.getElementById("lines").innerText.includes("欧**小")`)

	// What somebody types is not swept away by what arrives.
	w.do(chromedp.SendKeys(css(`#q`), "东门"))
	d.report(d.east.Make(record.Ordinary, 1, gate.KindPass.Name, "person/9998", pass(t, "司马小小")))
	w.wait("the second pass arrives", `document.getElementById("lines").innerText.includes("司**小")`)
	w.do(chromedp.SendKeys(css(`#q`), "\n"))
	w.wait("the search finds one", `document.querySelectorAll("#terminals tbody tr").length === 1 && document.querySelector("#terminals").innerText.includes("东门")`)

	// A code is made, and is shown with its QR code, once.
	w.do(chromedp.Navigate(w.url+"/enrol"), chromedp.SendKeys(css(`form[action="/enrol/code"] input[name=terminal]`), "gate-north-1"),
		chromedp.SendKeys(css(`form[action="/enrol/code"] input[name=site]`), demo.School1+"\n"), chromedp.WaitVisible(css(`.code-slip`)))
	w.wait("the QR code is drawn", `document.querySelector(".code-slip img").naturalWidth > 100`)
	w.do(chromedp.Reload(), chromedp.WaitNotPresent(css(`.code-slip`)))

	// A terminal that waits is let in by the digits on its screen.
	ask := `#ask-` + hex.EncodeToString(wire.KeyHash(d.asking.PublicKey))
	w.do(chromedp.Navigate(w.url+"/enrol"), chromedp.SendKeys(css(ask+` .digits`), wire.ApplicationDigits(d.asking.PublicKey, d.asking.Nonce)),
		chromedp.Click(css(ask+` button.primary`)), chromedp.WaitVisible(css(`.notice.tone-success`)), chromedp.WaitNotPresent(css(ask)))
	if status, body := d.asked(); status != http.StatusOK {
		t.Errorf("the terminal is answered %d %s", status, body)
	}

	// A record that cannot be applied is corrected, and what waited behind it goes on.
	w.do(chromedp.Navigate(w.url + "/attention"))
	w.wait("three letters", `document.querySelectorAll("#letters tbody tr").length === 3`)
	w.do(chromedp.Click(css(`#letters tbody tr .buttons button`)), chromedp.WaitVisible(css(`form[action$="/body"]`)))
	w.do(chromedp.Click(css(`form[action$="/body"] button`)), chromedp.WaitVisible(css(`textarea`)))
	w.do(chromedp.SetValue(css(`textarea`), pass(t, "2023-0417")),
		chromedp.SendKeys(css(`form[action$="/compensate"] input[name=reason]`), "据班主任签字单 17 号"))
	w.agree()
	w.do(chromedp.Click(css(`form[action$="/compensate"] button`)), chromedp.WaitVisible(css(`.notice.tone-success`)))
	w.do(chromedp.Navigate(w.url + "/attention"))
	w.wait("one letter is left", `document.querySelectorAll("#letters tbody tr").length === 1`)

	// Signed out elsewhere, the page that is open notices and leaves.
	w.wait("the stream opens", `document.getElementById("live").classList.contains("on")`)
	if _, err := d.drop("approver"); err != nil {
		t.Fatal(err)
	}
	d.report(d.east.Make(record.Ordinary, 1, gate.KindPass.Name, "person/9999", pass(t, "欧阳小小")))
	w.wait("the page leaves", `location.pathname === "/signin"`)
	w.quiet()
}

// agree answers the next question with yes.
func (w *window) agree() {
	w.t.Helper()
	asked := make(chan struct{}, 1)
	if err := chromedp.Listen(w.ctx, func(e any) {
		if _, ok := e.(*dialog.EventJavascriptDialogOpening); ok {
			select {
			case asked <- struct{}{}:
			default:
			}
		}
	}); err != nil {
		w.t.Fatal(err)
	}
	go func() {
		select {
		case <-asked:
			_ = chromedp.Do(w.ctx, call(dialog.HandleJavaScriptDialog, dialog.HandleJavaScriptDialogParams{Accept: true}))
		case <-w.ctx.Done():
		}
	}()
}

// sizes are what people look through.
var sizes = []struct {
	name        string
	wide, high  int64
	touch, dark bool
}{
	{"desk", 1280, 900, false, false},
	{"phone", 390, 844, true, false},
	{"night", 390, 844, true, true},
}

// TestEveryPageInTheBrowser looks at every page, at a desk and on a phone, by day
// and by night: nothing to the right of the edge, everything labelled, every word
// with enough contrast, no error. With TING_SCREENS it leaves pictures there.
func TestEveryPageInTheBrowser(t *testing.T) {
	d := openDistrict(t)
	w := openWindow(t, d.desk)
	w.signIn("admin")
	person := personPath(demo.School1, demo.People(demo.School1)[0].ID)
	pages := map[string]string{"overview": "/", "trouble": "/?only=trouble", "terminal": "/terminals/gate-east-1", "quarantined": "/terminals/desk-1",
		"board": "/boards/school-1", "enrol": "/enrol", "attention": "/attention", "letter": d.letterPath(), "feeds": "/feeds", "feed": "/feeds/school-1/people",
		"people": "/people", "person": person, "audit": "/audit", "system": "/system", "accounts": "/accounts", "account": "/account", "nothing": "/nothing"}
	for _, size := range sizes {
		media := "light"
		if size.dark {
			media = "dark"
		}
		w.do(call(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: size.wide, Height: size.high, DeviceScaleFactor: 1, Mobile: size.touch}),
			call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: media}, {Name: "prefers-reduced-motion", Value: "reduce"}}}))
		for name, path := range pages {
			w.do(chromedp.Navigate(w.url+path), chromedp.WaitReady(css(`main`)))
			w.look(name + " " + size.name)
			if to := os.Getenv("TING_SCREENS"); to != "" {
				w.picture(filepath.Join(to, "console-"+name+"-"+size.name+".png"))
			}
		}
		w.errorsOf404()
		w.quiet()
	}
}

// errorsOf404 forgets that the page that is not there was not there.
func (w *window) errorsOf404() {
	w.mu.Lock()
	defer w.mu.Unlock()
	var rest []string
	for _, e := range w.errors {
		if !strings.HasSuffix(e, "/nothing") {
			rest = append(rest, e)
		}
	}
	w.errors = rest
}

// letterPath is the page of the first letter.
func (d *district) letterPath() (path string) {
	d.t.Helper()
	if err := d.c.View(context.Background(), func(tx *store.Tx) error {
		list, err := tx.DeadLettersAfter(0, store.Permanent, 1)
		path = letterPath(list[0].Projection, list[0].Position)
		return err
	}); err != nil {
		d.t.Fatal(err)
	}
	return path
}

func (w *window) picture(path string) {
	w.t.Helper()
	png, err := chromedp.Run(w.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, png, 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// looks is what a page must keep, as a script that returns what is wrong.
const looks = `(() => {
  const wrong = [];
  if (document.documentElement.scrollWidth > innerWidth) {
    const wide = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll, .menu"));
    wrong.push("wider than the window: " + wide.slice(0, 3).map((e) => e.tagName + "." + e.className + " " + e.textContent.trim().slice(0, 30)).join("; "));
  }
  if (document.querySelectorAll("h1").length !== 1) wrong.push("it has " + document.querySelectorAll("h1").length + " h1");
  for (const e of document.querySelectorAll("input:not([type=hidden]):not([hidden]), select, textarea")) {
    if (!e.labels.length && !e.ariaLabel) wrong.push("no label: " + e.outerHTML.slice(0, 80));
  }
  for (const e of document.querySelectorAll("button, a, summary")) {
    if (!e.textContent.trim() && !e.ariaLabel) wrong.push("says nothing: " + e.outerHTML.slice(0, 80));
  }
  for (const e of document.querySelectorAll("img:not([alt]), svg[role=img]:not([aria-label])")) wrong.push("no words for " + e.outerHTML.slice(0, 80));
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  if (new Set(ids).size !== ids.length) wrong.push("an id stands twice: " + ids.filter((x, i) => ids.indexOf(x) !== i));
  for (const e of document.querySelectorAll("[data-live]")) if (!e.id) wrong.push("live without an id: " + e.outerHTML.slice(0, 80));
  const parse = (c) => { const m = c.match(/[\d.]+/g).map(Number); return c.startsWith("color(") ? [m[0] * 255, m[1] * 255, m[2] * 255, m[3] ?? 1] : [m[0], m[1], m[2], m[3] ?? 1]; };
  const over = (a, b) => a.slice(0, 3).map((v, i) => v * a[3] + b[i] * (1 - a[3])).concat(1);
  const ground = (e) => { const stack = []; for (; e; e = e.parentElement) stack.push(parse(getComputedStyle(e).backgroundColor)); return stack.reverse().reduce((b, c) => over(c, b), [255, 255, 255, 1]); };
  const light = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const seen = new Set();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n = walk.nextNode(); n; n = walk.nextNode()) {
    const e = n.parentElement;
    if (!n.data.trim() || e.closest("svg, script") || !e.checkVisibility() || e.closest("button:disabled, .skip, .unseen")) continue;
    const style = getComputedStyle(e);
    const back = ground(e);
    const a = light(over(parse(style.color), back)), b = light(back);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 600;
    if (ratio < (large ? 3 : 4.5)) seen.add(e.tagName + "." + e.className + " " + ratio.toFixed(2) + ": " + n.data.trim().slice(0, 20));
  }
  for (const s of seen) wrong.push("contrast of " + s);
  return wrong;
})()`

func (w *window) look(name string) {
	w.t.Helper()
	wrong, err := chromedp.Run(w.ctx, chromedp.Evaluate[[]string](looks))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, x := range wrong {
		w.t.Errorf("%s: %s", name, x)
	}
}
