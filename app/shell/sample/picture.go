package sample

import (
	"image"
	"math"
)

// The size of Picture.
const (
	PictureW = 640
	PictureH = 480
)

// Picture draws a head and shoulders before a wall as packed RGB, shifted
// sideways by sway pixels, and tells where the face is. It is a drawing for the
// eye; no engine finds a face in it.
func Picture(sway float64) ([]byte, image.Rectangle) {
	pix := make([]byte, PictureW*PictureH*3)
	cx, cy := 320+sway, 215.0
	for y := range PictureH {
		for x := range PictureW {
			fx, fy := float64(x), float64(y)
			light := 1 - 0.35*math.Hypot((fx-250)/640, (fy-120)/480)
			r, g, b := 176*light, 190*light, 204*light // the wall
			switch {
			case inside(fx, fy, cx, cy-30, 98, 112) && fy < cy-28:
				r, g, b = 38, 32, 34 // hair
			case inside(fx, fy, cx, cy, 86, 108):
				shade := 1 - 0.22*math.Abs(fx-cx+20)/86
				r, g, b = 226*shade, 184*shade, 160*shade
				if inside(fx, fy, cx-33, cy-12, 11, 6) || inside(fx, fy, cx+33, cy-12, 11, 6) {
					r, g, b = 46, 36, 34
				}
				if inside(fx, fy, cx, cy+52, 26, 7) {
					r, g, b = 180, 104, 98
				}
			case math.Abs(fx-cx) < 34 && fy > cy+60 && fy < cy+150:
				r, g, b = 205, 164, 140
			case inside(fx, fy, cx, cy+270, 190, 150):
				r, g, b = 40*light+12, 84*light, 150*light // a school jacket
			}
			i := (y*PictureW + x) * 3
			pix[i], pix[i+1], pix[i+2] = byte(r), byte(g), byte(b)
		}
	}
	x := int(cx)
	return pix, image.Rect(x-86, 125, x+86, 315)
}

func inside(x, y, cx, cy, rx, ry float64) bool {
	dx, dy := (x-cx)/rx, (y-cy)/ry
	return dx*dx+dy*dy < 1
}
