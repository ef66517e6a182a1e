package district

import (
	"math/rand/v2"
	"time"
)

// programme says which scene follows which, for ever.
type programme interface {
	// scene is the nth one from 0; ok is false when the programme is over.
	scene(n int) (s Scene, ok bool)
}

func (s Script) scene(n int) (Scene, bool) {
	if s.Loop && len(s.Scenes) > 0 {
		n %= len(s.Scenes)
	}
	if n >= len(s.Scenes) {
		return Scene{}, false
	}
	return s.Scenes[n], true
}

// day is the endless varied day of the demo: pupils come one by one with short
// pauses, each round in another order, and between them the cases a gate must
// refuse.
type day struct{ seed uint64 }

func (d day) scene(n int) (Scene, bool) {
	if n%2 == 1 { // between two people
		r := rand.New(rand.NewPCG(d.seed, uint64(n)))
		return Scene{Action: ActNobody, For: time.Duration(1500+r.IntN(2500)) * time.Millisecond}, true
	}
	n /= 2
	// A round shows everybody once, and a case after every fourth.
	people := People()
	cases := people / 4
	round, at := n/(people+cases), n%(people+cases)
	r := rand.New(rand.NewPCG(d.seed, uint64(round)<<32|1))
	order := r.Perm(people)
	length := time.Duration(3800+r.IntN(600)) * time.Millisecond
	if at%5 == 4 && at/5 < cases {
		a, b := order[0]+1, order[1]+1
		switch (round*cases + at/5) % 4 {
		case 0, 2:
			return Scene{Action: ActStranger, Who: []int{1 + (round*cases+at/5)/2%Strangers()}, For: length}, true
		case 1:
			return Scene{Action: ActTwo, Who: []int{a, b}, For: length}, true
		}
		return Scene{Action: ActDark, Who: []int{a}, For: length}, true
	}
	return Scene{Action: ActPupil, Who: []int{order[at-min(at/5, cases)] + 1}, For: length}, true
}
