package view

import (
	"strings"
	"unicode"
)

// Punctuate gives a wording the punctuation of its language, on a screen as on paper.
// Chinese gets its own: a comma typed on a Latin keyboard stands too close in a line
// of Chinese; numbers and times keep theirs. Other languages get straight quotes:
// typefaces for Chinese draw curly ones as wide as a character.
func Punctuate(s string, l Lang) string {
	if l != ZH {
		return straightQuotes.Replace(s)
	}
	if !strings.ContainsAny(s, ",;:?!()") {
		return s
	}
	rs := []rune(s)
	for i, r := range rs {
		wide, ok := FullWidth(r)
		if !ok {
			continue
		}
		behind := i > 0 && (IsHan(rs[i-1]) || i > 1 && strings.ContainsRune(closers, rs[i-1]) && IsHan(rs[i-2]))
		if behind || r == '(' && i+1 < len(rs) && IsHan(rs[i+1]) {
			rs[i] = wide
		}
	}
	return string(rs)
}

// FullWidth is the mark that stands in Chinese for one of a Latin keyboard.
func FullWidth(r rune) (rune, bool) {
	wide, ok := fullWidth[r]
	return wide, ok
}

// closers end what Chinese puts between quotes and brackets.
const closers = "”’》〉」』）】"

var fullWidth = map[rune]rune{
	',': '\uff0c', ';': '\uff1b', ':': '\uff1a', '?': '\uff1f', '!': '\uff01', '(': '\uff08', ')': '\uff09',
}

var straightQuotes = strings.NewReplacer("“", "\"", "”", "\"", "‘", "'", "’", "'")

// IsHan reports whether r is a Chinese character, or a mark that stands among them.
func IsHan(r rune) bool {
	return unicode.Is(unicode.Han, r) || r >= 0x3000 && r <= 0x30ff || r >= 0xff00 && r <= 0xffef
}
