package gallery

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk"
)

var (
	here    = Binding{Terminal: "gate-1", Site: "school-1"}
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
	if n := len(faceFiles(t, dir)); n != 1 {
		t.Errorf("%d face files, want 1", n)
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
	if left := faceFiles(t, dir); len(left) > 0 {
		t.Errorf("files remain: %v", left)
	}
}

// TestEraseIsReal: with everything that was ever on disk before the erasure, and
// the device key as it is after it, nobody can read the person again.
func TestEraseIsReal(t *testing.T) {
	dir, backup := t.TempDir(), t.TempDir()
	g := open(t, dir, here)
	put(t, g, entry("gone", "gate"), point(1))
	put(t, g, entry("stays", "gate"), point(2))
	if err := os.CopyFS(backup, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := g.Erase("gone"); err != nil {
		t.Fatal(err)
	}
	g = reopen(t, g, dir)
	if got := g.Persons(); !slices.Equal(got, []string{"stays"}) {
		t.Fatalf("enrolled after erasure: %v", got)
	}
	g.Close()

	// An operator puts last night's backup back, all but the device key.
	for _, n := range []string{keysFile, facesDir} {
		if err := os.RemoveAll(filepath.Join(dir, n)); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(filepath.Join(dir, n), os.DirFS(filepath.Join(backup, n))); err != nil {
			b, _ := os.ReadFile(filepath.Join(backup, n))
			os.RemoveAll(filepath.Join(dir, n))
			if err := os.WriteFile(filepath.Join(dir, n), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, _, err := Open(dir, here); !errors.Is(err, ErrOtherDevice) {
		t.Errorf("the backup of before the erasure opens: %v", err)
	}
}

// TestEraseInterrupted kills an erasure after each of its steps.
func TestEraseInterrupted(t *testing.T) {
	steps := map[string]struct {
		cut   func(t *testing.T, s *store)
		stays bool // the person is still there afterwards
	}{
		"next key written": {func(t *testing.T, s *store) {
			next := newSecret()
			check(t, s.writeFile(nextFile, next[:]))
		}, true},
		"keys rewritten": {func(t *testing.T, s *store) {
			next := newSecret()
			check(t, s.writeFile(nextFile, next[:]))
			delete(s.keys, only(t, s))
			check(t, s.writeKeys(&next))
		}, false},
		"old key overwritten": {func(t *testing.T, s *store) {
			next := newSecret()
			check(t, s.writeFile(nextFile, next[:]))
			delete(s.keys, only(t, s))
			check(t, s.writeKeys(&next))
			check(t, overwrite(s.path(deviceFile)))
		}, false},
	}
	for name, tt := range steps {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			g := open(t, dir, here)
			put(t, g, entry("a", "gate"), point(1))
			tt.cut(t, g.store)
			g = reopen(t, g, dir)
			if _, there := g.Entry("a"); there != tt.stays {
				t.Errorf("still enrolled: %t, want %t", there, tt.stays)
			}
			put(t, g, entry("b", "gate"), point(2))
			check(t, g.Erase("b"))
			g = reopen(t, g, dir)
			if _, there := g.Entry("a"); there != tt.stays {
				t.Errorf("after more changes still enrolled: %t, want %t", there, tt.stays)
			}
		})
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func only(t *testing.T, s *store) string {
	t.Helper()
	for id := range s.keys {
		return id
	}
	t.Fatal("no key")
	return ""
}

// TestEraseWhenDiskRefuses: the face is not found any more, the error says so,
// and the next call makes it durable.
func TestEraseWhenDiskRefuses(t *testing.T) {
	dir := t.TempDir()
	g := open(t, dir, here)
	put(t, g, entry("a", "gate"), point(1))
	put(t, g, entry("b", "gate", "canteen"), point(2))
	block := func() { // a directory where a temporary file is to be written
		check(t, os.Mkdir(filepath.Join(dir, nextFile+".new"), 0o700))
		for _, f := range faceFiles(t, dir) {
			check(t, os.Mkdir(f+".new", 0o700))
		}
	}
	unblock := func() {
		check(t, os.Remove(filepath.Join(dir, nextFile+".new")))
		left, err := filepath.Glob(filepath.Join(dir, facesDir, "*.new"))
		check(t, err)
		for _, f := range left {
			check(t, os.Remove(f))
		}
	}
	block()
	if err := g.Erase("a"); err == nil {
		t.Error("Erase reports no error though nothing could be written")
	}
	if _, err := g.Limit("b", []string{"gate"}); err == nil {
		t.Error("Limit reports no error though nothing could be written")
	}
	if _, there := g.Entry("a"); there || g.Covers("b", "gate") {
		t.Error("a withdrawal waits for the disk")
	}
	unblock()
	check(t, g.Erase("a"))
	if _, err := g.Limit("b", []string{"gate"}); err != nil {
		t.Fatal(err)
	}
	g = reopen(t, g, dir)
	if _, there := g.Entry("a"); there || g.Covers("b", "gate") || !g.Covers("b", "canteen") {
		t.Error("the withdrawal did not become durable")
	}
}

func TestOtherDevice(t *testing.T) {
	tests := map[string]struct {
		bind Binding
		harm func(dir string) error
	}{
		"another terminal": {bind: Binding{"gate-2", "school-1"}},
		"another site":     {bind: Binding{"gate-1", "school-2"}},
		"renamed in the file": {bind: Binding{"gate-2", "school-1"}, harm: func(dir string) error {
			b, err := os.ReadFile(filepath.Join(dir, keysFile))
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, keysFile), bytes.ReplaceAll(b, []byte("gate-1"), []byte("gate-2")), 0o600)
		}},
		"without its device key": {bind: here, harm: func(dir string) error { return os.Remove(filepath.Join(dir, deviceFile)) }},
		"another device key": {bind: here, harm: func(dir string) error {
			return os.WriteFile(filepath.Join(dir, deviceFile), make([]byte, keySize), 0o600)
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir, copied := t.TempDir(), t.TempDir()
			g := open(t, dir, here)
			put(t, g, entry("a", "gate"), point(1))
			g.Close()
			check(t, os.CopyFS(copied, os.DirFS(dir)))
			if tt.harm != nil {
				check(t, tt.harm(copied))
			}
			if _, _, err := Open(copied, tt.bind); !errors.Is(err, ErrOtherDevice) {
				t.Errorf("Open = %v, want ErrOtherDevice", err)
			}
			if n := len(faceFiles(t, copied)); n != 1 {
				t.Errorf("%d face files after the refusal, want 1: nothing may be destroyed", n)
			}
			if _, there := open(t, dir, here).Entry("a"); !there {
				t.Error("the original does not open any more")
			}
		})
	}
}

func TestDamageIsSetAside(t *testing.T) {
	flip := func(path string, at int) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			files, err := filepath.Glob(filepath.Join(dir, path))
			if err != nil || len(files) == 0 {
				t.Fatalf("no %s: %v", path, err)
			}
			b, err := os.ReadFile(files[0])
			check(t, err)
			if at < 0 {
				at += len(b)
			}
			b[at] ^= 0x20
			check(t, os.WriteFile(files[0], b, 0o600))
		}
	}
	tests := map[string]struct {
		harm    func(t *testing.T, dir string)
		persons int
		aside   string
	}{
		"a byte of a face":   {flip("faces/*.face", 100), 2, "*.face"},
		"the head of a face": {flip("faces/*.face", 0), 2, "*.face"},
		"a face cut off": {func(t *testing.T, dir string) {
			check(t, os.Truncate(faceFiles(t, dir)[0], 20))
		}, 2, "*.face"},
		"keys.json is no JSON": {flip("keys.json", 0), 0, keysFile},
		"keys.json is empty": {func(t *testing.T, dir string) {
			check(t, os.Truncate(filepath.Join(dir, keysFile), 0))
		}, 0, keysFile},
		"keys.json is gone": {func(t *testing.T, dir string) {
			check(t, os.Remove(filepath.Join(dir, keysFile)))
		}, 0, facesDir},
		"one key is damaged": {func(t *testing.T, dir string) {
			path := filepath.Join(dir, keysFile)
			b, err := os.ReadFile(path)
			check(t, err)
			i := bytes.LastIndexByte(b, '=') // the end of the last key's base64 has padding
			if i < 0 {
				i = bytes.LastIndex(b, []byte(`"}}`))
			}
			j := i - 6
			if b[j] == 'A' {
				b[j] = 'B'
			} else {
				b[j] = 'A'
			}
			check(t, os.WriteFile(path, b, 0o600))
		}, 2, "*.face"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			g := open(t, dir, here)
			for i, id := range []string{"a", "b", "c"} {
				put(t, g, entry(id, "gate"), point(uint64(i)))
			}
			g.Close()
			tt.harm(t, dir)

			g, problems, err := Open(dir, here)
			if err != nil {
				t.Fatal(err)
			}
			defer g.Close()
			if len(problems) != 1 || !errors.Is(problems[0], ErrSetAside) {
				t.Errorf("problems: %v", problems)
			}
			if n, _ := g.Len(); n != tt.persons {
				t.Errorf("%d persons left, want %d", n, tt.persons)
			}
			if kept, _ := filepath.Glob(filepath.Join(dir, "set-aside-*", tt.aside)); len(kept) != 1 {
				t.Errorf("set aside: %v, want one %s", kept, tt.aside)
			}
			put(t, g, entry("d", "gate"), point(9))
			g = reopen(t, g, dir) // and says nothing the second time
			if n, _ := g.Len(); n != tt.persons+1 {
				t.Errorf("%d persons after reopening, want %d", n, tt.persons+1)
			}
		})
	}
}

