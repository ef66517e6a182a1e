package compose

import (
	"bytes"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	assets "github.com/luohu/ting/assets/pinyin"
	"github.com/luohu/ting/kiosk/pinyin"
)

// typeIn types letters and returns the candidates' texts.
func typeIn(c *Composition, letters string) []string {
	for _, r := range letters {
		c.Type(r)
	}
	var texts []string
	for _, can := range c.Candidates() {
		texts = append(texts, can.Text)
	}
	return texts
}

func TestCandidates(t *testing.T) {
	for _, c := range []struct {
		letters string
		hint    Hint
		among   int // the first so many
		want    string
	}{
		{"zhongguo", Plain, 1, "中国"},
		{"zg", Plain, 2, "中国"},
		{"zhg", Plain, 5, "中国"},
		{"zhongg", Plain, 1, "中国"},
		{"zhonggu", Plain, 3, "中古"},
		{"xian", Plain, 1, "先"},
		{"xian", Plain, 8, "西安"},
		{"xi'an", Plain, 1, "西安"},
		{"lv", Plain, 1, "绿"},
		{"lve", Plain, 1, "略"},
		{"nvhai", Plain, 1, "女孩"},
		{"ga", Plain, 8, "公安"},
		{"woaibeijingtiananmen", Plain, 1, "我爱北京天安门"},
		{"zhangwei", Name, 1, "张伟"},
		{"zw", Name, 1, "张伟"},
		{"ouyangxiu", Name, 1, "欧阳修"},
		{"wei", Name, 1, "魏"},
		{"wei", GivenName, 1, "伟"},
		{"beijingshichaoyangqu", Address, 1, "北京市朝阳区"},
	} {
		comp := New(Load())
		comp.Hint(c.hint)
		got := typeIn(comp, c.letters)
		if !slices.Contains(got[:min(len(got), c.among)], c.want) {
			t.Errorf("%s: %s is not among the first %d: %q", c.letters, c.want, c.among, got[:min(len(got), 10)])
		}
	}
}

func TestCandidatesAreInOrderAndOnce(t *testing.T) {
	for _, p := range phrases(t) {
		seen := map[string]bool{}
		whole := true
		for i, c := range Load().Candidates([]byte(p.letters), hints[p.kind]) {
			if seen[c.Text] {
				t.Errorf("%s: %s is offered twice", p.letters, c.Text)
			}
			seen[c.Text] = true
			if c.Letters < 1 || c.Letters > len(p.letters) || !utf8.ValidString(c.Text) {
				t.Errorf("%s: %+v", p.letters, c)
			}
			if full := c.Letters == len(p.letters); full && !whole {
				t.Errorf("%s: %s takes all letters and stands behind words that do not (%d)", p.letters, c.Text, i)
			} else {
				whole = full
			}
		}
	}
}

func TestChoosingAPart(t *testing.T) {
	c := New(Load())
	got := typeIn(c, "beijingshi")
	if got[0] != "北京市" || c.Letters() != "bei jing shi" {
		t.Fatalf("%q, %q", got[:3], c.Letters())
	}
	if text, complete := c.Choose(slices.Index(got, "北京")); complete || text != "" {
		t.Fatalf("%q, %v", text, complete)
	}
	if c.Picked() != "北京" || c.Letters() != "shi" || c.Raw() != "北京shi" {
		t.Errorf("picked %q, letters %q, raw %q", c.Picked(), c.Letters(), c.Raw())
	}
	c.Erase()
	c.Erase()
	c.Erase() // shi
	if c.Picked() != "北京" || c.Letters() != "" {
		t.Errorf("picked %q, letters %q", c.Picked(), c.Letters())
	}
	c.Erase() // the choice
	if c.Picked() != "" || c.Letters() != "bei jing" || c.Candidates()[0].Text != "北京" {
		t.Errorf("picked %q, letters %q", c.Picked(), c.Letters())
	}
	if text, complete := c.Choose(0); !complete || text != "北京" || !c.Empty() {
		t.Errorf("%q, %v", text, complete)
	}
	if c.Erase() {
		t.Error("there was something to erase")
	}
}

func TestApostropheBehindAChoiceIsNotLeftOver(t *testing.T) {
	c := New(Load())
	got := typeIn(c, "xi'an")
	if text, complete := c.Choose(slices.Index(got, "西")); complete || text != "" || c.Raw() != "西an" {
		t.Errorf("%q, %v, raw %q", text, complete, c.Raw())
	}
}

