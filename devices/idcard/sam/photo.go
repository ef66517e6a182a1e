package sam

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // what some vendors' programs answer with
	_ "image/png"  // and what a simulated chip carries
	"os/exec"
	"time"

	_ "golang.org/x/image/bmp" // what most vendors' programs answer with
)

// PhotoDecoder turns the photo area of a chip into a picture. The area of a real
// card (1,024 bytes, WLT) can be read by libraries of the makers of readers only,
// which they license with their readers.
type PhotoDecoder func(ctx context.Context, area []byte) (image.Image, error)

// maxPhoto bounds what a decoder may answer with.
const maxPhoto = 1 << 20

// Program is a decoder that is a program of its own: it gets the photo area on
// its standard input and writes a BMP, PNG or JPEG to its standard output. A
// vendor's library wrapped like that may crash without harm, and sees no network
// of ours.
func Program(path string) PhotoDecoder {
	return func(ctx context.Context, area []byte) (image.Image, error) {
		ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
		defer cancel()
		cmd := exec.CommandContext(ctx, path)
		cmd.Stdin = bytes.NewReader(area)
		cmd.Env = []string{} // nothing of the terminal's
		cmd.WaitDelay = time.Second
		var out limited
		cmd.Stdout = &out
		if err := cmd.Run(); err != nil {
			return nil, fmt.Errorf("photo decoder %s: %w", path, err)
		}
		p, err := picture(out.Bytes())
		if err != nil {
			return nil, fmt.Errorf("photo decoder %s: %w", path, err)
		}
		return p, nil
	}
}

// limited is a buffer that does not grow beyond maxPhoto.
type limited struct{ bytes.Buffer }

func (l *limited) Write(b []byte) (int, error) {
	if l.Len()+len(b) > maxPhoto {
		return 0, errors.New("its answer is too long")
	}
	return l.Buffer.Write(b)
}

// picture decodes a picture whose size a card's photo may have.
func picture(b []byte) (image.Image, error) {
	c, _, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	if c.Width > 1024 || c.Height > 1024 {
		return nil, fmt.Errorf("a picture of %d×%d is no card's photo", c.Width, c.Height)
	}
	p, _, err := image.Decode(bytes.NewReader(b))
	return p, err
}
