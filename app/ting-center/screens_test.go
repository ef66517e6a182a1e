package main

import (
	"net/http"
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
