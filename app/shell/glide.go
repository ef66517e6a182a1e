package shell

import (
	"math"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"image/color"
)

// glide moves what scrolls under a finger, and on by itself when the finger is
// lifted while moving, slower and slower. It stops at the ends, at a touch, and
// by itself: nothing is repainted once it stands.
type glide struct {
	now    func() time.Time
	slop   func() float32 // how far a finger may tremble and still only touch
	offset func() float32
	scroll func(offset float32) // to there, or as far as it goes
	brake  *brake

	moved   float32 // by this finger, until now
	pending float32 // of it, not scrolled while it may be a touch
	drags   bool    // it is more than a tremble
	trail   []swipe
	speed   float32 // when the finger was lifted, in units a second
	from    float32
	since   time.Time
	halt    func() // takes the next frame back; nil while it stands
	// wait has f called once after d, unless halt is called first. Tests turn the
	// frames by hand.
	wait func(d time.Duration, f func()) (halt func())
}

// swipe is where a finger was.
type swipe struct {
	at    time.Time
	moved float32
}

const (
	frame     = 16 * time.Millisecond
	slowing   = 325 * time.Millisecond // in which the speed falls to a third
	recent    = 120 * time.Millisecond // of a finger's way decides its speed
	slowest   = 40                     // units a second: below, it stands
	fastest   = 12_000
	holdStill = 90 * time.Millisecond // a finger that rests so long before it is lifted throws nothing
)

func newGlide(s *Shell, offset func() float32, scroll func(float32)) *glide {
	g := &glide{
		now: s.opts.Now, offset: offset, scroll: scroll,
		slop: func() float32 { return s.look.S }, wait: afterFunc(s.loop),
	}
	g.brake = newBrake(g.stop)
	return g
}

// drag follows a finger that moved by dy.
func (g *glide) drag(dy float32) {
	g.stop()
	g.moved += dy
	g.pending += dy
	now := g.now()
	g.trail = append(g.trail, swipe{now, g.moved})
	for len(g.trail) > 2 && now.Sub(g.trail[0].at) > recent {
		g.trail = g.trail[1:]
	}
	if !g.drags && abs(g.moved) < g.slop() {
		return
	}
	if !g.drags {
		g.drags = true
		lift() // what the finger came down on is not meant
	}
	g.scroll(g.offset() - g.pending)
	g.pending = 0
}

// end is the finger lifted. It reports whether it was only a touch.
func (g *glide) end() (touched bool) {
	touched = !g.drags
	speed := g.thrown()
	g.moved, g.pending, g.drags, g.trail = 0, 0, false, nil
	if !touched && abs(speed) > slowest {
		g.speed, g.from, g.since = speed, g.offset(), g.now()
		g.brake.Show()
		g.next()
	}
	return touched
}

// thrown is how fast the finger moved at last.
func (g *glide) thrown() float32 {
	n := len(g.trail)
	if n < 2 || g.now().Sub(g.trail[n-1].at) > holdStill {
		return 0
	}
	d := g.trail[n-1].at.Sub(g.trail[0].at).Seconds()
	if d <= 0 {
		return 0
	}
	v := -(g.trail[n-1].moved - g.trail[0].moved) / float32(d)
	return min(max(v, -fastest), fastest)
}

// afterFunc waits by the clock and calls on the loop.
func afterFunc(l *loop) func(time.Duration, func()) func() {
	return func(d time.Duration, f func()) func() {
		halted := false // the loop's
		timer := time.AfterFunc(d, func() {
			l.post(func() {
				if !halted {
					f()
				}
			})
		})
		return func() {
			halted = true
			timer.Stop()
		}
	}
}

func (g *glide) next() { g.halt = g.wait(frame, g.step) }

// glides reports whether it moves by itself.
func (g *glide) glides() bool { return g.halt != nil }

// step draws one frame.
func (g *glide) step() {
	t := float64(g.now().Sub(g.since)) / float64(slowing)
	left := float32(math.Exp(-t))
	want := g.from + g.speed*float32(slowing.Seconds())*(1-left)
	g.scroll(want)
	if abs(g.speed*left) < slowest || abs(g.offset()-want) > 1 { // it stands, or is at an end
		g.stop()
		return
	}
	g.next()
}

// stop has it stand.
func (g *glide) stop() {
	if g.halt != nil {
		g.halt()
		g.halt = nil
		g.brake.Hide()
	}
}

func abs(v float32) float32 { return max(v, -v) }

// brake lies over what glides: a touch stops it, and touches nothing below.
type brake struct {
	widget.BaseWidget
	stop func()
}

func newBrake(stop func()) *brake {
	b := &brake{stop: stop}
	b.ExtendBaseWidget(b)
	b.Hide()
	return b
}

// CreateRenderer implements fyne.Widget.
func (b *brake) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(canvas.NewRectangle(color.Transparent))
}

// MouseDown implements desktop.Mouseable.
func (b *brake) MouseDown(*desktop.MouseEvent) { b.stop() }

// MouseUp implements desktop.Mouseable.
func (b *brake) MouseUp(*desktop.MouseEvent) {}

// Tapped implements fyne.Tappable.
func (b *brake) Tapped(*fyne.PointEvent) { b.stop() }

// Scrolled implements fyne.Scrollable.
func (b *brake) Scrolled(*fyne.ScrollEvent) { b.stop() }

// finger is what the finger came down on and was not lifted from: there is one
// finger, and only the loop asks.
var finger pressable

// pressable is what shows that a finger is on it.
type pressable interface {
	press(down bool)
	Tapped(*fyne.PointEvent)
}

// lift takes the finger off what it came down on, touching nothing.
func lift() {
	if p := finger; p != nil {
		finger = nil
		p.press(false)
	}
}

// touchBelow touches what the finger came down on, although it trembled.
func touchBelow() {
	if p := finger; p != nil {
		finger = nil
		p.press(false)
		p.Tapped(&fyne.PointEvent{})
	}
}
