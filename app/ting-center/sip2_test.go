package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luohu/ting/kiosk/identity/pin"
)

// TestReadSIP2 refuses accounts that nobody could mean, and says what is wrong.
func TestReadSIP2(t *testing.T) {
	const good = "[[account]]\nuser = \"a\"\npassword = \"p\"\nsite = \"school-1\"\n"
	for want, text := range map[string]string{
		"":                 good,
		"no site":          "[[account]]\nuser = \"a\"\npassword = \"p\"\n",
		"twice":            good + good,
		"user and a passw": "[[account]]\nuser = \"a\"\nsite = \"s\"\n",
		"no key":           good + "pasword = \"p\"\n",
		"no encoding":      good + "encoding = \"klingon\"\n",
		"zh or en":         good + "lang = \"fr\"\n",
		"no [[account]]":   "",
		"two accounts are": "[[account]]\nsite = \"s\"\nanonymous = true\n[[account]]\nuser = \"b\"\npassword = \"p\"\nsite = \"s\"\nanonymous = true\n",
	} {
		path := filepath.Join(t.TempDir(), "sip2.toml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := readSIP2(path, false)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
	path := filepath.Join(t.TempDir(), "sip2.toml")
	if _, err := readSIP2(path, false); err == nil || !strings.Contains(err.Error(), "[[account]]") {
		t.Errorf("without a file: %v", err)
	}
	if f, err := readSIP2(path, true); err != nil || len(f.Accounts) != 2 {
		t.Errorf("the demo's: %+v, %v", f, err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := readSIP2(path, true); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a file that others can read: %v", err)
	}
}

func TestRightPassword(t *testing.T) {
	hash := pin.Hash("qingshan")
	for _, c := range []struct {
		want, got string
		ok        bool
	}{{"qingshan", "qingshan", true}, {"qingshan", "Qingshan", false}, {hash, "qingshan", true}, {hash, hash, false}, {hash, "", false}} {
		if rightPassword(c.want, c.got) != c.ok {
			t.Errorf("%.9s, %.9s: not %v", c.want, c.got, c.ok)
		}
	}
}
