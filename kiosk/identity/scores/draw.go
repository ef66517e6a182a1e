package scores

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// Line is a threshold to draw, with its name.
type Line struct {
	At   float64
	Name string
}

// The picture's measures, in pixels.
const (
	pictureW, pictureH      = 1200, 720
	left, right, top, floor = 70, 1170, 90, 640
	textSize                = 19
	farthest                = 1.2 // distance at the right edge
	barSteps                = 16  // steps of a bar
)

var (
	paper      = color.RGBA{0xff, 0xff, 0xff, 0xff}
	ink        = color.RGBA{0x22, 0x2b, 0x38, 0xff}
	rule       = color.RGBA{0xdd, 0xe3, 0xea, 0xff}
	genuineInk = color.NRGBA{0x1a, 0x6f, 0xb8, 0xb0}
	otherInk   = color.NRGBA{0xe0, 0x7a, 0x1f, 0xb0}
	lineInk    = color.RGBA{0xb0, 0x1e, 0x2e, 0xff}
)

// Draw draws the two histograms, each with its own highest bar at full height, and
// the thresholds.
func Draw(title string, genuine, impostor *Distribution, lines []Line) (image.Image, error) {
	face, err := typeface()
	if err != nil {
		return nil, err
	}
	defer face.Close()
	c := &chart{Image: image.NewRGBA(image.Rect(0, 0, pictureW, pictureH)), face: face}
	c.fill(c.Image.Bounds(), paper)
	for i := range 13 {
		at := float64(i) / 10
		c.fill(image.Rect(c.x(at), top, c.x(at)+1, floor), rule)
		c.text(c.x(at)-14, floor+24, ink, fmt.Sprintf("%.1f", at))
	}
	c.bars(impostor, otherInk)
	c.bars(genuine, genuineInk)
	c.fill(image.Rect(left, floor, right, floor+2), ink)
	c.text(left, 36, ink, title)
	c.key(left, 66, genuineInk, fmt.Sprintf("one person: %d distances", genuine.N()))
	c.key(left+330, 66, otherInk, fmt.Sprintf("two people: %d distances", impostor.N()))
	c.text(left+380, floor+56, ink, "distance of two descriptors (each histogram to its own scale)")
	for i, l := range lines {
		if math.IsNaN(l.At) || l.At < 0 || l.At > farthest {
			continue
		}
		c.fill(image.Rect(c.x(l.At), top, c.x(l.At)+2, floor), lineInk)
		c.text(c.x(l.At)+8, top+24+26*i, lineInk, fmt.Sprintf("%s: %.3f", l.Name, l.At))
	}
	return c.Image, nil
}

type chart struct {
	Image *image.RGBA
	face  font.Face
}

func typeface() (font.Face, error) {
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return nil, err
	}
	return opentype.NewFace(f, &opentype.FaceOptions{Size: textSize, DPI: 72, Hinting: font.HintingFull})
}

func (c *chart) x(distance float64) int {
	return left + int(math.Round(distance/farthest*(right-left)))
}

func (c *chart) fill(r image.Rectangle, ink color.Color) {
	draw.Draw(c.Image, r, image.NewUniform(ink), image.Point{}, draw.Over)
}

func (c *chart) text(x, y int, ink color.Color, s string) {
	d := font.Drawer{Dst: c.Image, Src: image.NewUniform(ink), Face: c.face, Dot: fixed.P(x, y)}
	d.DrawString(s)
}

func (c *chart) key(x, y int, ink color.Color, s string) {
	c.fill(image.Rect(x, y-14, x+18, y+2), ink)
	c.text(x+26, y, color.RGBA{0x22, 0x2b, 0x38, 0xff}, s)
}

func (c *chart) bars(d *Distribution, ink color.Color) {
	var bars []uint64
	var most uint64
	for from := 0; float64(from)*Step < farthest; from += barSteps {
		var n uint64
		for _, count := range d.counts[from:min(from+barSteps, bins)] {
			n += count
		}
		bars = append(bars, n)
		most = max(most, n)
	}
	for i, n := range bars {
		if n == 0 {
			continue
		}
		from, to := c.x(float64(i*barSteps)*Step), c.x(math.Min(farthest, float64((i+1)*barSteps)*Step))
		height := max(1, int(float64(floor-top)*0.94*float64(n)/float64(most)))
		c.fill(image.Rect(from, floor-height, to, floor), ink)
	}
}
