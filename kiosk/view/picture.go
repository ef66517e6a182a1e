package view

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // the formats a picture may have
	_ "image/png"
)

// Limits of pictures, on a page and in an answer.
const (
	MaxPictureBytes  = 2 << 20 // encoded
	MaxPicturePixels = 8 << 20 // decoded: 3840×2160 fits
	maxPagePixels    = 16 << 20
)

// Picture is a still image: a map of the building, a portrait of a doctor, the
// cover of a book.
type Picture struct {
	Key
	// Data is a PNG or JPEG file of at most MaxPictureBytes and MaxPicturePixels.
	Data []byte `json:"data"`
	// Alt says what is to be seen. It is read out, and drawn in the picture's
	// place where it cannot be shown. It is required.
	Alt     Text `json:"alt"`
	Caption Text `json:"caption,omitzero"` // drawn below
}

// Video is a film that the terminal has: how to put a card on the reader, what
// the fire drill looks like. It plays without sound, over and over, while it is
// on screen. A terminal that has no such film, or cannot play it, shows Still
// and says so.
type Video struct {
	Key
	Film    string `json:"film"`             // its name in the terminal's folder of films: "card.mjpeg"
	Still   []byte `json:"still,omitempty"`  // a picture that stands for it, as Picture.Data
	Alt     Text   `json:"alt"`              // what is to be seen, as Picture.Alt
	Caption Text   `json:"caption,omitzero"` // drawn below
}

// NodeKind implements Node.
func (Picture) NodeKind() string { return "picture" }

// NodeKind implements Node.
func (Video) NodeKind() string { return "video" }

// PictureSize is the width and height of a PNG or JPEG file in pixels, from its
// header alone: nothing is decoded. It fails when the file is neither, or larger
// than the limits.
func PictureSize(file []byte) (width, height int, err error) {
	switch {
	case len(file) == 0:
		return 0, 0, errors.New("a picture without bytes")
	case len(file) > MaxPictureBytes:
		return 0, 0, fmt.Errorf("a picture of %d bytes, at most %d", len(file), MaxPictureBytes)
	}
	c, format, err := image.DecodeConfig(bytes.NewReader(file))
	switch {
	case err != nil:
		return 0, 0, fmt.Errorf("a picture must be a PNG or JPEG file: %w", err)
	case format != "png" && format != "jpeg":
		return 0, 0, fmt.Errorf("a picture must be a PNG or JPEG file, not %s", format)
	case c.Width <= 0 || c.Height <= 0:
		return 0, 0, fmt.Errorf("a picture of %d×%d pixels", c.Width, c.Height)
	case c.Width > MaxPicturePixels/c.Height:
		return 0, 0, fmt.Errorf("a picture of %d×%d pixels, at most %d in all", c.Width, c.Height, MaxPicturePixels)
	}
	return c.Width, c.Height, nil
}

func (c *checker) picture(where string, file []byte) {
	w, h, err := PictureSize(file)
	if err != nil {
		c.fail("%s: %v", where, err)
		return
	}
	if c.pixels += w * h; c.pixels > maxPagePixels {
		c.fail("%s: pictures of %d pixels on one page, at most %d", where, c.pixels, maxPagePixels)
	}
}

func (c *checker) video(where string, v Video) {
	if v.Film == "" || len(v.Film) > 128 || !plainName(v.Film) {
		c.fail("%s: a film's name is 1 to 128 letters, digits, '.', '-' and '_', and does not begin with a dot", where)
	}
	if len(v.Still) > 0 {
		c.picture(where, v.Still)
	}
	c.alt(where, v.Alt)
	c.text(where, v.Caption)
}

// alt holds for what must be sayable to a person who does not see it.
func (c *checker) alt(where string, t Text) {
	c.text(where, t)
	if t.IsZero() {
		c.fail("%s: alt is needed: what is to be seen, in words", where)
	}
}

// plainName reports whether s can be a file's name in a folder and nothing else.
func plainName(s string) bool {
	for i, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
		case r == '.' && i > 0:
		case r >= 0x4e00 && r <= 0x9fff:
		default:
			return false
		}
	}
	return true
}
