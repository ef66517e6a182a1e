package district

import "math"

// mipLevels is the number of sizes a texture is kept in, each half the one before.
const mipLevels = 3

// texel is one spot of a surface: its colour (0xAARRGGBB, alpha 0 where the
// surface has a hole), its normal in the patch's own space and its shine.
type texel struct {
	argb  uint32
	n     [3]int8
	shine uint8
}

type texture struct {
	w, h   int
	texels []texel
}

// point is a vertex, in head units.
type point struct{ x, y, z float32 }

// patch is a curved sheet: a grid of vertices over a texture. Everything that
// does not change from frame to frame is in it.
type patch struct {
	cols, rows int // of vertices
	points     []point
	levels     [mipLevels]texture
	open       bool // seen from both sides; otherwise its back is never drawn
	bone       bone
}

// sample is what a surface is like at one place.
type sample struct {
	at     vec
	colour vec
	shine  float64
	hole   bool
}

// vertexStep is how many texels lie between two vertices.
const vertexStep = 4

// newPatch builds a sheet of cols×rows vertices from surface, which is asked
// for u (left to right) and v (top to bottom) from 0 to 1. cols-1 and rows-1
// must be multiples of 1<<(mipLevels-1), so that every level has whole steps.
func newPatch(b bone, cols, rows int, surface func(u, v float64) sample) *patch {
	w, h := (cols-1)*vertexStep+1, (rows-1)*vertexStep+1
	p := &patch{cols: cols, rows: rows, bone: b, points: make([]point, cols*rows)}
	at := make([]vec, w*h)
	base := texture{w: w, h: h, texels: make([]texel, w*h)}
	for j := range h {
		for i := range w {
			s := surface(float64(i)/float64(w-1), float64(j)/float64(h-1))
			at[j*w+i] = s.at
			base.texels[j*w+i] = s.texel()
		}
	}
	for j := range h {
		for i := range w {
			base.texels[j*w+i].n = normal(at, w, h, i, j)
		}
	}
	for j := range rows {
		for i := range cols {
			q := at[j*vertexStep*w+i*vertexStep]
			p.points[j*cols+i] = point{float32(q.X), float32(q.Y), float32(q.Z)}
		}
	}
	p.setTexture(base)
	return p
}

func (p *patch) setTexture(base texture) {
	p.levels[0] = base
	for l := 1; l < mipLevels; l++ {
		p.levels[l] = p.levels[l-1].halved()
	}
}

func (s sample) texel() texel {
	t := texel{argb: packColour(s.colour), shine: uint8(clamp01(s.shine) * 255)}
	if !s.hole {
		t.argb |= 0xff000000
	}
	return t
}

func packColour(c vec) uint32 {
	r, g, b := uint32(clamp01(c.X)*255+.5), uint32(clamp01(c.Y)*255+.5), uint32(clamp01(c.Z)*255+.5)
	return r<<16 | g<<8 | b
}

// normal is the sheet's direction at texel (i, j), from its neighbours.
func normal(at []vec, w, h, i, j int) [3]int8 {
	left, right := at[j*w+max(i-1, 0)], at[j*w+min(i+1, w-1)]
	up, down := at[max(j-1, 0)*w+i], at[min(j+1, h-1)*w+i]
	n := down.minus(up).cross(right.minus(left)).unit()
	return [3]int8{int8(math.Round(n.X * 127)), int8(math.Round(n.Y * 127)), int8(math.Round(n.Z * 127))}
}

// halved is the texture at half its size, each texel the weighted mean of nine.
func (t texture) halved() texture {
	half := texture{w: (t.w-1)/2 + 1, h: (t.h-1)/2 + 1}
	half.texels = make([]texel, half.w*half.h)
	weight := [3]int{1, 2, 1}
	for j := range half.h {
		for i := range half.w {
			var sum [8]int
			total := 0
			for dj := -1; dj <= 1; dj++ {
				for di := -1; di <= 1; di++ {
					x, y := min(max(2*i+di, 0), t.w-1), min(max(2*j+dj, 0), t.h-1)
					k := weight[di+1] * weight[dj+1]
					s := t.texels[y*t.w+x]
					total += k
					for c, value := range [8]int{int(s.argb >> 24), int(s.argb >> 16 & 255), int(s.argb >> 8 & 255),
						int(s.argb & 255), int(s.n[0]), int(s.n[1]), int(s.n[2]), int(s.shine)} {
						sum[c] += k * value
					}
				}
			}
			for c := range sum {
				sum[c] /= total
			}
			half.texels[j*half.w+i] = texel{
				argb:  uint32(sum[0])<<24 | uint32(sum[1])<<16 | uint32(sum[2])<<8 | uint32(sum[3]),
				n:     [3]int8{int8(sum[4]), int8(sum[5]), int8(sum[6])},
				shine: uint8(sum[7]),
			}
		}
	}
	return half
}
