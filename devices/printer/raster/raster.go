// Package raster draws text as dots, for printers that lack a character and for
// simulators that show their paper. It uses the Simplified Chinese, fixed-width
// cut of Noto Sans CJK, in which a Chinese character is as wide as two letters,
// as on a receipt.
package raster

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"io/fs"
	"os"
	"sync"

	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// The cells of the usual size, in dots of an eighth of a millimetre: those of
// font A of a thermal printer.
const (
	Column = 12 // width of a letter; a Chinese character has two
	Height = 24 // of a character
	Pitch  = 30 // from line to line
)

// ErrNoTypeface is wrapped by Load's error when the typeface is not installed.
var ErrNoTypeface = errors.New("the typeface Noto Sans CJK is not installed (apt-get install fonts-noto-cjk)")

const dir = "/usr/share/fonts/opentype/noto/"

// Drawer draws lines. Its methods are safe for several goroutines.
type Drawer struct {
	mu            sync.Mutex // a sfnt.Font's faces keep buffers
	regular, bold *sfnt.Font
	faces         map[key]font.Face
}

type key struct {
	size int
	bold bool
}

// Load reads the typeface, once per process; it takes about 60 MB of file cache
// and, since glyphs are read when they are drawn, little memory.
var Load = sync.OnceValues(func() (*Drawer, error) {
	d := &Drawer{faces: map[key]font.Face{}}
	var errs [2]error
	d.regular, errs[0] = open(dir+"NotoSansCJK-Regular.ttc", "Noto Sans Mono CJK SC")
	d.bold, errs[1] = open(dir+"NotoSansCJK-Bold.ttc", "Noto Sans Mono CJK SC Bold")
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	return d, nil
})

// open finds a face of a collection by its full name. The file stays open.
func open(path, name string) (*sfnt.Font, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrNoTypeface, err)
	}
	if err != nil {
		return nil, err
	}
	c, err := opentype.ParseCollectionReaderAt(f)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for i := range c.NumFonts() {
		face, err := c.Font(i)
		if err != nil {
			continue
		}
		if n, err := face.Name(nil, sfnt.NameIDFull); err == nil && n == name {
			return face, nil
		}
	}
	f.Close()
	return nil, fmt.Errorf("%s holds no %s", path, name)
}

// Line draws s on a strip of its own: white ground, black ink, columns as
// printer.Columns counts them where the font agrees.
func (d *Drawer) Line(s string, size int, bold bool) *image.Gray {
	d.mu.Lock()
	defer d.mu.Unlock()
	face := d.face(key{size, bold})
	width := max(font.MeasureString(face, s).Ceil(), 1)
	p := image.NewGray(image.Rect(0, 0, width, Pitch*size))
	draw.Draw(p, p.Bounds(), image.White, image.Point{}, draw.Src)
	w := font.Drawer{Dst: p, Src: image.NewUniform(color.Black), Face: face, Dot: fixed.P(0, baseline*size)}
	w.DrawString(s)
	return p
}

// baseline of a line of the usual size, from its top.
const baseline = 23

func (d *Drawer) face(k key) font.Face {
	if f := d.faces[k]; f != nil {
		return f
	}
	of := d.regular
	if k.bold {
		of = d.bold
	}
	f, err := opentype.NewFace(of, &opentype.FaceOptions{Size: float64(Height * k.size), DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		panic(err) // only for options that cannot be
	}
	d.faces[k] = f
	return f
}

// Fit is a picture in greys, made smaller when it is wider than most dots.
func Fit(p image.Image, most int) *image.Gray {
	r := p.Bounds()
	w, h := r.Dx(), r.Dy()
	if w > most {
		w, h = most, max(1, h*most/w)
	}
	g := image.NewGray(image.Rect(0, 0, w, h))
	draw.Draw(g, g.Bounds(), image.White, image.Point{}, draw.Src)
	if w == r.Dx() {
		draw.Draw(g, g.Bounds(), p, r.Min, draw.Over)
	} else {
		xdraw.CatmullRom.Scale(g, g.Bounds(), p, r, draw.Over, nil)
	}
	return g
}
