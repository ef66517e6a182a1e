package rules

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// maxText is how many characters of a patient's words are read.
const maxText = 20_000

// words is a text made ready to be searched.
type words struct{ text string }

func newWords(s string) words {
	r := []rune(s)
	s = strings.ToLower(string(r[:min(len(r), maxText)]))
	s = strings.NewReplacer("\u2019", "'", "\u2010", "-", "\u2011", "-", "\u2013", "-", "\u3000", " ", "\n", " ", "\t", " ", "\r", " ").Replace(s)
	return words{" " + s + " "}
}

// hold reports whether the text says any of w.
func (t words) hold(w Words) bool { return t.first(w) >= 0 }

// first is where the text first says any of w; -1 when it does not.
func (t words) first(w Words) int {
	best := -1
	for _, list := range [][]string{w.ZH, w.EN} {
		for _, phrase := range list {
			if at := t.phrase(phrase); at >= 0 && (best < 0 || at < best) {
				best = at
			}
		}
	}
	return best
}

// phrase is where the first part of a phrase stands, if all of its parts are there.
func (t words) phrase(phrase string) int {
	at := -1
	for _, part := range strings.Split(phrase, "+") {
		found := t.term(part)
		if found < 0 {
			return -1
		}
		if at < 0 {
			at = found
		}
	}
	return at
}

// term is where a term stands that nothing before it denies; -1 when nowhere.
// Latin terms begin where a word begins: "ear" is not in "fear".
func (t words) term(term string) int {
	for from := 0; ; {
		i := strings.Index(t.text[from:], term)
		if i < 0 {
			return -1
		}
		at := from + i
		from = at + len(term)
		if latin(term) && wordByte(t.text[at-1]) {
			continue
		}
		if !denied(t.text[:at]) {
			return at
		}
	}
}

func latin(s string) bool    { return s[0] < 0x80 }
func wordByte(b byte) bool   { return b >= 'a' && b <= 'z' || b >= '0' && b <= '9' }
func separator(r rune) bool  { return r == ',' || r == '/' || r == '\uff0c' || r == '\u3001' }
func sentence(r rune) bool   { return strings.ContainsRune(".;!?\u3002\uff1b\uff01\uff1f", r) }
func fields(s string) string { return strings.Join(strings.FieldsFunc(s, unicode.IsSpace), " ") }

// denials stand before what is not there.
var (
	denials   = []string{"no", "denies", "denied", "deny", "denying", "without", "not", "not have", "not had", "has not had", "negative for", "never had"}
	zhDenials = []string{"没有", "无", "否认", "不伴", "未见"}
	// between may stand between a denial and what it denies.
	between = []string{"", "any", "a", "an", "significant", "recent", "history of", "associated", "acute", "obvious", "evidence of", "signs of", "known"}
)

// denied reports whether what comes next in a text is denied: "no fever", "denies
// chest pain or fever", "没有胸痛". It is careful: what it does not understand is not
// denied, since a danger that is there weighs more than one that is not.
func denied(before string) bool {
	clause := before
	if i := strings.LastIndexFunc(clause, sentence); i >= 0 {
		clause = clause[i+1:]
	}
	for _, d := range zhDenials {
		if strings.HasSuffix(clause, d) || strings.HasSuffix(strings.TrimRight(clause, " "), d+"明显") {
			return true
		}
	}
	for _, but := range []string{" but ", " however ", " with ", " has ", " and has ", " reports ", " who ", " now "} {
		if i := strings.LastIndex(clause, but); i >= 0 {
			clause = clause[i+len(but)-1:]
		}
	}
	last, at := "", -1
	for _, d := range denials {
		if i := strings.LastIndex(clause, " "+d+" "); i > at {
			last, at = d, i
		}
	}
	if at < 0 {
		return false
	}
	items := strings.FieldsFunc(strings.NewReplacer(" or ", ",", " and ", ",", " nor ", ",").Replace(clause[at+len(last)+1:]+" "), separator)
	if len(items) == 0 {
		return true
	}
	for _, item := range items[:len(items)-1] {
		if len(strings.Fields(item)) > 3 {
			return false
		}
	}
	tail := clause[at+len(last)+1:]
	final := fields(items[len(items)-1])
	if strings.TrimSpace(tail) != "" && len(items) > 1 && strings.HasSuffix(strings.TrimRight(tail, " "), ",") {
		final = ""
	}
	return slices.Contains(between, final)
}

// Find lists the complaints that a patient's words name, the one named first
// before the others.
func (r *Rules) Find(text string) (found []Complaint) {
	type hit struct {
		c  Complaint
		at int
	}
	var hits []hit
	t := newWords(text)
	for _, c := range r.Complaints {
		if at := t.first(c.Words); at >= 0 {
			hits = append(hits, hit{c, at})
		}
	}
	slices.SortStableFunc(hits, func(x, y hit) int { return cmp.Compare(x.at, y.at) })
	for _, h := range hits {
		found = append(found, h.c)
	}
	return found
}

var (
	pressure    = regexp.MustCompile(`(?:bp|blood pressure|血压)\D{0,12}(\d{2,3})\s*/\s*(\d{2,3})`)
	pulse       = regexp.MustCompile(`(?:\bhr\b|heart rate|pulse|脉搏|心率)\D{0,14}(\d{2,3})`)
	respiration = regexp.MustCompile(`(?:\brr\b|respirat\w* rate|respirations?|呼吸)\D{0,12}(\d{1,2})\b`)
	saturation2 = regexp.MustCompile(`(?:spo2|sao2|o2 sat\w*|oxygen sat\w*|pulse ox\w*|血氧\D{0,4})\D{0,14}(\d{2,3})\s*%?`)
	temperature = regexp.MustCompile(`(?:\btemp\w*|\bt\b|fever of|体温)\D{0,14}(\d{2,3}(?:\.\d)?)`)
)

// ReadVitals finds vital signs that are written in a text, as a nurse's note or a
// published case has them. Degrees above 45 are Fahrenheit.
func ReadVitals(text string) (v Vitals) {
	s := newWords(text).text
	s = strings.ReplaceAll(s, "blood pressure", "bp")
	if m := pressure.FindStringSubmatch(s); m != nil {
		v.Systolic, v.Diastolic = number(m[1]), number(m[2])
	}
	v.SpO2 = within(find(saturation2, s), 40, 100)
	s = saturation2.ReplaceAllString(s, " ")
	v.Pulse = within(find(pulse, s), 20, 300)
	v.Respiration = within(find(respiration, s), 3, 90)
	v.Temperature = find(temperature, s)
	if v.Temperature > 45 {
		v.Temperature = (v.Temperature - 32) / 1.8
	}
	v.Temperature = within(v.Temperature, 20, 45)
	return v
}

func find(re *regexp.Regexp, s string) float64 {
	if m := re.FindStringSubmatch(s); m != nil {
		return number(m[1])
	}
	return 0
}

func number(s string) (v float64) {
	whole, tenth, _ := strings.Cut(s, ".")
	for _, c := range whole {
		v = v*10 + float64(c-'0')
	}
	if tenth != "" {
		v += float64(tenth[0]-'0') / 10
	}
	return v
}

func within(v, low, high float64) float64 {
	if v < low || v > high {
		return 0
	}
	return v
}
