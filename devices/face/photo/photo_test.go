package photo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"github.com/luohu/ting/devices/camera"
)

// corners is a picture whose quarters are red, green, blue and black, in reading order.
func corners(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{A: 255}
			switch {
			case x < w/2 && y < h/2:
				c.R = 255
			case y < h/2:
				c.G = 255
			case x < w/2:
				c.B = 255
			}
			m.SetRGBA(x, y, c)
		}
	}
	return m
}

// colours names the frame's quarters.
func colours(f *camera.Frame) string {
	var s string
	for _, at := range [][2]int{{1, 1}, {3, 1}, {1, 3}, {3, 3}} {
		p := f.Pix[at[1]*f.H/4*f.Stride+3*(at[0]*f.W/4):]
		switch {
		case p[0] > 150 && p[1] < 100:
			s += "R"
		case p[1] > 150 && p[0] < 100:
			s += "G"
		case p[2] > 150 && p[0] < 100:
			s += "B"
		default:
			s += "-"
		}
	}
	return s
}

func encoded(t testing.TB, encode func(io.Writer, image.Image) error, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asJPEG(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, &jpeg.Options{Quality: 95}) }
func asGIF(w io.Writer, m image.Image) error  { return gif.Encode(w, m, nil) }
func asTIFF(w io.Writer, m image.Image) error { return tiff.Encode(w, m, nil) }

func TestReadsEveryFormat(t *testing.T) {
	for name, encode := range map[string]func(io.Writer, image.Image) error{
		"jpeg": asJPEG, "png": png.Encode, "gif": asGIF, "bmp": bmp.Encode, "tiff": asTIFF,
	} {
		f, err := Read(bytes.NewReader(encoded(t, encode, corners(40, 20))))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if f.W != 40 || f.H != 20 || f.Stride != 120 || colours(f) != "RGB-" {
			t.Errorf("%s: %d×%d, %s", name, f.W, f.H, colours(f))
		}
	}
}

// withOrientation puts an EXIF segment into a JPEG.
func withOrientation(b []byte, o uint16, order binary.AppendByteOrder, mark string) []byte {
	body := append([]byte("Exif\x00\x00"), mark...)
	body = order.AppendUint32(body, 8)
	body = order.AppendUint16(body, 1)
	body = order.AppendUint16(body, 0x112)
	body = order.AppendUint16(body, 3)
	body = order.AppendUint32(body, 1)
	body = order.AppendUint16(body, o)
	body = append(body, 0, 0, 0, 0, 0, 0)
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2))
	return append(append(append(bytes.Clone(b[:2]), segment...), body...), b[2:]...)
}

func TestOrientation(t *testing.T) {
	plain := encoded(t, asJPEG, corners(64, 32))
	for o, want := range []string{1: "RGB-", 2: "GR-B", 3: "-BGR", 4: "B-RG", 5: "RBG-", 6: "BR-G", 7: "-GBR", 8: "G-RB", 9: "RGB-", 0: "RGB-"} {
		for _, f := range []struct {
			order binary.AppendByteOrder
			mark  string
		}{{binary.LittleEndian, "II*\x00"}, {binary.BigEndian, "MM\x00*"}} {
			got, err := Read(bytes.NewReader(withOrientation(plain, uint16(o), f.order, f.mark)))
			if err != nil {
				t.Fatalf("%d: %v", o, err)
			}
			if colours(got) != want {
				t.Errorf("orientation %d: %s, want %s", o, colours(got), want)
			}
			if sideways := o >= 5 && o <= 8; sideways != (got.W == 32) {
				t.Errorf("orientation %d: %d×%d", o, got.W, got.H)
			}
		}
	}
}

// TestShrinks makes a large picture smaller and keeps what it shows; a single line
// of pixels survives.
func TestShrinks(t *testing.T) {
	for _, size := range [][2]int{{1700, 1000}, {1601, 1}, {1, 9000}, {1, 1}} {
		f, err := Read(bytes.NewReader(encoded(t, png.Encode, corners(size[0], size[1]))))
		if err != nil {
			t.Fatal(err)
		}
		if max(f.W, f.H) > MaxSide || min(f.W, f.H) < 1 || len(f.Pix) != f.H*f.Stride {
			t.Errorf("%v became %d×%d", size, f.W, f.H)
		}
		if min(size[0], size[1]) > 4 && colours(f) != "RGB-" {
			t.Errorf("%v: %s", size, colours(f))
		}
	}
}

// TestTransparent lays a picture without background on white.
func TestTransparent(t *testing.T) {
	f, err := Read(bytes.NewReader(encoded(t, png.Encode, image.NewNRGBA(image.Rect(0, 0, 4, 4)))))
	if err != nil || f.Pix[0] != 255 || f.Pix[1] != 255 {
		t.Errorf("%v, %v", f, err)
	}
}

// TestRefuses wants a clear error of what cannot be read, before its memory is taken.
func TestRefuses(t *testing.T) {
	good := encoded(t, asJPEG, corners(64, 64))
	for name, test := range map[string]struct {
		b    []byte
		want error
		say  string
	}{
		"empty":          {nil, ErrNotPicture, "empty"},
		"text":           {[]byte("name,number\n"), ErrNotPicture, "JPEG"},
		"cut short":      {good[:len(good)/2], ErrNotPicture, "damaged"},
		"a bomb":         {pngHeader(100_000, 100_000, 8), ErrTooLarge, "100000×100000"},
		"100 megapixels": {pngHeader(11_648, 8_736, 8), ErrTooLarge, "11648×8736"},
		"deep colours":   {pngHeader(8_000, 6_000, 16), ErrTooLarge, "32 megapixels"},
	} {
		_, err := Read(bytes.NewReader(test.b))
		if !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.say) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Read(io.MultiReader(bytes.NewReader(good), zeros{})); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a file without end: %v", err)
	}
	if _, err := Open(t.TempDir()); !errors.Is(err, ErrNotPicture) {
		t.Errorf("a folder: %v", err)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none.jpg")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// pngHeader is the begin of a PNG of the size, which is all that is read of it.
func pngHeader(w, h uint32, depth byte) []byte {
	var b bytes.Buffer
	b.WriteString("\x89PNG\r\n\x1a\n")
	chunk := append([]byte("IHDR"), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)...)
	chunk = append(chunk, depth, 2, 0, 0, 0)
	b.Write(binary.BigEndian.AppendUint32(nil, 13))
	b.Write(chunk)
	b.Write(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(chunk)))
	return b.Bytes()
}

func FuzzRead(f *testing.F) {
	f.Add(encoded(f, asJPEG, corners(8, 8)))
	f.Add(withOrientation(encoded(f, asJPEG, corners(8, 8)), 6, binary.LittleEndian, "II*\x00"))
	f.Add(encoded(f, png.Encode, corners(8, 8)))
	f.Add(encoded(f, asGIF, corners(8, 8)))
	f.Add(encoded(f, bmp.Encode, corners(8, 8)))
	f.Add(encoded(f, asTIFF, corners(8, 8)))
	f.Add(pngHeader(100_000, 100_000, 8))
	f.Fuzz(func(t *testing.T, b []byte) {
		frame, err := Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		if frame.W < 1 || frame.H < 1 || max(frame.W, frame.H) > MaxSide || len(frame.Pix) != frame.H*frame.Stride {
			t.Errorf("a frame of %d×%d with %d bytes", frame.W, frame.H, len(frame.Pix))
		}
	})
}
