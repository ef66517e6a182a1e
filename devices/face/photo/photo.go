// Package photo reads photographs from files as frames that a face engine takes:
// the portraits of a school's roster, a card's picture, a folder to measure with.
//
// It reads JPEG (turned as its EXIF orientation says), PNG, GIF, BMP, TIFF and
// WebP by their content, whatever the file's name. Pictures come out opaque, on
// white, no longer than MaxSide on either side.
//
// Memory is bounded: a picture's size is read before its pixels, and one that
// would take more than MaxPixels is refused with ErrTooLarge. What is no picture is
// ErrNotPicture; neither error quotes the content.
package photo

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	_ "image/gif"  // read by their content
	_ "image/jpeg" // likewise
	_ "image/png"
	"io"
	"os"

	_ "golang.org/x/image/bmp" // likewise
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"

	"github.com/luohu/ting/devices/camera"
)

// Limits of what is read.
const (
	MaxBytes  = 64 << 20   // of a file
	MaxPixels = 64_000_000 // of a picture: 64 megapixels take 256 MB while they are read
	MaxSide   = 1600       // of the frame, in pixels; larger pictures are made smaller
)

// Errors, to be tested with errors.Is.
var (
	ErrTooLarge   = errors.New("picture is too large")
	ErrNotPicture = errors.New("not a picture that can be read")
)

// Open reads a file.
func Open(path string) (*camera.Frame, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: not a file", ErrNotPicture)
	}
	frame, err := Read(f)
	if err == nil {
		frame.Time = info.ModTime()
	}
	return frame, err
}

// Read reads a picture.
func Read(r io.Reader) (*camera.Frame, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	switch {
	case err != nil:
		return nil, err
	case len(b) > MaxBytes:
		return nil, fmt.Errorf("%w: more than %d MB; save it smaller", ErrTooLarge, MaxBytes>>20)
	case len(b) == 0:
		return nil, fmt.Errorf("%w: the file is empty", ErrNotPicture)
	}
	c, format, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return nil, notPicture(err)
	}
	if err := check(c); err != nil {
		return nil, err
	}
	img, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, notPicture(err)
	}
	turn := upright
	if format == "jpeg" {
		turn = orientation(b)
	}
	return frame(img, turn), nil
}

func notPicture(err error) error {
	if errors.Is(err, image.ErrFormat) {
		return fmt.Errorf("%w: neither JPEG, PNG, GIF, BMP, TIFF nor WebP", ErrNotPicture)
	}
	return fmt.Errorf("%w: damaged (%w)", ErrNotPicture, err)
}

// check refuses a picture by its size. Deep colours take twice the memory.
func check(c image.Config) error {
	if c.Width < 1 || c.Height < 1 {
		return fmt.Errorf("%w: %d×%d pixels", ErrNotPicture, c.Width, c.Height)
	}
	most := MaxPixels
	switch c.ColorModel {
	case color.RGBA64Model, color.NRGBA64Model, color.Gray16Model:
		most /= 2
	}
	if int64(c.Width)*int64(c.Height) > int64(most) {
		return fmt.Errorf("%w: %d×%d pixels, at most %d megapixels can be read; save it smaller, a face needs 200 pixels",
			ErrTooLarge, c.Width, c.Height, most/1_000_000)
	}
	return nil
}

// Frame makes a frame of a picture that is upright already, a card's for example.
func Frame(img image.Image) *camera.Frame { return frame(img, upright) }

// frame makes a picture upright, opaque and no larger than MaxSide.
func frame(img image.Image, o turn) *camera.Frame {
	from := img.Bounds()
	shrink := (max(from.Dx(), from.Dy()) + MaxSide - 1) / MaxSide
	w, h := max(1, from.Dx()/shrink), max(1, from.Dy()/shrink)
	f := &camera.Frame{W: w, H: h, Seq: 1}
	if o.sideways() {
		f.W, f.H = h, w
	}
	f.Stride = 3 * f.W
	f.Pix = make([]byte, f.H*f.Stride)
	// A strip of rows at a time: a large picture is not held twice.
	strip := image.NewRGBA(image.Rect(0, 0, from.Dx(), min(shrink, from.Dy())))
	for y := range h {
		draw.Draw(strip, strip.Bounds(), image.White, image.Point{}, draw.Src)
		draw.Draw(strip, strip.Bounds(), img, from.Min.Add(image.Pt(0, y*shrink)), draw.Over)
		for x := range w {
			tx, ty := o.place(x, y, w, h)
			mean(f.Pix[ty*f.Stride+3*tx:][:3], strip, x*shrink, shrink)
		}
	}
	return f
}

// mean writes the mean colour of shrink columns of a strip, from x on.
func mean(to []byte, strip *image.RGBA, x, shrink int) {
	right := min(x+shrink, strip.Rect.Dx())
	var r, g, b, n int
	for y := range strip.Rect.Dy() {
		for row := strip.Pix[y*strip.Stride+4*x : y*strip.Stride+4*right]; len(row) >= 4; row = row[4:] {
			r, g, b, n = r+int(row[0]), g+int(row[1]), b+int(row[2]), n+1
		}
	}
	to[0], to[1], to[2] = byte(r/n), byte(g/n), byte(b/n)
}
