package compose

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	assets "github.com/luohu/ting/assets/pinyin"
	"github.com/luohu/ting/kiosk/pinyin"
)

// Dictionary is all words by their syllables.
type Dictionary struct {
	text  string   // all words, one behind the other
	at    []uint32 // where each begins; one more at the end
	cost  []uint8  // in tenths of a nat
	class []uint8
	nodes []node // a tree by syllables; the first is the root

	place  uint8          // the class of places
	names  []bool         // by class
	states int            // classes of words, each for one character and for several
	follow []uint8        // cost of a state after a state, by before*states+after; the last row is the sentence's beginning
	least  map[rune]uint8 // what the characters of names cost, in the reading they have most often
	usual  []int32        // cost of a state wherever it stands
}

// node is a beginning of words.
type node struct {
	child uint32 // the first of its children, which stand in the order of syllables
	word  uint32 // the first of its words, which stand in the order of cost
	syl   pinyin.Syllable
	kids  uint16
	words uint16
}

// Load returns the dictionary that is part of the program.
var Load = sync.OnceValue(func() *Dictionary {
	d, err := parse(pinyin.Unpack(assets.Words))
	if err != nil {
		panic("compose: assets/pinyin is damaged, make pinyin writes it anew: " + err.Error())
	}
	return d
})

// spelledWord is a word while the tree is built.
type spelledWord struct{ syl []pinyin.Syllable }

// parse reads the form that package assets/pinyin describes.
func parse(file []byte) (*Dictionary, error) {
	head, rest, ok := bytes.Cut(file, []byte("\n"))
	if !ok {
		return nil, fmt.Errorf("no line of classes")
	}
	classes := bytes.Fields(head)
	d := &Dictionary{states: 2 * len(classes)}
	d.place = uint8(max(slices.IndexFunc(classes, func(c []byte) bool { return string(c) == placeClass }), 0))
	for _, c := range classes {
		d.names = append(d.names, strings.HasPrefix(string(c), "nr"))
	}
	for range d.states + 1 {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte("\n"))
		row := bytes.Fields(line)
		if len(row) != d.states {
			return nil, fmt.Errorf("a line of %d costs where %d classes follow", len(row), d.states)
		}
		for _, c := range row {
			v, err := strconv.ParseUint(string(c), 10, 8)
			if err != nil {
				return nil, err
			}
			d.follow = append(d.follow, uint8(v))
		}
	}
	n := bytes.Count(rest, []byte("\n"))
	words := make([]spelledWord, 0, n)
	d.at, d.cost, d.class = make([]uint32, 0, n+1), make([]uint8, 0, n), make([]uint8, 0, n)
	pool := make([]pinyin.Syllable, 0, 3*n)
	var text strings.Builder
	text.Grow(len(rest) / 2)
	for len(rest) > 0 {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte("\n"))
		word, line, _ := bytes.Cut(line, []byte(" "))
		class, line, _ := bytes.Cut(line, []byte(" "))
		cost, said, _ := bytes.Cut(line, []byte(" "))
		c, err1 := strconv.ParseUint(string(class), 10, 8)
		w, err2 := strconv.ParseUint(string(cost), 10, 8)
		if err1 != nil || err2 != nil || int(c) >= d.states/2 {
			return nil, fmt.Errorf("word %d: class %q, cost %q", len(words)+1, class, cost)
		}
		from := len(pool)
		var err error
		if pool, err = read(pool, word, said); err != nil {
			return nil, fmt.Errorf("word %d: %w", len(words)+1, err)
		}
		words = append(words, spelledWord{pool[from:len(pool):len(pool)]})
		d.at = append(d.at, uint32(text.Len()))
		d.cost, d.class = append(d.cost, uint8(w)), append(d.class, uint8(c))
		text.Write(word)
	}
	d.at = append(d.at, uint32(text.Len()))
	d.text = text.String()
	if err := d.grow(words); err != nil {
		return nil, err
	}
	d.count()
	return d, nil
}

// read appends a word's syllables.
func read(pool []pinyin.Syllable, word, said []byte) ([]pinyin.Syllable, error) {
	if len(said) > 0 {
		for s := range bytes.SplitSeq(said, []byte("'")) {
			n, ok := pinyin.Parse(string(s))
			if !ok {
				return nil, fmt.Errorf("no syllable is spelled %q", s)
			}
			pool = append(pool, n)
		}
		return pool, nil
	}
	for len(word) > 0 {
		c, n := utf8.DecodeRune(word)
		s, ok := pinyin.First(c)
		if !ok {
			return nil, fmt.Errorf("%q has no reading", c)
		}
		pool, word = append(pool, s), word[n:]
	}
	return pool, nil
}

// grow makes the tree of words that are sorted by their syllables.
func (d *Dictionary) grow(words []spelledWord) error {
	type span struct{ from, to, depth int }
	d.nodes = append(make([]node, 0, len(words)*5/4), node{})
	spans := []span{{0, len(words), 0}}
	for i := 0; i < len(spans); i++ {
		s := spans[i]
		at := s.from
		for at < s.to && len(words[at].syl) == s.depth {
			at++
		}
		d.nodes[i].word, d.nodes[i].words = uint32(s.from), uint16(at-s.from)
		d.nodes[i].child = uint32(len(d.nodes))
		last := -1
		for at < s.to {
			syl, from := words[at].syl[s.depth], at
			if int(syl) <= last {
				return fmt.Errorf("word %d is not in the order of syllables", at+1)
			}
			last = int(syl)
			for at < s.to && len(words[at].syl) > s.depth && words[at].syl[s.depth] == syl {
				at++
			}
			d.nodes = append(d.nodes, node{syl: syl})
			spans = append(spans, span{from, at, s.depth + 1})
			d.nodes[i].kids++
		}
	}
	return nil
}

// count adds up how often each class is used.
func (d *Dictionary) count() {
	sum := make([]float64, d.states)
	d.least = map[rune]uint8{}
	for _, kid := range d.children(&d.nodes[0], 0, pinyin.Syllable(pinyin.Syllables())) {
		for w := kid.word; w < kid.word+uint32(kid.words); w++ {
			c := first(d.word(int(w)))
			if least, ok := d.least[c]; inNames(c) && (!ok || d.cost[w] < least) {
				d.least[c] = d.cost[w]
			}
		}
	}
	for w := range d.cost {
		sum[d.state(w)] += likely(int32(d.cost[w]))
	}
	d.usual = make([]int32, d.states)
	for s, p := range sum {
		d.usual[s] = costOf(p)
	}
}

// Words is how many words there are.
func (d *Dictionary) Words() int { return len(d.cost) }

func (d *Dictionary) word(w int) string { return d.text[d.at[w]:d.at[w+1]] }

// state is a word's class, and whether it has one character.
func (d *Dictionary) state(w int) int {
	if d.at[w+1]-d.at[w] <= 4 && utf8.RuneCountInString(d.word(w)) == 1 {
		return int(d.class[w])
	}
	return d.states/2 + int(d.class[w])
}

// children are a node's children whose syllable is in a range.
func (d *Dictionary) children(n *node, from, to pinyin.Syllable) []node {
	kids := d.nodes[n.child : n.child+uint32(n.kids)]
	lo := search(kids, from)
	return kids[lo : lo+search(kids[lo:], to)]
}

func search(kids []node, s pinyin.Syllable) int {
	lo, hi := 0, len(kids)
	for lo < hi {
		if mid := (lo + hi) / 2; kids[mid].syl < s {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}
