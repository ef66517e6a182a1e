package printer

import (
	"errors"
	"image"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		in   string
		most int
		want []string
	}{
		{"", 10, []string{""}},
		{"办理成功", 8, []string{"办理成功"}},
		{"办理成功请取号", 8, []string{"办理成功", "请取号"}},
		{"请到三号窗口。", 12, []string{"请到三号窗", "口。"}},
		{"one two three", 8, []string{"one two", "three"}},
		{"unbreakable", 4, []string{"unbr", "eaka", "ble"}},
		{"编号 A017-2231", 10, []string{"编号 A017-", "2231"}},
		{"a\nb", 10, []string{"a", "b"}},
		{"甲\x1b@乙\u202e丙\u200b", 10, []string{"甲@乙丙"}},
		{"张 三", 4, []string{"张", "三"}},
	} {
		if d := cmp.Diff(c.want, Wrap(c.in, c.most)); d != "" {
			t.Errorf("%q at %d:\n%s", c.in, c.most, d)
		}
	}
}

func TestWrap_NeverWiderThanThePaper(t *testing.T) {
	for _, s := range []string{strings.Repeat("长文本\uff0c", 40), strings.Repeat("word ", 40), strings.Repeat("混mix合ed", 30)} {
		for most := 2; most < 50; most++ {
			all := ""
			for _, l := range Wrap(s, most) {
				if Columns(l) > most {
					t.Fatalf("%q is %d columns, the paper has %d", l, Columns(l), most)
				}
				all += l
			}
			if strip(all) != strip(s) {
				t.Fatalf("at %d columns text is lost: %q", most, all)
			}
		}
	}
}

func strip(s string) string { return strings.ReplaceAll(s, " ", "") }

func TestPair(t *testing.T) {
	if d := cmp.Diff([]string{"金额       12.00"}, Pair{"金额", "12.00"}.Beside(16)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"办理事项", "  居住证签注换领"}, Pair{"办理事项", "居住证签注换领"}.Beside(16)); d != "" {
		t.Error(d)
	}
}

func TestRefusedSlips(t *testing.T) {
	long := strings.Repeat("x", maxText+1)
	for name, s := range map[string]Slip{
		"empty":          {},
		"too many":       {Blocks: make([]Block, maxBlocks+1)},
		"nil block":      {Blocks: []Block{nil}},
		"long text":      {Blocks: []Block{Text{Text: long}}},
		"not UTF-8":      {Blocks: []Block{Pair{"\xff", ""}}},
		"size":           {Blocks: []Block{Text{Text: "x", Size: 5}}},
		"no QR data":     {Blocks: []Block{QR{}}},
		"much QR data":   {Blocks: []Block{QR{strings.Repeat("x", maxQR+1)}}},
		"no picture":     {Blocks: []Block{Picture{}}},
		"empty picture":  {Blocks: []Block{Picture{image.NewGray(image.Rect(0, 0, 0, 1))}}},
		"large picture":  {Blocks: []Block{Picture{image.NewUniform(image.Black.C)}}},
		"too much space": {Blocks: []Block{Space{maxSpace + 1}}},
	} {
		if err := s.Validate(); !errors.Is(err, ErrSlip) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (Slip{Blocks: []Block{Text{Text: "办理成功", Size: 2}, Rule{}, Pair{"a", "b"}, QR{"x"}, Space{1}}}).Validate(); err != nil {
		t.Error(err)
	}
}
