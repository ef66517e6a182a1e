package printer

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Columns is how many columns of a fixed-width line s takes: two for a Chinese
// character, one for a Latin letter.
func Columns(s string) (n int) {
	for _, r := range s {
		n += column(r)
	}
	return n
}

func column(r rune) int {
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	case width.EastAsianAmbiguous: // “ ” — … ①: Chinese printers give them a full cell
		return 2
	}
	return 1
}

// Printable drops what would not be seen on paper or would be taken for a
// command: control characters and characters without width. Tabs become spaces.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case !unicode.IsGraphic(r), unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me):
			return -1
		}
		return r
	}, s)
}

// closing may not begin a line.
const closing = "\uff0c\u3002\u3001\uff1b\uff1a\uff1f\uff01\uff09\u3011\u300b\u300d\u300f\u201d\u2019\uff05,.;:?!%)]}"

// Wrap breaks s into lines of at most most columns: between Chinese characters,
// else between words, and inside a word only when it is longer than a line. A
// closing mark stays with what it closes.
func Wrap(s string, most int) (lines []string) {
	for _, paragraph := range strings.Split(Printable(s), "\n") {
		lines = append(lines, wrap(paragraph, max(most, 2))...)
	}
	return lines
}

func wrap(s string, most int) (lines []string) {
	var line []rune
	taken, last := 0, -1 // columns of line; where it may be broken
	for _, r := range s {
		w := column(r)
		if taken+w > most {
			cut := last
			if cut <= 0 || r == ' ' {
				cut = len(line)
			}
			if cut == len(line) && strings.ContainsRune(closing, r) && cut > 1 {
				cut-- // take the last character along
			}
			lines = append(lines, strings.TrimRight(string(line[:cut]), " "))
			line = append([]rune{}, line[cut:]...)
			for len(line) > 0 && line[0] == ' ' {
				line = line[1:]
			}
			taken, last = Columns(string(line)), -1
			if r == ' ' && len(line) == 0 {
				continue
			}
		}
		line = append(line, r)
		taken += w
		if r == ' ' || r == '-' || w == 2 {
			last = len(line)
		}
	}
	return append(lines, strings.TrimRight(string(line), " "))
}

// Beside sets a label and its value on one line of most columns, or on two
// and more when they do not fit beside each other.
func (p Pair) Beside(most int) []string {
	label, value := strings.Join(Wrap(p.Label, 1<<20), " "), strings.Join(Wrap(p.Value, 1<<20), " ")
	if gap := most - Columns(label) - Columns(value); gap >= 1 {
		return []string{label + strings.Repeat(" ", gap) + value}
	}
	lines := Wrap(label, most)
	for _, l := range Wrap(value, most) {
		lines = append(lines, strings.Repeat(" ", max(0, most-Columns(l)))+l)
	}
	return lines
}
