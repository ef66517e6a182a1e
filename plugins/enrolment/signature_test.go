package enrolment

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"testing"

	"github.com/luohu/ting/kiosk/view"
)

// blank is a white picture.
func blank(w, h int) []byte {
	img := image.NewGray(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	return encoded(img)
}

func encoded(img image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func TestReadSignature(t *testing.T) {
	read := func(v view.Value) (evidence, error) {
		return readSignature(view.Answer{Fields: map[string]view.Value{"s": v}}, "s")
	}
	got, err := read(penned())
	if err != nil {
		t.Fatal(err)
	}
	kept, err := png.Decode(bytes.NewReader(got.picture))
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := kept.(*image.Paletted); !ok || len(p.Palette) != 2 || kept.Bounds().Dx() > signatureWide || len(got.picture) > 3<<10 || len(got.sha256) != 64 {
		t.Errorf("kept as %T of %v, %d bytes", kept, kept.Bounds(), len(got.picture))
	}
	if again, err := read(penned()); err != nil || again.sha256 != got.sha256 {
		t.Errorf("the same signature has another digest: %v", err)
	}
	for name, v := range map[string]view.Value{"nothing": {}, "a blank": {Image: blank(1200, 400)}, "one pixel": {Image: blank(1, 1)}} {
		if _, err := read(v); !errors.Is(err, errUnsigned) {
			t.Errorf("%s: %v", name, err)
		}
	}
	noise := image.NewGray(image.Rect(0, 0, 1400, 1400))
	random := rand.New(rand.NewPCG(1, 2))
	for y := range 1400 {
		for x := range 1400 {
			noise.SetGray(x, y, color.Gray{Y: uint8(255 - 255*(random.IntN(9)/8))})
		}
	}
	for name, v := range map[string]view.Value{"no picture": {Image: []byte("x")}, "a picture of noise": {Image: encoded(noise)}, "a huge one": {Image: blank(5000, 10)}} {
		if _, err := read(v); err == nil || errors.Is(err, errUnsigned) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
