package view

import (
	"log/slog"
	"strings"
	"testing"
	"time"
)

var monday = time.Date(2026, time.March, 2, 7, 42, 0, 0, time.FixedZone("CST", 8*3600))

func TestCheck(t *testing.T) {
	text := func(s string) Value { return Value{Text: s} }
	options := []Option{{Value: "a", Label: Same("A")}, {Value: "b", Label: Same("B")}, {Value: "c", Label: Same("C")}}
	for name, c := range map[string]struct {
		f    Field
		v    Value
		says string // a part of the Chinese wording; "" is fine
	}{
		"empty may stay":       {Field{Kind: FieldText}, text(""), ""},
		"empty must not":       {Field{Kind: FieldText, Required: true}, text("  "), "请填写"},
		"short text":           {Field{Kind: FieldText, MinLen: 2}, text("张"), "至少 2 个字"},
		"long text":            {Field{Kind: FieldText, MaxLen: 3}, text("张小三四"), "最多 3 个字"},
		"usual length":         {Field{Kind: FieldText}, text(strings.Repeat("字", 64)), ""},
		"six digits":           {Field{Kind: FieldPIN, MinLen: 6, MaxLen: 6}, text("12345"), "应为 6 位"},
		"letters in a PIN":     {Field{Kind: FieldPIN}, text("12a4"), "只能输入数字"},
		"a number":             {Field{Kind: FieldNumber, Min: "1", Max: "30"}, text("12"), ""},
		"a number too small":   {Field{Kind: FieldNumber, Min: "1"}, text("0"), "不能小于 1"},
		"a number too large":   {Field{Kind: FieldNumber, Max: "30"}, text("31"), "不能大于 30"},
		"no number":            {Field{Kind: FieldNumber}, text("-1"), "请输入数字"},
		"a point":              {Field{Kind: FieldNumber}, text("1.5"), "请输入整数"},
		"two decimals":         {Field{Kind: FieldNumber, Decimals: 2}, text("1.50"), ""},
		"three decimals":       {Field{Kind: FieldNumber, Decimals: 2}, text("1.505"), "最多 2 位小数"},
		"a point at the end":   {Field{Kind: FieldNumber, Decimals: 2}, text("1."), "请输入数字"},
		"a mobile number":      {Field{Kind: FieldPhone}, text("13800138000"), ""},
		"a short mobile":       {Field{Kind: FieldPhone}, text("1380013800"), "11 位"},
		"no mobile":            {Field{Kind: FieldPhone}, text("12800138000"), "不是手机号"},
		"a landline":           {Field{Kind: FieldPhone}, text("057112345678"), ""},
		"a landline's end":     {Field{Kind: FieldPhone}, text("012345"), "区号"},
		"an ID number":         {Field{Kind: FieldID}, text("11010519491231002X"), ""},
		"a date":               {Field{Kind: FieldDate}, text("2026-02-28"), ""},
		"no such day":          {Field{Kind: FieldDate}, text("2026-02-29"), "没有这一天"},
		"too early":            {Field{Kind: FieldDate, Min: "2026-03-03"}, text("2026-03-02"), "不能早于 2026年3月3日"},
		"too late":             {Field{Kind: FieldDate, Max: "2026-03-03"}, text("2026-03-04"), "不能晚于"},
		"a choice":             {Field{Kind: FieldChoice, Options: options}, text("b"), ""},
		"no such choice":       {Field{Kind: FieldChoice, Options: options}, text("x"), "请选择一项"},
		"too few choices":      {Field{Kind: FieldChoices, Options: options, Min: "2"}, Value{Chosen: []string{"a"}}, "至少选择 2 项"},
		"too many choices":     {Field{Kind: FieldChoices, Options: options, Max: "1"}, Value{Chosen: []string{"a", "b"}}, "最多选择 1 项"},
		"choices not offered":  {Field{Kind: FieldChoices, Options: options}, Value{Chosen: []string{"x"}}, "重新选择"},
		"no photo":             {Field{Kind: FieldPhoto, Required: true}, Value{}, "请拍一张照片"},
		"no signature":         {Field{Kind: FieldSignature, Required: true}, Value{}, "请用手指签名"},
		"a signature":          {Field{Kind: FieldSignature, Required: true}, Value{Image: []byte{1}}, ""},
		"a postcode":           {Field{Kind: FieldText, Format: FormatPostcode}, text("310012"), ""},
		"no postcode":          {Field{Kind: FieldText, Format: FormatPostcode}, text("31001"), "6 位数字"},
		"an e-mail address":    {Field{Kind: FieldText, Format: FormatEmail}, text("ruoxi@example.com.cn"), ""},
		"no e-mail address":    {Field{Kind: FieldText, Format: FormatEmail}, text("ruoxi@"), "邮箱格式不对"},
		"a plate":              {Field{Kind: FieldText, Format: FormatPlate}, text("浙a·12345"), ""},
		"a plate of a new car": {Field{Kind: FieldText, Format: FormatPlate}, text("京AD12345"), ""},
		"no plate":             {Field{Kind: FieldText, Format: FormatPlate}, text("浙A1234I"), "车牌号不对"},
		"a credit code":        {Field{Kind: FieldText, Format: FormatCredit}, text("91350100M000100Y43"), ""},
		"no credit code":       {Field{Kind: FieldText, Format: FormatCredit}, text("91350100M000100Y44"), "信用代码有误"},
		"an ISBN":              {Field{Kind: FieldText, Format: FormatISBN}, text("978-7-02-000220-7"), ""},
		"an old ISBN":          {Field{Kind: FieldText, Format: FormatISBN}, text("080442957X"), ""},
		"no ISBN":              {Field{Kind: FieldText, Format: FormatISBN}, text("9787020002208"), "ISBN 有误"},
	} {
		got := c.f.Check(c.v, monday)
		if c.says == "" && !got.IsZero() || c.says != "" && (!strings.Contains(got.ZH, c.says) || got.EN == "") {
			t.Errorf("%s: Check says %+v, want %q", name, got, c.says)
		}
	}
}

