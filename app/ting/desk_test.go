package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/luohu/ting/app/shell"
)

func deskOf(t *testing.T, mode string) *terminal {
	t.Helper()
	c, err := load(t, strings.Replace(demoText(t), `mode = "gate"`, `mode = "`+mode+`"`, 1))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(c.Terminal.State, 0o700); err != nil {
		t.Fatal(err)
	}
	tm := &terminal{config: c, log: slog.New(slog.DiscardHandler), opened: make(chan struct{})}
	tm.desk = newDesk(tm)
	return tm
}

func TestDesk_RemembersItsWindow(t *testing.T) {
	tm := deskOf(t, "desk")
	tm.config.Terminal.Window = ""
	if a := tm.desk.remembered(); !reflect.DeepEqual(a, shell.Arrangement{}) {
		t.Errorf("a new desk remembers %+v", a)
	}
	tm.desk.remember(shell.Arrangement{Width: 1, Height: 1})
	if a := tm.desk.remembered(); a.Width != 0 {
		t.Error("a desk that is not open yet forgot how it was left")
	}
	close(tm.opened)
	want := shell.Arrangement{Width: 1500, Height: 900, Modules: []string{"enrolment", ""}, Active: 1, Split: true}
	tm.desk.remember(want)
	if a := tm.desk.remembered(); !reflect.DeepEqual(a, want) {
		t.Errorf("remembered %+v", a)
	}
	var o shell.Options
	tm.desk.use(&o)
	if o.Windowed.Width != 1500 || o.Windowed.Height != 900 || o.Visits == nil || o.OnArrange == nil {
		t.Errorf("options %+v", o)
	}
	info, err := os.Stat(filepath.Join(tm.config.Terminal.State, arrangementFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
}

func TestDesk_SpoiltMemoryIsForgotten(t *testing.T) {
	tm := deskOf(t, "desk")
	if err := os.WriteFile(filepath.Join(tm.config.Terminal.State, arrangementFile), []byte("{half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if a := tm.desk.remembered(); len(a.Modules) != 0 {
		t.Errorf("remembered %+v", a)
	}
}

func TestDesk_WaitsLongerAndIsOnlyForDesks(t *testing.T) {
	if idle, _, _ := deskOf(t, "desk").config.Visit.times(); idle.String() != deskIdle+"0s" {
		t.Errorf("a desk's visit is left alone for %v", idle)
	}
	if tm := deskOf(t, "gate"); tm.desk != nil || tm.config.Visit.Idle != "" {
		t.Error("a gate is no desk")
	}
}
