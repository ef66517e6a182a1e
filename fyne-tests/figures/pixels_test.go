package figures

import (
	"bufio"
	"bytes"
	"fmt"
	"image"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/luohu/ting/fyne-tests/district"
)

// BenchmarkPageToPixels is the time from a page's being handed over until it is on
// the display, full screen at 1080×1920, drawn by software. "ting" is the whole way:
// the module's call in its own process, the host, the shell, the window. An "update"
// changes the words and colours of a page that stays, a "page" is another one.
// The baseline is Chromium with an equivalent page, told by server-sent events.
// Chromium draws what has changed, the toolkit the whole window: with a graphics card
// that makes no difference. Written, on a busy machine: p50 17 ms and 8 to 11 ms of a
// processor a page for Chromium, 32 and 58 for the terminal.
func BenchmarkPageToPixels(b *testing.B) {
	b.Run("chromium/update", func(b *testing.B) {
		district.Need(b, "chromium")
		display, frames := district.DisplayFrames(b, "1080x1920")
		browser, to := chromium(b, display)
		pixels(b, frames, browser.PID(), func(n int) time.Time {
			began := time.Now()
			to <- n
			return began
		})
	})
	at := filepath.Join(socketDir(b), "pages")
	l, err := net.Listen("unix", at)
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	d := district.New(b, district.Options{
		Mode: "kiosk", Locked: true, Camera: district.NoCamera, Frames: true,
		Extra: "[visit]\nidle = \"1h\"\nattract = \"never\"\n", Module: pagesModule(b, at),
	})
	d.StartCenter()
	d.StartTerminal()
	c, err := l.Accept()
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	said := bufio.NewScanner(c)
	for _, kind := range []string{"update", "page"} {
		b.Run("ting/"+kind, func(b *testing.B) {
			pixels(b, d.Frames, d.Terminal.PID(), func(n int) time.Time {
				if _, err := fmt.Fprintln(c, kind, n); err != nil {
					b.Fatal(err)
				}
				if !said.Scan() {
					b.Fatalf("the module is gone: %v", said.Err())
				}
				var began int64
				if _, err := fmt.Sscan(said.Text(), &began); err != nil {
					b.Fatal(err)
				}
				return time.Unix(0, began)
			})
		})
	}
}

// pixels measures show, which hands over page n and says when it did, and what a
// page costs the processes below root. Pages of even and odd numbers look different,
// and otherwise alike.
func pixels(b *testing.B, f *district.Frames, root int, show func(n int) time.Time) {
	b.Helper()
	// The last pixel that differs is found once. What bars around a page show by
	// themselves, a clock or a countdown, is left out.
	body := image.Rect(0, f.Height/8, f.Width, f.Height*7/8)
	show(0)
	show(1)
	odd := atRest(b, f, nil)
	show(2)
	even := atRest(b, f, odd)
	show(3)
	odd = atRest(b, f, even)
	at, ok := f.LastChanged(even, odd, body)
	if !ok {
		b.Fatal("the pages look the same")
	}
	was := f.At(at)
	var took latencies
	before := processor(root)
	for n := 4; b.Loop(); n++ {
		began := show(n)
		for f.At(at) == was {
			if time.Since(began) > patience {
				b.Fatal("the page does not come")
			}
			time.Sleep(100 * time.Microsecond) // the display's own process needs the processor
		}
		took = append(took, time.Since(began))
		was = f.At(at)
		time.Sleep(30 * time.Millisecond) // a person's answer takes longer; the next page meets a loop at rest
	}
	took.report(b)
	b.ReportMetric((processor(root)-before).Seconds()*1e3/float64(len(took)), "ms-processor/page")
}

// processor is the time that a process and all below it have used so far.
func processor(root int) (used time.Duration) {
	for _, u := range district.UsageBelow(root) {
		used += u.Processor
	}
	return used
}

// atRest waits until a display shows something else than before and has shown the
// same for half a second.
func atRest(b *testing.B, f *district.Frames, before []byte) []byte {
	b.Helper()
	const rest = time.Second
	inside := func(p []byte) []byte { return p[len(p)/8 : len(p)*7/8] }
	last, since := f.Copy(), time.Now()
	district.WaitUntil(b, patience, "the page is drawn", func() bool {
		now := f.Copy()
		if !bytes.Equal(inside(now), inside(last)) {
			last, since = now, time.Now()
		}
		return time.Since(since) > rest && (before == nil || !bytes.Equal(inside(last), inside(before)))
	})
	return last
}

// pagesModule is the module of folder pages, which listens at a socket.
func pagesModule(b *testing.B, socket string) string {
	b.Helper()
	program := filepath.Join(b.TempDir(), "pages")
	if out, err := exec.Command("go", "build", "-o", program, "./pages").CombinedOutput(); err != nil {
		b.Fatalf("build the module: %v\n%s", err, out)
	}
	built, err := os.ReadFile(program)
	if err != nil {
		b.Fatal(err)
	}
	return fmt.Sprintf("[[module]]\nid = \"pages\"\ncommand = [%q, %q]\nsha256 = %q\n", program, socket, district.SHA256(built))
}

// socketDir is a directory whose path is short enough for a socket.
func socketDir(b *testing.B) string {
	b.Helper()
	dir, err := os.MkdirTemp("", "ting")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// chromium shows an HTML page full screen and returns what tells it a number.
func chromium(b *testing.B, display string) (*district.Process, chan<- int) {
	b.Helper()
	numbers, there := make(chan int), make(chan struct{})
	handler := http.NewServeMux()
	handler.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "testdata/update.html") })
	handler.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.(http.Flusher).Flush()
		close(there)
		for {
			select {
			case n := <-numbers:
				fmt.Fprintf(w, "data: %d\n\n", n)
				w.(http.Flusher).Flush()
			case <-r.Context().Done():
				return
			}
		}
	})
	server := httptest.NewServer(handler)
	cmd := chromiumCommand(b, display, server.URL+"/")
	p := district.Start(b, "chromium", cmd)
	b.Cleanup(func() { p.Kill(); server.CloseClientConnections(); server.Close() })
	select {
	case <-there:
	case <-time.After(patience):
		b.Fatal("Chromium does not open the page")
	}
	return p, numbers
}
