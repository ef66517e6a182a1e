package main

import (
	"image"
	"math"

	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/devices/face/dlib"
)

// Parts of a chip. Every face lies on it alike: eyes, nose and mouth are always here.
var (
	chipEyes  = image.Rect(35, 48, 115, 70)  // eyes and brows
	chipNose  = image.Rect(55, 72, 95, 88)   // the nose's lower half and the cheeks beside it
	chipMouth = image.Rect(50, 98, 100, 128) // mouth and chin
)

// quality measures the face on its chip, where every face has the same size and
// stands upright, and its direction on the landmarks.
func quality(c *dlib.Chip, points *[68]face.Point) face.Quality {
	// The chip's border of a quarter is hair and background.
	const from, to = dlib.ChipSide / 5, dlib.ChipSide - dlib.ChipSide/5
	luma := func(x, y int) float64 {
		i := 3 * (y*dlib.ChipSide + x)
		return float64(77*int(c[i])+151*int(c[i+1])+28*int(c[i+2])) / 256
	}
	var n, sum, squares, edges, edgeSquares float64
	for y := from; y < to; y++ {
		for x := from; x < to; x++ {
			v := luma(x, y)
			e := luma(x-1, y) + luma(x+1, y) + luma(x, y-1) + luma(x, y+1) - 4*v
			n++
			sum, squares = sum+v, squares+v*v
			edges, edgeSquares = edges+e, edgeSquares+e*e
		}
	}
	variance := func(sum, squares float64) float64 { return max(0, squares/n-(sum/n)*(sum/n)) }
	q := face.Quality{
		Brightness: sum / n,
		Contrast:   math.Sqrt(variance(sum, squares)),
		Sharpness:  variance(edges, edgeSquares),
	}
	eyes, nose, mouth := measure(c, chipEyes), measure(c, chipNose), measure(c, chipMouth)
	q.MouthContrast, q.EyeContrast = mouth.contrast, eyes.contrast
	q.EyeShade = nose.luma - eyes.luma
	q.ColourGap = math.Hypot(nose.cb-eyes.cb, nose.cr-eyes.cr)
	q.Yaw, q.Pitch, q.Roll = direction(points)
	return q
}

// tone is the mean colour of a part of a chip, and how much its luma varies.
type tone struct{ luma, cb, cr, contrast float64 }

func measure(c *dlib.Chip, part image.Rectangle) tone {
	var t tone
	var squares float64
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			p := c[3*(y*dlib.ChipSide+x):]
			r, b := float64(p[0]), float64(p[2])
			luma := 0.299*r + 0.587*float64(p[1]) + 0.114*b
			t.luma += luma
			squares += luma * luma
			t.cb += 0.564 * (b - luma)
			t.cr += 0.713 * (r - luma)
		}
	}
	n := float64(part.Dx() * part.Dy())
	t.luma, t.cb, t.cr = t.luma/n, t.cb/n, t.cr/n
	t.contrast = math.Sqrt(max(0, squares/n-t.luma*t.luma))
	return t
}

// direction is where the face looks: the nose's tip stands out from the plane of
// the eyes by about half of their distance, so that its place along the eyes' axis
// tells the turn, and its place between eyes and mouth the nod. Yaw is positive
// when the nose points to the picture's right, pitch when it points up.
func direction(points *[68]face.Point) (yaw, pitch, roll float64) {
	const rightEye, leftEye, noseTip, mouthRight, mouthLeft = 36, 45, 30, 48, 54 // outer corners, iBUG 300-W
	r, l, nose := points[rightEye], points[leftEye], points[noseTip]
	dx, dy := float64(l.X-r.X), float64(l.Y-r.Y)
	square := dx*dx + dy*dy
	if square < 1 {
		return 0, 0, 0
	}
	from := func(x, y float32) (along, down float64) { // the eyes' middle, in halves of their distance
		mx, my := float64(x)-float64(l.X+r.X)/2, float64(y)-float64(l.Y+r.Y)/2
		return (mx*dx + my*dy) / (square / 2), (my*dx - mx*dy) / (square / 2)
	}
	along, down := from(nose.X, nose.Y)
	_, mouth := from((points[mouthRight].X+points[mouthLeft].X)/2, (points[mouthRight].Y+points[mouthLeft].Y)/2)
	if mouth > 0.2 {
		pitch = math.Atan(2 * (levelNose - down/mouth))
	}
	return math.Atan(along), pitch, math.Atan2(dy, dx)
}

// levelNose is where the nose's tip is between eyes (0) and mouth (1) of somebody
// who looks straight ahead: the median of the photographs and of the rendered people.
const levelNose = 0.56
