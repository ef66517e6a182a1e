package gallery

import (
	"fmt"
	"os"
	"testing"

	"github.com/luohu/ting/devices/face"
)

// BenchmarkOpen opens a gallery of 100,000 people with one shot each, encrypted,
// files in the system's cache: 1.4 s of one processor's time, shared by all there are.
func BenchmarkOpen(b *testing.B) {
	const people = 100_000
	dir := b.TempDir()
	fill(b, dir, people, 1)
	for b.Loop() {
		g, problems, err := Open(dir, here)
		if err != nil || len(problems) > 0 {
			b.Fatal(err, problems)
		}
		if n, _ := g.Len(); n != people {
			b.Fatalf("%d people", n)
		}
		if err := g.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// fill writes a gallery as people Puts would, without their hundred thousand fsyncs.
func fill(b *testing.B, dir string, people, shots int) {
	b.Helper()
	s, _, _, err := openStore(dir, here)
	if err != nil {
		b.Fatal(err)
	}
	all := make([]face.Descriptor, shots)
	for i := range people {
		for j := range all {
			all[j] = near(point(uint64(i)), 0.3, uint64(j))
		}
		id, key := newKeyID(), newSecret()
		e := entry(fmt.Sprintf("2026-%06d", i), "gate", "canteen")
		e.Template, e.Shots = id, shots
		sealed, err := s.sealFace(id, &key, saved{e, all})
		if err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(s.path(facesDir, id+faceExt), sealed, 0o600); err != nil {
			b.Fatal(err)
		}
		s.keys[id] = key
	}
	if err := s.writeKeys(&s.device); err != nil {
		b.Fatal(err)
	}
	if err := s.close(); err != nil {
		b.Fatal(err)
	}
}
