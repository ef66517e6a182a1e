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

// players are chosen by measurement; cast_test.go has the figures.
var players = cast{
	people: []part{
		{seed: 17}, {seed: 164}, {seed: 217}, {seed: 398}, {seed: 402}, {seed: 541},
		{seed: 600}, {seed: 659}, {seed: 684}, {seed: 810}, {seed: 900}, {seed: 927},
		{seed: 367},               // enrolled, without consent for the gate
		{seed: 410},               // never enrolled
		{seed: 1010, adult: true}, // staff
		{seed: 1046, adult: true},
	},
	strangers: []part{
		{seed: 754}, {seed: 1207, adult: true}, {seed: 245},
		{seed: 457}, {seed: 842}, {seed: 86}, {seed: 10},
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
