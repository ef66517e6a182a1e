package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luohu/ting/sync/journal"
	"github.com/luohu/ting/sync/record"
)

// look runs "ting journal" with these arguments.
func look(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	err = journalCommand(t.Context(), args, &out, &errs)
	return out.String(), errs.String(), err
}

// TestJournalCommand looks into a journal while its terminal has it open.
func TestJournalCommand(t *testing.T) {
	state := t.TempDir()
	j, err := journal.Open(t.Context(), filepath.Join(state, journalFile), journal.Options{Terminal: "gate-1",
		Log: slog.New(slog.DiscardHandler), MinFree: -1, Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	for _, e := range []journal.Entry{
		{Kind: "gate.pass", Version: 1, Key: "person/1", Body: []byte(`{"way":"<face>"}`)},
		{Lane: record.Urgent, Kind: "alarm", Version: 1, Body: []byte("not JSON")},
	} {
		if _, err := j.Append(context.Background(), e); err != nil {
			t.Fatal(err)
		}
	}

	out, _, err := look(t, "status", "-state", state)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"terminal  gate-1", "epoch     1,", "unsent    2", "urgent: 1, the oldest of", "ordinary       1         1         0"} {
		if !strings.Contains(out, want) {
			t.Errorf("status does not say %q:\n%s", want, out)
		}
	}
	if out, _, err := look(t, "verify", "-state", state); err != nil || out != "in order: 2 records in 2 chains\n" {
		t.Errorf("verify: %q, %v", out, err)
	}

	out, warned, err := look(t, "export", "-state", state)
	if err != nil || !strings.Contains(warned, "personal data") {
		t.Errorf("export warned %q: %v", warned, err)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], `"kind":"alarm"`) || !strings.Contains(lines[0], `"lane":"urgent"`) ||
		!strings.Contains(lines[0], `"body":"bm90IEpTT04="`) {
		t.Errorf("exported:\n%s", out)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(lines[1]), &got); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"kind", "key", "seq", "lane", "epoch", "id", "time", "body"} {
		if got[field] == nil {
			t.Errorf("a line has no %s: %s", field, lines[1])
		}
	}
	if body, _ := got["body"].(map[string]any); body["way"] != "<face>" {
		t.Errorf("body %v", got["body"])
	}
}

func TestJournalCommandRefuses(t *testing.T) {
	for name, args := range map[string][]string{
		"nothing": nil, "an unknown word": {"erase", "-state", "."}, "no state": {"status"},
		"an unknown flag": {"status", "-x"}, "one word too many": {"status", "-state", ".", "now"},
	} {
		if _, said, err := look(t, args...); !errors.Is(err, errUsage) || !strings.Contains(said, "ting journal status") {
			t.Errorf("%s: %v, said %q", name, err, said)
		}
	}
	if _, _, err := look(t, "verify", "-state", t.TempDir()); err == nil || !strings.Contains(err.Error(), "there is no journal") {
		t.Errorf("an empty directory: %v", err)
	}
}
