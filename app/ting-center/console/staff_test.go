package console

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/luohu/ting/sync/center/pgtest"
	"github.com/luohu/ting/sync/center/store"
)

var slipText = regexp.MustCompile(`class="code">([^<]+)<`)

func TestAccountFromItsMakingToItsEnd(t *testing.T) { pgtest.Both(t, testAccountFromItsMakingToItsEnd) }

func testAccountFromItsMakingToItsEnd(t *testing.T) {
	d := open(t)
	admin := d.as(Admin)
	for _, bad := range [][2]string{{"", "viewer"}, {"a b", "viewer"}, {"center", "viewer"}, {"wang", "root"}, {"viewer", "viewer"}, {strings.Repeat("x", 33), "viewer"}} {
		if status, _, _ := admin.send("/accounts/add", "name", bad[0], "role", bad[1]); status != http.StatusBadRequest {
			t.Errorf("an account %q as %q: %d", bad[0], bad[1], status)
		}
	}
	_, body, _ := admin.send("/accounts/add", "name", "王芳", "role", "operator")
	m := slipText.FindStringSubmatch(body)
	if m == nil {
		t.Fatal("no password is shown")
	}
	if _, body, _ = admin.get("/accounts"); strings.Contains(body, m[1]) {
		t.Error("the password is shown again")
	}
	wang := *d
	wang.web = d.browser()
	wang.signIn("王芳", m[1])
	// With the temporary password there is one thing to do.
	for _, path := range []string{"/", "/people"} {
		if _, _, at := wang.get(path); at != "/account" {
			t.Errorf("%s led to %s", path, at)
		}
	}
	if _, _, at := wang.send("/account/password", "old", m[1], "next", "my own long one", "again", "my own long one"); at != "/account" {
		t.Fatalf("at %s", at)
	}
	if _, _, at := wang.get("/people"); at != "/people" {
		t.Errorf("/people led to %s", at)
	}
	// A change of role holds for what is open already: it signs out.
	admin.send("/accounts/change", "name", "王芳", "what", "role", "role", "viewer")
	if _, _, at := wang.get("/people"); at != "/signin" {
		t.Errorf("/people led to %s", at)
	}
	wang.signIn("王芳", "my own long one")
	if status, _, _ := wang.get("/people"); status != http.StatusForbidden {
		t.Errorf("a viewer sees people: %d", status)
	}
	admin.send("/accounts/change", "name", "王芳", "what", "disable")
	if _, _, at := wang.get("/"); at != "/signin" {
		t.Error("a disabled account is still signed in")
	}
	if status, _, _ := wang.post("/signin", map[string][]string{"user": {"王芳"}, "password": {"my own long one"}}); status != http.StatusForbidden {
		t.Errorf("a disabled account signs in: %d", status)
	}
	admin.send("/accounts/change", "name", "王芳", "what", "enable")
	wang.signIn("王芳", "my own long one")
	_, body, _ = admin.send("/accounts/change", "name", "王芳", "what", "password")
	if m = slipText.FindStringSubmatch(body); m == nil {
		t.Fatal("no new password is shown")
	}
	if _, _, at := wang.get("/"); at != "/signin" {
		t.Error("still signed in with the old password")
	}
	var did []string
	for _, a := range d.audits(store.AuditFilter{Text: "王芳"}) {
		did = append([]string{a.Action}, did...)
	}
	want := "account.make account.password account.role account.disable account.enable account.password"
	if got := strings.Join(did, " "); got != want {
		t.Errorf("noted: %s\nwant:  %s", got, want)
	}
	if strings.Contains(strings.Join(did, " "), "my own") {
		t.Error("a password is in the audit log")
	}
}

func TestNobodyLocksHimselfOut(t *testing.T) { pgtest.Both(t, testNobodyLocksHimselfOut) }

func testNobodyLocksHimselfOut(t *testing.T) {
	d := open(t)
	admin := d.as(Admin)
	for _, what := range []string{"role", "disable", "password", "signout"} {
		if status, _, _ := admin.send("/accounts/change", "name", "admin", "what", what, "role", "viewer"); status != http.StatusBadRequest {
			t.Errorf("%s of oneself: %d", what, status)
		}
	}
	if status, _, _ := admin.send("/accounts/change", "name", "nobody", "what", "disable"); status != http.StatusNotFound {
		t.Errorf("nobody's account: %d", status)
	}
	if status, _, _ := admin.send("/accounts/change", "name", "viewer", "what", "promote"); status != http.StatusBadRequest {
		t.Errorf("an unknown action: %d", status)
	}
}
