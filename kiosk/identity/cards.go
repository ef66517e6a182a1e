package identity

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/luohu/ting/kiosk"
)

// cards takes what the card reader types to whoever listens: the newest
// listener, for a terminal has one reader and one person holds one card to it.
type cards struct {
	id      *Identity
	numbers chan string
	stop    context.CancelFunc
	done    chan struct{}

	mu        sync.Mutex
	listeners []*subscription
}

func newCards(i *Identity) *cards {
	ctx, cancel := context.WithCancel(context.Background())
	c := &cards{id: i, numbers: make(chan string, 4), stop: cancel, done: make(chan struct{})}
	go c.run(ctx)
	return c
}

func (c *cards) close() {
	c.stop()
	<-c.done
}

// maxCard is the longest number a reader types.
const maxCard = 64

// Card says that the reader read a card. It returns at once; a card that nobody
// waits for, or that comes while several are still looked up, is dropped.
func (i *Identity) Card(number string) {
	number = strings.TrimSpace(number)
	if number == "" || len(number) > maxCard {
		return
	}
	select {
	case i.cards.numbers <- number:
	default:
	}
}

func (c *cards) run(ctx context.Context) {
	defer close(c.done)
	for {
		select {
		case <-ctx.Done():
			return
		case n := <-c.numbers:
			if s := c.newest(); s != nil {
				s.tell(c.sighting(ctx, n))
			}
		}
	}
}

func (c *cards) sighting(ctx context.Context, number string) kiosk.Sighting {
	sg := kiosk.Sighting{Verdict: kiosk.CardUnknown, Time: c.id.cfg.Now()}
	row, err := c.id.people.card(ctx, number)
	switch kiosk.CodeOf(err) {
	case "":
		sg.Verdict, sg.Person = kiosk.Recognised, personOf(row)
		sg.Person.Way = kiosk.WayCard
	case kiosk.CodeNotFound:
	default:
		sg.Detail = "the people feed cannot be read"
		c.id.log.Error("identity: card not looked up", "op", "card", "code", kiosk.CodeOf(err), "cause", err)
	}
	return sg
}

// listen makes s the listener until the function returned is called.
func (c *cards) listen(s *subscription) (unlisten func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listeners = append(c.listeners, s)
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.listeners = slices.DeleteFunc(c.listeners, func(l *subscription) bool { return l == s })
	}
}

func (c *cards) newest() *subscription {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.listeners) == 0 {
		return nil
	}
	return c.listeners[len(c.listeners)-1]
}
