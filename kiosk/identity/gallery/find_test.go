package gallery

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/luohu/ting/devices/face"
)

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
