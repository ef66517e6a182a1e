package gallery

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/luohu/ting/kiosk"
)

// oldGallery is a gallery as the version before wrote it.
func oldGallery(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	check(t, os.CopyFS(dir, os.DirFS("testdata/format1")))
	return dir
}

func TestMigrate(t *testing.T) {
	dir := oldGallery(t)
	g := open(t, dir, here)
	for range 2 {
		if got := g.Persons(); !slices.Equal(got, []string{"2019-0317", "2019-0318"}) {
			t.Fatalf("enrolled: %v", got)
		}
		e, _ := g.Entry("2019-0318")
		want := Entry{Person: kiosk.Person{ID: "2019-0318", Name: "王芳", Group: "三年二班", Role: "pupil"},
			Purposes: []string{"gate"}, Consent: consent, Template: e.Template, Shots: 1, Model: "weights-1"}
		if diff := cmp.Diff(want, e); diff != "" {
			t.Errorf("entry (-want +got):\n%s", diff)
		}
		probe := point(1)
		if m, _ := g.Find(&probe); m.Person != "2019-0317" || m.Distance > 1e-5 {
			t.Errorf("Find = %+v", m)
		}
		g = reopen(t, g, dir)
	}
	files, err := os.ReadDir(dir)
	check(t, err)
	var names []string
	for _, f := range files {
		names = append(names, f.Name())
	}
	if want := []string{deviceFile, keysFile, "lock", filepath.Base(templatesPath(t, dir))}; !slices.Equal(names, want) {
		t.Errorf("left in the directory: %v, want %v", names, want)
	}
}

// TestMigrateInterrupted: the power fails before the old files are gone.
func TestMigrateInterrupted(t *testing.T) {
	dir := oldGallery(t)
	g := open(t, dir, here)
	check(t, g.Erase("2019-0318"))
	g.Close()
	check(t, os.Mkdir(filepath.Join(dir, oldFacesDir), 0o700))
	check(t, os.CopyFS(filepath.Join(dir, oldFacesDir), os.DirFS("testdata/format1/faces")))
	b, err := os.ReadFile("testdata/format1/keys.json")
	check(t, err)
	check(t, os.WriteFile(filepath.Join(dir, oldKeysFile), b, 0o600))
	g = open(t, dir, here)
	if got := g.Persons(); !slices.Equal(got, []string{"2019-0317"}) {
		t.Errorf("enrolled: %v", got)
	}
	if _, err := os.Stat(filepath.Join(dir, oldKeysFile)); !errors.Is(err, os.ErrNotExist) {
		t.Error("the old keys are still there")
	}
}

func TestMigrateRefuses(t *testing.T) {
	if _, _, err := Open(oldGallery(t), Binding{"gate-2", "school-1", "m1"}); !errors.Is(err, ErrOtherDevice) {
		t.Errorf("of another terminal: %v", err)
	}
	dir := oldGallery(t)
	check(t, os.WriteFile(filepath.Join(dir, deviceFile), make([]byte, keySize), 0o600))
	if _, _, err := Open(dir, here); !errors.Is(err, ErrOtherDevice) {
		t.Errorf("with another device key: %v", err)
	}
	dir = oldGallery(t)
	faces, err := filepath.Glob(filepath.Join(dir, oldFacesDir, "*"))
	check(t, err)
	check(t, os.Truncate(faces[0], 50))
	g, problems, err := Open(dir, here)
	check(t, err)
	defer g.Close()
	if n, _ := g.Len(); n != 1 || len(problems) != 1 || !errors.Is(problems[0], ErrSetAside) {
		t.Errorf("with a damaged face: %d enrolled, problems %v", n, problems)
	}
}

// TestBoundToTheFirstMachine: a gallery made where no machine is known opens on the
// first that is, and from then on nowhere else.
func TestBoundToTheFirstMachine(t *testing.T) {
	dir := t.TempDir()
	g := open(t, dir, Binding{"gate-1", "school-1", ""})
	put(t, g, entry("a", "gate"), point(1))
	g = reopen(t, g, dir)
	if _, there := g.Entry("a"); !there {
		t.Error("not there any more")
	}
	g.Close()
	for _, m := range []string{"m2", ""} {
		if _, _, err := Open(dir, Binding{"gate-1", "school-1", m}); !errors.Is(err, ErrOtherDevice) {
			t.Errorf("on machine %q: %v", m, err)
		}
	}
}