func TestInUse(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, here)
	if _, _, err := Open(dir, here); !errors.Is(err, ErrInUse) {
		t.Errorf("a second Open = %v, want ErrInUse", err)
	}
}

// TestNothingLegibleOnDisk looks for names, numbers and descriptors in every file.
func TestNothingLegibleOnDisk(t *testing.T) {
	dir := t.TempDir()
	g := open(t, dir, here)
	d := point(1)
	put(t, g, entry("2019-0317", "gate"), d)
	plain, err := encodeFace(saved{entry("2019-0317", "gate"), []face.Descriptor{d}})
	check(t, err)
	shots := plain[bytes.Index(plain, []byte(`"shots":"`))+9:][:64]
	raw, err := base64.StdEncoding.DecodeString(string(shots))
	check(t, err)
	filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		check(t, err)
		info, err := e.Info()
		check(t, err)
		if info.Mode().Perm()&0o077 != 0 && path != dir {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		if e.IsDir() {
			return nil
		}
		b, err := os.ReadFile(path)
		check(t, err)
		for _, secret := range [][]byte{[]byte("2019-0317"), []byte("张小三"), []byte("三年二班"), shots, raw} {
			if bytes.Contains(b, secret) {
				t.Errorf("%s holds %q", path, secret)
			}
		}
		return nil
	})
}

