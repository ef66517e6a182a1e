package shell

import (
	"image"
	"image/color"
	"math"

	"golang.org/x/image/vector"
)

// sketch is a picture being drawn from areas and lines, in pixels, antialiased:
// the line of a chart, the ground of a map, a signature. Nothing of it touches a
// widget, so that a long one can be drawn away from the loop.
type sketch struct {
	img *image.RGBA
	pen vector.Rasterizer
	at  image.Rectangle // what the pen covers of img
}

// spot is a place in a picture.
type spot struct{ x, y float32 }

func newSketch(w, h int) *sketch {
	return &sketch{img: image.NewRGBA(image.Rect(0, 0, max(w, 1), max(h, 1)))}
}

func (s *sketch) ground(c color.NRGBA) {
	r, g, b, a := c.RGBA()
	px := [4]byte{byte(r >> 8), byte(g >> 8), byte(b >> 8), byte(a >> 8)}
	for i := 0; i < len(s.img.Pix); i += 4 {
		copy(s.img.Pix[i:i+4], px[:])
	}
}

// begin takes up the pen for a shape that lies within bounds. It reports false
// when nothing of it is in the picture.
func (s *sketch) begin(b box) bool {
	s.at = image.Rect(int(math.Floor(float64(b.x0))), int(math.Floor(float64(b.y0))),
		int(math.Ceil(float64(b.x1)))+1, int(math.Ceil(float64(b.y1)))+1).Intersect(s.img.Rect)
	if s.at.Empty() {
		return false
	}
	s.pen.Reset(s.at.Dx(), s.at.Dy())
	return true
}

// end paints what the pen has gone around.
func (s *sketch) end(c color.NRGBA) {
	s.pen.Draw(s.img, s.at, image.NewUniform(c), image.Point{})
}

func (s *sketch) to(p spot)   { s.pen.LineTo(p.x-float32(s.at.Min.X), p.y-float32(s.at.Min.Y)) }
func (s *sketch) from(p spot) { s.pen.MoveTo(p.x-float32(s.at.Min.X), p.y-float32(s.at.Min.Y)) }

// area goes around a closed ring, turning left or right: rings that turn the
// same way add up, others cut holes.
func (s *sketch) area(ring []spot, right bool) {
	if len(ring) < 3 {
		return
	}
	if turnsRight(ring) == right {
		s.from(ring[0])
		for _, p := range ring[1:] {
			s.to(p)
		}
	} else {
		s.from(ring[len(ring)-1])
		for i := len(ring) - 2; i >= 0; i-- {
			s.to(ring[i])
		}
	}
	s.pen.ClosePath()
}

// line goes along a line of that width, with round ends and joins.
func (s *sketch) line(ps []spot, width float32) {
	r := width / 2
	for i, p := range ps {
		if i > 0 {
			s.bar(ps[i-1], p, r)
		}
		if r > 0.8 { // below that nobody sees a join
			s.dot(p, r)
		}
	}
}

// bar is the rectangle around a straight line.
func (s *sketch) bar(a, b spot, r float32) {
	dx, dy := b.x-a.x, b.y-a.y
	long := float32(math.Hypot(float64(dx), float64(dy)))
	if long == 0 {
		return
	}
	nx, ny := -dy/long*r, dx/long*r
	s.from(spot{a.x + nx, a.y + ny})
	s.to(spot{a.x - nx, a.y - ny})
	s.to(spot{b.x - nx, b.y - ny})
	s.to(spot{b.x + nx, b.y + ny})
	s.pen.ClosePath()
}

// dot is a filled circle that turns as bar does.
func (s *sketch) dot(p spot, r float32) {
	n := min(max(int(r*2), 8), 64)
	for i := range n {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		q := spot{p.x + r*float32(cos), p.y + r*float32(sin)}
		if i == 0 {
			s.from(q)
		} else {
			s.to(q)
		}
	}
	s.pen.ClosePath()
}

// stroke draws one line.
func (s *sketch) stroke(ps []spot, width float32, c color.NRGBA) {
	if len(ps) > 0 && s.begin(bounds(ps).grow(width)) {
		s.line(ps, width)
		s.end(c)
	}
}

// fill paints one area.
func (s *sketch) fill(ring []spot, c color.NRGBA) {
	if len(ring) > 2 && s.begin(bounds(ring)) {
		s.area(ring, true)
		s.end(c)
	}
}

// arc is part of a ring, between two angles clockwise from the top.
func arc(mid spot, inner, outer float32, from, to float64) []spot {
	n := max(int((to-from)*float64(outer)/4), 2)
	var ps []spot
	at := func(r float32, angle float64) {
		sin, cos := math.Sincos(angle)
		ps = append(ps, spot{mid.x + r*float32(sin), mid.y - r*float32(cos)})
	}
	for i := range n + 1 {
		at(outer, from+(to-from)*float64(i)/float64(n))
	}
	for i := n; i >= 0; i-- {
		at(inner, from+(to-from)*float64(i)/float64(n))
	}
	return ps
}

// round cuts the corners of the whole picture, so that it lies in a rounded card.
func (s *sketch) round(radius float32, top, bottom bool) {
	w, h := s.img.Rect.Dx(), s.img.Rect.Dy()
	n := min(int(radius+0.5), w/2, h/2)
	for y := range n {
		for x := range n {
			dx, dy := radius-float32(x)-0.5, radius-float32(y)-0.5
			cover := min(max(radius-float32(math.Hypot(float64(dx), float64(dy)))+0.5, 0), 1)
			if cover == 1 {
				continue
			}
			for _, px := range [2]int{x, w - 1 - x} {
				if top {
					s.thin(px, y, cover)
				}
				if bottom {
					s.thin(px, h-1-y, cover)
				}
			}
		}
	}
}

// thin makes a pixel transparent, but for a part of it.
func (s *sketch) thin(x, y int, cover float32) {
	p := s.img.Pix[s.img.PixOffset(x, y):][:4]
	for i := range p {
		p[i] = byte(float32(p[i]) * cover)
	}
}

func turnsRight(ring []spot) bool {
	var twice float64
	for i, p := range ring {
		q := ring[(i+1)%len(ring)]
		twice += float64(p.x)*float64(q.y) - float64(q.x)*float64(p.y)
	}
	return twice > 0 // y grows downwards
}

// box is a rectangle of a picture.
type box struct{ x0, y0, x1, y1 float32 }

func bounds(ps []spot) box {
	b := box{ps[0].x, ps[0].y, ps[0].x, ps[0].y}
	for _, p := range ps[1:] {
		b.x0, b.y0, b.x1, b.y1 = min(b.x0, p.x), min(b.y0, p.y), max(b.x1, p.x), max(b.y1, p.y)
	}
	return b
}

func (b box) grow(by float32) box { return box{b.x0 - by, b.y0 - by, b.x1 + by, b.y1 + by} }

func (b box) meets(c box) bool { return b.x0 <= c.x1 && c.x0 <= b.x1 && b.y0 <= c.y1 && c.y0 <= b.y1 }

func (b box) within(c box) bool { return b.x0 >= c.x0 && b.x1 <= c.x1 && b.y0 >= c.y0 && b.y1 <= c.y1 }

func (b box) has(p spot) bool { return p.x >= b.x0 && p.x <= b.x1 && p.y >= b.y0 && p.y <= b.y1 }
