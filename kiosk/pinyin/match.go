package pinyin

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// Range is a part of a title, in bytes: title[From:To].
type Range struct{ From, To int }

// Found says how a title matches.
type Found struct {
	// Score orders matches: the greater fits better. A match from the title's
	// beginning comes before one inside it, whole syllables and characters
	// before initials, a short title before a long one.
	Score int
	// Ranges are the characters that were meant, to be shown in another colour:
	// in order, apart, never empty.
	Ranges []Range
}

// mostTyped is how many characters of what was typed are looked at; no title is
// looked for with more.
const mostTyped = 64

// Match looks for what was typed in a title. Each character may be given as
// itself, by its pinyin, by the beginning of its pinyin at the end of what was
// typed, or by its initial (z or zh); the words of other languages by their
// beginnings. What is typed must name characters that follow each other, spaces
// and punctuation aside. Case does not matter, nor do spaces and apostrophes
// between what is typed. Nothing typed matches everything, with no ranges.
func Match(typed, title string) (Found, bool) {
	return newQuery(typed).match(title)
}

// Rank returns the items whose titles match, the best first, equal ones in the
// order given. An item may have several titles (in both languages, say): the
// best one counts, and Ranges belong to the title numbered Title.
func Rank[T any](typed string, items []T, titles func(T) []string) []Ranked[T] {
	q := newQuery(typed)
	var hits []Ranked[T]
	for _, it := range items {
		best := Ranked[T]{Item: it, Title: -1}
		for i, t := range titles(it) {
			if f, ok := q.match(t); ok && (best.Title < 0 || f.Score > best.Score) {
				best.Found, best.Title = f, i
			}
		}
		if best.Title >= 0 {
			hits = append(hits, best)
		}
	}
	slices.SortStableFunc(hits, func(a, b Ranked[T]) int { return cmp.Compare(b.Score, a.Score) })
	return hits
}

// Ranked is an item that Rank found.
type Ranked[T any] struct {
	Item T
	Found
	Title int // which of the item's titles matched
}

// query is what was typed, made ready once for many titles.
type query struct{ rs []rune }

func newQuery(typed string) query {
	var q query
	for _, r := range strings.ToLower(typed) {
		if r == '\u00fc' { // ü
			r = 'v'
		}
		if !unicode.IsSpace(r) && r != '\'' && r != '\u2019' && len(q.rs) < mostTyped {
			q.rs = append(q.rs, r)
		}
	}
	return q
}

// letter is one character of a title.
type letter struct {
	r        rune // in lower case
	from, to int  // bytes
	begins   bool // a word of another language, or is Chinese
	skipped  bool // a space or a mark: nobody types it
}

func letters(title string) []letter {
	ls := make([]letter, 0, len(title))
	inWord := false
	for i, r := range title {
		l := letter{r: unicode.ToLower(r), from: i, to: i + len(string(r))}
		if r == unicode.ReplacementChar {
			l.to = i + 1 // a broken byte, or one more than that: the next one begins anew
		}
		switch word := unicode.IsLetter(r) || unicode.IsDigit(r); {
		case unicode.Is(unicode.Han, r):
			l.begins, inWord = true, false
		case word:
			l.begins, inWord = !inWord, true
		default:
			l.skipped, inWord = true, false
		}
		ls = append(ls, l)
	}
	return ls
}

// The parts of a score.
const (
	perWhole   = 12 // a character given as itself or by its whole syllable
	perInitial = 8
	perPart    = 9 // by the beginning of its syllable, at the end of what was typed
	fromStart  = 1000
	atWord     = 400 // where a word of another language begins
	whole      = 200 // nothing of the title is left over
	longTitle  = 100 // less one for each character
)

func (q query) match(title string) (Found, bool) {
	if len(q.rs) == 0 {
		return Found{}, true
	}
	ls := letters(title)
	best, found := Found{}, false
	for start := range ls {
		if ls[start].skipped {
			continue
		}
		w := walk{q: q.rs, ls: ls}
		score, ok := w.from(start, 0)
		if !ok {
			continue
		}
		ranges := join(ls, w.taken())
		score += max(longTitle-len(ls), 0)
		switch {
		case leading(ls, start):
			score += fromStart
		case ls[start].begins && !unicode.Is(unicode.Han, ls[start].r):
			score += atWord
		}
		if ranges[0].From == 0 && ranges[len(ranges)-1].To == len(title) && len(ranges) == 1 {
			score += whole
		}
		if !found || score > best.Score {
			best, found = Found{Score: score, Ranges: ranges}, true
		}
	}
	return best, found
}