func TestWhatIsNotPinyin(t *testing.T) {
	c := New(Load())
	for _, r := range "iuv'7中 -" {
		if c.Type(r) {
			t.Errorf("%q begins a phrase", r)
		}
	}
	if got := typeIn(c, "nihaoi"); got[0] != "你好" || c.Letters() != "ni hao i" {
		t.Errorf("%q, %q", got[0], c.Letters())
	}
	if _, complete := c.Choose(-1); complete {
		t.Error("a candidate before the first was chosen")
	}
	if _, complete := c.Choose(len(c.Candidates())); complete {
		t.Error("a candidate behind the last was chosen")
	}
}

func TestClearOverwritesWhatWasTyped(t *testing.T) {
	c := New(Load())
	typeIn(c, "shenfenzheng")
	backing := c.letters[:cap(c.letters)]
	offered := c.offered[:cap(c.offered)]
	c.Clear()
	if !c.Empty() || len(c.Candidates()) > 0 || c.Raw() != "" {
		t.Error("something is left")
	}
	if len(bytes.Trim(backing, "\x00")) > 0 {
		t.Errorf("the letters are still there: %q", backing)
	}
	for _, o := range offered {
		if o.Text != "" {
			t.Fatalf("a candidate is still there: %+v", o)
		}
	}
}

func TestNothingIsLearnt(t *testing.T) {
	before := typeIn(New(Load()), "shishi")
	c := New(Load())
	typeIn(c, "shishi")
	c.Choose(9)
	if after := typeIn(New(Load()), "shishi"); !slices.Equal(before, after) {
		t.Errorf("%q, then %q", before[:10], after[:10])
	}
}

func TestDamagedDictionary(t *testing.T) {
	for name, file := range map[string]string{
		"empty":       "",
		"no costs":    "n v\n",
		"cost":        "n\n0 0\n0 0\nx 0\n",
		"class":       "n\n0 0\n0 0\n0 0\n中 1 5\n",
		"no reading":  "n\n0 0\n0 0\n0 0\nx 0 5\n",
		"no syllable": "n\n0 0\n0 0\n0 0\n中 0 5 zhing\n",
		"order":       "n\n0 0\n0 0\n0 0\n中 0 5\n八 0 5\n",
	} {
		if d, err := parse([]byte(file)); err == nil {
			t.Errorf("%s: accepted, %d words", name, d.Words())
		}
	}
}

// FuzzCandidates: whatever is typed, what is offered takes some of the letters,
// and choosing always comes to an end.
func FuzzCandidates(f *testing.F) {
	for _, s := range []string{"zhongguo", "zg", "xi'an", "i", "'", "nihaoi", strings.Repeat("z", 80), "lve'nv"} {
		f.Add(s, 0)
	}
	f.Fuzz(func(t *testing.T, typed string, hint int) {
		c := New(Load())
		c.Hint(Hint(hint & 3))
		for _, r := range typed {
			c.Type(r)
		}
		for range mostLetters + 1 {
			if len(c.Candidates()) == 0 {
				return
			}
			before := len(c.letters)
			if _, complete := c.Choose(len(c.Candidates()) - 1); complete {
				return
			}
			if len(c.letters) >= before {
				t.Fatalf("%q: a choice took nothing", typed)
			}
		}
		t.Fatalf("%q: choosing does not end", typed)
	})
}

// BenchmarkKeystroke is one more letter, to the candidates for all: the mean
// over the phrases of testdata, each typed letter by letter, and the slowest
// hundredth as p99. A screen has 16 ms.
func BenchmarkKeystroke(b *testing.B) {
	d := Load()
	all := phrases(b)
	var took []int64
	for b.Loop() {
		for _, p := range all {
			c := New(d)
			for _, r := range p.letters {
				c.Hint(hints[p.kind])
				start := nanotime()
				c.Type(r)
				took = append(took, nanotime()-start)
			}
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(sum(took))/float64(len(took)), "ns/key")
	b.ReportMetric(float64(took[len(took)*99/100])/1e6, "p99-ms")
	b.ReportMetric(float64(took[len(took)-1])/1e6, "max-ms")
}

func nanotime() int64 { return time.Since(started).Nanoseconds() }

var started = time.Now()

func sum(all []int64) (total int64) {
	for _, v := range all {
		total += v
	}
	return total
}

func unpacked() []byte { return pinyin.Unpack(assets.Words) }

// BenchmarkLoad is the dictionary from the program's bytes, and what it holds.
func BenchmarkLoad(b *testing.B) {
	var d *Dictionary
	for b.Loop() {
		var err error
		if d, err = parse(unpacked()); err != nil {
			b.Fatal(err)
		}
	}
	var with, without runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&with)
	runtime.KeepAlive(d)
	runtime.GC() // d is dead from here on
	runtime.ReadMemStats(&without)
	b.ReportMetric(float64(with.HeapAlloc-without.HeapAlloc)/1e6, "MB-held")
}
