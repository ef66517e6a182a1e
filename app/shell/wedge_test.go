package shell

import (
	"testing"
	"time"
)

func TestWedge(t *testing.T) {
	for _, c := range []struct {
		name  string
		alone bool
		gap   time.Duration
		want  string
	}{
		{"a reader beside a field", false, 5 * time.Millisecond, "0009214415"},
		{"a hand in a field", false, 200 * time.Millisecond, ""},
		{"a reader, repaints between its keys", true, 200 * time.Millisecond, "0009214415"},
		{"keys pressed now and then", true, 2 * time.Second, ""},
	} {
		now := time.Unix(1000, 0)
		w := wedge{alone: c.alone}
		for _, r := range "0009214415" {
			now = now.Add(c.gap)
			w.rune(r, now)
		}
		if got := w.enter(now.Add(c.gap)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
