package shell

import (
	"log/slog"
	"sync"
)

// courier carries callbacks away from the loop, on one goroutine and in order.
// A receiver that does not keep up loses what comes after a full bag.
type courier struct {
	log  *slog.Logger
	bag  chan func()
	once sync.Once
	done chan struct{}
}

// bagSize is more touches than a person makes while a module is restarted.
const bagSize = 64

func newCourier(log *slog.Logger) *courier {
	c := &courier{log: log, bag: make(chan func(), bagSize), done: make(chan struct{})}
	go c.run()
	return c
}

func (c *courier) run() {
	for {
		select {
		case f := <-c.bag:
			f()
		case <-c.done:
			c.empty()
			return
		}
	}
}

// empty delivers what was sent before the end.
func (c *courier) empty() {
	for {
		select {
		case f := <-c.bag:
			f()
		default:
			return
		}
	}
}

// send hands f over without waiting.
func (c *courier) send(op string, f func()) {
	select {
	case c.bag <- f:
	default:
		c.log.Warn("a touch was dropped", "op", op, "cause", "its receiver does not keep up")
	}
}

func (c *courier) close() { c.once.Do(func() { close(c.done) }) }
