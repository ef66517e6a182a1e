package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/luohu/ting/kiosk/pinyin"
)

const (
	longest    = 8 // characters of a word
	least      = 4 // how often the segmenter's dictionary must know one
	place      = "ns"
	placeFreq  = 60 // of counties that neither dictionary knows
	townFreq   = 4
	otherClass = "n"
	never      = 255 // the greatest cost
	tenths     = 10  // of a nat
)

// writeWords writes the dictionary and returns how many words it has.
func writeWords(b *bytes.Buffer, src *source, r *reader) int {
	classes := classesOf(src)
	fmt.Fprintln(b, strings.Join(classes, " "))
	writeFollow(b, src, classes)
	words := collect(src, r)
	total := 0.0
	for _, e := range words {
		total += e.freq
	}
	slices.SortFunc(words, func(x, y entry) int {
		return cmp.Or(slices.Compare(x.syl, y.syl), cmp.Compare(y.freq, x.freq), cmp.Compare(x.word, y.word))
	})
	number := map[string]int{}
	for i, c := range classes {
		number[c] = i
	}
	for _, e := range words {
		fmt.Fprintf(b, "%s %d %d", e.word, number[e.class], cost(-math.Log(e.freq/total)))
		if said := r.said(e); said != "" {
			b.WriteString(" " + said)
		}
		b.WriteByte('\n')
	}
	return len(words)
}

// said is a word's reading where it is not the characters' first ones.
func (r *reader) said(e entry) string {
	usual := true
	spelled := make([]string, len(e.syl))
	for i, c := range []rune(e.word) {
		usual = usual && r.first[c] == e.syl[i]
		spelled[i] = e.syl[i].String()
	}
	if usual {
		return ""
	}
	return strings.Join(spelled, "'")
}

func cost(nats float64) int { return int(min(max(math.Round(nats*tenths), 0), never)) }

// classesOf are the classes the model knows.
func classesOf(src *source) []string {
	set := map[string]bool{}
	for s := range src.start {
		set[s.class] = true
	}
	return slices.Sorted(maps.Keys(set))
}

func writeFollow(b *bytes.Buffer, src *source, classes []string) {
	var states []state
	for _, single := range []bool{true, false} {
		for _, c := range classes {
			states = append(states, state{c, single})
		}
	}
	line := func(of func(state) (float64, bool)) {
		for i, s := range states {
			if i > 0 {
				b.WriteByte(' ')
			}
			c := never
			if v, ok := of(s); ok {
				c = cost(v)
			}
			fmt.Fprint(b, c)
		}
		b.WriteByte('\n')
	}
	for _, before := range states {
		line(func(s state) (float64, bool) { v, ok := src.follow[[2]state{before, s}]; return v, ok })
	}
	line(func(s state) (float64, bool) { v, ok := src.start[s]; return v, ok })
}

// collect brings the sources together. How often a word is typed counts; where
// only the segmenter's dictionary has it, how often it is written.
func collect(src *source, r *reader) []entry {
	var words []entry
	known := map[string]bool{}
	classOf := map[string]string{}
	for _, c := range classesOf(src) {
		classOf[c] = c
	}
	class := func(word string) string {
		if c := classOf[src.written[word].class]; c != "" && c != "zg" && c != "x" {
			return c
		}
		if places[word] {
			return place
		}
		return otherClass
	}
	for _, p := range src.places {
		places[p] = true
	}
	for _, e := range src.typed {
		e.class = class(e.word)
		e.freq = max(e.freq, 0.2, own[e.word])
		words = append(words, e)
		known[e.word] = true
	}
	add := func(word, class string, freq float64) {
		n := len([]rune(word))
		if known[word] || n > longest {
			return
		}
		if syl, ok := r.read(word, class); ok {
			known[word] = true
			words = append(words, entry{word, syl, freq, class})
		}
	}
	for _, w := range slices.Sorted(maps.Keys(own)) {
		add(w, class(w), own[w])
	}
	for _, w := range slices.Sorted(maps.Keys(src.written)) {
		e := src.written[w]
		if n := len([]rune(w)); n > 1 && (e.freq >= least || places[w]) {
			add(w, class(w), e.freq)
		}
	}
	for _, p := range src.places {
		add(p, place, placeFreq)
	}
	for _, t := range src.towns {
		add(t, place, townFreq)
	}
	// Characters nobody types can still be found, after all others. A reading
	// that words have and the input method does not list is one too.
	for _, c := range slices.Sorted(maps.Keys(r.first)) {
		if c > 0xffff {
			continue
		}
		for _, s := range append([]pinyin.Syllable{r.first[c]}, r.other[c]...) {
			if _, ok := r.alone[c][s]; !ok {
				words = append(words, entry{string(c), []pinyin.Syllable{s}, 0.05, class(string(c))})
			}
		}
	}
	return words
}

// places are the country's administrative divisions.
var places = map[string]bool{}
