package district

import "math"

// expression is what a face does for a moment.
type expression int

const (
	neutral expression = iota
	blink
	expressions
)

// skinAt is the colour of the face at (x, y) and how much it shines.
func (id *Identity) skinAt(x, y float64, e expression) (vec, float64) {
	c, shine := id.complexion(x, y)
	c = id.paintBeard(c, x, y)
	c, shine = id.paintMouth(c, shine, x, y)
	for _, s := range [2]float64{-1, 1} {
		c, shine = id.paintEye(c, shine, x, y, s, e)
	}
	if id.specs.worn && math.Abs(x) < id.eyeX-id.eyeWidth*id.specs.width*.9 {
		c = mix(c, id.specs.colour, .9*bell(y-id.eyeY-.02, .014)) // the bridge
	}
	return c, shine
}

// complexion is bare skin: blush, lids, nostrils, wrinkles.
func (id *Identity) complexion(x, y float64) (vec, float64) {
	c := id.skin
	noseY := id.eyeY - id.noseLength
	for _, s := range [2]float64{-1, 1} {
		c = mix(c, vec{id.skin.X, id.skin.Y * .80, id.skin.Z * .78}, .6*id.blush*bell(x-s*.40, .15)*bell(y+.15, .12))
		c = mix(c, id.skin.times(.68), (.3+.3*id.age)*bell(x-s*id.eyeX, .13)*bell(y-id.eyeY+.075, .03))
		c = mix(c, id.skin.times(.60), .55*bell(x-s*id.eyeX, id.eyeWidth*1.1)*bell(y-id.eyeY-id.eyeHeight*1.9, .022))
		c = mix(c, id.skin.times(.45), .75*bell(x-s*id.noseWidth*.62, .022)*bell(y-noseY+.028, .014))
	}
	if id.freckles > 0 {
		spots := step(.72, .9, math.Sin(x*97+2*math.Sin(y*31))*math.Sin(y*89+2*math.Sin(x*37)))
		c = mix(c, vec{id.skin.X * .72, id.skin.Y * .58, id.skin.Z * .50},
			id.freckles*spots*bell(math.Abs(x)-.25, .17)*bell(y-noseY-.10, .10))
	}
	c = mix(c, id.skin.times(.62), .5*bell(y-noseY+.05, .018)*(1-step(id.noseWidth*.8, id.noseWidth*1.4, math.Abs(x))))
	return c, .20
}

func (id *Identity) paintBeard(c vec, x, y float64) vec {
	if id.beard == 0 && id.moustache == 0 {
		return c
	}
	w := id.halfWidth(y)
	hair := id.hairColour.times(.9)
	zone := math.Max(step(-.30, -.48, y)*step(.55*w, .85*w, math.Abs(x)), step(id.mouthY-.08, id.mouthY-.16, y))
	c = mix(c, hair, id.beard*zone*.75)
	lip := bell(y-id.mouthY-id.upperLip*2, .026) * (1 - step(id.mouthWidth*.75, id.mouthWidth*1.05, math.Abs(x)))
	return mix(c, hair, id.moustache*lip)
}

func (id *Identity) paintMouth(c vec, shine, x, y float64) (vec, float64) {
	my := y - id.mouthY - id.smile*.9*x*x
	ax := math.Abs(x) / id.mouthWidth
	if ax >= 1 {
		return c, shine
	}
	up := id.upperLip * (1 - ax*ax) * (1 + .35*bell(ax-.22, .12) - .25*bell(ax, .08)) * 1.25
	low := id.lowerLip * (1 - ax*ax)
	if my < up && my > -low {
		c = mix(c, id.lip, step(0, .012, up-my)*step(0, .012, my+low))
		shine = .35
	}
	return mix(c, vec{.13, .05, .05}, bell(my, .008+.004*(1-ax))*.95), shine
}

// paintEye paints the eye, the brow and the lens on one side (-1 or 1).
func (id *Identity) paintEye(c vec, shine, x, y, side float64, e expression) (vec, float64) {
	ex, ey := x-side*id.eyeX, y-id.eyeY
	ey -= side * ex * id.eyeTilt
	ax := ex / id.eyeWidth
	if math.Abs(ax) < 1.15 {
		c, shine = id.paintEyeball(c, shine, ex, ey, ax, e)
	}
	if bx := ex / id.browWidth; math.Abs(bx) < 1.1 {
		by := y - id.eyeY - id.browY - id.arch*(1-bx*bx) - side*ex*id.browTilt*.6
		thick := id.browHeight * (1.15 - .5*step(-.2, 1, side*bx))
		hairs := .85 + .15*math.Sin(ex*260+by*120)
		c = mix(c, id.brow, hairs*(1-step(thick*.7, thick*1.3, math.Abs(by)))*(1-step(.85, 1.08, math.Abs(bx))))
	}
	if s := id.specs; s.worn {
		gx, gy := math.Abs(ex/(id.eyeWidth*s.width)), math.Abs((ey+.01)/(id.eyeHeight*s.height))
		rim := math.Pow(math.Pow(gx, s.squared)+math.Pow(gy, s.squared), 1/s.squared)
		c = mix(c, s.colour, .95*bell(rim-1, s.thickness))
		if ex*side > 0 && rim > 1 { // the temple, towards the ear
			c = mix(c, s.colour, .9*bell(y-id.eyeY-.03, .013))
		}
	}
	return c, shine
}

func (id *Identity) paintEyeball(c vec, shine, ex, ey, ax float64, e expression) (vec, float64) {
	open := 1.0
	if e == blink {
		open = .12
	}
	arc := math.Sqrt(math.Max(0, 1-ax*ax))
	upper, lower := id.eyeHeight*open*arc*1.12, id.eyeHeight*.8*arc
	if e == blink {
		upper = -lower * .75
	}
	if ey < upper && ey > -lower && math.Abs(ax) < 1 {
		eye := vec{.93, .91, .89}
		rr := math.Hypot(ex, ey-.004)
		ir := id.eyeHeight * 1.02
		eye = mix(eye, id.iris, 1-step(ir-.012, ir, rr))
		eye = mix(eye, vec{.02, .02, .02}, 1-step(ir*.42, ir*.5, rr))
		if math.Hypot(ex-.016, ey-.02) < .011 {
			eye = vec{1, 1, 1}
		}
		c, shine = eye.times(.72+.28*step(0, .035, upper-ey)), .1
	}
	c = mix(c, vec{.05, .03, .03}, .95*bell(ey-upper, .011)*(1-step(.98, 1.12, math.Abs(ax))))
	return mix(c, id.skin.times(.5), .6*bell(ey+lower, .007)*(1-step(.9, 1.05, math.Abs(ax)))), shine
}

// hairAt is the hair's colour: strands, and light along a band near the crown.
func (id *Identity) hairAt(angle, y float64) (vec, float64) {
	strand := .82 + .18*math.Sin(angle*61+3*math.Sin(y*4))*math.Sin(angle*113+y*5)
	band := bell(y-id.height*.72-.05*math.Sin(angle*9), .10)
	return id.hairColour.times(strand).plus(vec{.10, .10, .11}.times(band * strand)), .12
}
