package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity/gallery"
	"github.com/luohu/ting/kiosk/kiosktest"
)

// TestIdentityRekey: the command on a terminal's state directory, beside the running
// terminal, and with a directory that was copied to another machine.
func TestIdentityRekey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "terminal.toml")
	if err := os.WriteFile(path, []byte(demoText(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := identify(t, "rekey", "-config", path); err == nil || !strings.Contains(err.Error(), "no face was ever enrolled") {
		t.Errorf("without a gallery: %v", err)
	}
	c, err := LoadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	k := c.identity()
	binding := gallery.Binding{Terminal: k.Terminal, Site: k.Site, Machine: k.Machine}
	open := func(b gallery.Binding) (*gallery.Gallery, error) {
		g, problems, err := gallery.Open(filepath.Join(k.Dir, "gallery"), b)
		if len(problems) > 0 {
			t.Errorf("problems: %v", problems)
		}
		return g, err
	}
	g, err := open(binding)
	if err != nil {
		t.Fatal(err)
	}
	d := face.Descriptor{1}
	consent := kiosk.Consent{TextVersion: "1", GivenBy: "self", Way: "touch", Time: kiosktest.Morning}
	if _, err := g.Put(gallery.Entry{Person: kiosk.Person{ID: "a"}, Purposes: []string{"gate"}, Consent: consent}, []face.Descriptor{d}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := identify(t, "rekey", "-config", path); !errors.Is(err, gallery.ErrInUse) || !strings.Contains(err.Error(), "stop it") {
		t.Errorf("beside the running terminal: %v", err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	keys := func() string {
		b, err := os.ReadFile(filepath.Join(k.Dir, "gallery", "device.key"))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	before := keys()
	out, _, err := identify(t, "rekey", "-config", path)
	if err != nil || !strings.Contains(out, "as before: 1") {
		t.Errorf("rekey says %q, %v", out, err)
	}
	if keys() == before {
		t.Error("the device key is the same")
	}
	if g, err = open(binding); err != nil {
		t.Fatal(err)
	}
	if m, ok := g.Find(&d); !ok || m.Person != "a" || m.Distance > 1e-5 {
		t.Errorf("after rekey: %+v", m)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	binding.Machine = "another machine"
	if _, err := open(binding); k.Machine != "" && (!errors.Is(err, gallery.ErrOtherDevice) || !strings.Contains(err.Error(), "another machine")) {
		t.Errorf("copied to another machine: %v", err)
	}
}
