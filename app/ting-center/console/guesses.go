package console

import (
	"sync"
	"time"
)

// guesses slows down whoever guesses passwords: after five wrong ones from an
// address each further one doubles the wait, up to a quarter of an hour.
type guesses struct {
	now func() time.Time
	mu  sync.Mutex
	m   map[string]guess
}

type guess struct {
	wrong int
	next  time.Time
}

const (
	guessesFree = 5
	guessesMost = 15 * time.Minute
	guessesKept = 10_000
)

func (g *guesses) wait(host string) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.m[host].next.Sub(g.now())
}

func (g *guesses) wrong(host string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.m == nil || len(g.m) > guessesKept {
		g.m = map[string]guess{}
	}
	x := g.m[host]
	x.wrong++
	if x.wrong >= guessesFree {
		x.next = g.now().Add(min(guessesMost, time.Second<<min(x.wrong-guessesFree, 20)))
	}
	g.m[host] = x
}

func (g *guesses) right(host string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.m, host)
}