func leading(ls []letter, start int) bool {
	for _, l := range ls[:start] {
		if !l.skipped {
			return false
		}
	}
	return true
}

// walk tries the ways in which what is typed may spell a title from one place.
type walk struct {
	q    []rune
	ls   []letter
	dead map[[2]int]bool // places that lead nowhere
	path []int           // of letters, backwards
}

func (w *walk) taken() []int {
	slices.Reverse(w.path)
	return w.path
}

// from matches q[at:] to the letters from i on; the first way that leads to the
// end is taken, and the better ways are tried first.
func (w *walk) from(i, at int) (int, bool) {
	if at == len(w.q) {
		return 0, true
	}
	for i < len(w.ls) && w.ls[i].skipped && w.ls[i].r != w.q[at] {
		i++
	}
	if i == len(w.ls) || w.dead[[2]int{i, at}] {
		return 0, false
	}
	try := func(n, points, next int) (int, bool) {
		rest, ok := w.from(next, at+n)
		if ok {
			w.path = append(w.path, i)
		}
		return points + rest, ok
	}
	l := w.ls[i]
	if l.r == w.q[at] {
		if s, ok := try(1, perWhole, i+1); ok {
			return s, true
		}
	}
	if unicode.Is(unicode.Han, l.r) {
		for _, way := range w.spellings(l.r, at) {
			if s, ok := try(way.n, way.points, i+1); ok {
				return s, true
			}
		}
	} else if s, ok := w.nextWord(i, at); ok {
		return s, true
	}
	if at > 0 {
		if w.dead == nil {
			w.dead = map[[2]int]bool{}
		}
		w.dead[[2]int{i, at}] = true
	}
	return 0, false
}

// nextWord leaves the rest of a word of another language out: "lc" is Library Card.
func (w *walk) nextWord(i, at int) (int, bool) {
	if at == 0 || w.ls[i].begins {
		return 0, false
	}
	for i < len(w.ls) && !w.ls[i].begins {
		i++
	}
	return w.from(i, at)
}

type spelling struct{ n, points int }

// spellings are the ways in which the letters from at on may give a character,
// the longest first.
func (w *walk) spellings(c rune, at int) []spelling {
	var ways []spelling
	rest := string(w.q[at:min(len(w.q), at+Longest)])
	for _, syl := range Readings(c) {
		said := syl.String()
		ways = append(ways, waysToSpell(rest, said, len(w.q)-at)...)
		switch said { // as some write them
		case "lue", "nue":
			ways = append(ways, waysToSpell(rest, said[:1]+"ve", len(w.q)-at)...)
		}
	}
	slices.SortStableFunc(ways, func(a, b spelling) int { return cmp.Compare(b.n, a.n) })
	return slices.Compact(ways)
}

// waysToSpell are those of one reading; left is how much was typed from there on.
func waysToSpell(rest, said string, left int) []spelling {
	var ways []spelling
	n := 0
	for n < len(rest) && n < len(said) && rest[n] == said[n] {
		n++
	}
	switch {
	case n == 0:
		return nil
	case n == len(said):
		ways = append(ways, spelling{n, perWhole})
	case n == left:
		ways = append(ways, spelling{n, perPart})
	}
	if n >= 2 && said[1] == 'h' {
		ways = append(ways, spelling{2, perInitial})
	}
	return append(ways, spelling{1, perInitial})
}

// join makes ranges of letters.
func join(ls []letter, taken []int) []Range {
	var rs []Range
	for _, i := range taken {
		if n := len(rs); n > 0 && rs[n-1].To == ls[i].from {
			rs[n-1].To = ls[i].to
			continue
		}
		rs = append(rs, Range{ls[i].from, ls[i].to})
	}
	return rs
}
