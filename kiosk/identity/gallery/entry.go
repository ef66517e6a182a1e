package gallery

import (
	"encoding/binary"
	"errors"
	"math"
	"time"

	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk"
)

// saved is an entry with its shots, as it is sealed: the shots are turned.
type saved struct {
	entry Entry
	shots []face.Descriptor
}

// entryVersion is the first byte of an entry before it is sealed. Strings and lists
// follow with their lengths before them, then the shots: Dim float32 each, little endian.
const entryVersion = 2

const shotSize = face.Dim * 4

// errNoEntry does not quote what it is about.
var errNoEntry = errors.New("not an entry of this version")

// appendEntry appends the encoding of v to b.
func appendEntry(b []byte, v saved) []byte {
	e := v.entry
	text := func(s string) {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	list := func(all []string) {
		b = binary.AppendUvarint(b, uint64(len(all)))
		for _, s := range all {
			text(s)
		}
	}
	b = append(b, entryVersion)
	for _, s := range []string{e.Person.ID, e.Person.Name, e.Person.Group, e.Person.Role} {
		text(s)
	}
	list(e.Purposes)
	at, err := e.Consent.Time.MarshalBinary()
	if err != nil { // an offset that is no whole minutes
		at, _ = e.Consent.Time.UTC().MarshalBinary()
	}
	for _, s := range []string{e.Consent.TextVersion, e.Consent.GivenBy, e.Consent.Way, string(at), e.Template, e.Model} {
		text(s)
	}
	list(e.Alike)
	b = binary.AppendUvarint(b, uint64(len(v.shots)))
	for i := range v.shots {
		for _, x := range v.shots[i] {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
		}
	}
	return b
}

// entrySize is room enough for an entry's encoding.
func entrySize(v saved) int {
	e := v.entry
	n := 128 + len(v.shots)*shotSize
	for _, s := range []string{e.Person.ID, e.Person.Name, e.Person.Group, e.Person.Role,
		e.Consent.TextVersion, e.Consent.GivenBy, e.Consent.Way, e.Template, e.Model} {
		n += len(s)
	}
	for _, all := range [][]string{e.Purposes, e.Alike} {
		for _, s := range all {
			n += len(s) + binary.MaxVarintLen32
		}
	}
	return n
}

func decodeEntry(b []byte) (v saved, err error) {
	r := entryReader{b: b}
	if r.byte() != entryVersion {
		return saved{}, errNoEntry
	}
	v.entry = Entry{
		Person:   kiosk.Person{ID: r.text(), Name: r.text(), Group: r.text(), Role: r.text()},
		Purposes: r.list(),
		Consent:  kiosk.Consent{TextVersion: r.text(), GivenBy: r.text(), Way: r.text()},
	}
	var at time.Time
	if at.UnmarshalBinary([]byte(r.text())) != nil {
		return saved{}, errNoEntry
	}
	v.entry.Consent.Time = at
	v.entry.Template, v.entry.Model = r.text(), r.text()
	v.entry.Alike = r.list()
	n := r.count()
	if r.bad || v.entry.Person.ID == "" || len(v.entry.Purposes) == 0 || n > maxShots || len(r.b) != n*shotSize {
		return saved{}, errNoEntry
	}
	v.shots = make([]face.Descriptor, n)
	for i := range v.shots {
		for j := range v.shots[i] {
			v.shots[i][j] = math.Float32frombits(binary.LittleEndian.Uint32(r.b[i*shotSize+j*4:]))
		}
	}
	if err := checkShots(v.shots); err != nil {
		return saved{}, err
	}
	v.entry.Shots = n
	return v, nil
}

// entryReader reads what appendEntry wrote; bad once it does not fit.
type entryReader struct {
	b   []byte
	bad bool
}

func (r *entryReader) byte() byte {
	if len(r.b) == 0 {
		r.bad = true
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

// count reads the number of things that take a byte at least each.
func (r *entryReader) count() int {
	n, size := binary.Uvarint(r.b)
	if size <= 0 || n > uint64(len(r.b)-size) {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[size:]
	return int(n)
}

func (r *entryReader) text() string {
	n := r.count()
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (r *entryReader) list() (all []string) {
	for range r.count() {
		all = append(all, r.text())
		if r.bad {
			return nil
		}
	}
	return all
}
