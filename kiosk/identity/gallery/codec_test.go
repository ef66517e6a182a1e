package gallery

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/luohu/ting/devices/face"
)

// lookFor fails the test for every secret that a file of dir holds, and for files that
// others may read.
func lookFor(t *testing.T, dir string, secrets map[string][]byte) {
	t.Helper()
	check(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
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
		for name, secret := range secrets {
			if bytes.Contains(b, secret) {
				t.Errorf("%s holds a %s", path, name)
			}
		}
		return nil
	}))
}

func FuzzDecodeEntry(f *testing.F) {
	good := appendEntry(nil, saved{entry("a", "gate"), []face.Descriptor{point(1)}})
	f.Add(good)
	f.Add(good[:40])
	f.Add([]byte{entryVersion, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := decodeEntry(b)
		if err == nil && (v.entry.Person.ID == "" || checkShots(v.shots) != nil) {
			t.Error("accepted what Put refuses")
		}
	})
}

func FuzzDecodeHeader(f *testing.F) {
	h := header{generation: 3, terminal: "gate-1", site: "school-1", machine: []byte("12345678"), secret: make([]byte, 60)}
	f.Add(h.encode())
	f.Add(h.encode()[:20])
	f.Fuzz(func(t *testing.T, b []byte) {
		h, rest, err := decodeHeader(b)
		if err == nil && !bytes.Equal(append(h.encode(), rest...), b) {
			t.Error("does not encode to what it was read from")
		}
	})
}

func FuzzDecodeRecord(f *testing.F) {
	r := record{kind: recordEntry, length: 700, offset: 1400, id: newKeyID(), replaces: newKeyID()}
	f.Add(r.encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := decodeRecord(b); err == nil && r.kind == recordEntry && (r.length > maxEntry || r.offset < 0) {
			t.Errorf("accepted %+v", r)
		}
	})
}
