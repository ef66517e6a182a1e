package view

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Check says in words what is wrong with v as an answer to the field; zero Text
// is fine. The terminal asks it before a Primary action is answered, with its
// own day as today; a module may ask it again, and must where it does not trust
// the terminal it runs on.
func (f Field) Check(v Value, today time.Time) Text {
	if v.IsZero() {
		if f.Required {
			return f.missing()
		}
		return Text{}
	}
	s := strings.TrimSpace(v.Text)
	switch f.Kind {
	case FieldText:
		if t := f.length(s, T("个字", " characters")); !t.IsZero() {
			return t
		}
		return f.Format.check(s)
	case FieldNumber:
		return f.number(s)
	case FieldPIN:
		if !digits(s) {
			return T("只能输入数字", "Digits only, please")
		}
		return f.length(s, T("位", " digits"))
	case FieldPhone:
		return phone(s)
	case FieldID:
		return IDNumber(s).Check(today)
	case FieldDate:
		return f.date(s)
	case FieldChoice:
		if !f.offers(v.Text) {
			return T("请选择一项", "Please choose one")
		}
	case FieldChoices:
		return f.several(v.Chosen)
	}
	return Text{}
}

// missing asks for what is required, in the words of its kind.
func (f Field) missing() Text {
	switch f.Kind {
	case FieldChoice:
		return T("请选择一项", "Please choose one")
	case FieldChoices:
		return T("请至少选择一项", "Please choose at least one")
	case FieldDate:
		return T("请选择日期", "Please choose a date")
	case FieldPhoto:
		return T("请拍一张照片", "Please take a picture")
	case FieldSignature:
		return T("请用手指签名", "Please sign with a finger")
	}
	return T("请填写这一项", "Please fill this in")
}

func (f Field) length(s string, unit Text) Text {
	n := utf8.RuneCountInString(s)
	switch {
	case f.MinLen > 0 && f.MinLen == f.MaxLen && n != f.MinLen:
		return T("应为 "+strconv.Itoa(f.MinLen)+" "+unit.ZH, strconv.Itoa(f.MinLen)+unit.EN+" are needed")
	case n < f.MinLen:
		return T("至少 "+strconv.Itoa(f.MinLen)+" "+unit.ZH, "At least "+strconv.Itoa(f.MinLen)+unit.EN+" are needed")
	case n > f.Most():
		return T("最多 "+strconv.Itoa(f.Most())+" "+unit.ZH, "At most "+strconv.Itoa(f.Most())+unit.EN)
	}
	return Text{}
}

func (f Field) number(s string) Text {
	whole, part, point := strings.Cut(s, ".")
	switch {
	case !digits(whole) || point && !digits(part):
		return T("请输入数字", "Please enter a number")
	case point && f.Decimals == 0:
		return T("请输入整数", "Please enter a whole number")
	case len(part) > f.Decimals:
		return Tf("最多 %d 位小数", "At most %d digits behind the point", f.Decimals)
	}
	if t := f.length(s, T("位", " digits")); !t.IsZero() {
		return t
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return T("请输入数字", "Please enter a number")
	}
	if low, err := strconv.ParseFloat(f.Min, 64); err == nil && n < low {
		return Tf("不能小于 %s", "It cannot be below %s", f.Min)
	}
	if high, err := strconv.ParseFloat(f.Max, 64); err == nil && n > high {
		return Tf("不能大于 %s", "It cannot be above %s", f.Max)
	}
	return Text{}
}

// phone takes a mobile number, or a landline with its area code.
func phone(s string) Text {
	switch {
	case !digits(s):
		return T("电话号码只有数字", "A phone number has digits only")
	case s[0] == '0' && len(s) >= 10 && len(s) <= phoneLen:
	case s[0] == '0':
		return T("座机号码请加区号,如 057112345678", "Please enter a landline with its area code, as in 057112345678")
	case len(s) != 11:
		return T("手机号应为 11 位", "A mobile number has 11 digits")
	case s[0] != '1' || s[1] < '3':
		return T("这不是手机号,请核对开头几位", "This is no mobile number, please check how it begins")
	}
	return Text{}
}

