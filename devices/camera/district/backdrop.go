package district

import "math"

// backdrop paints what stands behind the people: sky, a school building, trees,
// the gate and the path that leads up to the camera. It is painted once, packed RGB.
func backdrop(w, h int) []byte {
	pix := make([]byte, w*h*3)
	for y := range h {
		for x := range w {
			// Two samples a pixel keep edges soft.
			at := func(o float64) vec { return view((float64(x)+o)/float64(w)*640, (float64(y)+o)/float64(h)*480) }
			p := packColour(mix(at(.25), at(.75), .5))
			i := (y*w + x) * 3
			pix[i], pix[i+1], pix[i+2] = byte(p>>16), byte(p>>8), byte(p)
		}
	}
	return pix
}

// horizon is the row, of 480, at which the path vanishes.
const horizon = 196.0

// view is the colour at a place of a 640×480 picture.
func view(x, y float64) vec {
	var c vec
	if y > 232 {
		c = path(x, y)
	} else {
		c = sky(x, y)
	}
	c = school(c, x, y)
	c = trees(c, x, y)
	return gate(c, x, y)
}

func sky(x, y float64) vec {
	c := mix(vec{.56, .73, .90}, vec{.86, .91, .94}, clamp01(y/230))
	cloud := math.Sin(x/71+1)*math.Sin(y/23+x/190) + .5*math.Sin(x/37+y/17)
	return mix(c, vec{.95, .96, .97}, .5*step(.5, 1.3, cloud))
}

// path is the ground: paving with joints between two lawns.
func path(x, y float64) vec {
	dist := 1 / (y - horizon + 4)
	side := math.Abs(x-320) * dist
	grain := .012 * math.Sin(x*1.7+y*2.3) * math.Sin(x*.9-y*1.1)
	lawn := vec{.45, .58, .36}.plus(vec{grain, grain * 2, grain})
	paving := vec{.70, .69, .66}.plus(vec{grain, grain, grain})
	joint := math.Abs(math.Mod(dist*900, 1)-.5) * 2
	paving = paving.times(1 - .06*step(.90, .97, joint))
	kerb := vec{.82, .81, .78}
	c := mix(paving, kerb, step(1.02, 1.06, side))
	return mix(c, lawn, step(1.14, 1.18, side))
}

func school(c vec, x, y float64) vec {
	if y > 236 || y < 92 || x < 150 || x > 490 {
		return c
	}
	wall := vec{.86, .80, .72}
	if y < 100 {
		return vec{.62, .40, .34} // the eaves
	}
	if wx, wy := math.Mod(x-158, 36), math.Mod(y-110, 42); y > 108 && wx > 6 && wx < 30 && wy > 2 && wy < 27 {
		wall = mix(vec{.50, .60, .68}, vec{.70, .78, .83}, clamp01((wy+wx)/55))
		if math.Abs(wx-18) < .8 {
			wall = vec{.90, .90, .88}
		}
	} else if wy > 34 {
		wall = wall.times(.94)
	}
	return mix(wall, vec{.85, .89, .92}, .25) // haze
}

func trees(c vec, x, y float64) vec {
	if y > 262 {
		return c
	}
	for _, t := range [6][3]float64{{40, 150, 62}, {118, 178, 46}, {196, 208, 26}, {452, 206, 27}, {532, 172, 50}, {606, 146, 64}} {
		if math.Abs(x-t[0]) < t[2]*.07 && y > t[1] && y < 262 {
			c = vec{.42, .33, .26}
		}
		if math.Abs(x-t[0]) > 1.2*t[2] || math.Abs(y-t[1]) > 1.2*t[2] {
			continue
		}
		angle := math.Atan2(y-t[1], x-t[0])
		edge := t[2] * (1 + .10*math.Sin(angle*7+t[0]) + .05*math.Sin(angle*13))
		if d := math.Hypot(x-t[0], (y-t[1])*1.1); d < edge {
			shade := .75 + .25*clamp01((t[1]-y+x*.1-t[0]*.1)/t[2]+.5)
			leaf := .04 * math.Sin(x*.8+math.Sin(y*.7)*2) * math.Sin(y*.9+x*.3)
			c = vec{.35, .52, .32}.times(shade).plus(vec{leaf, leaf, leaf})
		}
	}
	return c
}

func gate(c vec, x, y float64) vec {
	side := math.Abs(x - 320)
	switch {
	case side > 168 && side < 196 && y > 62 && y < 330: // pillars
		round := .78 + .22*math.Cos((side-178)/14)
		c = vec{.74, .46, .38}.times(round)
		if math.Mod(y, 14) < 1 {
			c = c.times(.88)
		}
	case side < 204 && y > 44 && y < 66: // the lintel
		c = vec{.23, .36, .58}
		if y < 48 {
			c = vec{.30, .45, .68}
		}
		if cell := math.Mod(side, 26); side < 118 && y > 50 && y < 61 && cell > 5 && cell < 21 { // its gilded letters
			if math.Mod(x*.55, 3) < 1.6 || math.Mod(y, 4) < 1.4 {
				c = vec{.88, .78, .45}
			}
		}
	case side >= 196 && y > 210 && y < 318: // railings
		if math.Mod(x, 16) < 3 || y < 216 || y > 308 && y < 313 {
			c = vec{.32, .37, .44}
		}
	}
	return c
}
