// Package liveness tells a living person from a picture of one, as far as a single
// ordinary camera can.
//
// A Challenge asks for something a printed photograph cannot do: to turn the head to
// a side drawn at random, at once. Two things must be seen, beginning from a face
// that looks straight ahead: the nose moves along the axis of the eyes to that side
// (on paper it hardly does, however the paper is held), and the landmarks move as
// those of something deep (no projection of a flat sheet explains them). A jump, as
// of one photograph exchanged for another, another face, and a turn to the wrong
// side end it.
//
// A Stream watches what a camera delivers, without anybody's help: a picture that
// stands still to the last bit, or comes again, is no sensor's.
//
// What this stops and what it does not is measured, by kind of attack, in the README
// of kiosk/identity; a video of the person that is played at the right moment passes.
// Blinks were tried and left: in single frames they do not separate.
//
// Everything here is told what is seen and when: no goroutines, no clock. A Challenge
// and a Stream are each for one goroutine.
package liveness

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/luohu/ting/devices/face"
)

// Side is a side of the person, not of the picture.
type Side int

// The sides.
const (
	Left Side = iota
	Right
)

// RandomSide draws a side.
func RandomSide() Side { return Side(rand.IntN(2)) }

// toward is the direction in the picture in which the nose goes: what is left of
// somebody who faces the camera is right in its picture.
func (s Side) toward() float64 {
	if s == Left {
		return 1
	}
	return -1
}

// Limits are the numbers of a Challenge. Offsets are of the nose's tip from the
// middle between the eyes, along their axis, in distances of the eyes.
type Limits struct {
	Frontal  float64       // offset up to which a face looks straight ahead
	Straight int           // frames that have to show that, first
	Steady   float64       // how much the offset may differ between those
	Turn     float64       // change of the offset that is a turn
	Turned   int           // frames that have to show the turn
	OnWay    float64       // part of Turn that the frame before has to show: a head does not arrive at once
	Jump     float64       // change between two frames that nobody's head makes
	Astray   float64       // change to the other side that ends it
	Flat     float64       // residual of the best projection below which it is a flat sheet's
	Gap      time.Duration // without the face, after which it is another's
	Within   time.Duration // from the first frame on
}

// Defaults suit 8 frames a second and more.
func Defaults() Limits {
	return Limits{
		Frontal: 0.16, Straight: 3, Steady: 0.06,
		Turn: 0.24, Turned: 2, OnWay: 0.4, Jump: 0.17, Astray: 0.20,
		Flat: 0.035,
		Gap:  800 * time.Millisecond, Within: 10 * time.Second,
	}
}

// State is how a Challenge stands.
type State string

// The states. Those from Failed on are final, Passed too.
const (
	Facing State = "facing" // waits for a face that looks straight ahead
	Turn   State = "turn"   // waits for the turn to Side
	Passed State = "passed"
	Failed State = "failed" // Why says
)

// Why a Challenge failed.
const (
	WhyTime   = "no turn in time"
	WhySide   = "turned to the other side"
	WhyJump   = "jumped as a head cannot"
	WhyFlat   = "flat as a sheet"
	WhyGone   = "the face went away"
	WhyOther  = "another face"
	WhySecond = "a second face"
)

// Challenge is one request to turn the head.
type Challenge struct {
	limits Limits
	side   Side

	state    State
	why      string
	began    time.Time
	seen     time.Time
	track    uint64
	straight []shape // while Facing, and then the beginning of the turn
	start    float64 // offset when the turn was asked for
	last     float64
	moved    float64   // in the frame before
	turned   []float64 // residuals of the frames that show the turn
	turn     float64   // the farthest so far
}

// New returns a challenge to turn to a side.
func New(side Side, l Limits) *Challenge {
	return &Challenge{limits: l, side: side, state: Facing}
}

// Side is the side to turn to.
func (c *Challenge) Side() Side { return c.side }

// State is how the challenge stands, and why when it failed.
func (c *Challenge) State() (State, string) { return c.state, c.why }

// Progress is how far the turn has come, 0 to 1.
func (c *Challenge) Progress() float64 { return max(0, min(1, c.turn/c.limits.Turn)) }

