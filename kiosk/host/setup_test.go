package host_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luohu/ting/kiosk/host"
)

func TestSetup(t *testing.T) {
	t.Parallel()
	m := module(t, "starter")
	m.Setup.Settings = map[string]string{"greeting": "您好"}
	m.Setup.Dir = filepath.Join(t.TempDir(), "modules", "starter")
	tm := start(t, nil, m)
	tm.wantState("starter", host.Running, nil)
	if _, err := os.Stat(filepath.Join(m.Setup.Dir, "here")); err != nil {
		t.Error("the module was not started in its directory:", err)
	}
	if i, err := os.Stat(m.Setup.Dir); err != nil || i.Mode().Perm() != 0o700 {
		t.Errorf("the directory is not the module's alone: %v, %v", i.Mode(), err)
	}
}

func TestSetupRefused(t *testing.T) {
	t.Parallel()
	tm := start(t, nil, module(t, "starter"))
	s := tm.wantState("starter", host.Resting, nil)
	if !strings.Contains(s.Hint, "[module.settings]") {
		t.Errorf("hint %q does not say what to set", s.Hint)
	}
}
