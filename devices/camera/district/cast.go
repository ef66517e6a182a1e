package district

// cast is who plays in the scenes. The numbers of a script count from 1 into it.
type cast struct {
	people    []part // the school's own: pupils and staff
	strangers []part
}

type part struct {
	seed  uint64
	adult bool
}

func (p part) identity() *Identity { return newIdentity(p.seed, p.adult) }

// players are chosen by measurement; see the package comment of cast_test.go.
var players = cast{
	people: []part{
		{seed: 1}, {seed: 2}, {seed: 3}, {seed: 4}, {seed: 5}, {seed: 6}, {seed: 7},
		{seed: 8}, {seed: 9}, {seed: 10}, {seed: 11}, {seed: 12}, {seed: 13}, {seed: 14},
		{seed: 15, adult: true}, {seed: 16, adult: true},
	},
	strangers: []part{
		{seed: 21}, {seed: 22}, {seed: 23}, {seed: 24}, {seed: 25, adult: true}, {seed: 26, adult: true}, {seed: 27}, {seed: 28},
	},
}

// People is how many persons the school has; Person takes 1 to People.
func People() int { return len(players.people) }

// Strangers is how many strangers there are; Stranger takes 1 to Strangers.
func Strangers() int { return len(players.strangers) }

// Person is the identity behind a script's "pupil n", or nil when there is none.
func Person(n int) *Identity { return pick(players.people, n) }

// Stranger is the identity behind a script's "stranger n", or nil when there is none.
func Stranger(n int) *Identity { return pick(players.strangers, n) }

func pick(parts []part, n int) *Identity {
	if n < 1 || n > len(parts) {
		return nil
	}
	return parts[n-1].identity()
}
