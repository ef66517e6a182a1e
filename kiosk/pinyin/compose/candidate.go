package compose

import (
	"slices"
	"strings"
)

// Candidate is something the first letters may stand for.
type Candidate struct {
	Text    string
	Letters int // how many of the letters it takes
}

const (
	mostCandidates = 400
	perEnd         = 300 // words of one length offered
	mostSentences  = 3
	// A long text of letters is converted from its beginning, piece by piece.
	mostLetters = 60
	// Initials are also tried where whole syllables go through, for so few letters.
	fewLetters  = 4
	perInitials = 40
	behind      = 4 // the first ones that whole syllables give
)

// Candidates returns what the letters (a to z and apostrophes) may stand for,
// the likeliest first: the whole phrase, then words from the longest to single
// characters. Nothing is returned for letters that begin no syllable.
func (d *Dictionary) Candidates(letters []byte, h Hint) []Candidate {
	letters = letters[:min(len(letters), mostLetters)]
	if len(letters) == 0 || letters[0] == '\'' {
		return nil
	}
	l := newLattice(d, letters)
	if len(l.tokens[0]) == 0 {
		return d.beginning(letters, h)
	}
	c := collector{seen: map[string]bool{}}
	if h == Name || h == GivenName {
		for _, n := range l.names(h) {
			c.add(n.text, len(letters))
		}
	}
	for _, path := range l.sentences(mostSentences, h) {
		if len(path) == 1 && h != Plain {
			break // a hint orders words itself
		}
		var b strings.Builder
		for _, w := range path {
			b.WriteString(d.word(w))
		}
		c.add(b.String(), len(letters))
		if len(path) == 1 {
			break // the words that follow are better than a worse sentence
		}
	}
	l.offer(&c, h)
	if !l.abbreviated && len(letters) > 1 && len(letters) <= fewLetters {
		l.tokens = l.read(true)
		for _, f := range slices.Clone(l.words(0, perInitials)) {
			if f.end == len(letters) {
				c.insert(d.word(f.word), len(letters))
			}
		}
	}
	return c.all
}

// offer adds the words the letters begin with.
func (l *lattice) offer(c *collector, h Hint) {
	words := slices.Clone(l.words(0, perEnd))
	if h != Plain {
		known := nameParts()
		slices.SortStableFunc(words, func(a, b found) int {
			if a.end != b.end {
				return b.end - a.end
			}
			return int(h.costOf(l.d, a, known) - h.costOf(l.d, b, known))
		})
	}
	for _, f := range words {
		c.add(l.d.word(f.word), f.end)
	}
}

// costOf is what a word costs where it stands first.
func (h Hint) costOf(d *Dictionary, f found, known parts) int32 {
	cost := f.cost - h.boost(d, f.word)
	list := known.given
	switch h {
	case Plain, Address:
		return cost
	case Name:
		list = known.surname
	}
	if w := d.word(f.word); len(w) <= 4 {
		if c, ok := list[first(w)]; ok {
			typed := int32(d.cost[f.word])
			seldom := max(typed-int32(d.least[first(w)]), 0) // a reading it seldom has
			return f.cost - typed + c + seldom - unknownPart
		}
	}
	return cost
}

// beginning offers what the letters up to the last that can be read stand for.
func (d *Dictionary) beginning(letters []byte, h Hint) []Candidate {
	for n := len(letters) - 1; n > 0; n-- {
		if l := newLattice(d, letters[:n]); len(l.tokens[0]) > 0 {
			return d.Candidates(letters[:n], h)
		}
	}
	return nil
}

// collector keeps candidates in order, each once.
type collector struct {
	all      []Candidate
	seen     map[string]bool
	inserted int
}

func (c *collector) add(text string, letters int) {
	if !c.seen[text] && len(c.all) < mostCandidates {
		c.seen[text] = true
		c.all = append(c.all, Candidate{text, letters})
	}
}

// insert adds a candidate for all letters behind the first few.
func (c *collector) insert(text string, letters int) {
	if c.seen[text] {
		return
	}
	c.seen[text] = true
	at := 0
	for at < len(c.all) && at < behind+c.inserted && c.all[at].Letters == letters {
		at++
	}
	c.all = slices.Insert(c.all, at, Candidate{text, letters})
	c.inserted++
}
