package v4l2

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"testing"
)

func TestConvertYUYV_KnownColours(t *testing.T) {
	for name, c := range map[string]struct {
		raw  []byte // two pixels: Y0 U Y1 V
		want []byte
	}{
		"black and white":  {[]byte{16, 128, 235, 128}, []byte{0, 0, 0, 255, 255, 255}},
		"beyond the range": {[]byte{0, 128, 255, 128}, []byte{0, 0, 0, 255, 255, 255}},
		"grey":             {[]byte{126, 128, 126, 128}, []byte{128, 128, 128, 128, 128, 128}},
		"red":              {[]byte{82, 90, 82, 240}, []byte{255, 1, 0, 255, 1, 0}},
		"green":            {[]byte{145, 54, 145, 34}, []byte{0, 255, 1, 0, 255, 1}},
		"blue":             {[]byte{41, 240, 41, 110}, []byte{0, 0, 255, 0, 0, 255}},
	} {
		got := make([]byte, 6)
		if err := convertYUYV(got, c.raw, 2, 1); err != nil {
			t.Fatal(err)
		}
		for i := range got {
			if d := int(got[i]) - int(c.want[i]); d > 1 || d < -1 {
				t.Errorf("%s: %v, want %v", name, got, c.want)
				break
			}
		}
	}
}

func TestConvertYUYV_RowsAndPadding(t *testing.T) {
	row := func(y byte) []byte { return []byte{y, 128, y, 128} }
	tight := append(row(16), row(235)...)
	padded := append(append(row(16), 9, 9, 9, 9), append(row(235), 9, 9, 9, 9)...)
	odd := append(append([]byte(nil), tight...), 7) // a buffer one byte longer than its picture
	for name, raw := range map[string][]byte{"tight": tight, "padded": padded, "odd": odd} {
		rgb := make([]byte, 12)
		if err := convertYUYV(rgb, raw, 2, 2); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if want := []byte{0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255}; !bytes.Equal(rgb, want) {
			t.Errorf("%s: %v, want %v", name, rgb, want)
		}
	}
}

func TestConvertYUYV_RefusesHalfFrames(t *testing.T) {
	whole := make([]byte, 2*8*4)
	for n := range whole {
		rgb := bytes.Repeat([]byte{77}, 3*8*4)
		if err := convertYUYV(rgb, whole[:n], 8, 4); err == nil {
			t.Fatalf("%d of %d bytes were taken for a picture", n, len(whole))
		}
		if !bytes.Equal(rgb, bytes.Repeat([]byte{77}, len(rgb))) {
			t.Fatalf("half a frame of %d bytes was written", n)
		}
	}
	for _, size := range [][2]int{{0, 4}, {8, 0}, {7, 4}, {-8, -4}, {8, 5}} {
		if err := convertYUYV(make([]byte, 96), whole, size[0], size[1]); err == nil {
			t.Errorf("size %v was taken", size)
		}
	}
}

// pattern is a JPEG picture with smooth colours.
func pattern(t testing.TB, w, h int) ([]byte, image.Image) {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, color.RGBA{uint8(x * 255 / w), uint8(y * 255 / h), 120, 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), m
}

// bare takes the Huffman tables out of a JPEG picture, as cameras do.
func bare(t testing.TB, raw []byte) []byte {
	t.Helper()
	at := bytes.Index(raw, []byte{0xff, 0xc4})
	if at < 0 {
		t.Fatal("the picture has no tables")
	}
	length := int(binary.BigEndian.Uint16(raw[at+2:]))
	return append(append([]byte(nil), raw[:at]...), raw[at+2+length:]...)
}

func TestDecodeMJPEG_WithAndWithoutTables(t *testing.T) {
	raw, want := pattern(t, 64, 48)
	for name, picture := range map[string][]byte{
		"with tables":          raw,
		"without tables":       bare(t, raw),
		"with bytes behind it": append(bare(t, raw), make([]byte, 100)...),
	} {
		rgb, w, h, err := decodeMJPEG(picture)
		if err != nil || w != 64 || h != 48 || len(rgb) != 64*48*3 {
			t.Errorf("%s: %d×%d, %d bytes, %v", name, w, h, len(rgb), err)
			continue
		}
		for y := range h {
			for x := range w {
				r, g, b, _ := want.At(x, y).RGBA()
				p := rgb[(y*w+x)*3:]
				if far(p[0], r) || far(p[1], g) || far(p[2], b) {
					t.Fatalf("%s: at (%d,%d) %v, want %d %d %d", name, x, y, p[:3], r>>8, g>>8, b>>8)
				}
			}
		}
	}
}

