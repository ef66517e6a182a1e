package speaker

import (
	"strconv"
	"strings"
)

var chinese = []rule{
	// 138****5678, 4401**********1234: only the end is known.
	{find(`[0-9]*\*{2,}([0-9Xx]+)`), func(m []string) string { return "尾号" + oneByOne(m[1]) }},
	// 张*三, 张**: the family name and no more. 李* stands for two characters.
	{find(`(\p{Han})\*+\p{Han}?`), func(m []string) string { return m[1] + "某" }},
	{find(`(\p{L})\*+\p{L}?`), func(m []string) string { return m[1] }},
	// Dates and times.
	{find(`([12][0-9]{3})[-/.](1[0-2]|0?[1-9])[-/.]([12][0-9]|3[01]|0?[1-9])`), func(m []string) string {
		return plainDigits(m[1]) + "年" + counted(m[2]) + "月" + counted(m[3]) + "日"
	}},
	{find(`([12][0-9]{3}) ?年`), func(m []string) string { return plainDigits(m[1]) + "年" }},
	{find(`([01]?[0-9]|2[0-4])[:\x{ff1a}]([0-5][0-9])(?:[:\x{ff1a}]([0-5][0-9]))?`), clock},
	// Amounts.
	{find(`[¥\x{ffe5}] ?([0-9][0-9,]*)(?:\.([0-9]{1,2}))?`), func(m []string) string { return money(m[1], m[2]) }},
	{find(`([0-9][0-9,]*)(?:\.([0-9]{1,2}))? ?元`), func(m []string) string { return money(m[1], m[2]) }},
	{find(`([0-9]+)(?:\.([0-9]+))? ?%`), func(m []string) string { return "百分之" + decimal(m[1], m[2]) }},
	{find(`\b([0-9]+)\.([0-9]+)\b`), func(m []string) string { return decimal(m[1], m[2]) }},
	// 3 / 5 of what is counted.
	{find(`([0-9]{1,4}) ?/ ?([0-9]{1,4})`), func(m []string) string { return "第" + counted(m[1]) + ",共" + counted(m[2]) }},
	// Numbers with letters (A012, V-0042): each sign by itself.
	{find(`\b([A-Za-z]{1,3})-?([0-9]+)`), func(m []string) string { return spelled(m[1]) + " " + oneByOne(m[2]) }},
	{find(`[0-9]{1,3}(?:,[0-9]{3})+`), func(m []string) string { return counted(strings.ReplaceAll(m[0], ",", "")) }},
	// A telephone number, an ID number, a card's.
	{find(`[0-9]{5,}[Xx]?`), func(m []string) string { return oneByOne(m[0]) }},
	{find(`第 ?([0-9]{1,4})`), func(m []string) string { return "第" + counted(m[1]) }},
	// Two of something countable.
	{find(`(^|[^0-9])2 ?([个人位次张本件条份天名步种项台扇道层张])`), func(m []string) string { return m[1] + "两" + m[2] }},
	{find(`[0-9]+`), func(m []string) string {
		if len(m[0]) > 1 && m[0][0] == '0' {
			return oneByOne(m[0])
		}
		return counted(m[0])
	}},
	// Words whose characters espeak-ng reads one by one, and wrongly. It takes
	// pinyin among characters.
	{find(`重新`), func([]string) string { return " chong2 xin1 " }},
	{find(`重复`), func([]string) string { return " chong2 fu4 " }},
	{find(`银行`), func([]string) string { return " yin2 hang2 " }},
	{find(`长者`), func([]string) string { return " zhang3 zhe3 " }},
	{find(`还有`), func([]string) string { return " hai2 you3 " }},
	{find(`归还|还书`), func(m []string) string { return strings.Replace(m[0], "还", " huan2 ", 1) }},
	{find(`挂号|取号|编号|号码|尾号`), func(m []string) string { return strings.Replace(m[0], "号", " hao4 ", 1) }},
}

func readChinese(s string) string { return apply(s, chinese) }

