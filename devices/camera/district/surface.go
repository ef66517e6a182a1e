package district

import "math"

// halfWidth is half the width of the face's outline at height y.
func (id *Identity) halfWidth(y float64) float64 {
	t := y / id.height
	if t >= 1 || t <= -1 {
		return 0
	}
	w := id.width * math.Sqrt(1-t*t)
	if t < 0 {
		w += id.jaw * .30 * step(0, -.45, t) * (1 - step(-.62, -1, t)) * id.width
	}
	edge := math.Sqrt(1 - t*t)
	return w + edge*(id.cheek*bell(y+.12, .2)+id.temple*bell(y-.45, .25))
}

// profile is how far the skull's front reaches at height y, relative to depth.
func (id *Identity) profile(y float64) float64 {
	t := y / id.height
	if t > 0 {
		return math.Sqrt(math.Max(0, 1-math.Pow(t, 3.2)))
	}
	t *= t
	return math.Sqrt(1 - .62*t*t - .25*t)
}

// faceDepth is z of the face at (x, y), inside the outline.
func (id *Identity) faceDepth(x, y float64) float64 {
	w := id.halfWidth(y)
	q := 1.0
	if w > 1e-9 {
		q = math.Min(1, math.Abs(x)/w)
	}
	bulge := math.Sqrt(1 - q*q*q*q*.45 - q*q*.55)
	z := id.depth * bulge * id.profile(y)
	noseY := id.eyeY - id.noseLength
	detail := 0.0
	for _, s := range [2]float64{-1, 1} {
		detail -= .085 * bell(x-s*id.eyeX, .13) * bell(y-id.eyeY-.02, .085) // socket
		detail += .03 * bell(x-s*id.eyeX, .075) * bell(y-id.eyeY, .045)     // eyeball
		detail += .035 * bell(x-s*id.eyeX*.9, .16) * bell(y-id.eyeY-id.browY+.02, .05)
		detail += (.04 + id.cheek*.5) * bell(x-s*.38, .14) * bell(y+.14, .13)
		detail -= .03 * id.age * bell(x-s*(.20+.10*step(-.2, -.45, y)), .025) * bell(y+.33, .12)
		detail += .065 * bell(x-s*id.noseWidth, .038) * bell(y-noseY, .045) // wings of the nose
	}
	if top := id.eyeY + .02; y < top+.1 && y > noseY-.15 {
		t := clamp01((top - y) / (top - noseY))
		detail += id.noseRise * t * bell(x, .035+.045*t) * (1 - step(noseY, noseY-.09, y)) * step(top+.08, top-.05, y)
	}
	detail += id.noseTip * bell(x, id.noseWidth*.55) * bell(y-noseY-.02, .055)
	side := math.Abs(x)
	detail += .045 * bell(y-id.mouthY-id.upperLip*.6, id.upperLip*.8) * (1 - step(id.mouthWidth*.6, id.mouthWidth, side))
	detail += .055 * bell(y-id.mouthY+id.lowerLip*.7, id.lowerLip*.7) * (1 - step(id.mouthWidth*.5, id.mouthWidth*.9, side))
	detail -= .03 * bell(y-id.mouthY, .012) * (1 - step(id.mouthWidth*.8, id.mouthWidth, side))
	detail -= .03 * bell(x, .03) * bell(y-(id.mouthY+noseY)/2, .05)
	detail += (.05 + id.chin) * bell(x, .14) * bell(y+id.height*.80, .12)
	detail -= .03 * bell(x, .2) * bell(y-id.mouthY+.14, .045)
	detail += id.forehead * bell(x, .4) * bell(y-.55, .25)
	return z + detail*(1-step(.8, 1, q))
}

// head is the point of the skull at an angle from the front (positive to the
// viewer's right) and a height.
func (id *Identity) head(angle, y float64) vec {
	w := id.halfWidth(y)
	s, c := math.Sincos(angle)
	x := w * s
	if c >= 0 {
		return vec{x, y, id.faceDepth(x, y)}
	}
	t := y / id.height
	back := id.depth * .95
	return vec{x, y, back * c * math.Sqrt(math.Max(0, 1-t*t*math.Abs(t)))}
}

// hairPoint is the point of the hair's shell above the skull, or hanging below
// it where the head has ended.
func (id *Identity) hairPoint(angle, y float64) vec {
	vol := id.hair.volume
	if hang := -.05; y < hang {
		p := id.head(angle, hang)
		d := hang - y
		out := vol + .10*d - .05*d*d
		s, c := math.Sincos(angle)
		if id.hair.bottom > -.7 { // short hair lies on the neck
			out = vol*.7 - .35*d
		}
		return vec{p.X + out*s, y, p.Z + out*c}
	}
	// The shell reaches above the skull: y runs to height+vol.
	k := (y + .05) / (id.height + vol*1.3 + .05)
	base := id.head(angle, -.05+k*(id.height+.05))
	s, c := math.Sincos(angle)
	level := math.Sqrt(math.Max(0, 1-k*k))
	return vec{base.X + vol*s*level, y, base.Z + vol*c*level*.8}
}

// hairline is the height above which hair grows at an angle from the front.
func (id *Identity) hairline(angle float64) float64 {
	h := id.hair
	a := math.Abs(angle)
	front := h.line + h.part*angle*.5 - .10*bell(a-h.side*.8, .25) +
		h.fringe*(math.Sin(angle*23+h.part*40)+.6*math.Sin(angle*41+h.line*30))
	ear := -.12
	if h.bottom < -.7 {
		ear = h.bottom
	}
	y := front + (ear-front)*step(h.side, h.side+.28, a)
	return y + (h.bottom-y)*step(1.75, 2.1, a)
}
