package feed

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/sync/wire"
)

func TestStale(t *testing.T) {
	now := time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
	began := now
	c, err := OpenCache(t.Context(), filepath.Join(t.TempDir(), "feeds.db"), CacheOptions{Site: "s", Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	limits := Limits{"revocations": 72 * time.Hour, "people": 168 * time.Hour}
	is := func(want string) {
		t.Helper()
		got, err := c.Stale(t.Context(), limits, began)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("stale: %v, %v; want %q", got, err, want)
		}
	}
	arrive := func(name string, after uint64) {
		t.Helper()
		if err := c.Apply(t.Context(), wire.FeedPage{Feed: name, Site: "s", After: after, Revision: after}); err != nil {
			t.Fatal(err)
		}
	}
	is("") // nothing has come yet, but it has only begun to ask
	arrive("revocations", 0)
	now = now.Add(72*time.Hour + time.Second)
	is("revocations")
	arrive("revocations", 0) // nothing new, but known to be complete
	is("")
	now = now.Add(97 * time.Hour)
	is("people revocations")
}
