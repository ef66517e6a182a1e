package district

import "math"

var (
	scarlet  = vec{.82, .10, .12}
	trousers = vec{.14, .19, .33}
	shoes    = vec{.90, .90, .92}
)

// torso is the jacket: white with blue shoulders and the red scarf for pupils,
// plain for staff.
func (id *Identity) torso() *patch {
	const top, hem = 1.08, 6.1
	return tube(boneBody, 41, 41, 2, func(v float64) (vec, float64, float64) {
		drop := top + (hem-top)*v*(.35+.65*v) // rows are denser at the shoulders
		slope := step(top-.1, 1.95, drop)
		w := .44 + (id.body-.44)*slope - .30*step(2.4, 4.6, drop) + .12*step(4.6, 6, drop)
		d := .46 + .34*slope - .10*step(3, 5, drop)
		return vec{0, -drop, -.30}, w, d
	}, id.jacket)
}

func (id *Identity) jacket(angle, v float64) vec {
	drop := 1.08 + 5.02*v*(.35+.65*v)
	x := math.Abs(angle)
	c := id.shirt
	if id.Adult {
		c = mix(c, id.trim, .8*bell(angle, .015)) // buttons' edge
		if open := .34 - (drop-1.1)*.45; x < open {
			c = vec{.92, .92, .90} // shirt under the jacket
			c = mix(c, id.trim.times(.6), bell(angle, .05))
		}
		return c
	}
	yoke := 2.05 + .35*x*x
	c = mix(c, id.trim, 1-step(yoke-.02, yoke+.02, drop))
	c = mix(c, id.trim, bell(drop-yoke-.18, .03))
	c = mix(c, vec{.55, .58, .62}, .8*bell(angle, .012)) // zip
	collar := .52 + .10*math.Sin(drop*9)                 // folded collar
	c = mix(c, id.shirt, step(collar+.03, collar, x)*(1-step(1.28, 1.32, drop)))
	return id.scarf(c, angle, drop)
}

func (id *Identity) scarf(c vec, angle, drop float64) vec {
	x := math.Abs(angle)
	band := 1.20 + .10*math.Cos(angle*1.6)
	c = mix(c, scarlet, clamp01(1.6*bell(drop-band, .055))*(1-step(1.5, 1.9, x)))
	knot := math.Hypot(angle/.10, (drop-1.47)/.11)
	c = mix(c, scarlet.times(.9), 1-step(.8, 1.1, knot))
	if t := (drop - 1.52) / .62; t > 0 && t < 1 { // two ends, growing wider as they fall
		tail := math.Abs(x - .05 - .16*t)
		c = mix(c, scarlet.times(.85+.15*math.Sin(angle*30)), 1-step(.04+.04*t, .06+.05*t, tail))
	}
	return c
}

func (id *Identity) arm(b bone) *patch {
	j := id.joint(b)
	side := math.Copysign(1, j.X)
	return tube(b, 17, 17, math.Pi, func(v float64) (vec, float64, float64) {
		r := .34 - .10*v
		if v < .12 {
			r *= math.Sqrt(1 - (1-v/.12)*(1-v/.12)*.9)
		}
		return vec{j.X + side*.12*v, -1.62 - 4.4*v, -.25 + .1*v}, r, r
	}, func(_, v float64) vec {
		switch {
		case v > .90:
			return id.skin.times(.92) // the hand
		case !id.Adult && v < .16, !id.Adult && v > .86:
			return id.trim
		}
		return id.shirt
	})
}

func (id *Identity) leg(b bone) *patch {
	j := id.joint(b)
	return tube(b, 17, 17, math.Pi, func(v float64) (vec, float64, float64) {
		return vec{j.X, -5.7 + (ground+5.7)*v, -.2 + .25*step(.9, 1, v)}, math.Min(.42+.5*v, .54) - .15*v, .42 - .06*v
	}, func(_, v float64) vec {
		if v > .93 {
			return shoes
		}
		c := trousers
		if id.Adult {
			c = vec{.16, .16, .18}
		}
		return c
	})
}
