// Package film plays the short films a terminal shows: how to lay a card on the
// reader, where the exits are. A film is a Motion JPEG file, JPEG pictures one
// behind the other, without sound, played at Rate over and over. Any film becomes
// one by
//
//	ffmpeg -i film.mp4 -an -r 12 -vf scale=1280:-2 -q:v 4 -f mjpeg film.mjpeg
//
// so that a terminal needs no codecs and no second program. One picture at a time
// is in memory, and a picture is decoded only while somebody looks at it.
//
// Open a Folder's film, ask Latest for its newest picture, Close it. Test with
// `go test ./devices/film`.
package film

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/luohu/ting/devices/camera"
)

// Rate is how many pictures a second a film has.
const Rate = 12

// Limits of a film's pictures.
const (
	maxPictureBytes = 4 << 20
	maxPixels       = 4 << 20 // 2560×1440 fits
)

// ErrFilm is wrapped by every error about a file that is no film.
var ErrFilm = errors.New("no Motion JPEG film")

// Folder is where a terminal's films lie.
type Folder struct {
	Dir string
	// After is time.AfterFunc but for tests.
	After func(time.Duration, func()) (stop func() bool)
}

// Open begins the film of that name. Its first picture is decoded here, so that
// a file that cannot be played is refused at once.
func (d Folder) Open(name string) (*Film, error) {
	if name == "" || name != filepath.Base(name) || strings.HasPrefix(name, ".") {
		return nil, fmt.Errorf("open film %q: a name in the folder of films is needed", name)
	}
	file, err := os.Open(filepath.Join(d.Dir, name))
	if err != nil {
		return nil, fmt.Errorf("open film: %w", err)
	}
	after := d.After
	if after == nil {
		after = func(t time.Duration, f func()) func() bool { return time.AfterFunc(t, f).Stop }
	}
	f := &Film{file: file, in: bufio.NewReaderSize(file, 64<<10), after: after}
	first, err := f.read()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open film %q: %w", name, err), file.Close())
	}
	f.show(first)
	return f, nil
}

// Film is one that plays.
type Film struct {
	file  *os.File
	in    *bufio.Reader
	after func(time.Duration, func()) func() bool

	mu     sync.Mutex
	newest camera.Frame
	asked  bool // somebody has seen the newest picture and wants the next
	stop   func() bool
	closed bool
	err    error // why it stands still
}

// Latest is the newest picture after seq; false when there is none. It does not
// block. The next picture is read only once somebody has asked for this one: a
// film nobody looks at stands still.
func (f *Film) Latest(after uint64) (camera.Frame, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.asked && !f.closed && f.err == nil {
		f.asked = true
		f.stop = f.after(time.Second/Rate, f.next)
	}
	return f.newest, f.newest.Seq > after
}

// Err is why the film does not go on; nil while it does.
func (f *Film) Err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// Close ends the film. A second Close does nothing.
func (f *Film) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	if f.stop == nil || f.stop() || !f.asked {
		return f.file.Close()
	}
	return nil // next is under way and closes the file
}

// next reads the next picture, from the beginning again at the end.
func (f *Film) next() {
	p, err := f.read()
	if errors.Is(err, io.EOF) {
		if _, err = f.file.Seek(0, io.SeekStart); err == nil {
			f.in.Reset(f.file)
			p, err = f.read()
		}
	}
	if err != nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.err, f.asked = err, false
		if f.closed {
			f.err = errors.Join(err, f.file.Close())
		}
		return
	}
	f.show(p)
}

// show makes a picture the newest.
func (f *Film) show(p camera.Frame) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p.Seq = f.newest.Seq + 1
	f.newest, f.asked = p, false
	if f.closed {
		f.err = f.file.Close()
	}
}

func (f *Film) read() (camera.Frame, error) {
	b, err := nextJPEG(f.in)
	if err != nil {
		return camera.Frame{}, err
	}
	return decode(b)
}

// The markers of JPEG that matter here.
const (
	soi = 0xd8 // a picture begins
	eoi = 0xd9 // it ends
)

