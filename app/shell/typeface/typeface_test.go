package typeface

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf16"

	"golang.org/x/image/font/sfnt"
)

// collection builds a .ttc in which every face has a name table and shares one
// table "glyf".
func collection(names ...string) []byte {
	be := binary.BigEndian
	head := 12 + 4*len(names)
	out := make([]byte, head)
	copy(out, "ttcf")
	be.PutUint32(out[4:], 0x00010000)
	be.PutUint32(out[8:], uint32(len(names)))
	shared := len(out)
	out = append(out, "shared!!"...)
	for i, name := range names {
		units := utf16.Encode([]rune(name))
		nt := make([]byte, 6+12)
		be.PutUint16(nt[2:], 1)
		be.PutUint16(nt[4:], 18)
		for k, v := range []uint16{3, 1, 0x409, 4, uint16(2 * len(units)), 0} {
			be.PutUint16(nt[6+2*k:], v)
		}
		for _, u := range units {
			nt = be.AppendUint16(nt, u)
		}
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
		at := len(out)
		out = append(out, nt...)
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
		be.PutUint32(out[12+4*i:], uint32(len(out)))
		out = append(out, "OTTO"...)
		out = be.AppendUint16(out, 2)
		out = append(out, make([]byte, 6)...)
		for _, t := range []struct {
			tag      string
			off, len int
		}{{"glyf", shared, 8}, {"name", at, len(nt)}} {
			out = append(out, t.tag...)
			out = be.AppendUint32(out, 0)
			out = be.AppendUint32(out, uint32(t.off))
			out = be.AppendUint32(out, uint32(t.len))
		}
	}
	return out
}

func TestCutTakesTheFaceAskedFor(t *testing.T) {
	c, err := ParseCollection(collection("Noto Sans CJK JP", "Noto Sans CJK SC"))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Name(1); got != "Noto Sans CJK SC" {
		t.Fatalf("name of face 1 = %q", got)
	}
	cut, err := c.Cut(1)
	if err != nil {
		t.Fatal(err)
	}
	alone, err := ParseCollection(cut)
	if err != nil {
		t.Fatal(err)
	}
	if alone.Faces() != 1 || alone.Name(0) != "Noto Sans CJK SC" {
		t.Errorf("the cut has %d faces, the first named %q", alone.Faces(), alone.Name(0))
	}
	tables, err := alone.tables(0)
	if err != nil {
		t.Fatal(err)
	}
	if string(tables[0].data) != "shared!!" {
		t.Errorf("the shared table came out as %q", tables[0].data)
	}
}

func TestDamagedCollectionsAreRefused(t *testing.T) {
	whole := collection("Noto Sans CJK SC")
	far := append([]byte(nil), whole...)
	binary.BigEndian.PutUint32(far[12:], 1<<31-1)
	many := append([]byte(nil), whole...)
	binary.BigEndian.PutUint32(many[8:], 1<<20)
	for name, data := range map[string][]byte{
		"empty": nil, "text": []byte("not a font at all"), "cut short": whole[:len(whole)-4],
		"face outside": far, "too many faces": many,
	} {
		t.Run(name, func(t *testing.T) {
			c, err := ParseCollection(data)
			if err == nil {
				_, err = c.Cut(0)
			}
			if !errors.Is(err, ErrFont) {
				t.Errorf("err = %v, want ErrFont", err)
			}
		})
	}
}

func TestLoadSaysWhatToInstall(t *testing.T) {
	if _, err := Load(t.TempDir()); !errors.Is(err, ErrMissing) {
		t.Errorf("err = %v, want ErrMissing", err)
	}
}

func TestLoadRefusesACollectionWithoutTheFace(t *testing.T) {
	dir := t.TempDir()
	for _, f := range []string{"NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc"} {
		if err := os.WriteFile(filepath.Join(dir, f), collection("Noto Sans CJK JP"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Load(dir); !errors.Is(err, ErrFont) {
		t.Errorf("err = %v, want ErrFont", err)
	}
}

// TestInstalledTypeface reads the real collections: the cut parses as a font
// of that name and has the glyphs that give a wrong face away.
func TestInstalledTypeface(t *testing.T) {
	tf, err := Load()
	if errors.Is(err, ErrMissing) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []Face{tf.Regular, tf.Bold} {
		font, err := sfnt.Parse(f.Data)
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		var b sfnt.Buffer
		if name, err := font.Name(&b, sfnt.NameIDFull); err != nil || len(name) < len("Noto Sans CJK SC") || name[:16] != "Noto Sans CJK SC" {
			t.Errorf("the cut calls itself %q (%v)", name, err)
		}
		for _, r := range "直骨门07:42✓" {
			if g, err := font.GlyphIndex(&b, r); r != '✓' && (err != nil || g == 0) {
				t.Errorf("%s has no glyph for %q", f.Name, r)
			}
		}
	}
}

func FuzzCollection(f *testing.F) {
	f.Add(collection("Noto Sans CJK JP", "Noto Sans CJK SC"))
	f.Add([]byte("ttcf\x00\x01\x00\x00\x00\x00\x00\x01\xff\xff\xff\xff"))
	f.Add([]byte("OTTO"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ParseCollection(data)
		if err != nil {
			return
		}
		for i := range c.Faces() {
			_ = c.Name(i)
			cut, err := c.Cut(i)
			if err != nil {
				continue
			}
			again, err := ParseCollection(cut)
			if err == nil && again.Name(0) != c.Name(i) {
				t.Fatalf("face %d is named %q, its cut %q", i, c.Name(i), again.Name(0))
			}
		}
	})
}

// BenchmarkLoad: 25 ms for both weights on two cores (35 MB of fonts, files in
// the page cache).
func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := Load(); err != nil {
			b.Skip(err)
		}
	}
}
