package compose

import (
	"cmp"
	"math"
	"slices"

	"github.com/luohu/ting/kiosk/pinyin"
)

// Costs are in tenths of a nat: what is 2.7 times as rare costs 10 more.
const (
	perNat     = 10
	initialFor = 25 // a syllable given by its initial, where whole ones are possible elsewhere
	unfinished = 5  // the last syllable is still being typed
	never      = int32(math.MaxInt32 / 4)
)

func likely(cost int32) float64 { return math.Exp(-float64(cost) / perNat) }

func costOf(p float64) int32 {
	if p <= 0 {
		return never
	}
	return int32(math.Round(-perNat * math.Log(p)))
}

// token is a way to read some letters as one syllable out of a range.
type token struct {
	from, to pinyin.Syllable
	end      int // in the letters, apostrophes behind it included
	cost     int32
}

// lattice is all ways to read some letters.
type lattice struct {
	d       *Dictionary
	letters []byte
	tokens  [][]token // by where they begin
	// abbreviated: the letters cannot be read as whole syllables alone.
	abbreviated bool
	buf         []found
}

// found is a word that some letters from one place on may spell.
type found struct {
	word int
	end  int
	cost int32 // its own, and of how it was spelled
}

func newLattice(d *Dictionary, letters []byte) *lattice {
	l := &lattice{d: d, letters: letters}
	l.tokens = l.read(false)
	if len(l.tokens[0]) == 0 {
		l.abbreviated = true
		l.tokens = l.read(true)
	}
	return l
}

// read finds the tokens from which the end can be reached. Initials count only
// where whole syllables do not go through.
func (l *lattice) read(initials bool) [][]token {
	n := len(l.letters)
	all := make([][]token, n+1)
	reach := make([]bool, n+1)
	reach[n] = true
	for i := n - 1; i >= 0; i-- {
		if l.letters[i] == '\'' {
			continue
		}
		all[i] = slices.DeleteFunc(l.tokensAt(i, initials), func(t token) bool { return !reach[t.end] })
		reach[i] = len(all[i]) > 0
	}
	return all
}

// tokensAt are the ways to read one syllable from i on.
func (l *lattice) tokensAt(i int, initials bool) []token {
	var ts []token
	stop := i
	for stop < len(l.letters) && stop < i+pinyin.Longest && l.letters[stop] != '\'' {
		stop++
	}
	for end := stop; end > i; end-- {
		if s, ok := pinyin.Parse(string(l.letters[i:end])); ok {
			ts = append(ts, token{s, s + 1, l.skip(end), 0})
		}
	}
	if rest := string(l.letters[i:]); stop == len(l.letters) {
		if _, whole := pinyin.Parse(rest); !whole {
			if from, to := pinyin.Beginning(rest); from < to {
				ts = append(ts, token{from, to, len(l.letters), unfinished})
			}
		}
	}
	if !initials {
		return ts
	}
	for n := min(2, stop-i); n > 0; n-- {
		s := string(l.letters[i : i+n])
		if n == 2 && s != "zh" && s != "ch" && s != "sh" {
			continue
		}
		// a, e and o are syllables too; as initials they are also the beginning of others.
		if from, to := pinyin.Beginning(s); from < to {
			ts = append(ts, token{from, to, l.skip(i + n), initialFor})
		}
	}
	return ts
}

// skip passes over apostrophes.
func (l *lattice) skip(i int) int {
	for i < len(l.letters) && l.letters[i] == '\'' {
		i++
	}
	return i
}

// words finds the words that begin at start, at most `most` for each end, the
// cheapest first, the longest spelling first.
func (l *lattice) words(start, most int) []found {
	l.buf = l.buf[:0]
	l.walk(&l.d.nodes[0], start, 0, most)
	slices.SortFunc(l.buf, func(a, b found) int {
		return cmp.Or(cmp.Compare(b.end, a.end), cmp.Compare(a.cost, b.cost), cmp.Compare(a.word, b.word))
	})
	kept := l.buf[:0]
	same := 0
	for i, f := range l.buf {
		if i > 0 && f.end != l.buf[i-1].end {
			same = 0
		}
		if same++; same <= most {
			kept = append(kept, f)
		}
	}
	return kept
}

func (l *lattice) walk(n *node, at int, cost int32, most int) {
	for i := range l.tokens[at] {
		t := &l.tokens[at][i]
		kids := l.d.children(n, t.from, t.to)
		for k := range kids {
			kid := &kids[k]
			for w := range min(int(kid.words), most) {
				word := int(kid.word) + w
				l.buf = append(l.buf, found{word, t.end, cost + t.cost + int32(l.d.cost[word])})
			}
			if kid.kids > 0 && t.end < len(l.letters) {
				l.walk(kid, t.end, cost+t.cost, most)
			}
		}
	}
}
