package gallery

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"

	"github.com/luohu/ting/devices/face"
)

// TestTurnKeepsDistances: to the rounding of a float32, which is a thousandth of the
// smallest difference that decides anything.
func TestTurnKeepsDistances(t *testing.T) {
	k := newSecret()
	turn := newTurn(&k)
	for i := range uint64(200) {
		a := point(i)
		b := near(a, float32(i)/100, i+1000)
		ta, tb := turn.forth(&a), turn.forth(&b)
		if off := math.Abs(a.Distance(&b) - ta.Distance(&tb)); off > 1e-6 {
			t.Errorf("a distance of %g is off by %g", a.Distance(&b), off)
		}
		back := turn.back(&ta)
		if off := back.Distance(&a); off > 1e-6 {
			t.Errorf("there and back is off by %g", off)
		}
		if err := checkShots([]face.Descriptor{ta}); err != nil {
			t.Error(err)
		}
	}
}

// TestTurnIsOneForASecret: it is derived, so it must never change with a version.
func TestTurnIsOneForASecret(t *testing.T) {
	k := secret(bytes.Repeat([]byte{7}, keySize))
	a, b := newTurn(&k), newTurn(&k)
	if a.rows != b.rows {
		t.Error("one secret gives two turns")
	}
	want := [4]float32{-0.1537597, -0.022309616, 0.07777652, 0.018341608}
	for i, x := range a.rows[face.Dim-1][:4] {
		if math.Abs(float64(x-want[i])) < 1e-6 { // processors may round the last bit otherwise
			continue
		}
		t.Fatalf("the turn of a known secret begins its last row with %v, want %v: galleries on disk would match nobody any more", a.rows[face.Dim-1][:4], want)
	}
}

// TestTwoSitesDoNotMatch: the same faces, enrolled at two sites, are strangers to
// each other there, while each site knows its own.
func TestTwoSitesDoNotMatch(t *testing.T) {
	const people = 60
	var shots [2][]face.Descriptor
	for site, bind := range []Binding{{"gate-1", "school-1", "m1"}, {"gate-1", "school-2", "m1"}} {
		dir := t.TempDir()
		g := open(t, dir, bind)
		for i := range uint64(people) {
			put(t, g, entry(string(rune('A'+i)), "gate"), point(i))
		}
		for i := range uint64(people) {
			probe := near(point(i), 0.2, i)
			plain := point(i)
			m, _ := g.Find(&probe)
			if m.Person != string(rune('A'+i)) || math.Abs(m.Distance-probe.Distance(&plain)) > 1e-5 {
				t.Errorf("at its own site: %+v", m)
			}
			kept := g.shots.Shots(g.byID[m.Person])
			shots[site] = append(shots[site], kept...)
			if off := kept[0].Distance(&plain); off < 0.9 {
				t.Errorf("a template lies at %g of the descriptor it was made of", off)
			}
		}
	}
	for i := range shots[0] {
		for j := range shots[1] {
			if d := shots[0][i].Distance(&shots[1][j]); d < 0.9 {
				t.Errorf("templates %d and %d of two sites are %g apart", i, j, d)
			}
		}
	}
}

func TestRekey(t *testing.T) {
	dir := t.TempDir()
	g := open(t, dir, here)
	for i := range uint64(20) {
		put(t, g, entry(string(rune('a'+i)), "gate"), point(i), near(point(i), 0.2, i))
	}
	before := map[string]face.Descriptor{}
	for id, i := range g.byID {
		before[id] = g.shots.Shots(i)[0]
	}
	site, device, keys := g.store.site, g.store.device, map[secret]bool{}
	for _, sl := range g.store.slots {
		keys[sl.key] = true
	}
	old := templates(t, dir)
	check(t, g.Rekey())
	for range 2 {
		for i := range uint64(20) {
			probe, plain := near(point(i), 0.2, i+50), point(i)
			m, _ := g.Find(&probe)
			if want := probe.Distance(&plain); m.Person != string(rune('a'+i)) || m.Distance > want+1e-5 {
				t.Errorf("after Rekey: %+v, want within %g", m, want)
			}
			turned := g.shots.Shots(g.byID[m.Person])[0]
			was := before[m.Person]
			if d := turned.Distance(&was); d < 0.9 {
				t.Errorf("the template is at %g of what it was before", d)
			}
		}
		g = reopen(t, g, dir)
	}
	if g.store.site == site || g.store.device == device {
		t.Error("the secrets are the same")
	}
	for _, sl := range g.store.slots {
		if keys[sl.key] {
			t.Error("somebody has the key that he had")
		}
	}
	if now := templates(t, dir); bytes.Contains(now, old[:64]) {
		t.Error("the old entries are still there")
	}
}

// TestRekeyManyTimes: rounding does not add up.
func TestRekeyManyTimes(t *testing.T) {
	g := open(t, t.TempDir(), here)
	put(t, g, entry("a", "gate"), point(1))
	for range 50 {
		check(t, g.Rekey())
	}
	d := point(1)
	if m, _ := g.Find(&d); m.Distance > 1e-5 {
		t.Errorf("after fifty times a template is off by %g", m.Distance)
	}
}

// TestNothingLegibleOnDisk looks for names, numbers and descriptors in every file,
// as they are and as they are turned.
func TestNothingLegibleOnDisk(t *testing.T) {
	dir := t.TempDir()
	g := open(t, dir, here)
	d := point(1)
	put(t, g, entry("2019-0317", "gate"), d)
	put(t, g, entry("2019-0318", "gate"), point(2))
	check(t, g.Erase("2019-0318"))
	check(t, g.Rekey())
	secrets := map[string][]byte{"number": []byte("2019-031"), "name": []byte("张小三"), "class": []byte("三年二班")}
	turned := g.turn().forth(&d)
	for name, d := range map[string]*face.Descriptor{"descriptor": &d, "turned": &turned} {
		for _, at := range []int{0, 60} {
			var b []byte
			for _, x := range d[at : at+4] {
				b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
			}
			secrets[name+string(rune('0'+at%10))] = b
		}
	}
	lookFor(t, dir, secrets)
}
