package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// find is the finding about a thing.
func find(t *testing.T, found []finding, what string) finding {
	t.Helper()
	for _, f := range found {
		if f.what == what {
			return f
		}
	}
	t.Fatalf("nothing is said of the %s: %+v", what, found)
	return finding{}
}

func TestDoctor(t *testing.T) {
	dir := t.TempDir()
	c := &Config{
		Terminal:          TerminalConfig{State: filepath.Join(dir, "state")},
		Camera:            CameraConfig{URL: "folder://" + dir},
		Barriers:          map[string]DeviceConfig{"east": {URL: "sim:"}},
		PeripheralsConfig: PeripheralsConfig{Printer: DeviceConfig{URL: "sim:"}, Scale: DeviceConfig{URL: "scale+serial://" + filepath.Join(dir, "ttyUSB0")}},
		Center:            CenterConfig{URL: "https://127.0.0.1:1", CA: filepath.Join(dir, "ca.pem")},
	}
	found := examine(t.Context(), c)
	for what, want := range map[string]mark{"disk": good, "barrier east": good, "printer": good, "camera": wrong, "scale": wrong, "center": wrong} {
		f := find(t, found, what)
		if f.mark != want {
			t.Errorf("%s: %+v, want %s", what, f, want)
		}
		if f.mark == wrong && f.todo == "" {
			t.Errorf("%s: nothing to do about it", what)
		}
	}
	if f := find(t, found, "scale"); !strings.Contains(f.said, "no such file") || !strings.Contains(f.todo, "plug it in") {
		t.Errorf("a scale that is not there: %+v", f)
	}
	if n := count(found, wrong); n < 3 {
		t.Errorf("%d things are wrong", n)
	}
	var b bytes.Buffer
	tell(&b, found)
	if lines := strings.Count(b.String(), "\n"); lines != len(found) {
		t.Errorf("%d lines for %d findings:\n%s", lines, len(found), b.String())
	}
}

func TestDoctor_ADiskThatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if f := room(filepath.Join(file, "state")); f.mark != wrong || f.todo == "" {
		t.Errorf("%+v", f)
	}
}