// TestFindIsExact compares Find with the plain definition.
func TestFindIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := empty()
		persons := rapid.IntRange(1, 12).Draw(t, "persons")
		all := map[string][]face.Descriptor{}
		for i := range persons {
			id := string(rune('a' + i))
			for range rapid.IntRange(1, 4).Draw(t, "shots") {
				all[id] = append(all[id], point(rapid.Uint64Range(0, 200).Draw(t, "seed")))
			}
			if err := g.add(member{Entry: entry(id, "gate")}, all[id]); err != nil {
				t.Fatal(err)
			}
		}
		if persons > 1 && rapid.Bool().Draw(t, "drop one") {
			g.drop(g.byID["a"])
			delete(all, "a")
		}
		probe := point(rapid.Uint64Range(0, 400).Draw(t, "probe"))
		nearest := map[string]float64{}
		for id, shots := range all {
			nearest[id] = math.Inf(1)
			for i := range shots {
				nearest[id] = min(nearest[id], probe.Distance(&shots[i]))
			}
		}
		m, ok := g.Find(&probe)
		if !ok {
			t.Fatal("nobody found")
		}
		second := math.Inf(1)
		for id, d := range nearest {
			if d < m.Distance-1e-4 {
				t.Fatalf("%s at %g is nearer than %g", id, d, m.Distance)
			}
			if id != m.Person {
				second = min(second, d)
			}
		}
		if math.Abs(nearest[m.Person]-m.Distance) > 1e-4 || second != m.Second && math.Abs(second-m.Second) > 1e-4 {
			t.Fatalf("Find = %+v, want distance %g, second %g", m, nearest[m.Person], second)
		}
	})
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

func FuzzDecodeFace(f *testing.F) {
	good, err := encodeFace(saved{entry("a", "gate"), []face.Descriptor{point(1)}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"person":"a","purposes":["gate"],"shots":"AAAA"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := decodeFace(b)
		if err == nil && (v.entry.Person.ID == "" || checkShots(v.shots) != nil) {
			t.Error("accepted what Put refuses")
		}
	})
}

func faceFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, facesDir, "*"+faceExt))
	check(t, err)
	return files
}
