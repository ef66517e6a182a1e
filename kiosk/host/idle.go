package host

import "time"

// idle counts down an attended visit without touches. The stage's lock guards it.
type idle struct {
	timer Timer
	until time.Time
	over  chan struct{} // closed when the time is over; nil while nothing counts
}

// stop ends the countdown.
func (i *idle) stop() {
	if i.timer != nil {
		i.timer.Stop()
	}
	*i = idle{}
}

func (g *stage) startIdle() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.idle.stop()
	g.idle.over = make(chan struct{})
	g.countDown()
}

// countDown begins the time anew. The lock is held.
func (g *stage) countDown() {
	c, limit := g.host.cfg.Clock, g.host.cfg.Idle*time.Duration(max(g.host.pace.Load(), 1))
	over := g.idle.over
	g.idle.until = c.Now().Add(limit)
	g.idle.timer = c.AfterFunc(limit, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.idle.over == over && !c.Now().Before(g.idle.until) {
			g.idle.stop()
			close(over)
		}
	})
}

// repace begins every time that runs anew, at the pace of now.
func (g *stage) repace() {
	g.touch()
	g.mu.Lock()
	s := g.session
	g.mu.Unlock()
	if s != nil {
		s.repace()
	}
}

func (g *stage) touch() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.idle.over == nil {
		return
	}
	g.idle.timer.Stop()
	g.countDown()
}

// idleOver is closed when the countdown under way is over; nil without one.
func (g *stage) idleOver() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.idle.over
}

func (g *stage) idleLeft() (time.Duration, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.idle.over == nil {
		return 0, false
	}
	return max(g.idle.until.Sub(g.host.cfg.Clock.Now()), 0), true
}
