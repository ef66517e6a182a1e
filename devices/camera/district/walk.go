package district

import (
	"math"
	"math/rand/v2"
	"time"
)

// walk is how one person comes up to the camera, stops, and goes on.
type walk struct {
	seed   uint64
	length time.Duration
	still  bool    // stands before the camera from the first frame to the last
	aside  float64 // where he stops, in head units right of the middle
	near   float64 // pixels per head unit where he stops, in a picture 480 high
	dark   bool
}

// far is the scale at which a walk begins, in pixels per head unit.
const far = 15.0

// at is the walk's stance and light at t, in a picture w×h. ok is false when
// the person is out of sight.
func (k walk) at(t time.Duration, w, h int) (st stance, l lighting, ok bool) {
	r := rand.New(rand.NewPCG(k.seed, 0x57a6e))
	u := func(a, b float64) float64 { return a + (b-a)*r.Float64() }
	near := k.near * u(.94, 1.06)
	stopX, tall := u(-34, 34), u(.22, .48)
	phase, pace := u(0, 2*math.Pi), u(1.7, 2.1)
	yaw, pitch, roll := u(-.07, .07), u(-.05, .05), u(-.035, .035)
	exit := 1.0
	if u(0, 1) < .3 {
		exit = -1
	}
	if k.aside != 0 {
		exit = math.Copysign(1, k.aside)
	}
	l = lighting{dir: vec{u(-.30, .30), u(.25, .55), 1}.unit(), ambient: u(.44, .54), gain: u(.94, 1.06)}
	if k.dark {
		l.gain *= darkness
	}
	s := t.Seconds()
	come, gone := k.phases()
	scale, stride := near, 0.0
	x := 320 + stopX + k.aside*near
	switch {
	case k.still, s >= come && s < gone:
	case s < come:
		p := s / come
		p = p*(2-p)*.35 + p*.65 // slows down before the stop
		scale = 1 / (1/far + (1/near-1/far)*p)
		x = 320 + (stopX+k.aside*near)*scale/near
		stride = 1 - step(.85, 1, s/come)
	case s < k.length.Seconds():
		p := (s - gone) / (k.length.Seconds() - gone)
		scale = near * (1 + .22*p*p)
		x += exit * 560 * p * p
		stride = step(0, .25, p)
		yaw += exit * .9 * step(0, .35, p)
	default:
		return st, l, false
	}
	swing := 2 * math.Pi * pace * s
	sway := func(speed, shift float64) float64 { return math.Sin(s*speed + phase + shift) }
	unit := float64(h) / 480
	st.scale = scale * unit
	st.x = float64(w)/2 + (x-320+stride*.05*scale*math.Sin(swing/2)+.02*scale*sway(1.1, 0))*unit
	st.y = (horizon + (tall+stride*.06*math.Abs(math.Sin(swing/2)))*scale) * unit
	st.head = newPose(yaw+.05*sway(.9, 1), pitch+.03*sway(1.3, 2), roll+.02*sway(.7, 3)+stride*.02*math.Sin(swing/2))
	body := newPose(yaw*.4+.02*sway(.6, 4), 0, stride*.02*math.Sin(swing/2))
	limb := .26 * stride * math.Sin(swing/2)
	for b := range bones {
		st.limbs[b] = body
	}
	st.limbs[boneLeftArm], st.limbs[boneRightArm] = newPose(0, limb*.7, -.03), newPose(0, -limb*.7, .03)
	st.limbs[boneLeftLeg], st.limbs[boneRightLeg] = newPose(0, -limb, 0), newPose(0, limb, 0)
	if math.Mod(s+phase, 3.1) < .13 {
		st.eyes = blink
	}
	return st, l, true
}

// phases is when, in seconds, the person stops and when he goes on: he walks
// at most 1.8 s, goes off within 0.7 s and stands the rest.
func (k walk) phases() (come, gone float64) {
	d := k.length.Seconds()
	return min(1.8, .35*d), d - min(.7, .15*d)
}
