package gallery

import (
	"math/rand/v2"

	"github.com/luohu/ting/devices/face"
)

// Match is the nearest person to a descriptor.
type Match struct {
	Person   string
	Model    string  // of the person's shots, as they were put
	Distance float64 // to the nearest of the person's shots
	Second   float64 // to the nearest shot of anybody else; +Inf when there is nobody else
}

// Find returns the person nearest to d; ok is false in an empty gallery. It is
// exact: the answer is that of comparing every shot.
func (g *Gallery) Find(d *face.Descriptor) (m Match, ok bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	turned := g.turn().forth(d)
	r, ok := g.shots.Nearest(&turned)
	if !ok {
		return Match{}, false
	}
	return Match{
		Person:   g.members[r.Owner].Person.ID,
		Model:    g.members[r.Owner].Model,
		Distance: r.Distance,
		Second:   r.Second,
	}, true
}

// Distance returns the distance of d to the nearest of a person's shots; ok is
// false when the person has none, or they are of another model.
func (g *Gallery) Distance(person, model string, d *face.Descriptor) (nearest float64, ok bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	i, known := g.byID[person]
	if !known || g.members[i].Model != model {
		return 0, false
	}
	turned := g.turn().forth(d)
	shots := g.shots.Shots(i)
	defer clear(shots)
	nearest = 2
	for k := range shots {
		nearest = min(nearest, shots[k].Distance(&turned))
	}
	return nearest, true
}

// Others returns the distances of d to at most n shots drawn at random that are
// not the person's and of the model: what a stranger's distance is like here.
func (g *Gallery) Others(person, model string, d *face.Descriptor, n int) []float64 {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.shots.Len() == 0 {
		return nil
	}
	turned := g.turn().forth(d)
	var distances []float64
	for range n {
		shot, owner := g.shots.Shot(rand.IntN(g.shots.Len()))
		if m := &g.members[owner]; m.Person.ID != person && m.Model == model {
			distances = append(distances, shot.Distance(&turned))
		}
	}
	return distances
}