func (f Field) date(s string) Text {
	day, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return T("没有这一天,请重新选择", "There is no such day, please choose again")
	}
	if low, err := time.Parse(time.DateOnly, f.Min); err == nil && day.Before(low) {
		return T("不能早于 "+low.Format("2006年1月2日"), "It cannot be before "+low.Format("2 January 2006"))
	}
	if high, err := time.Parse(time.DateOnly, f.Max); err == nil && day.After(high) {
		return T("不能晚于 "+high.Format("2006年1月2日"), "It cannot be after "+high.Format("2 January 2006"))
	}
	return Text{}
}

func (f Field) several(chosen []string) Text {
	for _, c := range chosen {
		if !f.offers(c) {
			return T("请重新选择", "Please choose again")
		}
	}
	if low, err := strconv.Atoi(f.Min); err == nil && len(chosen) < low {
		return Tf("请至少选择 %d 项", "Please choose at least %d", low)
	}
	if high, err := strconv.Atoi(f.Max); err == nil && len(chosen) > high {
		return Tf("最多选择 %d 项", "Please choose at most %d", high)
	}
	return Text{}
}

func (f Field) offers(value string) bool {
	return slices.ContainsFunc(f.Options, func(o Option) bool { return o.Value == value })
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

var (
	email = regexp.MustCompile(`^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$`)
	// The letters after the province are of the city; I and O are in no plate but as a city.
	plate = regexp.MustCompile(`^[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领][A-Z]([A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳领]|[A-HJ-NP-Z0-9]{6})$`)
)

func (f Format) check(s string) Text {
	upper := strings.ToUpper(s)
	switch f {
	case FormatPostcode:
		if len(s) != 6 || !digits(s) {
			return T("邮政编码应为 6 位数字", "A postcode has 6 digits")
		}
	case FormatEmail:
		if !email.MatchString(s) {
			return T("邮箱格式不对,应如 name@example.cn", "An e-mail address looks like name@example.cn")
		}
	case FormatPlate:
		if !plate.MatchString(strings.NewReplacer("·", "", " ", "").Replace(upper)) {
			return T("车牌号不对,请核对", "This is no number plate, please check it")
		}
	case FormatCredit:
		if !credit(upper) {
			return T("统一社会信用代码有误,请逐位核对", "There is a mistake in the social credit code, please check it")
		}
	case FormatISBN:
		if !isbn(strings.ReplaceAll(upper, "-", "")) {
			return T("ISBN 有误,请核对书背面的号码", "There is a mistake in the ISBN, please check the back of the book")
		}
	}
	return Text{}
}

// credit checks a social credit code's last character (GB 32100-2015, modulo 31).
func credit(s string) bool {
	const set = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	if len(s) != 18 {
		return false
	}
	sum, weight := 0, 1
	for i := range 17 {
		v := strings.IndexByte(set, s[i])
		if v < 0 {
			return false
		}
		sum, weight = sum+v*weight, weight*3%31
	}
	return s[17] == set[(31-sum%31)%31]
}

// isbn checks the last digit of an ISBN of ten or thirteen.
func isbn(s string) bool {
	sum := 0
	switch len(s) {
	case 10:
		for i := range 10 {
			v := int(s[i]) - '0'
			if i == 9 && s[i] == 'X' {
				v = 10
			} else if v < 0 || v > 9 {
				return false
			}
			sum += v * (10 - i)
		}
		return sum%11 == 0
	case 13:
		for i := range 13 {
			v := int(s[i]) - '0'
			if v < 0 || v > 9 {
				return false
			}
			sum += v * (1 + i%2*2)
		}
		return sum%10 == 0
	}
	return false
}
