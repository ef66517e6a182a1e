package compose

import (
	"strings"

	"github.com/luohu/ting/kiosk/pinyin"
)

// Composition is a phrase being written: what was chosen of it so far, and the
// letters whose characters are still to be chosen. The zero value is not
// usable; New makes one.
type Composition struct {
	dict    *Dictionary
	hint    Hint
	picked  []pick
	letters []byte // capacity is fixed, so that Clear reaches all that was typed
	offered []Candidate
}

// pick is a candidate that was chosen for the first of the letters.
type pick struct {
	text    string
	letters string
}

// New makes an empty composition.
func New(d *Dictionary) *Composition {
	return &Composition{dict: d, letters: make([]byte, 0, mostLetters)}
}

// Hint says what the next phrase is; it takes effect with the next letter.
func (c *Composition) Hint(h Hint) { c.hint = h }

// Empty reports whether nothing is being written.
func (c *Composition) Empty() bool { return len(c.letters) == 0 && len(c.picked) == 0 }

// Type takes a letter (a to z, either case, ü) or an apostrophe, and reports
// whether it belongs to the phrase. An apostrophe belongs behind letters only,
// and a letter that no syllable begins with (i, u, v) does not begin a phrase.
func (c *Composition) Type(r rune) bool {
	switch {
	case r >= 'A' && r <= 'Z':
		r += 'a' - 'A'
	case r == '\u00fc' || r == '\u00dc':
		r = 'v'
	}
	switch {
	case r == '\'' || r == '\u2019':
		if n := len(c.letters); n == 0 || c.letters[n-1] == '\'' {
			return !c.Empty()
		}
		r = '\''
	case r < 'a' || r > 'z':
		return false
	case len(c.letters) == 0:
		if from, to := pinyin.Beginning(string(r)); from == to {
			return false
		}
	}
	if len(c.letters) == cap(c.letters) {
		return true // full: more is not taken, and does not go elsewhere either
	}
	c.letters = append(c.letters, byte(r))
	c.offer()
	return true
}

// Erase takes the last letter back, and when none is left the last choice: its
// letters stand there again. It reports whether there was something to take.
func (c *Composition) Erase() bool {
	switch n := len(c.letters); {
	case n > 0:
		c.letters[n-1] = 0
		c.letters = c.letters[:n-1]
	case len(c.picked) > 0:
		last := c.picked[len(c.picked)-1]
		c.picked[len(c.picked)-1] = pick{}
		c.picked = c.picked[:len(c.picked)-1]
		c.letters = append(c.letters, last.letters...)
	default:
		return false
	}
	c.offer()
	return true
}

// Candidates are what the letters may stand for, the likeliest first. The slice
// is the composition's until the next call.
func (c *Composition) Candidates() []Candidate { return c.offered }

// Choose takes the candidate numbered i. When it leaves letters over, these are
// offered next; otherwise the phrase is complete: its text is returned, and the
// composition is empty again.
func (c *Composition) Choose(i int) (text string, complete bool) {
	if i < 0 || i >= len(c.offered) {
		return "", false
	}
	can := c.offered[i]
	n := can.Letters
	for n < len(c.letters) && c.letters[n] == '\'' {
		n++
	}
	c.picked = append(c.picked, pick{can.Text, string(c.letters[:n])})
	rest := copy(c.letters, c.letters[n:])
	clear(c.letters[rest:])
	c.letters = c.letters[:rest]
	if len(c.letters) == 0 {
		text = c.Picked()
		c.Clear()
		return text, true
	}
	if c.hint == Name {
		c.hint = GivenName
	}
	c.offer()
	return "", false
}

// Picked is the text chosen so far.
func (c *Composition) Picked() string {
	var b strings.Builder
	for _, p := range c.picked {
		b.WriteString(p.text)
	}
	return b.String()
}

// Letters are those still to be chosen for, parted as they are understood:
// "bei jing shi".
func (c *Composition) Letters() string {
	if len(c.letters) == 0 {
		return ""
	}
	return newLattice(c.dict, c.letters).parted()
}

// Raw is the text chosen so far and the letters as they were typed: what Enter
// writes.
func (c *Composition) Raw() string { return c.Picked() + string(c.letters) }

// Clear forgets everything and overwrites what was typed.
func (c *Composition) Clear() {
	clear(c.letters[:cap(c.letters)])
	clear(c.picked[:cap(c.picked)])
	clear(c.offered[:cap(c.offered)])
	c.letters, c.picked, c.offered, c.hint = c.letters[:0], nil, nil, Plain
}

func (c *Composition) offer() {
	clear(c.offered)
	c.offered = c.dict.Candidates(c.letters, c.hint)
}

// parted writes the letters with a space between syllables, by the way of the
// fewest syllables; what cannot be read stands behind.
func (l *lattice) parted() string {
	n := len(l.letters)
	if len(l.tokens[0]) == 0 {
		for n > 0 {
			n--
			if shorter := newLattice(l.d, l.letters[:n]); n > 0 && len(shorter.tokens[0]) > 0 {
				return shorter.parted() + " " + string(l.letters[n:])
			}
		}
		return string(l.letters)
	}
	const far = 1 << 20
	steps, next := make([]int, n+1), make([]int, n+1)
	for i := n - 1; i >= 0; i-- {
		steps[i] = far
		for _, t := range l.tokens[i] {
			if s := steps[t.end] + 1; s < steps[i] {
				steps[i], next[i] = s, t.end
			}
		}
	}
	var parts []string
	for i := 0; i < n; i = next[i] {
		parts = append(parts, strings.TrimRight(string(l.letters[i:next[i]]), "'"))
	}
	return strings.Join(parts, " ")
}
