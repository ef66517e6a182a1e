package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	gopinyin "github.com/mozillazg/go-pinyin"

	"github.com/luohu/ting/kiosk/pinyin"
)

// source is what was read, unchanged but for readings that are not syllables.
type source struct {
	typed   []entry          // of the input method
	written map[string]entry // of the segmenter, by word
	follow  map[[2]state]float64
	start   map[state]float64
	places  []string // provinces to counties, in the register's order
	towns   []string
	rare    map[rune][]pinyin.Syllable
}

type entry struct {
	word  string
	syl   []pinyin.Syllable // nil where the source does not say
	freq  float64
	class string
}

// state is a class of words, and whether they have one character.
type state struct {
	class  string
	single bool
}

func read(dir string) (*source, error) {
	s := &source{written: map[string]entry{}, rare: rareReadings()}
	err := lines(filepath.Join(dir, "simp.yaml"), func(l string) error {
		p := strings.Split(l, "\t")
		if len(p) != 3 {
			return nil
		}
		f, err := strconv.ParseFloat(p[2], 64)
		if err != nil {
			return err
		}
		if syl, ok := parse(strings.Fields(p[1])); ok && allHan(p[0]) && len(syl) == len([]rune(p[0])) {
			s.typed = append(s.typed, entry{word: p[0], syl: syl, freq: f})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = lines(filepath.Join(dir, "jieba.txt"), func(l string) error {
		p := strings.Fields(l)
		if len(p) != 3 || !allHan(p[0]) {
			return nil
		}
		f, err := strconv.ParseFloat(p[1], 64)
		s.written[p[0]] = entry{word: p[0], freq: f, class: p[2]}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"province.csv", "city.csv", "area.csv", "town.csv"} {
		err = lines(filepath.Join(dir, name), func(l string) error {
			p := strings.Split(l, ",")
			if len(p) < 2 || !allHan(p[1]) {
				return nil
			}
			if name == "town.csv" {
				s.towns = append(s.towns, p[1])
			} else {
				s.places = append(s.places, p[1])
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return s, s.readFollow(dir)
}

var (
	rowHead = regexp.MustCompile(`\('([BMES])', '(\w+)'\): \{`)
	cell    = regexp.MustCompile(`\('([BMES])', '(\w+)'\): (-[\d.e+]+|0\.0)`)
)

// readFollow reads which class begins after which has ended, from a model whose
// states are the characters of words: B begins one, E ends it, S is one alone.
func (s *source) readFollow(dir string) error {
	s.follow, s.start = map[[2]state]float64{}, map[state]float64{}
	b, err := os.ReadFile(filepath.Join(dir, "follow.py"))
	if err != nil {
		return err
	}
	for _, row := range strings.SplitAfter(string(b), "}") {
		h := rowHead.FindStringSubmatch(row)
		if h == nil || h[1] != "E" && h[1] != "S" {
			continue
		}
		for _, c := range cell.FindAllStringSubmatch(row, -1) {
			if c[1] != "B" && c[1] != "S" {
				continue
			}
			v, err := strconv.ParseFloat(c[3], 64)
			if err != nil {
				return err
			}
			s.follow[[2]state{{h[2], h[1] == "S"}, {c[2], c[1] == "S"}}] = -v
		}
	}
	b, err = os.ReadFile(filepath.Join(dir, "start.py"))
	if err != nil {
		return err
	}
	for _, c := range cell.FindAllStringSubmatch(string(b), -1) {
		v, err := strconv.ParseFloat(c[3], 64)
		if err != nil {
			return err
		}
		if c[1] == "B" || c[1] == "S" {
			s.start[state{c[2], c[1] == "S"}] = -v
		}
	}
	if len(s.follow) < 1000 || len(s.start) < 50 {
		return fmt.Errorf("follow.py, start.py: only %d and %d costs were understood", len(s.follow), len(s.start))
	}
	return nil
}

func lines(name string, f func(string) error) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	sc := bufio.NewScanner(file)
	for n := 1; sc.Scan(); n++ {
		if err := f(sc.Text()); err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	return sc.Err()
}

func parse(spelled []string) ([]pinyin.Syllable, bool) {
	syl := make([]pinyin.Syllable, len(spelled))
	for i, s := range spelled {
		n, ok := pinyin.Parse(s)
		if !ok {
			return nil, false
		}
		syl[i] = n
	}
	return syl, true
}

func allHan(s string) bool {
	for _, r := range s {
		if !isHan(r) {
			return false
		}
	}
	return s != ""
}

func isHan(r rune) bool {
	return r == '\u3007' || r >= 0x3400 && r <= 0x4dbf || r >= 0x4e00 && r <= 0x9fff || r >= 0x20000 && r <= 0x323af
}

// rareReadings takes the tones off a table of readings.
func rareReadings() map[rune][]pinyin.Syllable {
	plain := strings.NewReplacer(
		"ā", "a", "á", "a", "ǎ", "a", "à", "a", "ē", "e", "é", "e", "ě", "e", "è", "e",
		"ī", "i", "í", "i", "ǐ", "i", "ì", "i", "ō", "o", "ó", "o", "ǒ", "o", "ò", "o",
		"ū", "u", "ú", "u", "ǔ", "u", "ù", "u", "ü", "v", "ǖ", "v", "ǘ", "v", "ǚ", "v", "ǜ", "v",
		"ń", "n", "ň", "n", "ǹ", "n", "ḿ", "m")
	all := map[rune][]pinyin.Syllable{}
	for code, said := range gopinyin.PinyinDict {
		r := rune(code)
		if !isHan(r) {
			continue
		}
		for _, one := range strings.Split(said, ",") {
			if n, ok := pinyin.Parse(plain.Replace(one)); ok && !slices.Contains(all[r], n) {
				all[r] = append(all[r], n)
			}
		}
	}
	return all
}
