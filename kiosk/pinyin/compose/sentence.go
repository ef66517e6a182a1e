package compose

import (
	"cmp"
	"slices"
)

const (
	beam    = 12 // ways kept at each place
	perEdge = 6  // words tried for the same letters
	// The class model is a correction: it was made from news, and names and
	// titles follow other habits.
	classWeight, classOf = 1, 2
)

// way is a way through the letters up to a place.
type way struct {
	cost  int32
	state int // of the last word; d.states at the beginning
	word  int
	from  int // where the last word begins
	back  int // the way before it, at from
}

// sentences returns the cheapest ways through all letters, the best first.
func (l *lattice) sentences(most int, h Hint) [][]int {
	n := len(l.letters)
	if n == 0 || len(l.tokens[0]) == 0 {
		return nil
	}
	ways := make([][]way, n+1)
	ways[0] = []way{{state: l.d.states, back: -1}}
	for i := range n {
		if len(ways[i]) == 0 {
			continue
		}
		for _, f := range l.words(i, perEdge) {
			state := l.d.state(f.word)
			cost := f.cost - h.boost(l.d, f.word)
			for b, w := range ways[i] {
				step := int32(l.d.follow[w.state*l.d.states+state]) - l.d.usual[state]
				ways[f.end] = keep(ways[f.end], way{w.cost + cost + step*classWeight/classOf, state, f.word, i, b})
			}
		}
	}
	var all [][]int
	for b := range min(len(ways[n]), most) {
		var path []int
		for at, w := n, b; at > 0; {
			step := ways[at][w]
			path = append(path, step.word)
			at, w = step.from, step.back
		}
		slices.Reverse(path)
		all = append(all, path)
	}
	return all
}

// keep adds w to the cheapest ways to a place, sorted.
func keep(ways []way, w way) []way {
	if len(ways) == beam && w.cost >= ways[beam-1].cost {
		return ways
	}
	i, _ := slices.BinarySearchFunc(ways, w, func(a, b way) int { return cmp.Compare(a.cost, b.cost+1) })
	if len(ways) == beam {
		ways = ways[:beam-1]
	}
	return slices.Insert(ways, i, w)
}
