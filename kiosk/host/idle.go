package host

import "time"

// idle counts down an attended visit without touches. A visit that began by
// itself, since it is the only one there is, counts from the first touch on:
// before that there is nobody to end it for. The stage's lock guards it.
type idle struct {
	timer Timer // nil before the first touch
	until time.Time
	over  chan struct{} // closed when the time is over; nil while there is nothing to count
}

// stop ends the countdown.
func (i *idle) stop() {
	if i.timer != nil {
		i.timer.Stop()
	}
	*i = idle{}
}

// startIdle begins the countdown of a visit, now or with the first touch.
func (g *Stage) startIdle(now bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.idle.stop()
	g.idle.over = make(chan struct{})
	if now {
		g.countDown()
	}
}

// countDown begins the time anew. The lock is held.
func (g *Stage) countDown() {
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
func (g *Stage) repace() {
	g.here()
	if s := g.current(); s != nil {
		s.repace()
	}
}

// Touch says that somebody touched the screen: the idle time begins anew, and
// the own time of a page that he is filling in.
func (g *Stage) Touch() {
	g.here()
	if s := g.current(); s != nil && s.asksForm() {
		s.repace()
	}
}

// here says that somebody is there, whether he touches anything or not.
func (g *Stage) here() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.idle.over == nil {
		return
	}
	if g.idle.timer != nil {
		g.idle.timer.Stop()
	}
	g.countDown()
}

func (g *Stage) current() *Session {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.session
}

// idleOver is closed when the countdown under way is over; nil without one.
func (g *Stage) idleOver() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.idle.over
}

// IdleLeft is how long the visit under way goes on without a touch; false when
// none will be ended so.
func (g *Stage) IdleLeft() (time.Duration, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.idle.timer == nil {
		return 0, false
	}
	return max(g.idle.until.Sub(g.host.cfg.Clock.Now()), 0), true
}
