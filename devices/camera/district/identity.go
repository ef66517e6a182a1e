package district

import "math/rand/v2"

// Identity is who somebody is: the proportions and colours that stay the same
// in every frame. Equal seeds give equal identities.
type Identity struct {
	Seed  uint64
	Adult bool // staff: no uniform, perhaps a beard and grey hair

	// Proportions, in head units.
	width, height, depth                          float64 // of the skull
	jaw, chin, cheek, temple, forehead            float64
	eyeX, eyeY, eyeWidth, eyeHeight, eyeTilt      float64
	browY, browWidth, browHeight, browTilt, arch  float64
	noseWidth, noseLength, noseRise, noseTip      float64
	mouthY, mouthWidth, upperLip, lowerLip, smile float64
	age, beard, moustache, blush, freckles        float64
	body                                          float64 // shoulder width

	hair  hairstyle
	specs spectacles

	skin, hairColour, brow, iris, lip, shirt, trim vec
}

type hairstyle struct {
	line   float64 // height of the hairline over the forehead
	side   float64 // angle from the front at which hair comes down the side
	bottom float64 // how far it falls
	volume float64
	part   float64 // tilt of the fringe
	fringe float64 // raggedness
	tails  bool    // two bunches
}

type spectacles struct {
	worn               bool
	width, height      float64 // of a lens, relative to the eye
	thickness, squared float64
	colour             vec
}

// NewIdentity makes a pupil's identity.
func NewIdentity(seed uint64) *Identity { return newIdentity(seed, false) }

// NewAdult makes a grown-up's.
func NewAdult(seed uint64) *Identity { return newIdentity(seed, true) }

// variety widens the spread of proportions beyond a natural population's, so
// that faces this simple differ as much as real ones do to the face engine.
const variety = 2.1

func newIdentity(seed uint64, adult bool) *Identity {
	r := rand.New(rand.NewPCG(seed, 0x7e11))
	u := func(a, b float64) float64 { return a + (b-a)*r.Float64() }
	// v is u, spread by variety but never below a third of the lower bound.
	v := func(a, b float64) float64 {
		x := (a+b)/2 + (b-a)*variety*(r.Float64()-.5)
		if a > 0 {
			x = max(x, a*.35)
		}
		return x
	}
	id := &Identity{
		Seed: seed, Adult: adult,
		width: v(.68, .82), height: v(.98, 1.10), depth: v(.80, .93),
		jaw: v(0, .34), chin: v(-.02, .09), cheek: v(-.03, .07), temple: v(-.05, .07), forehead: v(-.05, .08),
		eyeX: v(.26, .34), eyeY: v(.05, .15), eyeWidth: v(.108, .155), eyeHeight: max(.043, v(.045, .072)), eyeTilt: v(-.16, .20),
		browY: v(.14, .23), browWidth: v(.15, .22), browHeight: v(.015, .042), browTilt: u(-.42, .16), arch: v(0, .06),
		noseWidth: v(.078, .150), noseLength: v(.28, .41), noseRise: v(.12, .25), noseTip: v(.05, .105),
		mouthY: v(-.49, -.40), mouthWidth: v(.17, .29), upperLip: v(.022, .052), lowerLip: v(.03, .07),
		smile: u(.10, .45), age: u(0, .25), body: u(1.45, 1.75),
	}
	id.colour(r, u)
	id.hair = hairstyle{line: u(.46, .74), side: u(.95, 1.35), bottom: u(-.62, -.35), volume: u(.05, .13),
		part: u(-.25, .25), fringe: u(.01, .05)}
	switch {
	case r.Float64() < .40:
		id.hair.bottom = u(-1.45, -.75)
		id.hair.volume += .03
	case r.Float64() < .25:
		id.hair.tails = true
	}
	id.blush = u(.1, .8)
	if r.Float64() < .25 {
		id.freckles = u(.3, .8)
	}
	if r.Float64() < .35 {
		frames := []vec{{.06, .06, .08}, {.45, .10, .12}, {.12, .22, .50}, {.36, .24, .14}, {.55, .55, .60}}
		id.specs = spectacles{worn: true, width: u(1.35, 1.75), height: u(1.9, 3.0), thickness: u(.05, .10),
			squared: u(2, 4.5), colour: frames[r.IntN(len(frames))]}
	}
	if adult {
		id.age = u(.5, 1)
		if id.hair.bottom > -.7 && !id.hair.tails && r.Float64() < .6 {
			id.beard, id.moustache = u(0, .8), u(.3, .9)
		}
		id.hair.tails = false
		id.body = u(1.65, 1.95)
	}
	return id
}

func (id *Identity) colour(r *rand.Rand, u func(a, b float64) float64) {
	tones := []vec{{.97, .83, .74}, {.92, .74, .62}, {.84, .64, .50}, {.74, .54, .41}, {.63, .44, .32}}
	t := r.IntN(len(tones) - 1)
	id.skin = mix(tones[t], tones[t+1], r.Float64())
	id.skin.Y *= u(.95, 1.03) // rosier or yellower
	id.skin.Z *= u(.95, 1.05)
	hairs := []vec{{.07, .06, .06}, {.10, .075, .07}, {.18, .12, .08}, {.27, .17, .10}}
	if id.Adult {
		hairs = append(hairs, vec{.50, .50, .51}, vec{.32, .31, .31})
	}
	id.hairColour = hairs[r.IntN(len(hairs))]
	id.brow = mix(id.hairColour, vec{.08, .05, .04}, u(.2, .8))
	irises := []vec{{.14, .08, .05}, {.22, .13, .07}, {.30, .19, .10}, {.10, .07, .06}}
	id.iris = irises[r.IntN(len(irises))]
	id.lip = vec{id.skin.X * u(.82, .95), id.skin.Y * u(.48, .74), id.skin.Z * u(.52, .78)}
	id.shirt, id.trim = vec{.93, .94, .96}, vec{.13, .33, .66} // the school's white and blue
	if id.Adult {
		id.shirt = vec{u(.15, .5), u(.2, .5), u(.25, .6)}
		id.trim = id.shirt.times(.7)
	}
}