// nextJPEG cuts the next picture out of a film. Pictures within a picture (the
// thumbnails some cameras put in) lie in segments, which are skipped by their
// length. It returns io.EOF where the film ends between two pictures.
func nextJPEG(in *bufio.Reader) ([]byte, error) {
	var out bytes.Buffer
	head := make([]byte, 2)
	if _, err := io.ReadFull(in, head); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, fmt.Errorf("%w: a byte is left at its end", ErrFilm)
		}
		return nil, err
	}
	if head[0] != 0xff || head[1] != soi {
		return nil, fmt.Errorf("%w: a JPEG picture should begin here", ErrFilm)
	}
	out.Write(head)
	for out.Len() < maxPictureBytes {
		marker, err := nextMarker(in, &out)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%w: a picture has no end: %w", ErrFilm, unexpected(err))
		case marker == eoi:
			return out.Bytes(), nil
		case marker >= 0xd0 && marker <= 0xd7 || marker == 1 || marker == 0:
			continue // markers without a length, and stuffed bytes
		}
		var size [2]byte
		if _, err := io.ReadFull(in, size[:]); err != nil {
			return nil, fmt.Errorf("%w: a picture has no end: %w", ErrFilm, unexpected(err))
		}
		n := int(size[0])<<8 | int(size[1])
		if n < 2 {
			return nil, fmt.Errorf("%w: a segment of %d bytes", ErrFilm, n)
		}
		out.Write(size[:])
		if _, err := io.CopyN(&out, in, int64(n-2)); err != nil {
			return nil, fmt.Errorf("%w: a picture has no end: %w", ErrFilm, unexpected(err))
		}
	}
	return nil, fmt.Errorf("%w: a picture of more than %d bytes", ErrFilm, maxPictureBytes)
}

// nextMarker copies up to the next marker, it included, and returns it.
func nextMarker(in *bufio.Reader, out *bytes.Buffer) (byte, error) {
	for out.Len() < maxPictureBytes {
		c, err := in.ReadByte()
		if err != nil {
			return 0, err
		}
		out.WriteByte(c)
		if c != 0xff {
			continue
		}
		for c == 0xff { // any number of them may fill up
			if c, err = in.ReadByte(); err != nil {
				return 0, err
			}
			out.WriteByte(c)
			if out.Len() >= maxPictureBytes {
				break
			}
		}
		return c, nil
	}
	return 0, errors.New("too long")
}

// unexpected keeps the end of a picture that is cut off from looking like the
// end of the film.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// decode makes a frame of a JPEG file whose size is checked first.
func decode(b []byte) (camera.Frame, error) {
	c, err := jpeg.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return camera.Frame{}, fmt.Errorf("%w: %w", ErrFilm, err)
	}
	if c.Width <= 0 || c.Height <= 0 || c.Width > maxPixels/c.Height {
		return camera.Frame{}, fmt.Errorf("%w: a picture of %d×%d pixels, at most %d in all", ErrFilm, c.Width, c.Height, maxPixels)
	}
	img, err := jpeg.Decode(bytes.NewReader(b))
	if err != nil {
		return camera.Frame{}, fmt.Errorf("%w: %w", ErrFilm, err)
	}
	r := img.Bounds()
	f := camera.Frame{W: r.Dx(), H: r.Dy(), Stride: 3 * r.Dx(), Pix: make([]byte, 3*r.Dx()*r.Dy())}
	for y := range f.H {
		row := f.Pix[y*f.Stride:][:f.Stride]
		for x := range f.W {
			px := row[3*x:][:3]
			switch img := img.(type) {
			case *image.YCbCr:
				c := img.YCbCrAt(r.Min.X+x, r.Min.Y+y)
				px[0], px[1], px[2] = color.YCbCrToRGB(c.Y, c.Cb, c.Cr)
			default:
				cr, cg, cb, _ := img.At(r.Min.X+x, r.Min.Y+y).RGBA()
				px[0], px[1], px[2] = byte(cr>>8), byte(cg>>8), byte(cb>>8)
			}
		}
	}
	return f, nil
}
