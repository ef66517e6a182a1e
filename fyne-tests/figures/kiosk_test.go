package figures

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/luohu/ting/fyne-tests/district"
)

// BenchmarkKiosk is what a kiosk's first page costs while nobody touches it, drawn
// by Chromium (the baseline) and by the terminal, each full screen on its own
// display of 1080×1920: memory of the whole tree of processes (PSS: pages shared
// with others counted in part) and processor time in percent of one core. The
// terminal's tree holds the shell, the journal, two modules in processes of their
// own and the line to the center; Chromium shows a page and nothing else. Target:
// at most half of Chromium's memory. Written: 408 MiB and 0.9 % for Chromium, 186 MiB
// for the shell alone, 218 MiB and 1.1 % for all of the terminal. "attract" is what it
// shows instead once nobody has touched it for a while: place, date and time.
func BenchmarkKiosk(b *testing.B) {
	b.Run("chromium", func(b *testing.B) {
		district.Need(b, "chromium", "import")
		page, err := filepath.Abs("testdata/home.html")
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			display := district.Display(b, "1080x1920")
			p := district.Start(b, "chromium", chromiumCommand(b, display, "file://"+page))
			district.WaitUntil(b, patience, "Chromium has drawn the page", func() bool { return headerShows(b, display) })
			measure(b, p.PID())
			p.Kill()
		}
	})
	ting := func(b *testing.B, attract, over string) {
		example := filepath.Join(district.Programs(b), "ting-example")
		program, err := os.ReadFile(example)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			d := district.New(b, district.Options{
				Mode: "kiosk", Locked: true, Camera: district.NoCamera, Extra: fmt.Sprintf("[visit]\nattract = %q\n", attract),
				Module: fmt.Sprintf("[[module]]\nid = \"enrolment\"\ngrant = [\"identify\", \"record\", \"feeds\"]\n[[module]]\nid = \"suggestions\"\ncommand = [%q]\nsha256 = %q\n",
					example, district.SHA256(program)),
			})
			d.OpenEmpty("ting.home")
			district.WaitUntil(b, patience, "the terminal has drawn the page", func() bool { return headerShows(b, d.Display) })
			district.WaitUntil(b, patience, fmt.Sprintf("%q lies over the page", over), func() bool {
				sc, ok := d.Screen.Scene()
				return ok && sc.Over == over
			})
			measure(b, d.Terminal.PID())
		}
	}
	b.Run("ting", func(b *testing.B) { ting(b, "never", "") })
	b.Run("ting/attract", func(b *testing.B) { ting(b, "5s", "attract") })
}

// chromiumCommand shows a page full screen at 1080×1920.
func chromiumCommand(b *testing.B, display, page string) *exec.Cmd {
	b.Helper()
	cmd := exec.Command("chromium", "--kiosk", "--no-sandbox", "--no-first-run", "--disable-extensions", "--disable-background-networking",
		"--user-data-dir="+b.TempDir(), "--window-size=1080,1920", "--window-position=0,0", page)
	cmd.Env = append(os.Environ(), "DISPLAY="+display)
	return cmd
}

// measure reports a tree of processes at rest.
func measure(b *testing.B, root int) {
	time.Sleep(20 * time.Second) // caches settle; the terminal has read its fonts
	const window = 20 * time.Second
	before := district.UsageBelow(root)
	time.Sleep(window)
	var processor time.Duration
	var memory, first int64
	after := district.UsageBelow(root)
	for pid, u := range after {
		processor += u.Processor - before[pid].Processor
		memory += u.Memory
		if pid == root {
			first = u.Memory
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(memory)/(1<<20), "MiB/tree")
	b.ReportMetric(float64(first)/(1<<20), "MiB/first-process")
	b.ReportMetric(float64(len(after)), "processes")
	b.ReportMetric(100*processor.Seconds()/window.Seconds(), "%core/tree")
}