func far(got byte, want uint32) bool {
	d := int(got) - int(want>>8)
	return d > 12 || d < -12
}

func TestDecodeMJPEG_RefusesHalfFrames(t *testing.T) {
	raw, _ := pattern(t, 64, 48)
	for name, picture := range map[string][]byte{"with tables": raw, "without tables": bare(t, raw)} {
		for n := range len(picture) - 2 { // without the end marker it is still whole
			if _, _, _, err := decodeMJPEG(picture[:n]); err == nil {
				t.Fatalf("%s: %d of %d bytes were taken for a picture", name, n, len(picture))
			}
		}
	}
}

func TestDecodeMJPEG_RefusesAnEnormousClaim(t *testing.T) {
	raw, _ := pattern(t, 16, 16)
	at := bytes.Index(raw, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(raw[at+5:], 65535)
	binary.BigEndian.PutUint16(raw[at+7:], 65535)
	if _, _, _, err := decodeMJPEG(raw); err == nil {
		t.Error("a picture of 65535×65535 was decoded")
	}
}

func TestPackRGB_EverySubsampling(t *testing.T) {
	for _, ratio := range []image.YCbCrSubsampleRatio{image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio444} {
		m := image.NewYCbCr(image.Rect(0, 0, 6, 4), ratio)
		for i := range m.Y {
			m.Y[i] = 200
		}
		for i := range m.Cb {
			m.Cb[i], m.Cr[i] = 128, 128
		}
		rgb, err := packRGB(m)
		if err != nil || !bytes.Equal(rgb, bytes.Repeat([]byte{200}, 6*4*3)) {
			t.Errorf("%v: %v, %v", ratio, rgb, err)
		}
	}
	grey := image.NewGray(image.Rect(0, 0, 3, 2))
	grey.Pix[4] = 90
	if rgb, err := packRGB(grey); err != nil || !bytes.Equal(rgb[12:15], []byte{90, 90, 90}) {
		t.Errorf("grey: %v, %v", rgb, err)
	}
	if _, err := packRGB(image.NewCMYK(image.Rect(0, 0, 2, 2))); err == nil {
		t.Error("CMYK was taken")
	}
}

// FuzzConvert feeds both conversions what a broken cable may deliver. They
// must fail or fill the whole picture, and never panic.
func FuzzConvert(f *testing.F) {
	raw, _ := pattern(f, 16, 16)
	f.Add(raw, uint8(4), uint8(4))
	f.Add(bare(f, raw), uint8(8), uint8(2))
	f.Add(raw[:len(raw)/2], uint8(2), uint8(1))
	f.Add([]byte{0xff, 0xd8, 0xff, 0xda, 0, 0}, uint8(0), uint8(0))
	f.Fuzz(func(t *testing.T, raw []byte, w, h uint8) {
		rgb := make([]byte, 3*int(w)*int(h))
		if err := convertYUYV(rgb, raw, int(w), int(h)); err == nil && len(raw) < 2*int(w)*int(h) {
			t.Errorf("half a YUYV frame was converted: %d bytes for %d×%d", len(raw), w, h)
		}
		if len(raw) > 1<<16 {
			return
		}
		if rgb, w, h, err := decodeMJPEG(raw); err == nil && len(rgb) != 3*w*h {
			t.Errorf("JPEG of %d×%d gave %d bytes", w, h, len(rgb))
		}
	})
}

// BenchmarkConvertYUYV takes about 1.2 ms for 640×480.
func BenchmarkConvertYUYV(b *testing.B) {
	raw, rgb := grey(format{yuyv, 640, 480}), make([]byte, 3*640*480)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if err := convertYUYV(rgb, raw, 640, 480); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDecodeMJPEG takes about 9 ms for 640×480.
func BenchmarkDecodeMJPEG(b *testing.B) {
	raw, _ := pattern(b, 640, 480)
	raw = bare(b, raw)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if _, _, _, err := decodeMJPEG(raw); err != nil {
			b.Fatal(err)
		}
	}
}
