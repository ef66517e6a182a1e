package journal_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/devices/devicestest"
	"github.com/luohu/ting/devices/printer/journal"
)

var now = time.Date(2026, 3, 2, 7, 42, 0, 0, time.UTC)

func open(t *testing.T, path string) *journal.Journal {
	t.Helper()
	j, err := journal.Open(path, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func begin(t *testing.T, j *journal.Journal) int64 {
	t.Helper()
	id, err := j.Begin("hall", "ticket", 0)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestJournal_SurvivesARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "prints.jsonl")
	j := open(t, path)
	printed, failed, waiting := begin(t, j), begin(t, j), begin(t, j)
	if err := j.End(printed, journal.Printed, ""); err != nil {
		t.Fatal(err)
	}
	if err := j.End(failed, journal.Failed, strings.Repeat("the cutter is jammed ", 40)); err != nil {
		t.Fatal(err)
	}
	// The power goes: what is being written is cut off.
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"id":4,"state":"wai`); err != nil {
		t.Fatal(err)
	}
	devicestest.Close(t, f)
	devicestest.Close(t, j)
	j = open(t, path)
	defer devicestest.Close(t, j)
	all := j.Entries()
	if len(all) != 3 {
		t.Fatalf("%d entries: %+v", len(all), all)
	}
	for i, want := range []struct {
		id    int64
		state journal.State
	}{{waiting, journal.Unknown}, {failed, journal.Failed}, {printed, journal.Printed}} {
		if e := all[i]; e.ID != want.id || e.State != want.state || e.Module != "hall" || e.Page != "ticket" || !e.At.Equal(now) || e.Ended.IsZero() || len(e.Reason) > 200 {
			t.Errorf("entry %d is %+v", i, e)
		}
	}
	if id := begin(t, j); id != waiting+1 {
		t.Errorf("the next one is number %d", id)
	}
}

func TestJournal_IsKeptShort(t *testing.T) {
	path := filepath.Join(t.TempDir(), "prints.jsonl")
	j := open(t, path)
	for range 1300 {
		if err := j.End(begin(t, j), journal.Printed, ""); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(j.Entries()); n != 500 {
		t.Errorf("%d entries are kept", n)
	}
	devicestest.Close(t, j)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(b), "\n"); n > 2000 {
		t.Errorf("the file has %d lines", n)
	}
	j = open(t, path)
	defer devicestest.Close(t, j)
	if e := j.Entries()[0]; e.ID != 1300 || e.State != journal.Printed {
		t.Errorf("the newest is %+v", e)
	}
}

func TestJournal_Refuses(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "prints.jsonl"))
	if err := j.End(7, journal.Printed, ""); err == nil {
		t.Error("what was not begun has ended")
	}
	devicestest.Close(t, j)
	devicestest.Close(t, j)
	if _, err := j.Begin("hall", "ticket", 0); err == nil {
		t.Error("a closed journal was written")
	}
	if _, err := journal.Open(filepath.Join(t.TempDir(), "none", "prints.jsonl"), time.Now); err == nil {
		t.Error("a journal was made in no folder")
	}
}

// FuzzParse: whatever the disk gives back, it is entries or nothing.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"id":1,"at":"2026-03-02T07:42:00Z","module":"hall","page":"ticket","state":"printed"}` + "\n"))
	f.Add([]byte("{\"id\":-1,\"state\":\"x\"}\n\x00\x00{}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for id, e := range journal.Parse(b) {
			if e.ID != id || id < 1 || e.State == "" {
				t.Fatalf("%+v", e)
			}
		}
	})
}
