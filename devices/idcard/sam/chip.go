package sam

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/luohu/ting/devices/idcard"
)

// The text area of a chip: fields of fixed width, two bytes a character
// (UTF-16, low byte first), filled up with blanks.
const (
	textBytes = 256

	kindAt  = 248 // 'J' for residents of Hong Kong, Macao and Taiwan, 'I' for foreigners, blank else
	dateFmt = "20060102"
	forEver = "长期"
)

type span struct{ from, bytes int }

var (
	nameSpan      = span{0, 30}
	sexSpan       = span{30, 2}
	ethnicitySpan = span{32, 4}
	birthSpan     = span{36, 16}
	addressSpan   = span{52, 70}
	numberSpan    = span{122, 36}
	issuerSpan    = span{158, 30}
	fromSpan      = span{188, 16}
	untilSpan     = span{204, 16}
	passportSpan  = span{220, 18} // only of kind 'J'
)

// ethnicities are the peoples of GB/T 3304-1991 by their number.
var ethnicities = strings.Fields(`汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳
	佤 畲 高山 拉祜 水 东乡 纳西 景颇 柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 普米
	塔吉克 怒 乌孜别克 俄罗斯 鄂温克 德昂 保安 裕固 京 塔塔尔 独龙 鄂伦春 赫哲 门巴 珞巴 基诺`)

// parseText reads a chip's text area.
func parseText(b []byte) (c idcard.Card, err error) {
	if len(b) != textBytes {
		return c, fmt.Errorf("%w: %d bytes of text, want %d", idcard.ErrCard, len(b), textBytes)
	}
	get := func(s span) string { return text(b[s.from : s.from+s.bytes]) }
	switch kind := b[kindAt]; kind {
	case 'J':
		c.Kind = idcard.HMT
		c.Passport = get(passportSpan)
	case 'I', 'Y':
		return c, fmt.Errorf("%w: a foreigner's permanent residence card has another layout", idcard.ErrCard)
	default:
		c.Kind = idcard.Resident
		var n int
		if _, err := fmt.Sscanf(get(ethnicitySpan), "%d", &n); err == nil && n >= 1 && n <= len(ethnicities) {
			c.Ethnicity = ethnicities[n-1]
		}
	}
	c.Name, c.Address, c.Number, c.Issuer = get(nameSpan), get(addressSpan), get(numberSpan), get(issuerSpan)
	switch s := idcard.Sex(get(sexSpan)); s {
	case idcard.Male, idcard.Female, idcard.UndefinedSex:
		c.Sex = s
	default:
		c.Sex = idcard.UnknownSex
	}
	if c.Name == "" || !idcard.CheckNumber(c.Number) {
		return idcard.Card{}, fmt.Errorf("%w: name or number is not whole", idcard.ErrCard)
	}
	if c.Birth, err = day(get(birthSpan)); err != nil {
		return idcard.Card{}, err
	}
	if c.ValidFrom, err = day(get(fromSpan)); err != nil {
		return idcard.Card{}, err
	}
	if until := get(untilSpan); until != forEver {
		if c.ValidUntil, err = day(until); err != nil {
			return idcard.Card{}, err
		}
	}
	return c, nil
}

func day(s string) (time.Time, error) {
	t, err := time.Parse(dateFmt, s)
	if err != nil { // without what it says: it is somebody's
		return t, fmt.Errorf("%w: a date is not whole", idcard.ErrCard)
	}
	return t, nil
}

func text(b []byte) string {
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return strings.Trim(strings.ToValidUTF8(string(utf16.Decode(u)), ""), " \x00")
}

// ChipText is the text area of a chip with that card's words, as a simulated
// card carries it. Words that do not fit are cut.
func ChipText(c idcard.Card) []byte {
	b := make([]byte, textBytes)
	for i := 0; i < textBytes; i += 2 {
		b[i] = ' '
	}
	put := func(s span, v string) {
		for i, u := range utf16.Encode([]rune(v)) {
			if 2*i+2 > s.bytes {
				return
			}
			binary.LittleEndian.PutUint16(b[s.from+2*i:], u)
		}
	}
	put(nameSpan, c.Name)
	put(sexSpan, string(c.Sex))
	put(birthSpan, c.Birth.Format(dateFmt))
	put(addressSpan, c.Address)
	put(numberSpan, c.Number)
	put(issuerSpan, c.Issuer)
	put(fromSpan, c.ValidFrom.Format(dateFmt))
	if c.ValidUntil.IsZero() {
		put(untilSpan, forEver)
	} else {
		put(untilSpan, c.ValidUntil.Format(dateFmt))
	}
	if c.Kind == idcard.HMT {
		b[kindAt] = 'J'
		put(passportSpan, c.Passport)
		return b
	}
	for i, e := range ethnicities {
		if e == c.Ethnicity {
			put(ethnicitySpan, fmt.Sprintf("%02d", i+1))
		}
	}
	return b
}
