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
