package district

import "math"

// bone is a part of the figure that moves as one.
type bone int

const (
	boneHead bone = iota
	boneBody
	boneLeftArm
	boneRightArm
	boneLeftLeg
	boneRightLeg
	bones
)

// joint is the point each bone turns about.
func (id *Identity) joint(b bone) vec {
	switch b {
	case boneHead:
		return vec{0, -.8, -.25}
	case boneLeftArm:
		return vec{-id.body * .9, -2, -.2}
	case boneRightArm:
		return vec{id.body * .9, -2, -.2}
	case boneLeftLeg:
		return vec{-.58, -5.8, -.1}
	case boneRightLeg:
		return vec{.58, -5.8, -.1}
	}
	return vec{0, -6, 0}
}

// ground is where the feet stand, in head units below the middle of the head.
const ground = -11.6

// figure is an identity made visible: its patches, and the face once per expression.
type figure struct {
	id      *Identity
	patches []*patch
	faces   [expressions]*patch
}

const faceAngle = 112 * math.Pi / 180

func newFigure(id *Identity) *figure {
	f := &figure{id: id}
	f.faces[neutral] = newPatch(boneHead, 73, 73, func(u, v float64) sample { return id.faceSample(u, v, neutral) })
	f.faces[blink] = f.faces[neutral].withEyes(id, blink)
	f.patches = append(f.patches, id.hairPatch(), id.neck(), id.torso(),
		id.arm(boneLeftArm), id.arm(boneRightArm), id.leg(boneLeftLeg), id.leg(boneRightLeg))
	for _, side := range [2]float64{-1, 1} {
		f.patches = append(f.patches, id.ear(side))
		if id.hair.tails {
			f.patches = append(f.patches, id.bunch(side))
		}
	}
	return f
}

func (id *Identity) faceSample(u, v float64, e expression) sample {
	angle, y := (2*u-1)*faceAngle, id.height*(1-2*v)
	at := id.head(angle, y)
	c, shine := id.skinAt(at.X, y, e)
	if math.Abs(angle) > math.Pi/2 {
		c, shine = id.skin, .1
	}
	// The hair shades the skin below it; the chin shades the throat.
	c = c.times(1 - .35*step(-.16, .04, y-id.hairline(angle)))
	return sample{at: at, colour: c, shine: shine}
}

// withEyes is the face with another expression: only the rows about the eyes
// are painted again.
func (p *patch) withEyes(id *Identity, e expression) *patch {
	changed := *p
	t := p.levels[0]
	t.texels = append([]texel(nil), t.texels...)
	for j := range t.h {
		v := float64(j) / float64(t.h-1)
		if y := id.height * (1 - 2*v); math.Abs(y-id.eyeY) > .25 {
			continue
		}
		for i := range t.w {
			s := id.faceSample(float64(i)/float64(t.w-1), v, e).texel()
			s.n = t.texels[j*t.w+i].n
			t.texels[j*t.w+i] = s
		}
	}
	changed.setTexture(t)
	return &changed
}

func (id *Identity) hairPatch() *patch {
	top := id.height + id.hair.volume*1.3
	p := newPatch(boneHead, 65, 41, func(u, v float64) sample {
		angle := (2*u - 1) * math.Pi
		y := top + (id.hair.bottom-.06-top)*v
		c, shine := id.hairAt(angle, y)
		ragged := .03 * math.Sin(angle*37) * step(1.6, 2, math.Abs(angle))
		return sample{at: id.hairPoint(angle, y), colour: c, shine: shine, hole: y < id.hairline(angle)+ragged}
	})
	p.open = true
	return p
}

// tube is an upright tube: radii and middle at v from 0 (top) to 1.
func tube(b bone, cols, rows int, turn float64, ring func(v float64) (middle vec, rx, rz float64),
	paint func(angle, v float64) vec) *patch {
	return newPatch(b, cols, rows, func(u, v float64) sample {
		angle := (2*u - 1) * turn
		m, rx, rz := ring(v)
		s, c := math.Sincos(angle)
		return sample{at: vec{m.X + rx*s, m.Y, m.Z + rz*c}, colour: paint(angle, v), shine: .03}
	})
}

func (id *Identity) neck() *patch {
	return tube(boneBody, 17, 9, 2, func(v float64) (vec, float64, float64) {
		flare := .1 * step(.5, 1, v)
		return vec{0, -.45 - 1.1*v, -.22 - .05*v}, .40 + flare, .42 + flare
	}, func(_, v float64) vec { return id.skin.times(.62 + .22*v) })
}

func (id *Identity) ear(side float64) *patch {
	x := id.halfWidth(0) + .02
	return newPatch(boneHead, 9, 9, func(u, v float64) sample {
		a, t := (2*u-1)*1.45, (1-2*v)*1.45
		s, c := math.Sincos(a)
		shell := math.Cos(t)
		shade := .72 + .28*step(.2, .8, math.Hypot(a, t)/1.4)
		return sample{at: vec{side*x + .09*s*shell, .0 + .2*math.Sin(t), -.12 + .07*c*shell},
			colour: id.skin.times(shade), shine: .08}
	})
}

// bunch is one of two tails of hair.
func (id *Identity) bunch(side float64) *patch {
	x := id.halfWidth(.1) + id.hair.volume
	return newPatch(boneHead, 13, 17, func(u, v float64) sample {
		a, t := (2*u-1)*math.Pi, v*math.Pi
		s, c := math.Sincos(a)
		r := .20 * math.Sin(t) * (1 - .3*v)
		colour, shine := id.hairAt(a*.4, .3+.3*v)
		if v < .16 {
			colour = vec{.80, .16, .20} // the ribbon
		}
		return sample{at: vec{side*(x+.20-.05*v) + r*s, .25 - 1.05*v, -.30 + r*c}, colour: colour, shine: shine}
	})
}
