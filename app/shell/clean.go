package shell

import (
	"strings"
	"unicode"
)

// clean makes a wording safe to draw: one that comes from a hostile module must
// not reverse the words around it, hide words or break the line it stands in.
func clean(s string) string {
	for i, r := range s {
		if unwanted(r) {
			return cleanFrom(s, i)
		}
	}
	return s
}

func cleanFrom(s string, i int) string {
	var b strings.Builder
	b.Grow(len(s))
	b.WriteString(s[:i])
	for _, r := range s[i:] {
		switch {
		case r == '\t' || r == '\u2028' || r == '\u2029':
			b.WriteByte(' ')
		case !unwanted(r):
			b.WriteRune(r)
		}
	}
	return b.String()
}

// unwanted holds for control and format characters: C0, C1, zero-width ones,
// bidirectional overrides and isolates, the soft hyphen, tags. A new line stays.
func unwanted(r rune) bool {
	if r == '\n' {
		return false
	}
	return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r) ||
		r == '\u2028' || r == '\u2029' || r == '\ufffd' || r == '\u115f' || r == '\u3164'
}

// oneLine is clean for places that have one line.
func oneLine(s string) string { return strings.ReplaceAll(clean(s), "\n", " ") }

// punctuate gives Chinese its own punctuation: a comma typed on a Latin
// keyboard stands too close in a line of Chinese. Numbers and times keep theirs.
func punctuate(s string) string {
	if !strings.ContainsAny(s, ",;:?!()") {
		return s
	}
	rs := []rune(s)
	for i, r := range rs {
		wide, ok := fullWidth[r]
		if !ok {
			continue
		}
		if i > 0 && (isHan(rs[i-1]) || i > 1 && strings.ContainsRune(closers, rs[i-1]) && isHan(rs[i-2])) || r == '(' && i+1 < len(rs) && isHan(rs[i+1]) {
			rs[i] = wide
		}
	}
	return string(rs)
}

// closers end what Chinese puts between quotes and brackets.
const closers = "”’》〉」』）】"

var fullWidth = map[rune]rune{
	',': '\uff0c', ';': '\uff1b', ':': '\uff1a', '?': '\uff1f', '!': '\uff01', '(': '\uff08', ')': '\uff09',
}