func TestIDNumber(t *testing.T) {
	for n, says := range map[IDNumber]string{
		"11010519491231002X":  "",     // the standard's own example
		"440524188001010014":  "出生日期", // right by its check character, but nobody is that old
		"11010519491231002x":  "只有数字",
		"110105194912310021":  "逐位核对",
		"11010519491231":      "还少 4 位",
		"11010519491231002X1": "多了 1 位",
		"1101051949123100211": "多了 1 位",
		"110105194902300027":  "第 7 至 14 位",
		"110105203001010019":  "第 7 至 14 位", // not born yet
		"990105194912310026":  "前两位",
		"1101051949123１00":    "只有数字",
	} {
		got := n.Check(monday)
		if says == "" && !got.IsZero() || says != "" && !strings.Contains(got.ZH, says) {
			t.Errorf("%s: %+v, want %q", n, got, says)
		}
	}
	if born, ok := IDNumber("11010519491231002X").Birthday(); !ok || born.Format(time.DateOnly) != "1949-12-31" {
		t.Errorf("born %v, %v", born, ok)
	}
	for in, want := range map[string]string{
		"11010519491231002X": "110***********002X", "13800138000": "138****8000", "12345": "***45", "": "", "1": "*",
	} {
		if got := MaskNumber(in); got != want {
			t.Errorf("MaskNumber(%q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzCheck: no entry a keyboard can make breaks the rules' code.
func FuzzCheck(f *testing.F) {
	f.Add("11010519491231002X", "id", "", "1", "9")
	f.Add("91350100M000100Y43", "text", "credit", "", "")
	f.Add("2026-02-29", "date", "", "2026-01-01", "x")
	f.Fuzz(func(t *testing.T, s, kind, format, low, high string) {
		fd := Field{ID: "f", Kind: FieldKind(kind), Format: Format(format), Min: low, Max: high, Decimals: 2}
		fd.Check(Value{Text: s, Chosen: []string{s}}, monday)
		MaskNumber(s)
	})
}

func TestAnswer(t *testing.T) {
	a := Answer{PageID: "p", Fields: map[string]Value{
		"n": {Text: " 12 "}, "f": {Text: "2.50"}, "d": {Text: "2026-03-12"}, "c": {Chosen: []string{"x", "y"}}, "i": {Image: []byte{1}}, "id": {Text: "11010519491231002X"}, "bad": {Text: "NaN"},
	}}
	if n, err := a.Int("n"); n != 12 || err != nil {
		t.Errorf("Int = %d, %v", n, err)
	}
	if n, err := a.Number("f"); n != 2.5 || err != nil {
		t.Errorf("Number = %v, %v", n, err)
	}
	if _, err := a.Number("bad"); err == nil || strings.Contains(err.Error(), "NaN") {
		t.Errorf("Number of NaN: %v", err)
	}
	if d, err := a.Date("d", monday.Location()); err != nil || d.Day() != 12 || d.Location() != monday.Location() {
		t.Errorf("Date = %v, %v", d, err)
	}
	if _, err := a.Int("none"); err == nil {
		t.Error("an empty field is a number")
	}
	if c := a.Chosen("c"); len(c) != 2 {
		t.Errorf("Chosen = %q", c)
	}
	if _, ok := a.Image("n"); ok {
		t.Error("a number is an image")
	}
	if b, ok := a.Image("i"); !ok || len(b) != 1 {
		t.Error("no image")
	}
	if born, ok := a.IDNumber("id").Birthday(); !ok || born.Year() != 1949 {
		t.Errorf("born %v", born)
	}
}

// TestAnswerStaysOutOfLogs: what a visitor typed is nobody's business.
func TestAnswerStaysOutOfLogs(t *testing.T) {
	var b strings.Builder
	log := slog.New(slog.NewTextHandler(&b, nil))
	a := Answer{PageID: "p", Action: "ok", Fields: map[string]Value{"id": {Text: "11010519491231002X"}}}
	log.Info("answered", "answer", a, "value", a.Fields["id"])
	if s := b.String(); strings.Contains(s, "1949") || !strings.Contains(s, "answer.action=ok") {
		t.Error(s)
	}
}

func TestRefusedAnswers(t *testing.T) {
	five := map[string]Value{}
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		five[id] = Value{Image: picture(1, 1)}
	}
	many := map[string]Value{}
	for i := range 1000 {
		many[strings.Repeat("x", i)] = Value{}
	}
	for name, fields := range map[string]map[string]Value{
		"long text": {"a": {Text: strings.Repeat("x", maxText+1)}}, "text not UTF-8": {"a": {Text: "\xff"}}, "ID not UTF-8": {"\xff": {}},
		"large image": {"a": {Image: make([]byte, MaxImageBytes+1)}}, "no image": {"a": {Image: []byte("<svg>")}}, "a bomb": {"a": {Image: headerOf(60000, 60000)}},
		"five images": five, "a thousand fields": many, "many choices": {"a": {Chosen: make([]string, maxOptions+1)}}, "a choice not UTF-8": {"a": {Chosen: []string{"\xff"}}},
	} {
		if err := (Answer{Fields: fields}).Validate(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