// Frame takes one frame's faces, largest first, into account. rival is the width of
// a second face, as a part of the first one's, from which there are two.
func (c *Challenge) Frame(now time.Time, faces []face.Face, rival float64) State {
	if c.state == Passed || c.state == Failed {
		return c.state
	}
	if c.began.IsZero() {
		c.began, c.seen = now, now
	}
	switch {
	case now.Sub(c.began) > c.limits.Within:
		return c.fail(WhyTime)
	case len(faces) == 0 || !faces[0].HasLandmarks:
		if c.state == Turn && now.Sub(c.seen) > c.limits.Gap {
			return c.fail(WhyGone)
		}
		return c.state
	case len(faces) > 1 && float64(faces[1].Quality.Size) >= rival*float64(faces[0].Quality.Size):
		return c.second()
	}
	f := &faces[0]
	s, ok := newShape(&f.Landmarks)
	if !ok {
		return c.state
	}
	gap := now.Sub(c.seen)
	c.seen = now
	if c.state == Facing {
		return c.facing(f.Track, s)
	}
	if f.Track != c.track || gap > c.limits.Gap {
		return c.fail(WhyOther)
	}
	return c.turning(s)
}

// Fail ends it for a reason that its owner sees, such as WhyOther. It has no effect
// once it is over.
func (c *Challenge) Fail(why string) {
	if c.state != Passed && c.state != Failed {
		c.fail(why)
	}
}

func (c *Challenge) fail(why string) State {
	c.state, c.why = Failed, why
	return Failed
}

// second is a frame with two people: before the turn nothing is lost.
func (c *Challenge) second() State {
	if c.state == Turn {
		return c.fail(WhySecond)
	}
	c.straight = nil
	return c.state
}

// facing collects frames of a face that looks straight ahead.
func (c *Challenge) facing(track uint64, s shape) State {
	if track != c.track || math.Abs(s.offset) > c.limits.Frontal {
		c.track, c.straight = track, nil
		if math.Abs(s.offset) > c.limits.Frontal {
			return c.state
		}
	}
	c.straight = append(c.straight, s)
	if n := len(c.straight) - c.limits.Straight; n > 0 {
		c.straight = c.straight[n:]
	}
	if len(c.straight) < c.limits.Straight || !steady(c.straight, c.limits.Steady) {
		return c.state
	}
	for _, s := range c.straight {
		c.start += s.offset / float64(len(c.straight))
	}
	c.last, c.state = s.offset, Turn
	return Turn
}

// steady reports whether shapes are of a head that does not move.
func steady(shapes []shape, limit float64) bool {
	low, high := shapes[0].offset, shapes[0].offset
	for _, s := range shapes {
		low, high = min(low, s.offset), max(high, s.offset)
	}
	return high-low <= limit
}

// turning follows the turn.
func (c *Challenge) turning(s shape) State {
	moved := (s.offset - c.start) * c.side.toward()
	jumped := math.Abs(s.offset-c.last) > c.limits.Jump
	c.last = s.offset
	switch {
	case jumped:
		return c.fail(WhyJump)
	case moved < -c.limits.Astray:
		return c.fail(WhySide)
	}
	before := c.moved
	c.turn, c.moved = max(c.turn, moved), moved
	if moved < c.limits.Turn {
		return c.state
	}
	if before < c.limits.OnWay*c.limits.Turn {
		return c.fail(WhyJump)
	}
	c.turned = append(c.turned, c.residual(s))
	if len(c.turned) < c.limits.Turned {
		return c.state
	}
	var mean float64
	for _, r := range c.turned {
		mean += r / float64(len(c.turned))
	}
	if mean < c.limits.Flat {
		return c.fail(WhyFlat)
	}
	c.state = Passed
	return Passed
}

// residual is the least, over the straight frames, of what the best projection of a
// flat sheet leaves unexplained.
func (c *Challenge) residual(s shape) float64 {
	least := math.Inf(1)
	for i := range c.straight {
		least = min(least, unexplained(&c.straight[i], &s))
	}
	return least
}
