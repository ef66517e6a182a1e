package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"log/slog"
	"os"
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

// TestJournalHelp is in both languages, and names every command in each.
func TestJournalHelp(t *testing.T) {
	_, help, err := look(t, "-h")
	if !errors.Is(err, flag.ErrHelp) {
		t.Errorf("help ends with %v", err)
	}
	zh, en, both := strings.Cut(help, "usage: ")
	if !both || !strings.Contains(zh, "用法") {
		t.Fatalf("not in both languages:\n%s", help)
	}
	for command := range journalCommands {
		for _, half := range []string{zh, en} {
			if !strings.Contains(half, "\n  "+command+" ") {
				t.Errorf("%s is not explained in\n%s", command, half)
			}
		}
	}
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

// TestJournalRescue copies a journal, damages it, salvages it with the copy's help,
// and restores the copy.
func TestJournalRescue(t *testing.T) {
	state, copied := t.TempDir(), filepath.Join(t.TempDir(), "copy.db")
	path := filepath.Join(state, journalFile)
	options := journal.Options{Terminal: "gate-1", Log: slog.New(slog.DiscardHandler), MinFree: -1, Reserve: -1}
	j, err := journal.Open(t.Context(), path, options)
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if _, err := j.Append(context.Background(), journal.Entry{Kind: "k", Version: 1, Body: bytes.Repeat([]byte("x"), 900)}); err != nil {
			t.Fatal(err)
		}
	}
	if out, _, err := look(t, "backup", "-state", state, "-to", copied); err != nil || !strings.Contains(out, "50 records") {
		t.Fatalf("backup: %q, %v", out, err)
	}
	if _, _, err := look(t, "salvage", "-state", state); !errors.Is(err, journal.ErrInUse) {
		t.Errorf("salvage of a running terminal's: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if out, _, err := look(t, "salvage", "-state", state); err != nil || !strings.Contains(out, "nothing had to be salvaged") {
		t.Errorf("salvage of a sound one: %q, %v", out, err)
	}
	damage := func() {
		t.Helper()
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := len(b) / 2; i < len(b)*2/3; i++ {
			b[i] = 0xa5
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	damage()
	if _, _, err := look(t, "verify", "-state", state); err == nil {
		t.Error("verify finds a damaged journal in order")
	}
	if out, _, err := look(t, "salvage", "-state", state, "-from", copied); err != nil || !strings.Contains(out, "recovered  50 records") ||
		!strings.Contains(out, "nothing that the center had not acknowledged") {
		t.Errorf("salvage with a copy: %v\n%s", err, out)
	}
	damage()
	out, _, err := look(t, "salvage", "-state", state)
	if !errors.Is(err, errMissing) || !strings.Contains(out, "missing    epoch      from        to   records") || !strings.Contains(out, "ordinary") {
		t.Errorf("salvage without one: %v\n%s", err, out)
	}
	out, _, err = look(t, "restore", "-state", state, "-from", copied)
	if err != nil || !strings.Contains(out, "50 records") || !strings.Contains(out, ".replaced-") {
		t.Errorf("restore: %v\n%s", err, out)
	}
	if out, _, err := look(t, "verify", "-state", state); err != nil || !strings.Contains(out, "in order: 50 records") {
		t.Errorf("verify after the restore: %q, %v", out, err)
	}
	if j, err = journal.Open(t.Context(), path, options); err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if j.Epoch() < 2 {
		t.Errorf("the restored journal goes on in epoch %d", j.Epoch())
	}
}

func TestJournalCommandRefuses(t *testing.T) {
	for name, args := range map[string][]string{
		"nothing": nil, "an unknown word": {"erase", "-state", "."}, "no state": {"status"},
		"an unknown flag": {"status", "-x"}, "one word too many": {"status", "-state", ".", "now"},
		"a backup to nowhere": {"backup", "-state", "."}, "a restore from nothing": {"restore", "-state", "."},
	} {
		if _, said, err := look(t, args...); !errors.Is(err, errUsage) || !strings.Contains(said, "ting journal status") {
			t.Errorf("%s: %v, said %q", name, err, said)
		}
	}
	if _, _, err := look(t, "verify", "-state", t.TempDir()); err == nil || !strings.Contains(err.Error(), "there is no journal") {
		t.Errorf("an empty directory: %v", err)
	}
}
