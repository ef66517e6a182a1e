package district

// stage makes pictures: a backdrop, the figures before it, the lens and the sensor.
// It keeps scratch memory and is for one goroutine.
type stage struct {
	*scenery
	canvas  *canvas
	figures map[uint64]*figure
	order   []uint64 // of use, the last used last
	rows    []byte   // scratch of soften
}

const (
	figuresKept   = 3   // identities whose meshes stay built, 2.5 MB each
	emptyPictures = 4   // pictures of nobody, shown in turn
	darkness      = .16 // what is left of the light in the dark
	noiseLevel    = 2.6 // of 255, standard deviation
)

// actor is a figure's part in one frame.
type actor struct {
	id     *Identity
	stance stance
	light  lighting
}

func newStage(w, h int) *stage {
	return &stage{scenery: sceneryOf(w, h), canvas: newCanvas(w, h), figures: map[uint64]*figure{}}
}

// picture is one frame's pixels. Pictures of nobody are shared: do not write to them.
func (s *stage) picture(actors []actor, dark bool, noise uint64) []byte {
	night := 0
	if dark {
		night = 1
	}
	if len(actors) == 0 {
		return s.empty[night][noise%emptyPictures]
	}
	s.canvas.clear()
	for i, a := range actors {
		s.canvas.draw(s.figure(a.id), a.stance, a.light, float64(i)*20)
	}
	pix := append([]byte(nil), s.backdrop[night]...)
	s.canvas.lay(pix)
	s.soften(pix)
	s.grain[night].add(pix, s.w*3, noise)
	return pix
}

// figure builds an identity's meshes, or finds them built.
func (s *stage) figure(id *Identity) *figure {
	key := id.Seed << 1
	if id.Adult {
		key |= 1
	}
	f := s.figures[key]
	if f == nil {
		if len(s.order) == figuresKept {
			delete(s.figures, s.order[0])
			s.order = s.order[1:]
		}
		f = newFigure(id)
		s.figures[key] = f
	}
	for i, k := range s.order {
		if k == key {
			s.order = append(s.order[:i], s.order[i+1:]...)
			break
		}
	}
	s.order = append(s.order, key)
	return f
}

// lay puts what was drawn over a picture.
func (c *canvas) lay(pix []byte) {
	for y := c.top; y < c.bottom; y++ {
		row := c.colour[y*c.w+c.left : y*c.w+c.right]
		out := pix[(y*c.w+c.left)*3:][:len(row)*3]
		for x, p := range row {
			if p != 0 {
				out[3*x], out[3*x+1], out[3*x+2] = byte(p>>16), byte(p>>8), byte(p)
			}
		}
	}
}

// soften blurs the drawn part by a 3×3 binomial kernel, as a lens would: it
// also rounds off the stairs of the figures' outlines.
func (s *stage) soften(pix []byte) {
	c := s.canvas
	left, top := max(c.left-1, 1), max(c.top-1, 1)
	right, bottom := min(c.right+1, s.w-1), min(c.bottom+1, s.h-1)
	if left >= right || top >= bottom {
		return
	}
	stride, n := s.w*3, (right-left)*3
	if len(s.rows) < 3*stride {
		s.rows = make([]byte, 3*stride)
	}
	// Each row is blurred sideways once; three such rows make one row of the result.
	sideways := func(y int, to []byte) {
		src := pix[y*stride+(left-1)*3:][:n+6]
		for i := range to {
			to[i] = byte((int(src[i]) + 2*int(src[i+3]) + int(src[i+6])) >> 2)
		}
	}
	above, here, below := s.rows[:n], s.rows[stride:stride+n], s.rows[2*stride:2*stride+n]
	sideways(top-1, above)
	sideways(top, here)
	for y := top; y < bottom; y++ {
		sideways(y+1, below)
		out := pix[y*stride+left*3:][:n]
		for i := range out {
			out[i] = byte((int(above[i]) + 2*int(here[i]) + int(below[i]) + 2) >> 2)
		}
		above, here, below = here, below, above
	}
}
