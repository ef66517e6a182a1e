package rules

import (
	"regexp"
	"strings"
)

var (
	ageEN = regexp.MustCompile(`(\d{1,3})[ -]*(year|yr|y\.?o|month|week|day)`)
	ageZH = regexp.MustCompile(`(\d{1,3})\s*(岁|个月|周|天)`)
	men   = regexp.MustCompile(`\b(man|male|boy|gentleman|father|husband|he|his)\b|男`)
	women = regexp.MustCompile(`\b(woman|female|girl|lady|mother|wife|she|her|pregnant)\b|女`)
)

// Read makes a case of a text alone, such as a published vignette or a nurse's note:
// age, sex, pregnancy and vital signs as far as they are written there.
func Read(text string) Case {
	c := Case{AgeMonths: AgeUnknown, Text: text, Vitals: ReadVitals(text)}
	s := newWords(text).text
	for _, re := range []*regexp.Regexp{ageEN, ageZH} {
		m := re.FindStringSubmatch(s)
		if m == nil {
			continue
		}
		n := int(number(m[1]))
		switch {
		case strings.HasPrefix(m[2], "y"), m[2] == "岁":
			c.AgeMonths = n * 12
		case m[2] == "month", m[2] == "个月":
			c.AgeMonths = n
		case m[2] == "week", m[2] == "周":
			c.AgeMonths = n * 7 / 30
		default:
			c.AgeMonths = n / 30
		}
		break
	}
	man, woman := men.FindStringIndex(s), women.FindStringIndex(s)
	switch {
	case woman != nil && (man == nil || woman[0] < man[0]):
		c.Sex = Female
	case man != nil:
		c.Sex = Male
	}
	pregnant := newWords(text).hold(Words{ZH: []string{"怀孕", "孕妇", "孕周"}, EN: []string{"pregnant", "weeks gestation"}})
	c.Pregnant = pregnant && c.Sex != Male
	return c
}
