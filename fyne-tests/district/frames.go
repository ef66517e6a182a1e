package district

import (
	"encoding/binary"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Frames is what an invisible display shows, read from the X server's own memory:
// a look at a pixel costs nothing, so that the moment of a change can be measured.
type Frames struct {
	b             []byte // the whole file, in the format of xwd
	pix           int    // where the picture begins
	Width, Height int
	stride        int
}

// DisplayFrames starts an invisible X display of that size, as Display does, whose
// picture can be read.
func DisplayFrames(t testing.TB, size string) (display string, f *Frames) {
	t.Helper()
	dir, err := os.MkdirTemp("", "ting-frames")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	display = startDisplay(t, size, "-fbdir", dir)
	b, err := mapFile(filepath.Join(dir, "Xvfb_screen0"))
	if err != nil {
		t.Fatalf("the display's memory: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(b) })
	if f, err = newFrames(b); err != nil {
		t.Fatal(err)
	}
	return display, f
}

func mapFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	return syscall.Mmap(int(file.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
}

// newFrames reads the header of an xwd file (XWDFile.h of the X Window System):
// numbers of 32 bits, the high byte first.
func newFrames(b []byte) (*Frames, error) {
	field := func(n int) int { return int(binary.BigEndian.Uint32(b[4*n:])) }
	const fields = 25
	if len(b) < 4*fields || field(1) != 7 {
		return nil, fmt.Errorf("the display's memory is not in the format of xwd")
	}
	const color = 12 // bytes of an entry of the color map
	f := &Frames{b: b, pix: field(0) + field(19)*color, Width: field(4), Height: field(5), stride: field(12)}
	if bits := field(11); bits != 32 || len(b) < f.pix+f.stride*f.Height {
		return nil, fmt.Errorf("the display has %d bits a pixel and %d bytes; 32 bits are wanted", bits, len(b))
	}
	return f, nil
}

// At is a pixel's colour as 0xRRGGBB.
func (f *Frames) At(p image.Point) uint32 {
	at := f.pix + p.Y*f.stride + 4*p.X
	return binary.LittleEndian.Uint32(f.b[at:]) & 0xffffff
}

// Copy is the display's picture of now.
func (f *Frames) Copy() []byte { return append([]byte(nil), f.b[f.pix:f.pix+f.stride*f.Height]...) }

// LastChanged is the lowest pixel inside r in which two copies differ: what is
// copied to the display from above to below is there when it is.
func (f *Frames) LastChanged(a, b []byte, r image.Rectangle) (p image.Point, ok bool) {
	for y := r.Max.Y - 1; y >= r.Min.Y; y-- {
		for x := r.Max.X - 1; x >= r.Min.X; x-- {
			if at := y*f.stride + 4*x; [3]byte(a[at:]) != [3]byte(b[at:]) {
				return image.Pt(x, y), true
			}
		}
	}
	return p, false
}
