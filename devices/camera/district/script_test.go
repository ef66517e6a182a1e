package district

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseScript(t *testing.T) {
	got, err := ParseScript(`# a quiet morning
pupil 3 for 4s

  stranger 6 for 1.5s   # nobody knows her
dark 2
two 1 4 for 1m
still 1 for 10s
nobody for 2s
unplug for 100ms
loop
# the end`)
	if err != nil {
		t.Fatal(err)
	}
	want := Script{Loop: true, Scenes: []Scene{
		{ActPupil, []int{3}, 4 * time.Second},
		{ActStranger, []int{6}, 1500 * time.Millisecond},
		{ActDark, []int{2}, 4 * time.Second},
		{ActTwo, []int{1, 4}, time.Minute},
		{ActStill, []int{1}, 10 * time.Second},
		{ActNobody, nil, 2 * time.Second},
		{ActUnplug, nil, 100 * time.Millisecond},
	}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestParseScript_NamesEveryWrongLine(t *testing.T) {
	for text, want := range map[string][]string{
		"":                           {"no scene"},
		"# nothing":                  {"no scene"},
		"loop":                       {"no scene"},
		"pupil 1\nteacher 2":         {"line 2", "teacher"},
		"pupil":                      {"line 1", "pupil 1 for 4s"},
		"pupil 1 2":                  {"line 1", "takes 1 number"},
		"pupil 99":                   {"line 1", "people 1 to"},
		"pupil 0":                    {"line 1", "people 1 to"},
		"pupil x":                    {"line 1", `"x"`},
		"stranger 99":                {"line 1", "strangers 1 to"},
		"two 4":                      {"line 1", "two 1 2 for 4s"},
		"two 4 4":                    {"line 1", "different"},
		"nobody 3":                   {"line 1", "nobody"},
		"nobody for ever":            {"line 1", "ever", "for 4s"},
		"nobody for 1ms":             {"line 1", "100ms"},
		"nobody for 25h":             {"line 1", "24h"},
		"nobody for -3s":             {"line 1", "-3s"},
		"nobody for":                 {"line 1"},
		"nobody\nloop\npupil 1":      {"line 3", "loop"},
		"nobody\nloop 3":             {"line 2", `"loop"`},
		"pupil 0\nnobody\ndark 0":    {"line 1", "line 3"},
		strings.Repeat("#", 1<<17):   {"at most"},
		"pupil 1 for 4s for 4s":      {"line 1"},
		"PUPIL 1":                    {"line 1", "PUPIL"},
		"pupil 18446744073709551617": {"line 1"},
	} {
		_, err := ParseScript(text)
		if err == nil {
			t.Errorf("%.40q was taken", text)
			continue
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%.40q: error %q does not say %q", text, err, w)
			}
		}
	}
}

// FuzzParseScript: what parses can be printed and parsed again, and names
// nobody who is not there.
func FuzzParseScript(f *testing.F) {
	f.Add("pupil 3 for 4s\nstranger 7 for 4s\ndark 2 for 4s\ntwo 1 4 for 4s\nnobody for 2s\nunplug for 3s\nloop\n")
	f.Add("still 1 # for ever\r\nloop")
	f.Add("for for for")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseScript(text)
		if err != nil {
			return
		}
		var again strings.Builder
		for _, scene := range s.Scenes {
			for _, n := range scene.Who {
				if scene.Action == ActStranger && Stranger(n) == nil || scene.Action != ActStranger && Person(n) == nil {
					t.Fatalf("%v shows somebody who is not there", scene)
				}
			}
			again.WriteString(scene.String() + "\n")
		}
		if s.Loop {
			again.WriteString("loop\n")
		}
		if again.Len() > maxScript {
			return // printed in full, it may be longer than what was read
		}
		second, err := ParseScript(again.String())
		if err != nil {
			t.Fatalf("%q, printed as %q: %v", text, again.String(), err)
		}
		if d := cmp.Diff(s, second); d != "" {
			t.Fatal(d)
		}
	})
}

func TestDay_ShowsEverybodyAndEveryCase(t *testing.T) {
	seen := map[Action]map[int]bool{}
	firsts := map[int]bool{}
	d := day{seed: 1}
	var length time.Duration
	for n := range 400 {
		s, ok := d.scene(n)
		if !ok || s.For < minScene {
			t.Fatalf("scene %d is %v, %v", n, s, ok)
		}
		if _, err := ParseScript(s.String()); err != nil {
			t.Fatalf("scene %d: %v", n, err)
		}
		if seen[s.Action] == nil {
			seen[s.Action] = map[int]bool{}
		}
		for _, who := range s.Who {
			seen[s.Action][who] = true
		}
		if s.Action == ActPupil && n%40 == 0 {
			firsts[s.Who[0]] = true
		}
		length += s.For
	}
	if len(seen[ActPupil]) != People() || len(seen[ActStranger]) != Strangers() {
		t.Errorf("%d of %d people and %d of %d strangers come", len(seen[ActPupil]), People(), len(seen[ActStranger]), Strangers())
	}
	if seen[ActDark] == nil || seen[ActTwo] == nil || seen[ActNobody] == nil {
		t.Error("a case is missing: dark, two or nobody")
	}
	if len(firsts) < 3 {
		t.Error("every round has the same order")
	}
	if seen[ActUnplug] != nil {
		t.Error("the demo unplugs its camera")
	}
}
