package view

import (
	"strings"
	"time"
)

// IDNumber is a resident's identity number by GB 11643-1999: six digits of
// region, eight of birthday, three of order, and a check character.
type IDNumber string

// The lengths of an ID number and what stands where in it.
const idLength = 18

// idCheck are the check characters by the weighted sum of the others modulo 11
// (ISO 7064, MOD 11-2).
const idCheck = "10X98765432"

// idRegions are the first two digits there are: provinces, 81 and 82 for Hong
// Kong and Macao, 71 and 83 for Taiwan, 91 for permanent residents from abroad.
const idRegions = " 11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83 91 "

// Check says in words what is wrong with the number; zero Text is fine. today
// bounds the birthday.
func (n IDNumber) Check(today time.Time) Text {
	s := string(n)
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c != 'X' || i != idLength-1) {
			return T("身份证号只有数字,最后一位可以是 X", "An ID number has digits only; its last character may be X")
		}
	}
	switch {
	case len(s) < idLength:
		return Tf("身份证号有 18 位,还少 %d 位", "An ID number has 18 characters; %d are missing", idLength-len(s))
	case len(s) > idLength:
		return Tf("身份证号有 18 位,多了 %d 位", "An ID number has 18 characters; these are %d too many", len(s)-idLength)
	case !strings.Contains(idRegions, " "+s[:2]+" "):
		return T("前两位不对,请核对", "The first two digits are not right, please check them")
	}
	born, ok := n.Birthday()
	if age := today.Year() - born.Year(); !ok || born.After(today) || age > 130 {
		return T("出生日期不对,请核对第 7 至 14 位", "The birthday is not right, please check digits 7 to 14")
	}
	if s[idLength-1] != n.check() {
		return T("号码有误,请逐位核对", "There is a mistake in the number, please check each digit")
	}
	return Text{}
}

// check is the check character that belongs to the first 17 digits.
func (n IDNumber) check() byte {
	sum, weight := 0, 1
	for i := idLength - 2; i >= 0; i-- {
		weight = weight * 2 % 11
		sum += int(n[i]-'0') * weight
	}
	return idCheck[sum%11]
}

// Birthday is the day of birth in the number, as midnight UTC.
func (n IDNumber) Birthday() (time.Time, bool) {
	if len(n) != idLength {
		return time.Time{}, false
	}
	born, err := time.Parse("20060102", string(n[6:14]))
	return born, err == nil
}

// MaskNumber hides the middle of a number for a screen that strangers can see:
// an ID number keeps three characters before and four behind, a phone number
// likewise, and a short number its last two.
func MaskNumber(s string) string {
	r := []rune(s)
	before, behind := 3, 4
	if len(r) < 11 {
		before, behind = 0, min(2, len(r)/2)
	}
	return string(r[:before]) + strings.Repeat("*", len(r)-before-behind) + string(r[len(r)-behind:])
}
