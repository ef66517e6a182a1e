package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/luohu/ting/sync/center"
)

func TestRetentionRules(t *testing.T) {
	dir := t.TempDir()
	c, err := center.Open(t.Context(), center.Options{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err == nil {
		err = c.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (code int, stdout string) {
		var out, errs bytes.Buffer
		code = command(append([]string{"retention", "-state", dir}, args...), &out, &errs)
		return code, out.String()
	}
	for _, bad := range [][]string{{}, {"-site", "s", "-purpose", "gate"}, {"-site", "s", "-unused", "3"}, {"-site", "s", "-purpose", "gate", "-until", "soon"},
		{"-site", "s", "-purpose", "gate", "-unused", "-3"}, {"-site", "s", "-purpose", "gate", "-unused", "3", "-drop"}} {
		if code, _ := run(bad...); code != exitUsage {
			t.Errorf("%q: %d", bad, code)
		}
	}
	if code, out := run("-site", "s", "-purpose", "gate", "-unused", "180", "-left", "30"); code != 0 || !strings.Contains(out, "gate\tunused 180\tleft 30") {
		t.Errorf("set: %d, %q", code, out)
	}
	if code, out := run("-site", "s", "-purpose", "*", "-until", "2027-07-31"); code != 0 || strings.Count(out, "\n") != 2 {
		t.Errorf("a second one: %d, %q", code, out)
	}
	if code, out := run("-site", "s", "-purpose", "gate", "-drop"); code != 0 || strings.Contains(out, "gate") || !strings.Contains(out, "2027-07-31") {
		t.Errorf("dropped: %d, %q", code, out)
	}
	if _, out := run("-site", "other"); out != "" {
		t.Errorf("another site has %q", out)
	}
}