const digitNames = "零一二三四五六七八九"

// digitName is a digit as it is counted with.
func digitName(d byte) string { return string([]rune(digitNames)[d-'0']) }

// plainDigits names digits one after another, as in a year.
func plainDigits(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteString(digitName(s[i]))
	}
	return b.String()
}

// oneByOne names the digits of a number that nobody counts: one is 幺, which is
// not mistaken for seven, and a pause stands after every fourth.
func oneByOne(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if i > 0 && i%4 == 0 && len(s)-i > 1 {
			b.WriteString(" ")
		}
		switch d := s[i]; d {
		case '1':
			b.WriteString("幺")
		case 'X', 'x':
			b.WriteString(" X ")
		default:
			b.WriteString(digitName(d))
		}
	}
	return b.String()
}

// counted is a whole number as it is counted: 105 is 一百零五, 12 is 十二. What
// is too long to be a count is read digit by digit.
func counted(s string) string {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n >= 1_0000_0000_0000 {
		return oneByOne(s)
	}
	if n == 0 {
		return "零"
	}
	var b strings.Builder
	gap := false // a 零 is due before the next group
	for _, g := range []struct {
		size uint64
		unit string
	}{{1_0000_0000, "亿"}, {1_0000, "万"}, {1, ""}} {
		part := n / g.size % 1_0000
		if part == 0 {
			gap = b.Len() > 0
			continue
		}
		if b.Len() > 0 && (gap || part < 1000) {
			b.WriteString("零")
		}
		gap = false
		b.WriteString(thousands(part) + g.unit)
	}
	if r := b.String(); strings.HasPrefix(r, "一十") {
		return strings.TrimPrefix(r, "一")
	}
	return b.String()
}

// thousands is a number from 1 to 9999.
func thousands(n uint64) string {
	var b strings.Builder
	zero := false
	for _, u := range []struct {
		size uint64
		unit string
	}{{1000, "千"}, {100, "百"}, {10, "十"}, {1, ""}} {
		d := n / u.size % 10
		if d == 0 {
			zero = b.Len() > 0
			continue
		}
		if zero {
			b.WriteString("零")
			zero = false
		}
		b.WriteString(digitName('0'+byte(d)) + u.unit)
	}
	return b.String()
}

func decimal(whole, part string) string {
	if part == "" {
		return counted(whole)
	}
	return counted(whole) + "点" + plainDigits(part)
}

// money is yuan with jiao and fen: 12.05 is 十二元零五分.
func money(yuan, part string) string {
	whole := strings.TrimLeft(strings.ReplaceAll(yuan, ",", ""), "0")
	part += strings.Repeat("0", 2-len(part))
	jiao, fen := part[0], part[1]
	var b strings.Builder
	if whole != "" {
		b.WriteString(countedTwo(whole) + "元")
	}
	switch {
	case jiao != '0':
		b.WriteString(digitName(jiao) + "角")
	case fen != '0' && whole != "":
		b.WriteString("零")
	}
	if fen != '0' {
		b.WriteString(digitName(fen) + "分")
	}
	if b.Len() == 0 {
		return "零元"
	}
	return b.String()
}

// countedTwo is counted before a measure word, where two is 两.
func countedTwo(s string) string {
	if s == "2" {
		return "两"
	}
	return counted(s)
}

// clock is a time of day: 07:05 is 七点零五分.
func clock(m []string) string {
	say := countedTwo(strings.TrimPrefix(m[1], "0"))
	if strings.Trim(m[1], "0") == "" {
		say = "零"
	}
	say += "点"
	if m[2] != "00" || m[3] != "" {
		if m[2][0] == '0' {
			say += "零"
		}
		if v := strings.TrimPrefix(m[2], "0"); v != "0" || m[2] != "00" {
			say += counted(v) + "分"
		} else {
			say += "分"
		}
	}
	if m[3] != "" {
		say += counted(strings.TrimPrefix(m[3], "0")) + "秒"
	}
	return say
}
