package speaker

import (
	"strings"
	"testing"
)

func TestReadingChinese(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"请看镜头", "请看镜头"},
		{"电话 13800138000", "电话 幺三八零 零幺三八 零零零"},
		{"身份证号440308199001011234", "身份证号四四零三 零八幺九 九零零幺 零幺幺二 三四"},
		{"号 44030819900101123X", "号 四四零三 零八幺九 九零零幺 零幺幺二 三 X"},
		{"已为 138****5678 发送", "已为 尾 hao4 五六七八 发送"},
		{"张*三,早上好", "张某,早上好"},
		{"李*同学", "李某学"},
		{"欧**", "欧某"},
		{"A***e", "A"},
		{"餐费 12.50 元", "餐费 十二元五角"},
		{"¥12.05", "十二元零五分"},
		{"¥0.50", "五角"},
		{"余额 1,234 元", "余额 一千二百三十四元"},
		{"共 2 元", "共 两元"},
		{"07:42 进校", "七点四十二分 进校"},
		{"07:05", "七点零五分"},
		{"18:00", "十八点"},
		{"00:00", "零点"},
		{"2026-11-24", "二零二六年十一月二十四日"},
		{"2026年11月24日", "二零二六年十一月二十四日"},
		{"您前面还有 2 人", "您前面 hai2 you3 两人"},
		{"第 2 步,共 4 步", "第二 步,共 四 步"},
		{"已采集 3 / 5", "已采集 第三,共五"},
		{"办结率 98.5%", "办结率 百分之九十八点五"},
		{"\uffe53.20", "三元二角"},
		{"7\uff1a30", "七点三十分"},
		{"3.14", "三点一四"},
		{"取号成功:A012", "取 hao4 成功:A 零幺二"},
		{"编号 0042", "编 hao4 零零四二"},
		{"105 册", "一百零五 册"},
		{"10 分钟", "十 分钟"},
		{"10010 个", "幺零零幺零 个"},
		{"请重新输入", "请 chong2 xin1 输入"},
		{"<b>好</b>", "b 好 /b"},
		{"可疑\u202e文字\u200b", "可疑 文字"},
		{"", ""},
	} {
		if got := Reading(Sentence{c.text, ZH}); got != c.want {
			t.Errorf("%q is read %q, want %q", c.text, got, c.want)
		}
	}
}

func TestReadingEnglish(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"Please look at the camera", "Please look at the camera"},
		{"Phone 13800138000", "Phone 1 3 8 0 0 1 3 8 0 0 0"},
		{"to 138****5678", "to ending in 5 6 7 8"},
		{"A***e, good morning", "A., good morning"},
		{"¥1,234.50", "1234.50 yuan"},
		{"Number 0042", "Number 0 0 4 2"},
		{"At 07:42", "At 07:42"},
		{"Step 2 of 4", "Step 2 of 4"},
	} {
		if got := Reading(Sentence{c.text, EN}); got != c.want {
			t.Errorf("%q is read %q, want %q", c.text, got, c.want)
		}
	}
}

func TestCounted(t *testing.T) {
	for n, want := range map[string]string{
		"0": "零", "5": "五", "10": "十", "11": "十一", "20": "二十", "100": "一百", "101": "一百零一", "110": "一百一十",
		"1000": "一千", "1010": "一千零一十", "10000": "一万", "10001": "一万零一", "10100": "一万零一百",
		"120000": "十二万", "1000000": "一百万", "100000000": "一亿", "100000001": "一亿零一", "1200034": "一百二十万零三十四",
	} {
		if got := counted(n); got != want {
			t.Errorf("%s is counted %s, want %s", n, got, want)
		}
	}
}

// TestReadingIsBounded keeps a page's whole text from being read for an hour.
func TestReadingIsBounded(t *testing.T) {
	long := strings.Repeat("很长的一句话。", 1000)
	got := []rune(Reading(Sentence{long, ZH}))
	if len(got) > MaxRunes || got[len(got)-1] != '。' {
		t.Errorf("%d characters are read, ending %q", len(got), string(got[len(got)-3:]))
	}
}

// FuzzReading holds what a hostile page could say: no sign of a synthesiser's
// own language comes through, and no masked part is made up.
func FuzzReading(f *testing.F) {
	for _, s := range []string{"¥1.999", "**1", "12:60:61", "\xff\xfe", "9999999999999999999999元", "[[x]]", "张***三12%3.4.5", "1,2,3,,4元", "2000-13-40"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, l := range []Lang{ZH, EN} {
			if got := Reading(Sentence{text, l}); strings.ContainsAny(got, "<>[]{}|*\n\x00\u202e") {
				t.Errorf("%q in %s is read %q", text, l, got)
			}
		}
	})
}

func FuzzParseWAV(f *testing.F) {
	good := Sound{Rate: 22050, Channels: 1, Samples: []int16{1, -2, 3}}.WAV()
	f.Add(good)
	f.Add(good[:len(good)-3])
	f.Add([]byte("RIFF____WAVEfmt \xff\xff\xff\xff"))
	f.Add([]byte("RIFF____WAVEdata\x04\x00\x00\x00abcd"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ParseWAV(b)
		if err != nil {
			return
		}
		again, err := ParseWAV(s.WAV())
		if err != nil || len(again.Samples) != len(s.Samples) || again.Rate != s.Rate {
			t.Errorf("a sound of %d samples at %d Hz did not survive: %v", len(s.Samples), s.Rate, err)
		}
	})
}
