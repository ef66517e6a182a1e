package main

import (
	"bytes"
	"crypto/ed25519"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/kiosk/identity/pass"
)

// TestPassCommand: the key it prints verifies the pass it makes, and stays the same.
func TestPassCommand(t *testing.T) {
	state := t.TempDir()
	run := func(args ...string) (string, int) {
		var out, errs bytes.Buffer
		code := command(append([]string{"pass", "-state", state}, args...), &out, &errs)
		return out.String() + errs.String(), code
	}
	line, code := run("-key")
	key, err := pass.ParseKey(line)
	if code != 0 || err != nil {
		t.Fatalf("-key says %q: %v", line, err)
	}
	if again, _ := run("-key"); again != line {
		t.Error("the key changes")
	}
	v, err := pass.NewVerifier("hall-1", []ed25519.PublicKey{key}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	drawn, challenge := time.Now(), v.Challenge()
	out, code := run("-person", "330106-0042", "-challenge", challenge.String())
	var made string
	for l := range strings.Lines(out) {
		if pass.Is(l) {
			made = l
		}
	}
	if person, err := v.Check(made, drawn, challenge); code != 0 || err != nil || person != "330106-0042" {
		t.Errorf("the pass is of %q: %v\n%s", person, err, out)
	}
	picture := filepath.Join(t.TempDir(), "pass.png")
	if _, code := run("-person", "a", "-challenge", challenge.String(), "-png", picture); code != 0 {
		t.Error("no picture")
	}
	if b, err := os.ReadFile(picture); err != nil || !bytes.HasPrefix(b, []byte("\x89PNG")) {
		t.Errorf("the picture: %d bytes, %v", len(b), err)
	}
	if out, code := run("-person", "a", "-challenge", "hall-1"); code == 0 || !strings.Contains(out, "challenge") {
		t.Errorf("a wrong challenge: %d, %s", code, out)
	}
	if _, code := run(); code != exitUsage {
		t.Errorf("without flags: %d", code)
	}
	if err := os.WriteFile(filepath.Join(state, passKeyFile), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code := run("-key"); code == 0 || !strings.Contains(out, "damaged") {
		t.Errorf("a damaged key: %d, %s", code, out)
	}
}
