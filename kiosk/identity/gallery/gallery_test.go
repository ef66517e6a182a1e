package gallery

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk"
)

var (
	here    = Binding{Terminal: "gate-1", Site: "school-1", Machine: "m1"}
	consent = kiosk.Consent{TextVersion: "face-2025-06", GivenBy: "self", Way: "touch", Time: time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)}
)

// point is a descriptor of length 1, the same for the same seed.

func point(seed uint64) face.Descriptor {
	r := rand.New(rand.NewPCG(seed, 7))
	var d face.Descriptor
	for i := range d {
		d[i] = float32(r.NormFloat64())
	}
	return unit(d)
}

func unit(d face.Descriptor) face.Descriptor {
	var n float64
	for _, x := range d {
		n += float64(x) * float64(x)
	}
	for i := range d {
		d[i] /= float32(math.Sqrt(n))
	}
	return d
}

// near is d moved a little.

func near(d face.Descriptor, by float32, seed uint64) face.Descriptor {
	n := point(seed)
	for i := range d {
		d[i] += by * n[i]
	}
	return unit(d)
}

func entry(id string, purposes ...string) Entry {
	return Entry{Person: kiosk.Person{ID: id, Name: "张小三", Group: "三年二班", Role: "pupil"}, Purposes: purposes, Consent: consent}
}

func open(t *testing.T, dir string, b Binding) *Gallery {
	t.Helper()
	g, problems, err := Open(dir, b)
	if err != nil || len(problems) > 0 {
		t.Fatalf("Open: %v, problems %v", err, problems)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

func put(t *testing.T, g *Gallery, e Entry, shots ...face.Descriptor) Entry {
	t.Helper()
	e, err := g.Put(e, shots)
	if err != nil {
		t.Fatalf("Put: %v", err)
	}
	return e
}

func reopen(t *testing.T, g *Gallery, dir string) *Gallery {
	t.Helper()
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, dir, here)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// templates is the content of the templates file.
func templates(t *testing.T, dir string) []byte {
	t.Helper()
	b, err := os.ReadFile(templatesPath(t, dir))
	check(t, err)
	return b
}

func templatesPath(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, templatesPrefix+"*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("templates files: %v, %v; want one", files, err)
	}
	return files[0]
}

func TestPutFindReopen(t *testing.T) {
	dir := t.TempDir()
	g := open(t, dir, here)
	if _, ok := g.Find(new(face.Descriptor)); ok {
		t.Error("an empty gallery finds somebody")
	}
	want := put(t, g, entry("2019-0317", "gate", "canteen"), point(1), near(point(1), 0.2, 9))
	put(t, g, entry("2019-0318", "gate"), point(2))
	for range 2 {
		probe := near(point(1), 0.1, 5)
		m, ok := g.Find(&probe)
		other := point(2)
		if !ok || m.Person != "2019-0317" || m.Distance > 0.15 || math.Abs(m.Second-probe.Distance(&other)) > 1e-5 {
			t.Errorf("Find = %+v, %t", m, ok)
		}
		got, _ := g.Entry("2019-0317")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("entry (-want +got):\n%s", diff)
		}
		g = reopen(t, g, dir)
	}
}

func TestPutReplaces(t *testing.T) {
	dir := t.TempDir()
	g := open(t, dir, here)
	first := put(t, g, entry("a", "gate"), point(1))
	second := put(t, g, entry("a", "canteen"), point(2))
	if first.Template == second.Template {
		t.Error("two enrolments share a template ID")
	}
	for range 2 {
		if persons, shots := g.Len(); persons != 1 || shots != 1 {
			t.Errorf("%d persons, %d shots; want 1, 1", persons, shots)
		}
		if g.Covers("a", "gate") || !g.Covers("a", "canteen") {
			t.Error("the new consent did not replace the old one")
		}
		g = reopen(t, g, dir)
	}
	if n := len(g.store.slots); n != 1 {
		t.Errorf("%d keys, want 1", n)
	}
}

func TestPutRefuses(t *testing.T) {
	g := open(t, t.TempDir(), here)
	nan := point(1)
	nan[5] = float32(math.NaN())
	tests := map[string]struct {
		e     Entry
		shots []face.Descriptor
	}{
		"no shot":      {entry("a", "gate"), nil},
		"too many":     {entry("a", "gate"), make([]face.Descriptor, maxShots+1)},
		"zero":         {entry("a", "gate"), make([]face.Descriptor, 1)},
		"not a number": {entry("a", "gate"), []face.Descriptor{nan}},
		"no person":    {entry("", "gate"), []face.Descriptor{point(1)}},
		"no consent":   {entry("a"), []face.Descriptor{point(1)}},
		"one bad shot": {entry("a", "gate"), []face.Descriptor{point(1), {}}},
	}
	for name, tt := range tests {
		if _, err := g.Put(tt.e, tt.shots); err == nil {
			t.Errorf("%s: stored", name)
		}
	}
	if persons, _ := g.Len(); persons != 0 {
		t.Errorf("%d persons after refusals", persons)
	}
}

func TestLimit(t *testing.T) {
	dir := t.TempDir()
	g := open(t, dir, here)
	put(t, g, entry("a", "gate", "canteen"), point(1))
	erased, err := g.Limit("a", []string{"gate"})
	if erased || err != nil {
		t.Fatalf("Limit = %t, %v", erased, err)
	}
	g = reopen(t, g, dir)
	if g.Covers("a", "gate") || !g.Covers("a", "canteen") {
		t.Error("the limit is not on disk")
	}
	if erased, err = g.Limit("a", []string{"canteen", "library"}); !erased || err != nil {
		t.Fatalf("Limit of the last purpose = %t, %v; want erased", erased, err)
	}
	if persons, shots := g.Len(); persons+shots != 0 {
		t.Errorf("%d persons, %d shots remain in memory", persons, shots)
	}
	if left := bytes.Trim(templates(t, dir), "\x00"); len(left) > 0 {
		t.Errorf("%d bytes of entries remain", len(left))
	}
}

// TestChangesWhileSearching adds, replaces and erases while others search: whoever is
// in the gallery all the time is always found, and nobody after he was erased.
func TestChangesWhileSearching(t *testing.T) {
	g := open(t, t.TempDir(), here)
	put(t, g, entry("stays", "gate"), point(1))
	var searching, changing sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		searching.Go(func() {
			probe := near(point(1), 0.2, 3)
			for {
				select {
				case <-stop:
					return
				default:
				}
				if m, ok := g.Find(&probe); !ok || m.Person != "stays" {
					t.Errorf("Find = %+v, %t", m, ok)
					return
				}
			}
		})
	}
	for i := range uint64(3) {
		changing.Go(func() {
			id := string(rune('a' + i))
			for round := range uint64(8) {
				mine := point(100*i + 2*round + 2)
				if _, err := g.Put(entry(id, "gate"), []face.Descriptor{mine, point(100*i + 2*round + 3)}); err != nil {
					t.Error(err)
				}
				if m, ok := g.Find(&mine); !ok || m.Person != id {
					t.Errorf("just put: %+v, %t", m, ok)
				}
				if round%2 == 0 {
					continue // the next round replaces
				}
				if err := g.Erase(id); err != nil {
					t.Error(err)
				}
				if m, _ := g.Find(&mine); m.Person == id {
					t.Error("found after Erase had returned")
				}
			}
		})
	}
	changing.Wait()
	close(stop)
	searching.Wait()
	if persons, shots := g.Len(); persons != 1 || shots != 1 {
		t.Errorf("%d persons, %d shots left", persons, shots)
	}
}
