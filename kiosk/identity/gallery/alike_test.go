package gallery

import (
	"slices"
	"testing"
)

func TestAlike(t *testing.T) {
	dir := t.TempDir()
	g := open(t, dir, here)
	want := func(person string, others ...string) {
		t.Helper()
		if got := g.Alike(person); !slices.Equal(got, others) {
			t.Errorf("%s looks like %v, want %v", person, got, others)
		}
	}
	put(t, g, entry("elder", "gate"), point(1))
	e := entry("younger", "gate")
	e.Alike = []string{"elder", "nobody", "younger", "elder"}
	put(t, g, e, near(point(1), 0.3, 2))
	put(t, g, entry("other", "gate"), point(5))
	for range 2 {
		want("elder", "younger")
		want("younger", "elder")
		want("other")
		g = reopen(t, g, dir)
	}
	put(t, g, entry("elder", "gate"), point(1)) // enrols again
	want("elder", "younger")
	check(t, g.Erase("younger"))
	for range 2 {
		want("elder")
		want("younger")
		g = reopen(t, g, dir)
	}
}

func TestNear(t *testing.T) {
	g := open(t, t.TempDir(), here)
	probe := point(1)
	put(t, g, entry("self", "gate"), probe)
	put(t, g, entry("close", "gate"), near(probe, 0.2, 3), point(9))
	put(t, g, entry("closer", "gate"), near(probe, 0.1, 4))
	put(t, g, entry("far", "gate"), point(2))
	other := entry("other weights", "gate")
	other.Model = "w2"
	put(t, g, other, probe)
	var names []string
	for _, n := range g.Near("self", "", &probe, 0.5) {
		names = append(names, n.Person)
	}
	if !slices.Equal(names, []string{"closer", "close"}) {
		t.Errorf("near: %v", names)
	}
}
