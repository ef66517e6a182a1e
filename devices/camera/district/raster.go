package district

import "math"

// lighting is how a scene is lit for one frame.
type lighting struct {
	dir     vec     // towards the light
	ambient float64 // the share of light that comes from everywhere
	gain    float64 // exposure: 1 by day, near 0 in the dark
}

// stance is where a figure is in one frame and how it holds itself.
type stance struct {
	x, y  float64 // the middle of the head, in pixels
	scale float64 // pixels per head unit
	head  pose
	limbs [bones]pose // the others; the zero pose is not valid, see rest
	eyes  expression
}

// canvas collects figures before they are laid over the background.
type canvas struct {
	w, h                     int
	colour                   []uint32  // 0xAARRGGBB; alpha 0 where no figure is
	near                     []float32 // the nearest depth drawn so far; 0 is infinitely far
	lit                      []uint32  // scratch: a texture under this frame's light
	spots                    []spot    // scratch: a patch's vertices on the canvas
	left, top, right, bottom int       // what is drawn, right and bottom exclusive
}

type spot struct{ x, y, z float32 }

func newCanvas(w, h int) *canvas {
	c := &canvas{w: w, h: h, colour: make([]uint32, w*h), near: make([]float32, w*h)}
	c.clear()
	return c
}

func (c *canvas) clear() {
	for y := c.top; y < c.bottom; y++ {
		clear(c.colour[y*c.w+c.left : y*c.w+c.right])
		clear(c.near[y*c.w+c.left : y*c.w+c.right])
	}
	c.left, c.top, c.right, c.bottom = c.w, c.h, 0, 0
}

// eyeDistance is how far the lens is, in head units. It is the same at every
// scale, so that a face keeps its proportions while it comes nearer.
const eyeDistance = 10

// draw adds a figure. nearer is added to its depth: of two figures, the one
// with more of it hides the other.
func (c *canvas) draw(f *figure, s stance, l lighting, nearer float64) {
	level := 0
	for level < mipLevels-1 && s.scale < 70/float64(int(1)<<level) {
		level++
	}
	c.patch(f.faces[s.eyes], f.id, s, l, nearer, level)
	for _, p := range f.patches {
		c.patch(p, f.id, s, l, nearer, level)
	}
}

func (c *canvas) patch(p *patch, id *Identity, s stance, l lighting, nearer float64, level int) {
	turn := s.limbs[p.bone]
	if p.bone == boneHead {
		turn = s.head
	}
	if !c.project(p, id.joint(p.bone), turn, s, nearer, level) {
		return
	}
	t := &p.levels[level]
	c.shade(t, turn, l)
	skip := 1 << level
	cols, rows := (p.cols-1)/skip+1, (p.rows-1)/skip+1
	for j := range rows - 1 {
		for i := range cols - 1 {
			a, b := &c.spots[j*cols+i], &c.spots[j*cols+i+1]
			d, e := &c.spots[(j+1)*cols+i], &c.spots[(j+1)*cols+i+1]
			u, v := float32(i*vertexStep), float32(j*vertexStep)
			c.triangle(t, p.open, a, b, d, u, v, vertexStep, 0, 0, vertexStep)
			c.triangle(t, p.open, e, d, b, u+vertexStep, v+vertexStep, -vertexStep, 0, 0, -vertexStep)
		}
	}
}

// project puts the patch's vertices on the canvas and reports whether any of
// it can be seen.
func (c *canvas) project(p *patch, joint vec, turn pose, s stance, nearer float64, level int) bool {
	skip := 1 << level
	c.spots = c.spots[:0]
	left, top, right, bottom := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for j := 0; j < p.rows; j += skip {
		for i := 0; i < p.cols; i += skip {
			q := p.points[j*p.cols+i]
			v := joint.plus(turn.turn(vec{float64(q.x), float64(q.y), float64(q.z)}.minus(joint)))
			k := s.scale * eyeDistance / (eyeDistance - v.Z)
			x, y := s.x+v.X*k, s.y-v.Y*k
			left, right, top, bottom = min(left, x), max(right, x), min(top, y), max(bottom, y)
			c.spots = append(c.spots, spot{float32(x), float32(y), float32(v.Z + nearer + 100)})
		}
	}
	if right < 0 || bottom < 0 || left >= float64(c.w) || top >= float64(c.h) {
		return false
	}
	c.left, c.top = min(c.left, max(0, int(left))), min(c.top, max(0, int(top)))
	c.right, c.bottom = max(c.right, min(c.w, int(right)+2)), max(c.bottom, min(c.h, int(bottom)+2))
	return true
}

// gloss is the highlight's falloff: cos^22, times 255.
var gloss = func() (t [129]float32) {
	for i := range t {
		t[i] = float32(255 * math.Pow(float64(i)/128, 22))
	}
	return
}()

