package shell

import (
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/app/shell/sample"
	"github.com/luohu/ting/kiosk/view"
)

// stuckChild is set in a process whose loop is blocked on purpose.
const stuckChild = "TING_STUCK"

// TestStuckShellEndsItself blocks the loop in a process of its own: the watchdog
// writes every goroutine to the log and ends it with the code that has it started again.
func TestStuckShellEndsItself(t *testing.T) {
	t.Parallel()
	if os.Getenv(stuckChild) != "" {
		b := newBench(t, func(o *Options) { o.Log = slog.New(slog.NewTextHandler(os.Stderr, nil)) })
		go b.s.keepTime()
		b.s.loop.post(blockTheLoopOnPurpose)
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^TestStuckShellEndsItself$", "-test.timeout=60s")
	cmd.Env = append(os.Environ(), stuckChild+"=1")
	began := time.Now()
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != ExitStuck {
		t.Fatalf("it ended with %v, want exit code %d\n%.2000s", err, ExitStuck, out)
	}
	if took := time.Since(began); took < patience {
		t.Errorf("it ended after %v, before its patience of %v", took, patience)
	}
	for _, want := range []string{"the screen does not move", "blockTheLoopOnPurpose"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the log does not say %q:\n%.2000s", want, out)
		}
	}
}

func blockTheLoopOnPurpose() { select {} }

// TestNoCallbackRunsOnTheLoop has every receiver hang, as a module may: pages go
// on coming up, touches are taken, and the time runs.
func TestNoCallbackRunsOnTheLoop(t *testing.T) {
	release := make(chan struct{})
	hang := func() { <-release }
	b := newBench(t, func(o *Options) {
		o.OnAnswer, o.OnCard, o.OnStart = func(view.Answer) { hang() }, func(string) { hang() }, func(string) { hang() }
		o.OnHome, o.OnTouch, o.OnDoor, o.OnQuit = hang, hang, hang, hang
		o.OnSpeak, o.OnDisplay = func(Prompt) { hang() }, func(Display) { hang() }
	})
	t.Cleanup(func() { close(release) })
	for _, p := range sample.All() { // it returns only if nothing waits on the loop
		b.present(p.Page)
		b.s.typedRune('7')
		b.s.touched()
		b.s.home()
		b.s.back()
		b.s.switchLanguage()
		b.s.Beat()
	}
	b.present(view.Page{ID: "last", Title: view.T("还活着", "still alive")})
	if !b.says("still alive") && !b.says("还活着") {
		t.Errorf("the last page is not on screen: %q", b.words())
	}
}
