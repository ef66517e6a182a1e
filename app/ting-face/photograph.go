package main

import (
	"image"

	"github.com/luohu/ting/devices/face/dlib"
	"github.com/luohu/ting/devices/face/tracker"
)

// A photograph has no next frame in which a face may be found: what a first
// search misses is searched for again, enlarged (the detector wants 80 pixels) and
// with a border (it wants the whole head in the picture, and prints for cards cut
// it close), and where that finds none either, the surest of what the detector
// doubts counts.
const (
	enlargedSide = 480  // pixels that the shorter side is enlarged to, at least
	mostEnlarged = 4    // times
	undemanding  = -0.3 // of the detector's score, where 0 is its own threshold
)

// searchPhotograph finds faces in a picture that stands alone.
func (a *analyst) searchPhotograph(p dlib.RGB) ([]tracker.Found, error) {
	found, err := a.searchAll(p)
	if err != nil || len(found) > 0 {
		return found, err
	}
	shrink, k := 1, 2
	for p.W*p.H/(shrink*shrink) > largestSearch {
		shrink++
	}
	if shrink > min(p.W, p.H) {
		return nil, nil
	}
	if _, err := a.luma.Shrunk(p, image.Rect(0, 0, p.W, p.H), shrink); err != nil {
		return nil, err
	}
	for k < mostEnlarged && min(p.W, p.H)*k < enlargedSide {
		k++
	}
	for k > 1 && a.luma.W*a.luma.H*k*k*9/4 > 2*largestSearch {
		k--
	}
	border := enlarge(&a.enlarged, &a.luma, k)
	detections, err := a.detectAll(&a.enlarged, undemanding)
	if err != nil {
		return nil, err
	}
	for _, d := range detections {
		r := d.Rect.Sub(image.Pt(border, border))
		r = image.Rect(r.Min.X/k, r.Min.Y/k, r.Max.X/k, r.Max.Y/k)
		found = append(found, tracker.Found{Rect: rect(scaled(r, shrink)), Score: d.Score})
	}
	found = tracker.Merge(found) // the surest first
	sure := 0
	for sure < len(found) && found[sure].Score >= 0 {
		sure++
	}
	return found[:min(len(found), max(sure, 1))], nil
}

// enlarge writes from, k times as large and with a border of a quarter of its
// shorter side that continues its edges, into to. It returns the border's width.
func enlarge(to, from *dlib.Luma, k int) (border int) {
	border = min(from.W, from.H) * k / 4
	to.W, to.H = from.W*k+2*border, from.H*k+2*border
	if n := to.W * to.H; cap(to.Pix) < n {
		to.Pix = make([]byte, n)
	} else {
		to.Pix = to.Pix[:n]
	}
	// Bilinear, in 1/256 of a pixel; the centre of a pixel is half a pixel in.
	place := func(i, n int) (at, part int) {
		x := ((2*(i-border)+1)*256/k - 256) / 2
		x = min(max(x, 0), (n-1)*256)
		return min(x/256, max(0, n-2)), x - min(x/256, max(0, n-2))*256
	}
	next := min(1, from.W-1)
	for y := range to.H {
		at, v := place(y, from.H)
		above := from.Pix[at*from.W:][:from.W]
		below := from.Pix[min(at+1, from.H-1)*from.W:][:from.W]
		row := to.Pix[y*to.W:][:to.W]
		for x := range row {
			i, u := place(x, from.W)
			top := int(above[i])*(256-u) + int(above[i+next])*u
			bottom := int(below[i])*(256-u) + int(below[i+next])*u
			row[x] = byte((top*(256-v) + bottom*v + 1<<15) >> 16)
		}
	}
	return border
}
