package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/luohu/ting/kiosk/pinyin"
)

// reader reads words aloud: in the words of the input method the readings are
// said; in others they are those of the longest words they are made of.
type reader struct {
	words map[string][]pinyin.Syllable // of two characters or more, the reading typed most
	freq  map[string]float64           // of that reading
	first map[rune]pinyin.Syllable
	other map[rune][]pinyin.Syllable
	alone map[rune]map[pinyin.Syllable]float64 // how often a character is typed by itself
}

// surnames are those that are read otherwise than elsewhere.
var surnames = map[rune]string{
	'曾': "zeng", '单': "shan", '仇': "qiu", '解': "xie", '任': "ren", '查': "zha", '朴': "piao", '华': "hua",
	'区': "ou", '盖': "ge", '翟': "zhai", '尹': "yin", '冼': "xian", '乐': "yue", '宓': "mi", '郇': "xun", '繁': "po",
	'纪': "ji", '那': "na", '哈': "ha", '秘': "bi", '员': "yun", '折': "she", '召': "shao", '洗': "xian", '覃': "qin",
	'逄': "pang", '厍': "she", '尉': "wei", '缪': "miao", '葛': "ge", '黑': "he", '燕': "yan", '宁': "ning", '令': "ling",
}

// placeNames are those whose characters are read otherwise than elsewhere.
var placeNames = map[string]string{
	"六安": "lu'an", "蔚县": "yu'xian", "乐亭": "lao'ting", "东阿": "dong'e", "涡阳": "guo'yang", "莘县": "shen'xian",
	"铅山": "yan'shan", "大埔": "da'bu", "黄陂": "huang'pi", "洪洞": "hong'tong", "牟平": "mu'ping", "尉犁": "yu'li",
	"繁峙": "fan'shi", "浚县": "xun'xian", "番禺": "pan'yu", "台州": "tai'zhou", "丽水": "li'shui", "六合": "lu'he",
	"筠连": "jun'lian", "柏乡": "bai'xiang", "长垣": "chang'yuan", "长治": "chang'zhi", "长汀": "chang'ting",
	"中牟": "zhong'mu", "鄱阳": "po'yang", "珲春": "hun'chun", "桦甸": "hua'dian", "歙县": "she'xian", "黟县": "yi'xian",
	"枞阳": "zong'yang", "亳州": "bo'zhou", "郫县": "pi'xian", "犍为": "qian'wei", "荥经": "ying'jing", "荥阳": "xing'yang",
	"厦门": "xia'men", "朝阳": "chao'yang", "大厦": "da'sha", "行唐": "xing'tang", "藁城": "gao'cheng", "井陉": "jing'xing",
}

func newReader(src *source) *reader {
	r := &reader{
		words: map[string][]pinyin.Syllable{}, freq: map[string]float64{},
		first: map[rune]pinyin.Syllable{}, other: map[rune][]pinyin.Syllable{},
		alone: map[rune]map[pinyin.Syllable]float64{},
	}
	read := map[rune]map[pinyin.Syllable]float64{} // in all words
	note := func(m map[rune]map[pinyin.Syllable]float64, c rune, s pinyin.Syllable, f float64) {
		if m[c] == nil {
			m[c] = map[pinyin.Syllable]float64{}
		}
		m[c][s] += f
	}
	for _, e := range src.typed {
		rs := []rune(e.word)
		for i, c := range rs {
			note(read, c, e.syl[i], e.freq+1)
		}
		if len(rs) == 1 {
			note(r.alone, rs[0], e.syl[0], e.freq)
			continue
		}
		if old, ok := r.freq[e.word]; !ok || e.freq > old {
			r.words[e.word], r.freq[e.word] = e.syl, e.freq
		}
	}
	for word, said := range placeNames {
		r.words[word], _ = parse(strings.Split(said, "'"))
	}
	for c, syls := range src.rare {
		for i, s := range syls {
			note(read, c, s, 0.5/float64(i+1))
		}
	}
	for c, syls := range read {
		order := slices.SortedFunc(maps.Keys(syls), func(a, b pinyin.Syllable) int {
			return cmp.Or(cmp.Compare(syls[b], syls[a]), cmp.Compare(a, b))
		})
		r.first[c], r.other[c] = order[0], order[1:]
	}
	return r
}

// read returns the syllables of a word; false when a character has no reading.
func (r *reader) read(word, class string) ([]pinyin.Syllable, bool) {
	rs := []rune(word)
	var syl []pinyin.Syllable
	for i := 0; i < len(rs); {
		j := len(rs)
		for ; j > i+1; j-- {
			if s, ok := r.words[string(rs[i:j])]; ok && (j < len(rs) || i > 0 || j-i == len(rs)) {
				syl = append(syl, s...)
				break
			}
		}
		if j == i+1 {
			s, ok := r.first[rs[i]]
			if !ok {
				return nil, false
			}
			syl = append(syl, s)
		}
		i = j
	}
	if said, ok := surnames[rs[0]]; ok && (class == "nr" || class == "nrfg") && len(rs) > 1 && len(rs) < 4 {
		syl = slices.Clone(syl)
		syl[0], _ = pinyin.Parse(said)
	}
	return syl, true
}

// write writes the table of readings.
func (r *reader) write(b *bytes.Buffer) {
	type line struct{ first, other []rune }
	all := make([]line, pinyin.Syllables())
	for _, c := range slices.Sorted(maps.Keys(r.first)) {
		all[r.first[c]].first = append(all[r.first[c]].first, c)
		for _, s := range r.other[c] {
			all[s].other = append(all[s].other, c)
		}
	}
	for i, l := range all {
		fmt.Fprintf(b, "%s %s %s\n", pinyin.Syllable(i), string(l.first), string(l.other))
	}
}
