package locale

import "testing"

func TestOnlyAMissingLocaleIsNamed(t *testing.T) {
	for _, c := range []struct {
		about string
		env   map[string]string
		want  string // LANG afterwards
	}{
		{"nothing", map[string]string{}, Default},
		{"the C locale", map[string]string{"LANG": "C.UTF-8"}, Default},
		{"C above a good one", map[string]string{"LC_ALL": "C", "LANG": "de_DE.UTF-8"}, "de_DE.UTF-8"},
		{"a good one", map[string]string{"LANG": "en_GB.UTF-8"}, "en_GB.UTF-8"},
		{"messages only", map[string]string{"LC_MESSAGES": "fr_FR.UTF-8"}, ""},
	} {
		name(
			func(k string) string { return c.env[k] },
			func(k, v string) error { c.env[k] = v; return nil },
			func(k string) error { delete(c.env, k); return nil },
		)
		if got := c.env["LANG"]; got != c.want {
			t.Errorf("%s: LANG = %q, want %q", c.about, got, c.want)
		}
		if v := c.env["LC_ALL"]; v == "C" {
			t.Errorf("%s: LC_ALL still says C", c.about)
		}
	}
}
