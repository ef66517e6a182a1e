package soak

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"github.com/luohu/ting/app/shell"
	"github.com/luohu/ting/app/shell/sample"
	"github.com/luohu/ting/fyne-tests/district"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// child is set in the process that shows the pages: a real window needs the main
// goroutine, which a test has not.
const child = "TING_SOAK_PAGES"

func TestMain(m *testing.M) {
	if n, err := strconv.Atoi(os.Getenv(child)); err == nil {
		if err := show(n); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// state is what the child is made of at a moment of rest.
type state struct {
	pages, goroutines int
	heap              int64 // bytes that are referred to
	resident          int64 // bytes of the process, shared pages too
	took              time.Duration
}

const form = "soak: pages=%d goroutines=%d heap=%d resident=%d took=%d\n"

// show shows n pages and tells its state before and after.
func show(n int) error {
	s, err := shell.New(shell.Options{Mode: shell.Kiosk, Place: sample.Place, OnAnswer: func(view.Answer) {}})
	if err != nil {
		return err
	}
	go func() {
		defer s.Quit()
		pages := sample.All()
		next := 0
		some := func(n int) {
			for range n {
				p := pages[next%len(pages)].Page
				next++
				p.Rev = uint64(next)
				s.Present(kiosk.Visit{ID: fmt.Sprint("visit ", next/7), Module: "soak"}, p)
				if next%5 == 0 {
					s.SetStatus(shell.Status{Network: shell.Online, Unsent: int64(next % 40), IdleLeft: time.Duration(next%60) * time.Second})
				}
				fyne.DoAndWait(func() {}) // the page is laid out
			}
		}
		began := time.Now()
		tell := func() {
			took := time.Since(began)
			rest(some)
			var m runtime.MemStats
			runtime.GC()
			debug.FreeOSMemory()
			runtime.ReadMemStats(&m)
			fmt.Printf(form, next, runtime.NumGoroutine(), m.HeapAlloc, resident(), took)
			began = time.Now()
		}
		some(2 * len(pages)) // fonts, icons and caches are there
		tell()
		some(n)
		tell()
	}()
	return s.Run()
}

// rest waits until the toolkit has forgotten what it does not draw any more: it
// does so with a repaint, at most every ten seconds.
func rest(some func(int)) {
	for range 12 {
		time.Sleep(2 * time.Second)
		some(1)
	}
}

func resident() int64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b))
	n, _ := strconv.ParseInt(f[1], 10, 64)
	return n * int64(os.Getpagesize())
}

// soak runs the child and returns its state before and after n pages.
func soak(tb testing.TB, n int) (before, after state) {
	tb.Helper()
	self, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "DISPLAY="+district.Display(tb, "720x1280"), "LANG=zh_CN.UTF-8", child+"="+fmt.Sprint(n), "FYNE_CACHE=11s")
	var log strings.Builder
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	var states []state
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var s state
		if _, err := fmt.Sscanf(lines.Text()+"\n", form, &s.pages, &s.goroutines, &s.heap, &s.resident, &s.took); err == nil {
			states = append(states, s)
		}
	}
	if err := cmd.Wait(); err != nil || len(states) != 2 {
		tb.Fatalf("the pages were not shown: %v, %d states\n%.4000s", err, len(states), log.String())
	}
	if strings.Contains(log.String(), "Error in Fyne call thread") {
		tb.Errorf("the toolkit complains:\n%.2000s", log.String())
	}
	return states[0], states[1]
}

// TestSoak is BenchmarkSoak shortened. A page that stayed referred to costs some
// 100 KiB in widgets and texts, and the caches of so few pages grow by 1.5 MiB
// (measured): the bound is passed when one page in eight stays.
func TestSoak(t *testing.T) {
	const pages = 200
	before, after := soak(t, pages)
	t.Logf("before %+v, after %+v", before, after)
	if grown := after.heap - before.heap; grown > 4<<20 {
		t.Errorf("the heap grew by %d KiB over %d pages", grown>>10, pages)
	}
	if grown := after.goroutines - before.goroutines; grown > 3 {
		t.Errorf("%d goroutines more after %d pages", grown, pages)
	}
}

// BenchmarkSoak shows 10,000 pages of every kind in a real window: what the
// process is made of after 10,000 pages more than before. Target: flat.
func BenchmarkSoak(b *testing.B) {
	const pages = 10_000
	for b.Loop() {
		before, after := soak(b, pages)
		b.ReportMetric(float64(after.took.Microseconds())/1e3/pages, "ms/page")
		b.ReportMetric(float64(before.heap)/(1<<20), "MiB/heap-before")
		b.ReportMetric(float64(after.heap)/(1<<20), "MiB/heap-after")
		b.ReportMetric(float64(before.resident)/(1<<20), "MiB/resident-before")
		b.ReportMetric(float64(after.resident)/(1<<20), "MiB/resident-after")
		b.ReportMetric(float64(before.goroutines), "goroutines-before")
		b.ReportMetric(float64(after.goroutines), "goroutines-after")
	}
	b.ReportMetric(0, "ns/op")
}
