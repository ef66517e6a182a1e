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

// manner is what is particular to one walk, drawn from its seed.
type manner struct {
	near, stopX      float64 // where he stops: scale, and pixels right of the middle
	tall             float64 // how far below the horizon his eyes are, in head units
	phase, pace      float64 // of his sway, in radians; strides a second
	yaw, pitch, roll float64 // how he holds his head
	exit             float64 // the side he leaves by: -1 or 1
	light            lighting
}

func (k walk) manner() manner {
	r := rand.New(rand.NewPCG(k.seed, 0x57a6e))
	u := func(a, b float64) float64 { return a + (b-a)*r.Float64() }
	m := manner{near: k.near * u(.94, 1.06)}
	m.stopX, m.tall = u(-34, 34)+k.aside*m.near, u(.22, .48)
	m.phase, m.pace = u(0, 2*math.Pi), u(1.7, 2.1)
	m.yaw, m.pitch, m.roll = u(-.05, .05), u(-.03, .03), u(-.03, .03)
	m.exit = 1
	if u(0, 1) < .3 {
		m.exit = -1
	}
	if k.aside != 0 {
		m.exit = math.Copysign(1, k.aside)
	}
	m.light = lighting{dir: vec{u(-.22, .22), u(.25, .50), 1}.unit(), ambient: u(.44, .54), gain: u(.94, 1.06)}
	if k.dark {
		m.light.gain *= darkness
	}
	return m
}

// stop is when, in seconds, the person stops and when he goes on: he walks
// at most 1.8 s, goes off within 0.7 s and stands the rest.
func (k walk) stop() (come, gone float64) {
	d := k.length.Seconds()
	return min(1.8, .35*d), d - min(.7, .15*d)
}

// moment is where a person is at one time of a walk.
type moment struct {
	x, scale float64 // pixels right of the middle, pixels per head unit
	stride   float64 // how much he walks: 0 stands, 1 walks
	turned   float64 // how far he has turned away, in radians
}

// moment is where the walk is after s seconds; ok is false when it is over.
func (k walk) moment(m manner, s float64) (now moment, ok bool) {
	come, gone := k.stop()
	end := k.length.Seconds()
	now = moment{x: m.stopX, scale: m.near}
	switch {
	case k.still, s >= come && s < gone:
	case s < come:
		p := s / come
		p = p*(2-p)*.35 + p*.65                      // slows down before the stop
		now.scale = 1 / (1/far + (1/m.near-1/far)*p) // his distance shrinks evenly
		now.x = m.stopX * now.scale / m.near
		now.stride = 1 - step(.85, 1, s/come)
	case s < end:
		p := (s - gone) / (end - gone)
		now.scale = m.near * (1 + .22*p*p)
		now.x += m.exit * 560 * p * p
		now.stride = step(0, .25, p)
		now.turned = m.exit * .55 * step(0, .35, p)
	default:
		return now, false
	}
	return now, true
}

// at is the walk's stance and light at t, in a picture w×h. ok is false when
// the person is out of sight.
func (k walk) at(t time.Duration, w, h int) (st stance, l lighting, ok bool) {
	s := t.Seconds()
	m := k.manner()
	now, ok := k.moment(m, s)
	if !ok {
		return st, l, false
	}
	sway := func(speed, shift float64) float64 { return math.Sin(s*speed + m.phase + shift) }
	swing := math.Sin(math.Pi * m.pace * s)
	unit := float64(h) / 480
	st.scale = now.scale * unit
	st.x = float64(w)/2 + (now.x+now.scale*(now.stride*.05*swing+.02*sway(1.1, 0)))*unit
	st.y = (horizon + (m.tall+now.stride*.06*math.Abs(swing))*now.scale) * unit

	st.head = newPose(m.yaw+now.turned+.04*sway(.9, 1), m.pitch+.02*sway(1.3, 2),
		m.roll+.02*sway(.7, 3)+now.stride*.02*swing)
	body := newPose((m.yaw+now.turned)*.4+.02*sway(.6, 4), 0, now.stride*.02*swing)
	for b := range bones {
		st.limbs[b] = body
	}
	limb := .15 * now.stride * swing
	st.limbs[boneLeftArm], st.limbs[boneRightArm] = newPose(0, limb*.7, -.03), newPose(0, -limb*.7, .03)
	st.limbs[boneLeftLeg], st.limbs[boneRightLeg] = newPose(0, -limb, 0), newPose(0, limb, 0)
	if math.Mod(s+m.phase, 3.1) < .13 {
		st.eyes = blink
	}
	return st, m.light, true
}
