package scanner

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestParse(t *testing.T) {
	for in, want := range map[string]Code{
		"9787020002207":            {Text: "9787020002207"},
		"]E09787020002207":         {Text: "9787020002207", Symbology: EAN},
		"]Q1借书证 2019-0317":         {Text: "借书证 2019-0317", Symbology: QR},
		"\xbd\xe8\xca\xe9\xd6\xa4": {Text: "借书证"}, // GB 18030
		"a\x00b\x1b[31mc\u0085":    {Text: "ab[31mc"},
		"]x":                       {Text: "]x"},
		"]!!hello":                 {Text: "]!!hello"},
	} {
		now := time.Now()
		want.Time = now
		if got, err := Parse([]byte(in), now); err != nil || got != want {
			t.Errorf("%q: %+v, %v; want %+v", in, got, err, want)
		}
	}
	for name, in := range map[string]string{
		"empty": "", "only control": "\x00\x01", "only an identifier": "]Q1", "too long": strings.Repeat("x", MaxCode+1), "neither encoding": "\xff\xff\xff",
	} {
		if c, err := Parse([]byte(in), time.Now()); !errors.Is(err, ErrCode) {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
}

// FuzzParse: what is accepted is clean text of bounded length.
func FuzzParse(f *testing.F) {
	f.Add([]byte("]Q1借书证"))
	f.Add([]byte{0xbd, 0xe8})
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Parse(b, time.Time{})
		if err != nil {
			if !errors.Is(err, ErrCode) {
				t.Fatal(err)
			}
			return
		}
		if c.Text == "" || !utf8.ValidString(c.Text) || len(c.Text) > 3*MaxCode || strings.ContainsFunc(c.Text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Fatalf("%q", c.Text)
		}
	})
}
