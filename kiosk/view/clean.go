package view

import (
	"strings"
	"unicode"
)

// Clean leaves out of s what no wording may contain: control characters but new
// lines and tabs, zero-width characters, and marks that change the direction of
// writing. Names and texts that come from other systems carry them now and then;
// the letters of right-to-left scripts stay as they are.
func Clean(s string) string {
	for _, r := range s {
		if hidden(r) {
			return strings.Map(func(r rune) rune {
				if hidden(r) {
					return -1
				}
				return r
			}, s)
		}
	}
	return s
}

// hidden holds for control and format characters and fillers. The joiners stay:
// scripts and pictographs need them. So does private use, where rare characters
// of names once were put.
func hidden(r rune) bool {
	switch r {
	case '\n', '\t', '\u200c', '\u200d':
		return false
	case '\u2028', '\u2029', '\u115f', '\u1160', '\u3164', '\uffa0':
		return true
	}
	return r >= 0x7f && unicode.In(r, unicode.Cc, unicode.Cf) || r < 0x20
}

// tidy reports whether s has nothing that Clean leaves out.
func tidy(s string) bool { return strings.IndexFunc(s, hidden) < 0 }
