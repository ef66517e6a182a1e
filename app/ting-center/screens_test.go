package main

import (
	"database/sql"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// TestScreensOfTheRealProgram asks the program for every screen that its
// administrator has: they are wired to a real center, with the demo in it.
func TestScreensOfTheRealProgram(t *testing.T) {
	p := start(t, t.TempDir(), "127.0.0.1:0", "-demo")
	web := p.browser()
	for path, word := range map[string]string{
		"/": "总览", "/enrol": "登记码", "/attention": "待处理", "/boards": "在校情况", "/people": "人员与同意", "/feeds": "revocations",
		"/audit": "校验", "/system": "gate", "/accounts": "admin", "/account": "修改密码",
	} {
		if body := get(t, web, p.url+path); !strings.Contains(body, word) {
			t.Errorf("%s does not say %s", path, word)
		}
	}
	resp, err := web.Get(p.url + "/audit.csv")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/csv") {
		t.Errorf("the export is answered %s, %s", resp.Status, resp.Header.Get("Content-Type"))
	}
}

// TestAuditCommand: the log verifies beside a running center, and not after
// somebody has been at the file.
func TestAuditCommand(t *testing.T) {
	p := start(t, t.TempDir(), "127.0.0.1:0", "-demo")
	out, err := program(t, "audit", "-state", p.dir).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "entries hold") {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := strings.Fields(string(out))
	head := lines[len(lines)-1]
	p.enrolCode("gate-9", "school-1") // the chain goes on
	if out, err := program(t, "audit", "-state", p.dir, "-known", head).CombinedOutput(); err != nil {
		t.Errorf("with a value written down: %v\n%s", err, out)
	}
	if out, err := program(t, "audit", "-state", p.dir, "-known", strings.Repeat("ab", 32)).CombinedOutput(); err == nil {
		t.Errorf("a value of another chain passes:\n%s", out)
	}
	if out, err := program(t, "audit", "-state", p.dir, "-known", "12").CombinedOutput(); err == nil {
		t.Errorf("a value that is none passes:\n%s", out)
	}
	p.kill()
	db, err := sql.Open("sqlite3", filepath.Join(p.dir, "center.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`UPDATE audit SET who = 'somebody else' WHERE id = 2`); err != nil {
		t.Fatal(err)
	}
	db.Close()
	if out, err := program(t, "audit", "-state", p.dir).CombinedOutput(); err == nil || !strings.Contains(string(out), "entry 2") {
		t.Errorf("a log that was changed passes: %v\n%s", err, out)
	}
}
