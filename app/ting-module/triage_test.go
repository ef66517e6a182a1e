package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func triageRun(t *testing.T, in string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e strings.Builder
	code = triageTool(args, strings.NewReader(in), &o, &e)
	return code, o.String(), e.String()
}

func TestTriageAssess(t *testing.T) {
	code, out, errs := triageRun(t, "A 58-year-old man with chest pain\n\n{\"age_months\":300,\"text\":\"来拆线\",\"vitals\":{\"temperature\":36.6,\"pulse\":70,\"systolic\":120}}\n", "assess")
	if code != 0 {
		t.Fatal(errs)
	}
	var levels []int
	for line := range strings.Lines(out) {
		var a assessment
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			t.Fatal(err)
		}
		if len(a.Reasons) == 0 || a.DepartmentName == "" || a.CallsNurse != (a.Level <= 2) {
			t.Errorf("%s", line)
		}
		levels = append(levels, a.Level)
	}
	if len(levels) != 2 || levels[0] != 2 || levels[1] != 4 {
		t.Errorf("levels %v", levels)
	}
}

func TestTriageCheck(t *testing.T) {
	b, err := os.ReadFile("../../plugins/triage/rules/rules.json")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "rules.json")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(string(b))
	if code, out, errs := triageRun(t, "", "check", file); code != 0 || !strings.Contains(out, "come out right") {
		t.Errorf("%d: %s%s", code, out, errs)
	}
	var lax map[string]any
	if err := json.Unmarshal(b, &lax); err != nil {
		t.Fatal(err)
	}
	for _, f := range lax["red_flags"].([]any) {
		f.(map[string]any)["level"] = 4
	}
	changed, err := json.Marshal(lax)
	if err != nil {
		t.Fatal(err)
	}
	write(string(changed))
	if code, out, _ := triageRun(t, "", "check", file); code != 1 || !strings.Contains(out, "it must be") {
		t.Errorf("rules that let critical cases wait: %d, %s", code, out)
	}
	write("{")
	if code, _, errs := triageRun(t, "", "check", file); code != 1 || !strings.Contains(errs, file) {
		t.Errorf("broken rules: %d, %s", code, errs)
	}
	for _, args := range [][]string{{"check"}, {"check", "a", "b"}, {"asses"}, {"assess", "-what"}} {
		if code, _, errs := triageRun(t, "", args...); code != 2 || !strings.Contains(errs, "usage") {
			t.Errorf("%v: %d, %s", args, code, errs)
		}
	}
	if code, _, errs := triageRun(t, "{broken\n", "assess"); code != 1 || !strings.Contains(errs, "line 1") {
		t.Errorf("a broken case: %d, %s", code, errs)
	}
}