// shade lights a whole texture, so that the rasteriser only copies colours.
func (c *canvas) shade(t *texture, turn pose, l lighting) {
	if cap(c.lit) < len(t.texels) {
		c.lit = make([]uint32, len(t.texels))
	}
	c.lit = c.lit[:len(t.texels)]
	light := turn.back(l.dir)
	half := turn.back(l.dir.plus(vec{0, 0, 1}).unit())
	lx, ly, lz := float32(light.X/127), float32(light.Y/127), float32(light.Z/127)
	hx, hy, hz := float32(half.X*128/127), float32(half.Y*128/127), float32(half.Z*128/127)
	ambient := float32(l.ambient * l.gain * 256)
	direct := float32((1 - l.ambient) * 1.15 * l.gain * 256)
	gain := float32(l.gain) / 255
	for i := range t.texels {
		s := &t.texels[i]
		nx, ny, nz := float32(s.n[0]), float32(s.n[1]), float32(s.n[2])
		k := ambient
		if d := nx*lx + ny*ly + nz*lz; d > 0 {
			k += direct * d
		}
		var glint uint32
		if h := int(nx*hx + ny*hy + nz*hz); h > 64 {
			glint = uint32(gloss[min(h, 128)] * float32(s.shine) * gain)
		}
		m := uint32(k)
		r := min((s.argb>>16&255)*m>>8+glint, 255)
		g := min((s.argb>>8&255)*m>>8+glint, 255)
		b := min((s.argb&255)*m>>8+glint, 255)
		c.lit[i] = s.argb&0xff000000 | r<<16 | g<<8 | b
	}
}

// triangle fills one triangle. The texture coordinate is (u, v) at a, and
// grows by (ub, vb) towards b and (ud, vd) towards d, in texels.
func (c *canvas) triangle(t *texture, open bool, a, b, d *spot, u, v, ub, vb, ud, vd float32) {
	abx, aby := b.x-a.x, b.y-a.y
	adx, ady := d.x-a.x, d.y-a.y
	area := abx*ady - aby*adx
	if area <= 0 && !open || area > -1e-6 && area < 1e-6 {
		return
	}
	x0 := max(0, int(math.Ceil(float64(min(a.x, b.x, d.x)))))
	x1 := min(c.w-1, int(max(a.x, b.x, d.x)))
	y0 := max(0, int(math.Ceil(float64(min(a.y, b.y, d.y)))))
	y1 := min(c.h-1, int(max(a.y, b.y, d.y)))
	if x0 > x1 || y0 > y1 {
		return
	}
	inv := 1 / area
	// s is the share of b, r the share of d; both are linear in x and y.
	sdx, sdy := ady*inv, -adx*inv
	rdx, rdy := -aby*inv, abx*inv
	fx, fy := float32(x0)-a.x, float32(y0)-a.y
	srow, rrow := fx*sdx+fy*sdy, fx*rdx+fy*rdy
	dzb, dzd := b.z-a.z, d.z-a.z
	const slack = -1e-4 // neighbours overlap by a hair rather than leave a gap
	for y := y0; y <= y1; y++ {
		s, r := srow, rrow
		row := y * c.w
		for x := x0; x <= x1; x++ {
			if s >= slack && r >= slack && s+r <= 1-slack {
				if z := a.z + s*dzb + r*dzd; z > c.near[row+x] {
					p := t.bilinear(c.lit, u+s*ub+r*ud, v+s*vb+r*vd)
					if p >= 0x80000000 {
						c.colour[row+x] = p | 0xff000000
						c.near[row+x] = z
					}
				}
			}
			s += sdx
			r += rdx
		}
		srow += sdy
		rrow += rdy
	}
}

// bilinear mixes the four texels about (u, v), all channels at once.
func (t *texture) bilinear(lit []uint32, u, v float32) uint32 {
	fu, fv := int(u*256), int(v*256)
	i, j := min(max(fu>>8, 0), t.w-2), min(max(fv>>8, 0), t.h-2)
	x, y := uint32(min(max(fu-i<<8, 0), 256)), uint32(min(max(fv-j<<8, 0), 256))
	o := j*t.w + i
	top, low := lit[o:o+2:o+2], lit[o+t.w:o+t.w+2]
	return lerp(lerp(top[0], top[1], x), lerp(low[0], low[1], x), y)
}

// lerp mixes two packed colours; k is the second's share of 256.
func lerp(a, b, k uint32) uint32 {
	const m = 0x00ff00ff
	rb := (a&m*(256-k) + b&m*k) >> 8 & m
	ag := (a>>8&m*(256-k) + b>>8&m*k) & ^uint32(m)
	return rb | ag
}
