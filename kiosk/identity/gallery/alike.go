package gallery

import (
	"cmp"
	"slices"

	"github.com/luohu/ting/devices/face"
)

// Neighbour is a member near to a descriptor.
type Neighbour struct {
	Person   string
	Distance float64 // of his nearest shot
}

// Near lists the members of the model with a shot within a distance of d, but for the
// person named, the nearest first. It compares every shot, 10 ms for 100,000: for an
// enrolment, not for a frame.
func (g *Gallery) Near(except, model string, d *face.Descriptor, within float64) []Neighbour {
	g.mu.RLock()
	defer g.mu.RUnlock()
	turned := g.turn().forth(d)
	nearest := map[int32]float64{}
	for row := range g.shots.Len() {
		shot, owner := g.shots.Shot(row)
		distance := shot.Distance(&turned)
		if distance > within {
			continue
		}
		if m := &g.members[owner]; m.Person.ID == except || m.Model != model {
			continue
		}
		if before, seen := nearest[owner]; !seen || distance < before {
			nearest[owner] = distance
		}
	}
	all := make([]Neighbour, 0, len(nearest))
	for owner, distance := range nearest {
		all = append(all, Neighbour{g.members[owner].Person.ID, distance})
	}
	slices.SortFunc(all, func(a, b Neighbour) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.Person, b.Person))
	})
	return all
}

// Alike are the members whom a face alone does not tell from a person, in order.
func (g *Gallery) Alike(person string) []string {
	g.mu.RLock()
	defer g.mu.RUnlock()
	i, known := g.byID[person]
	if !known {
		return nil
	}
	return slices.Clone(g.members[i].Alike)
}

// others is an entry's Alike as it is kept: known, in order, without the person.
func (g *Gallery) others(e Entry) []string {
	g.mu.RLock()
	defer g.mu.RUnlock()
	alike := slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(e.Alike))), func(id string) bool {
		_, known := g.byID[id]
		return !known || id == e.Person.ID
	})
	if len(alike) == 0 {
		return nil
	}
	return alike
}

// markAlike makes what is said of a person's likeness hold for the others too, in
// memory: on disk it is enough that one of them says it. It wants g.mu held.
func (g *Gallery) markAlike(person string) {
	m := &g.members[g.byID[person]]
	m.Alike = slices.DeleteFunc(m.Alike, func(id string) bool { _, known := g.byID[id]; return !known })
	for _, id := range m.Alike {
		other := &g.members[g.byID[id]]
		if at, marked := slices.BinarySearch(other.Alike, person); !marked {
			other.Alike = slices.Insert(other.Alike, at, person)
		}
	}
}

// unmarkAlike takes a person out of the others' entries, and returns whose. It wants
// g.mu held.
func (g *Gallery) unmarkAlike(i int32) (left []int32) {
	person := g.members[i].Person.ID
	for _, id := range g.members[i].Alike {
		at := g.byID[id]
		other := &g.members[at]
		other.Alike = slices.DeleteFunc(slices.Clone(other.Alike), func(id string) bool { return id == person })
		left = append(left, at)
	}
	return left
}
