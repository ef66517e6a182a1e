package speaker

import (
	"regexp"
	"strings"
	"unicode"
)

// Reading is a text of a screen in words that a voice can say: numbers of people
// and things digit by digit, amounts, times and dates as people say them, signs
// left out. Of what is masked on the screen nothing is guessed: 张*三 is read
// 张某, a telephone number by its last digits.
func Reading(s Sentence) string {
	text := bounded(s.Text)
	if s.Lang == EN {
		return tidy(readEnglish(text))
	}
	return tidy(readChinese(text))
}

// bounded is the beginning of a text, up to the end of a sentence where there is one.
func bounded(s string) string {
	rs := []rune(s)
	if len(rs) <= MaxRunes {
		return s
	}
	rs = rs[:MaxRunes]
	for i := len(rs) - 1; i > MaxRunes/2; i-- {
		if strings.ContainsRune("。!?;\uff01\uff1f\uff1b", rs[i]) {
			return string(rs[:i+1])
		}
	}
	return string(rs)
}

// tidy leaves out what is drawn but not said, and control characters, so that
// nothing a page says can mean anything to a synthesiser.
func tidy(s string) string {
	return strings.Join(strings.FieldsFunc(strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune("<>[]{}|\\^`_~*#=→←↑↓●○■□★☆✓✔·", r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return ' '
		}
		return r
	}, s), unicode.IsSpace), " ")
}

// rule replaces what an expression finds.
type rule struct {
	find *regexp.Regexp
	say  func(m []string) string
}

// apply goes through the rules in order; what one has said in words has no
// digits left for the next.
func apply(s string, rules []rule) string {
	for _, r := range rules {
		s = r.find.ReplaceAllStringFunc(s, func(m string) string { return r.say(r.find.FindStringSubmatch(m)) })
	}
	return s
}

func find(expression string) *regexp.Regexp { return regexp.MustCompile(expression) }

var english = []rule{
	// 138****5678: only the end is known.
	{find(`[0-9]*\*{2,}([0-9Xx]+)`), func(m []string) string { return "ending in " + spelled(m[1]) }},
	// A***e: the first letter and no more.
	{find(`(\p{L})\*+\p{L}?`), func(m []string) string { return m[1] + "." }},
	{find(`[¥\x{ffe5}] ?([0-9][0-9,]*(?:\.[0-9]+)?)`), func(m []string) string { return strings.ReplaceAll(m[1], ",", "") + " yuan" }},
	// An ID number, a telephone number, a receipt's: what nobody counts.
	{find(`\b([0-9]{5,}[Xx]?)\b`), func(m []string) string { return spelled(m[1]) }},
	{find(`\b(0[0-9]+)\b(?::|\.)?`), func(m []string) string {
		if last := m[0][len(m[0])-1]; last == ':' || last == '.' {
			return m[0] // 07:42, 0.5
		}
		return spelled(m[1])
	}},
}

func readEnglish(s string) string { return apply(s, english) }

// spelled is digits one by one.
func spelled(digits string) string {
	return strings.Join(strings.Split(strings.ToUpper(digits), ""), " ")
}
