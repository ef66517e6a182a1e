package figures

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/fyne-tests/district"
)

const patience = 60 * time.Second

// BenchmarkFirstScreen is the time from the start of the terminal's process
// until its header is on the display, software-rendered at 1080×1920, and until
// the gate is watched (module process, camera and engine running).
// Target: first screen under 1.5 s.
func BenchmarkFirstScreen(b *testing.B) {
	district.Need(b, "import")
	d := district.New(b, district.Options{})
	d.Open()
	if err := d.Terminal.Stop(); err != nil {
		b.Fatal(err)
	}
	var screen, watched time.Duration
	for b.Loop() {
		began := time.Now()
		d.StartTerminal()
		for !headerShows(b, d.Display) {
			if time.Since(began) > patience {
				b.Fatal("no header on the display")
			}
		}
		screen += time.Since(began)
		d.Terminal.WaitFor(0, patience, "page", "id=idle")
		watched += time.Since(began)
		b.StopTimer()
		if err := d.Terminal.Stop(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(0, "ns/op") // the two below say more
	b.ReportMetric(screen.Seconds()*1e3/float64(b.N), "ms/first-screen")
	b.ReportMetric(watched.Seconds()*1e3/float64(b.N), "ms/gate-watched")
}

// headerShows reports whether the header's blue is at the display's top edge.
// One look costs some 20 ms, which the figure includes.
func headerShows(b *testing.B, display string) bool {
	b.Helper()
	out, err := exec.Command("import", "-display", display, "-window", "root", "-crop", "4x4+500+2", "-depth", "8", "rgb:-").Output()
	if err != nil || len(out) < 3 {
		b.Fatalf("look at the display: %v", err)
	}
	return int(out[2]) > int(out[0])+40 // bluer than red: an empty display is not
}

// BenchmarkIdle is what a gate costs while nobody is there and the preview
// rests: processor time in percent of one core, and memory of each process
// (PSS: pages shared with others counted in part). Target: under 3 % in all.
func BenchmarkIdle(b *testing.B) {
	d := district.New(b, district.Options{})
	d.Open()
	time.Sleep(10 * time.Second) // caches settle, the preview comes to rest
	const window = 20 * time.Second
	for b.Loop() {
		before := d.Usage()
		time.Sleep(window)
		var processor time.Duration
		for pid, u := range d.Usage() {
			used := u.Processor - before[pid].Processor
			processor += used
			name := strings.ReplaceAll(u.Name, " ", "-")
			b.ReportMetric(100*used.Seconds()/window.Seconds(), "%core/"+name)
			b.ReportMetric(float64(u.Memory)/(1<<20), "MiB/"+name)
		}
		b.ReportMetric(100*processor.Seconds()/window.Seconds(), "%core/terminal")
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkRecovery is how long a killed engine and a killed module are away,
// from the kill until the engine can see and the gate is watched again. Promise:
// within 2 s.
func BenchmarkRecovery(b *testing.B) {
	d := district.New(b, district.Options{})
	d.Open()
	for _, c := range []struct{ program, unit, back string }{
		{"ting-face", "ms/engine-back", "face engine is ready"},
		{"ting-module gate", "ms/module-back", "msg=page id=idle"},
	} {
		b.Run(strings.Fields(c.program)[0], func(b *testing.B) {
			var total time.Duration
			for b.Loop() {
				pids := d.Running(c.program)
				if len(pids) != 1 {
					b.Fatalf("%d processes of %s", len(pids), c.program)
				}
				mark := d.Terminal.Mark()
				began := time.Now()
				district.Kill(b, pids[0])
				d.Terminal.WaitFor(mark, patience, c.back)
				total += time.Since(began)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(total.Seconds()*1e3/float64(b.N), c.unit)
		})
	}
}
