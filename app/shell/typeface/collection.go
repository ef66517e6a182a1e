package typeface

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf16"
)

// ErrFont is wrapped by every error about a file that is not a usable font collection.
var ErrFont = errors.New("font collection")

// Limits that no honest font exceeds; they bound the work a damaged file can cause.
const (
	maxFaces  = 256
	maxTables = 128
)

// Collection is an OpenType font collection (.ttc): several faces that share tables.
type Collection struct {
	data    []byte
	offsets []int // of each face's table directory
}

// ParseCollection reads the header of a .ttc file. A plain .ttf or .otf is a
// collection of one face. The bytes are kept, not copied, and never written.
func ParseCollection(data []byte) (*Collection, error) {
	r := reader{data}
	tag, ok := r.bytes(0, 4)
	if !ok {
		return nil, fmt.Errorf("%w: %d bytes are too few", ErrFont, len(data))
	}
	if isFont(tag) {
		return &Collection{data: data, offsets: []int{0}}, nil
	}
	if string(tag) != "ttcf" {
		return nil, fmt.Errorf("%w: begins with %q, not with ttcf", ErrFont, tag)
	}
	n, ok := r.u32(8)
	if !ok || n == 0 || n > maxFaces {
		return nil, fmt.Errorf("%w: %d faces, at most %d", ErrFont, n, maxFaces)
	}
	c := &Collection{data: data}
	for i := range n {
		off, ok := r.u32(12 + 4*i)
		if !ok {
			return nil, fmt.Errorf("%w: the list of faces is cut short", ErrFont)
		}
		c.offsets = append(c.offsets, off)
	}
	return c, nil
}

// isFont knows the first four bytes of a single font.
func isFont(tag []byte) bool {
	switch string(tag) {
	case "OTTO", "\x00\x01\x00\x00", "true":
		return true
	}
	return false
}

// Faces is the number of faces.
func (c *Collection) Faces() int { return len(c.offsets) }

// Name returns the full name of face i ("Noto Sans CJK SC Bold"), or "" when
// the face does not say.
func (c *Collection) Name(i int) string {
	tables, err := c.tables(i)
	if err != nil {
		return ""
	}
	for _, t := range tables {
		if t.tag == "name" {
			return fullName(reader{t.data})
		}
	}
	return ""
}

// Cut returns face i as a font file of its own.
func (c *Collection) Cut(i int) ([]byte, error) {
	tables, err := c.tables(i)
	if err != nil {
		return nil, err
	}
	head := 12 + 16*len(tables)
	size := head
	for _, t := range tables {
		size = align(size) + len(t.data)
		if size > len(c.data)+head+4*maxTables {
			return nil, fmt.Errorf("%w: face %d: tables overlap", ErrFont, i)
		}
	}
	out := make([]byte, 0, size)
	out = append(out, c.data[c.offsets[i]:c.offsets[i]+head]...)
	for k, t := range tables {
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
		binary.BigEndian.PutUint32(out[12+16*k+8:], uint32(len(out)))
		out = append(out, t.data...)
	}
	return out, nil
}

type table struct {
	tag  string
	data []byte
}

func (c *Collection) tables(i int) ([]table, error) {
	if i < 0 || i >= len(c.offsets) {
		return nil, fmt.Errorf("%w: no face %d", ErrFont, i)
	}
	r, off := reader{c.data}, c.offsets[i]
	if tag, ok := r.bytes(off, 4); !ok || !isFont(tag) {
		return nil, fmt.Errorf("%w: face %d does not begin like a font", ErrFont, i)
	}
	n, ok := r.u16(off + 4)
	if !ok || n == 0 || n > maxTables {
		return nil, fmt.Errorf("%w: face %d: %d tables, at most %d", ErrFont, i, n, maxTables)
	}
	tables := make([]table, 0, n)
	for k := range n {
		entry := off + 12 + 16*k
		tag, ok0 := r.bytes(entry, 4)
		at, ok1 := r.u32(entry + 8)
		length, ok2 := r.u32(entry + 12)
		if !ok0 || !ok1 || !ok2 {
			return nil, fmt.Errorf("%w: face %d: the table directory is cut short", ErrFont, i)
		}
		data, ok := r.bytes(at, length)
		if !ok {
			return nil, fmt.Errorf("%w: face %d: table %q lies outside the file", ErrFont, i, tag)
		}
		tables = append(tables, table{string(tag), data})
	}
	return tables, nil
}

// fullName finds name record 4 (the full name) in a name table, in English
// where there is a choice.
func fullName(r reader) string {
	const fullNameID, windows, unicodeBMP, english = 4, 3, 1, 0x409
	count, ok1 := r.u16(2)
	storage, ok2 := r.u16(4)
	if !ok1 || !ok2 {
		return ""
	}
	name := ""
	for k := range count {
		at := 6 + 12*k
		platform, ok := r.u16(at)
		if !ok {
			break
		}
		encoding, _ := r.u16(at + 2)
		language, _ := r.u16(at + 4)
		id, _ := r.u16(at + 6)
		length, _ := r.u16(at + 8)
		offset, ok := r.u16(at + 10)
		if !ok || id != fullNameID || platform != windows || encoding != unicodeBMP {
			continue
		}
		raw, ok := r.bytes(storage+offset, length)
		if !ok {
			continue
		}
		if name == "" || language == english {
			name = fromUTF16(raw)
		}
	}
	return name
}

func fromUTF16(raw []byte) string {
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = binary.BigEndian.Uint16(raw[2*i:])
	}
	return string(utf16.Decode(units))
}

func align(n int) int { return (n + 3) &^ 3 }

// reader reads big-endian numbers and says when they lie outside the data.
type reader struct{ data []byte }

func (r reader) bytes(at, n int) ([]byte, bool) {
	if at < 0 || n < 0 || at > len(r.data) || n > len(r.data)-at {
		return nil, false
	}
	return r.data[at : at+n], true
}

func (r reader) u16(at int) (int, bool) {
	b, ok := r.bytes(at, 2)
	if !ok {
		return 0, false
	}
	return int(binary.BigEndian.Uint16(b)), true
}

func (r reader) u32(at int) (int, bool) {
	b, ok := r.bytes(at, 4)
	if !ok {
		return 0, false
	}
	return int(binary.BigEndian.Uint32(b)), true
}
