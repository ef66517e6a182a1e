package pinyin

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// marked writes what matched in brackets.
func marked(title string, rs []Range) string {
	var b strings.Builder
	at := 0
	for _, r := range rs {
		b.WriteString(title[at:r.From] + "[" + title[r.From:r.To] + "]")
		at = r.To
	}
	return b.String() + title[at:]
}

func TestMatch(t *testing.T) {
	for _, c := range []struct{ typed, title, want string }{
		{"tss", "图书室", "[图书室]"},
		{"tushushi", "图书室", "[图书室]"},
		{"tushu", "图书室", "[图书]室"},
		{"tush", "图书室", "[图书]室"},
		{"tshushi", "图书室", "[图书室]"},
		{"tu书s", "图书室", "[图书室]"},
		{"图书", "图书室", "[图书]室"},
		{"室", "图书室", "图书[室]"},
		{"shushi", "图书室", "图[书室]"},
		{"TSS", "图书室", "[图书室]"},
		{"tu shu", "图书室", "[图书]室"},
		{"tsx", "图书室", ""},
		{"xa", "西安路", "[西安]路"},
		{"xi'an", "西安路", "[西安]路"},
		{"xian", "西安路", "[西安]路"},
		{"zg", "中国", "[中国]"},
		{"zhg", "中国", "[中国]"},
		{"zhongguo", "中国", "[中国]"},
		{"zhongg", "中国", "[中国]"},
		{"yh", "银行", "[银行]"},
		{"yinhang", "银行", "[银行]"},
		{"yinxing", "银行", "[银行]"}, // each reading counts
		{"nvren", "女人", "[女人]"},
		{"nüren", "女人", "[女人]"},
		{"zhanlve", "战略", "[战略]"},
		{"zhanlue", "战略", "[战略]"},
		{"rlsb", "人脸识别登记", "[人脸识别]登记"},
		{"djrx", "登记(入学)", "[登记]([入学])"},
		{"lc", "Library card", "[L]ibrary [c]ard"},
		{"libca", "Library card", "[Lib]rary [ca]rd"},
		{"card", "Library card", "Library [card]"},
		{"brary", "Library card", "Li[brary] card"},
		{"lcd", "Library card", ""},
		{"3h", "3号楼", "[3号]楼"},
		{"", "图书室", "图书室"},
		{"x", "", ""},
		{"a", "\xff\xfea", "\xff\xfe[a]"},
	} {
		got, ok := Match(c.typed, c.title)
		if !ok && c.want == "" {
			continue
		}
		if m := marked(c.title, got.Ranges); !ok || m != c.want {
			t.Errorf("%q in %q: %q (found %v), want %q", c.typed, c.title, m, ok, c.want)
		}
	}
}

func TestRankOrdersWhatFits(t *testing.T) {
	titles := []string{"社区食堂", "食堂", "学生食堂充值", "石塘街道", "实体店", "市体育馆", "Student card"}
	for typed, want := range map[string][]string{
		"st":       {"食堂", "石塘街道", "实体店", "市体育馆", "Student card", "社区食堂", "学生食堂充值"},
		"shitang":  {"食堂", "石塘街道", "社区食堂", "学生食堂充值"},
		"食":        {"食堂", "社区食堂", "学生食堂充值"},
		"stu":      {"Student card"},
		"xs":       {"学生食堂充值"},
		"nothing!": nil,
	} {
		var got []string
		for _, h := range Rank(typed, titles, func(s string) []string { return []string{s} }) {
			got = append(got, h.Item)
		}
		if typed == "st" { // equal ones may change places with the weights; the ends may not
			if len(got) != len(want) || got[0] != "食堂" || got[len(got)-1] != "学生食堂充值" {
				t.Errorf("st: %q", got)
			}
			continue
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", typed, got, want)
		}
	}
}

func TestRankTakesTheBetterTitle(t *testing.T) {
	hits := Rank("lib", []string{"x"}, func(string) []string { return []string{"图书馆", "Library"} })
	if len(hits) != 1 || hits[0].Title != 1 || marked("Library", hits[0].Ranges) != "[Lib]rary" {
		t.Errorf("hits = %+v", hits)
	}
}

func TestReadings(t *testing.T) {
	for c, want := range map[rune]string{'重': "zhong chong", '国': "guo", '曾': "ceng zeng", 'x': ""} {
		var got []string
		for _, s := range Readings(c) {
			got = append(got, s.String())
		}
		if !strings.HasPrefix(strings.Join(got, " "), want) || (want == "") != (len(got) == 0) {
			t.Errorf("%c is read %q, want %q first", c, got, want)
		}
	}
}

func TestBeginning(t *testing.T) {
	for s, want := range map[string]string{"zho": "zhong zhou", "nv": "nv", "xy": "", "shua": "shua shuai shuan shuang"} {
		var got []string
		for from, to := Beginning(s); from < to; from++ {
			got = append(got, from.String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", s, got, want)
		}
	}
	if !slices.IsSorted(spelled) {
		t.Error("the syllables are not in the order of the alphabet")
	}
}

// FuzzMatch: whatever is typed and looked at, ranges are in order, apart and
// cut no character in two.
func FuzzMatch(f *testing.F) {
	for _, s := range [][2]string{{"tss", "图书室"}, {"lc", "Library card"}, {"xi'an", "西安"}, {"\xff", "a\xffb"}, {"a", "\xff\xfea"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, typed, title string) {
		got, ok := Match(typed, title)
		if !ok && got.Ranges != nil {
			t.Fatal("ranges without a match")
		}
		at := 0
		for i, r := range got.Ranges {
			if r.From < at || i > 0 && r.From == at || r.To <= r.From || r.To > len(title) {
				t.Fatalf("ranges %v of %q", got.Ranges, title)
			}
			if utf8.ValidString(title) && !utf8.ValidString(title[r.From:r.To]) {
				t.Fatalf("range %v cuts a character of %q", r, title)
			}
			at = r.To
		}
	})
}

// BenchmarkRank: 100,000 titles of a library searched by initials, once.
func BenchmarkRank(b *testing.B) {
	var titles []string
	for i := range 100_000 {
		titles = append(titles, []string{"红楼梦", "三国演义 (上)", "十万个为什么", "Gone with the wind", "平凡的世界"}[i%5])
	}
	for b.Loop() {
		Rank("sgyy", titles, func(s string) []string { return []string{s} })
	}
}
