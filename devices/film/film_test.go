package film

import (
	"bufio"
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// shot is a JPEG picture of one colour.
func shot(t testing.TB, c color.Color) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 16, 8))
	for i := range 16 * 8 {
		img.Set(i%16, i/16, c)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var (
	red  = color.NRGBA{0xff, 0, 0, 0xff}
	blue = color.NRGBA{0, 0, 0xff, 0xff}
)

// stepped is a folder with one film whose pictures follow each other when the
// test says so.
func stepped(t *testing.T, film []byte) (f *Film, step func()) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "card.mjpeg"), film, 0o600); err != nil {
		t.Fatal(err)
	}
	var due func()
	f, err := Folder{Dir: dir, After: func(_ time.Duration, next func()) func() bool {
		due = next
		return func() bool {
			was := due != nil
			due = nil
			return was
		}
	}}.Open("card.mjpeg")
	if err != nil {
		t.Fatal(err)
	}
	return f, func() {
		t.Helper()
		if due == nil {
			t.Fatal("nobody waits for the next picture")
		}
		next := due
		due = nil
		next()
	}
}

func TestFilmPlaysOverAndOver(t *testing.T) {
	f, step := stepped(t, append(shot(t, red), shot(t, blue)...))
	defer f.Close()
	seq := uint64(0)
	for i := range 5 {
		p, ok := f.Latest(seq)
		if !ok || p.W != 16 || p.H != 8 {
			t.Fatalf("picture %d: %d×%d, %v", i, p.W, p.H, ok)
		}
		if isRed := p.Pix[0] > 200 && p.Pix[2] < 50; isRed != (i%2 == 0) {
			t.Errorf("picture %d begins with %v", i, p.Pix[:3])
		}
		seq = p.Seq
		if _, ok := f.Latest(seq); ok {
			t.Error("the same picture twice")
		}
		step()
	}
}

func TestClosedFilmStandsStill(t *testing.T) {
	f, _ := stepped(t, shot(t, red))
	f.Latest(0)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if _, err := f.file.Stat(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("the file is still open: %v", err)
	}
}

func TestFilmThatBreaksOffSaysWhy(t *testing.T) {
	f, step := stepped(t, append(shot(t, red), shot(t, blue)[:100]...))
	defer f.Close()
	f.Latest(0)
	step()
	if err := f.Err(); !errors.Is(err, ErrFilm) {
		t.Errorf("Err = %v", err)
	}
	if p, ok := f.Latest(0); !ok || p.Pix[0] < 200 {
		t.Error("the last picture is gone")
	}
}

func TestWhatIsNoFilmIsRefused(t *testing.T) {
	dir := t.TempDir()
	for name, b := range map[string][]byte{"empty": nil, "text": []byte("hello"), "half": shot(t, red)[:50], "film.mp4": []byte("\x00\x00\x00\x20ftypisom")} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := (Folder{Dir: dir}).Open(name); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
	for _, name := range []string{"", "..", "../film", "/etc/passwd", ".hidden", "no-such"} {
		if _, err := (Folder{Dir: dir}).Open(name); err == nil {
			t.Errorf("%q: opened", name)
		}
	}
}

// FuzzFilm: whatever a file holds, reading it ends and never panics.
func FuzzFilm(f *testing.F) {
	one := shot(f, red)
	f.Add(append(bytes.Clone(one), one...))
	f.Add(one[:len(one)/2])
	f.Add([]byte{0xff, 0xd8, 0xff, 0xe0, 0, 2, 0xff, 0xff, 0xff, 0xd9})
	f.Fuzz(func(t *testing.T, b []byte) {
		in := bufio.NewReader(bytes.NewReader(b))
		for range 64 {
			one, err := nextJPEG(in)
			if err != nil {
				if !errors.Is(err, ErrFilm) && !errors.Is(err, io.EOF) {
					t.Fatalf("an error that does not say it is the film's: %v", err)
				}
				return
			}
			if _, err := decode(one); err != nil && !errors.Is(err, ErrFilm) {
				t.Fatal(err)
			}
		}
	})
}
