package v4l2

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
)

// maxPixels is the largest picture decoded, whatever its header claims.
const maxPixels = 4096 * 3072

// decodeMJPEG turns one picture of a motion JPEG stream into packed RGB. It
// fails on a picture that was cut off.
func decodeMJPEG(raw []byte) (rgb []byte, w, h int, err error) {
	raw, err = withHuffman(raw)
	if err != nil {
		return nil, 0, 0, err
	}
	c, err := jpeg.DecodeConfig(bytes.NewReader(raw))
	if err != nil {
		return nil, 0, 0, fmt.Errorf("broken JPEG picture: %w", err)
	}
	if c.Width <= 0 || c.Height <= 0 || c.Width*c.Height > maxPixels {
		return nil, 0, 0, fmt.Errorf("JPEG picture claims to be %d×%d", c.Width, c.Height)
	}
	img, err := jpeg.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, 0, 0, fmt.Errorf("broken JPEG picture: %w", err)
	}
	rgb, err = packRGB(img)
	return rgb, c.Width, c.Height, err
}

func packRGB(img image.Image) ([]byte, error) {
	b := img.Bounds()
	rgb := make([]byte, 0, 3*b.Dx()*b.Dy())
	switch m := img.(type) {
	case *image.YCbCr:
		for y := b.Min.Y; y < b.Max.Y; y++ {
			for x := b.Min.X; x < b.Max.X; x++ {
				l, c := m.YOffset(x, y), m.COffset(x, y)
				r, g, b := color.YCbCrToRGB(m.Y[l], m.Cb[c], m.Cr[c])
				rgb = append(rgb, r, g, b)
			}
		}
	case *image.Gray:
		for y := b.Min.Y; y < b.Max.Y; y++ {
			for _, v := range m.Pix[m.PixOffset(b.Min.X, y) : m.PixOffset(b.Max.X-1, y)+1] {
				rgb = append(rgb, v, v, v)
			}
		}
	default:
		return nil, fmt.Errorf("JPEG picture with colours of %T", img.ColorModel())
	}
	return rgb, nil
}

// withHuffman adds the standard tables to a picture that comes without any, as
// most cameras' do.
func withHuffman(raw []byte) ([]byte, error) {
	if len(raw) < 4 || raw[0] != 0xff || raw[1] != 0xd8 {
		return nil, errors.New("broken JPEG picture: it does not begin as one")
	}
	for at := 2; at+4 <= len(raw); {
		if raw[at] != 0xff {
			break
		}
		switch raw[at+1] {
		case 0xff: // filling
			at++
			continue
		case 0xc4: // it has its own
			return raw, nil
		case 0xda: // the picture itself begins
			whole := make([]byte, 0, len(raw)+len(huffman))
			whole = append(whole, raw[:at]...)
			whole = append(whole, huffman...)
			return append(whole, raw[at:]...), nil
		}
		at += 2 + (int(raw[at+2])<<8 | int(raw[at+3]))
	}
	return nil, errors.New("half a frame: the JPEG picture ends in its header")
}
