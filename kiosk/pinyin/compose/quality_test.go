package compose

import (
	"bufio"
	"os"
	"strings"
	"testing"
)

// phrase is what somebody wants to write, and the letters he types.
type phrase struct{ kind, text, letters string }

func phrases(t testing.TB) []phrase {
	t.Helper()
	f, err := os.Open("testdata/phrases.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []phrase
	for sc := bufio.NewScanner(f); sc.Scan(); {
		p := strings.Fields(sc.Text())
		if len(p) != 3 {
			t.Fatalf("not a phrase: %q", sc.Text())
		}
		all = append(all, phrase{p[0], p[1], p[2]})
	}
	return all
}

var hints = map[string]Hint{"name": Name, "address": Address}

// place is where among the candidates for all letters a phrase stands; 0 for nowhere.
func place(d *Dictionary, p phrase) int {
	for i, c := range d.Candidates([]byte(p.letters), hints[p.kind]) {
		if c.Text == p.text {
			return i + 1
		}
	}
	return 0
}

// TestPhrases holds how many of the phrases of testdata are the first candidate,
// or one of the first five, when all their letters are typed at once. The floor
// is two points below what was measured.
func TestPhrases(t *testing.T) {
	d := Load()
	floor := map[string]struct{ first, five float64 }{
		"name": {58, 83}, "address": {69, 81}, "title": {54, 69}, "sentence": {76, 96},
	}
	n, first, five := map[string]float64{}, map[string]float64{}, map[string]float64{}
	for _, p := range phrases(t) {
		n[p.kind]++
		at := place(d, p)
		switch {
		case at == 1:
			first[p.kind]++
			fallthrough
		case at > 1 && at <= 5:
			five[p.kind]++
		}
		if at != 1 {
			t.Logf("%s: %s is number %d", p.letters, p.text, at)
		}
	}
	for kind, least := range floor {
		a, b := 100*first[kind]/n[kind], 100*five[kind]/n[kind]
		t.Logf("%-9s %3.0f phrases: %.1f %% first, %.1f %% among five", kind, n[kind], a, b)
		if n[kind] < 40 || a < least.first || b < least.five {
			t.Errorf("%s: at least %.0f %% and %.0f %% are wanted", kind, least.first, least.five)
		}
	}
}
