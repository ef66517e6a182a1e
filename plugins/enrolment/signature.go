package enrolment

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image"
	"image/color"
	"image/png"

	"github.com/luohu/ting/kiosk/view"
)

// A signature as it is kept.
const (
	signatureWide  = 480      // pixels at most
	signatureLimit = 4096     // pixels a side of what the terminal sends
	signatureMost  = 12 << 10 // bytes: one bit a pixel seldom takes 3 KB
	inkLeast       = 60       // black pixels: less is a dot, and no signature
)

// errUnsigned is returned for a field in which nobody has signed.
var errUnsigned = errors.New("no signature")

// evidence is a signature that is ready to be recorded.
type evidence struct {
	picture []byte
	sha256  string
}

// readSignature makes evidence of what was drawn into a field: black on white, one
// bit a pixel, small. It is drawn anew, so that nothing else the picture's file may
// carry is kept.
func readSignature(a view.Answer, field string) (evidence, error) {
	raw, ok := a.Image(field)
	if !ok {
		return evidence{}, errUnsigned
	}
	c, err := png.DecodeConfig(bytes.NewReader(raw))
	if err != nil {
		return evidence{}, err
	}
	if c.Width < 1 || c.Height < 1 || c.Width > signatureLimit || c.Height > signatureLimit {
		return evidence{}, errors.New("a signature of an impossible size")
	}
	drawn, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		return evidence{}, err
	}
	small, ink := blacken(drawn)
	if ink < inkLeast {
		return evidence{}, errUnsigned
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, small); err != nil {
		return evidence{}, err
	}
	if b.Len() > signatureMost {
		return evidence{}, errors.New("a signature that is no handwriting: it takes too much room")
	}
	sum := sha256.Sum256(b.Bytes())
	return evidence{b.Bytes(), hex.EncodeToString(sum[:])}, nil
}

// blacken makes a picture small and two-coloured: a pixel is black where any pixel it
// stands for is dark, so that a thin stroke does not vanish. ink counts the black ones.
func blacken(src image.Image) (*image.Paletted, int) {
	r := src.Bounds()
	by := max(1, (r.Dx()+signatureWide-1)/signatureWide)
	w, h := (r.Dx()+by-1)/by, (r.Dy()+by-1)/by
	small := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.White, color.Black})
	ink := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			red, green, blue, alpha := src.At(x, y).RGBA()
			if alpha < 0x8000 || 299*red+587*green+114*blue > 1000*0x8000 {
				continue
			}
			at := small.PixOffset((x-r.Min.X)/by, (y-r.Min.Y)/by)
			if small.Pix[at] == 0 {
				small.Pix[at] = 1
				ink++
			}
		}
	}
	return small, ink
}
