package search

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/luohu/ting/devices/face"
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

// plain compares every shot: what Nearest must equal, to the last bit.
func plain(x *Index, d *face.Descriptor) (Result, bool) {
	f := newFinding()
	for i := range x.n {
		shot, owner := x.Shot(i)
		f.compare(d, shot, owner)
	}
	return Result{f.owner, math.Sqrt(float64(f.best)), math.Sqrt(float64(f.second))}, f.owner >= 0
}

// definition is the same said another way, in float64.
func definition(x *Index, d *face.Descriptor) (r Result) {
	nearest := map[int32]float64{}
	for i := range x.n {
		shot, owner := x.Shot(i)
		var s float64
		for j := range d {
			s += (float64(d[j]) - float64(shot[j])) * (float64(d[j]) - float64(shot[j]))
		}
		if old, ok := nearest[owner]; !ok || math.Sqrt(s) < old {
			nearest[owner] = math.Sqrt(s)
		}
	}
	r.Distance, r.Second = math.Inf(1), math.Inf(1)
	for owner, s := range nearest {
		if s < r.Distance {
			r.Owner, r.Distance = owner, s
		}
	}
	for owner, s := range nearest {
		if owner != r.Owner {
			r.Second = min(r.Second, s)
		}
	}
	return r
}

func everyPath(t *testing.T, x *Index, check func(path Path)) {
	t.Helper()
	for path := range paths {
		if path.Supported() {
			x.path = path
			check(path)
		}
	}
}

// TestNearestIsExact adds, replaces and removes at random, and after each change
// holds every path against comparing every shot.
func TestNearestIsExact(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x := New()
		defer x.Clear()
		shot := rapid.Custom(func(t *rapid.T) face.Descriptor {
			switch rapid.IntRange(0, 9).Draw(t, "kind") {
			case 0: // all in one dimension: the coarsest rounding
				var d face.Descriptor
				d[rapid.IntRange(0, face.Dim-1).Draw(t, "dimension")] = 1
				return d
			case 1: // a twin
				return near(point(rapid.Uint64Range(0, 20).Draw(t, "of")), 0.01, rapid.Uint64().Draw(t, "by"))
			}
			return point(rapid.Uint64Range(0, 60).Draw(t, "seed"))
		})
		for range rapid.IntRange(1, 30).Draw(rt, "changes") {
			owner := int32(rapid.IntRange(0, 12).Draw(rt, "owner"))
			if rapid.IntRange(0, 3).Draw(rt, "what") == 0 {
				x.Remove(owner)
				if len(x.Shots(owner)) > 0 {
					rt.Fatal("removed and still there")
				}
			}
			shots := rapid.SliceOfN(shot, 0, 5).Draw(rt, "shots")
			had := len(x.Shots(owner))
			if err := x.Add(owner, shots); err != nil {
				rt.Fatal(err)
			}
			if got := x.Shots(owner); len(got) != had+len(shots) {
				rt.Fatalf("%d shots, want %d", len(got), had+len(shots))
			}
			probe := shot.Draw(rt, "probe")
			want, found := plain(x, &probe)
			everyPath(t, x, func(path Path) {
				if got, ok := x.Nearest(&probe); ok != found || ok && got != want {
					rt.Fatalf("%v: %+v %t, want %+v %t", path, got, ok, want, found)
				}
			})
			if !found {
				continue
			}
			if d := definition(x, &probe); math.Abs(d.Distance-want.Distance) > 1e-3 || want.Second != d.Second && math.Abs(d.Second-want.Second) > 1e-3 {
				rt.Fatalf("%+v, by definition %+v", want, d)
			}
		}
	})
}

// TestNearestAcrossChunks has enough shots for several chunks and goroutines, and
// probes of every kind: a member, somebody like two members, a stranger.
func TestNearestAcrossChunks(t *testing.T) {
	const people, each = 3*chunkRows/4 + 100, 4
	x := crowd(people, each)
	defer x.Clear()
	check := func(when string) {
		t.Helper()
		for k := range 12 {
			seed := uint64(k) * people / 12
			probe := [...]face.Descriptor{
				near(point(seed), 0.5, seed+1), point(1<<40 + seed), unit(sum(point(seed), point(seed+1))), point(seed),
			}[k%4]
			want, _ := plain(x, &probe)
			everyPath(t, x, func(path Path) {
				if got, ok := x.Nearest(&probe); !ok || got != want {
					t.Errorf("%s, %v, probe %d: %+v, want %+v", when, path, k, got, want)
				}
			})
		}
	}
	check("full")
	for owner := int32(0); owner < people; owner += 3 {
		x.Remove(owner)
	}
	check("a third removed")
	if len(x.chunks)*chunkRows-x.n >= chunkRows {
		t.Errorf("%d chunks for %d shots", len(x.chunks), x.n)
	}
	for owner := range int32(people) {
		x.Remove(owner)
	}
	if x.Len() != 0 || len(x.chunks) != 0 || len(x.rows) != 0 {
		t.Errorf("empty, but %d shots in %d chunks of %d owners", x.Len(), len(x.chunks), len(x.rows))
	}
}

// crowd is an index of people with some shots each.
func crowd(people, each int) *Index {
	x := New()
	shots := make([]face.Descriptor, each)
	for i := range people {
		d := point(uint64(i))
		for j := range shots {
			shots[j] = near(d, 0.3, uint64(j))
		}
		if err := x.Add(int32(i), shots); err != nil {
			panic(err)
		}
	}
	return x
}

func sum(a, b face.Descriptor) face.Descriptor {
	for i := range a {
		a[i] += b[i]
	}
	return a
}

// TestUnusualProbes: what no engine gives is compared plainly, or matches nobody.
func TestUnusualProbes(t *testing.T) {
	x := crowd(100, 2)
	defer x.Clear()
	long := point(3)
	for i := range long {
		long[i] *= 50
	}
	none, infinite := point(4), point(5)
	none[7], infinite[7] = float32(math.NaN()), float32(math.Inf(1))
	for name, probe := range map[string]face.Descriptor{"long": long, "zero": {}, "NaN": none, "infinite": infinite} {
		want, found := plain(x, &probe)
		everyPath(t, x, func(path Path) {
			if got, ok := x.Nearest(&probe); ok != found || ok && got != want {
				t.Errorf("%s, %v: %+v %t, want %+v %t", name, path, got, ok, want, found)
			}
		})
	}
}

// TestRemovedIsOverwritten looks into the memory that a removed shot lay in.
func TestRemovedIsOverwritten(t *testing.T) {
	x := crowd(5, 2)
	defer x.Clear()
	c := x.chunks[0]
	gone := x.Shots(1)
	x.Remove(1)
	for r := range 10 {
		if slices.Contains(gone, c.exact[r]) {
			t.Errorf("row %d still holds a removed shot", r)
		}
	}
	for r := 8; r < 10; r++ {
		if c.exact[r] != (face.Descriptor{}) || c.bytes[r] != [face.Dim]byte{} || c.scales[r] != 0 || c.bases[r] != 0 {
			t.Errorf("row %d was not overwritten", r)
		}
	}
}
