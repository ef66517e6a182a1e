package pinyin

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"

	assets "github.com/luohu/ting/assets/pinyin"
)

// readings of characters: the first one first. Most have one, and a slice for
// each would take more room than all of them.
type readings struct {
	first map[rune]Syllable
	other map[rune][]Syllable
}

var table = sync.OnceValue(func() readings {
	r := readings{first: make(map[rune]Syllable, 42000), other: make(map[rune][]Syllable, 6000)}
	for i, line := range bytes.Split(Unpack(assets.Readings), []byte("\n")) {
		part := bytes.Split(line, []byte(" "))
		if len(part) != 3 {
			continue
		}
		s, ok := Parse(string(part[0]))
		if !ok {
			panic(fmt.Sprintf("pinyin: line %d of the readings: no syllable is spelled %q", i+1, part[0]))
		}
		for _, c := range string(part[1]) {
			r.first[c] = s
		}
		for _, c := range string(part[2]) {
			r.other[c] = append(r.other[c], s)
		}
	}
	return r
})

// Unpack returns what one of the files of assets/pinyin holds. They are part of
// the program, so that a damaged one is a fault of the build: it panics.
func Unpack(file []byte) []byte {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		panic("pinyin: " + err.Error())
	}
	defer d.Close()
	b, err := d.DecodeAll(file, nil)
	if err != nil {
		panic("pinyin: assets/pinyin is damaged, make pinyin writes it anew: " + err.Error())
	}
	return b
}

// First is the reading c has most often; false when c is no Chinese character.
func First(c rune) (Syllable, bool) {
	s, ok := table().first[c]
	return s, ok
}

// Readings are all readings of c, the one it has most often first.
func Readings(c rune) []Syllable {
	t := table()
	first, ok := t.first[c]
	if !ok {
		return nil
	}
	return append([]Syllable{first}, t.other[c]...)
}
