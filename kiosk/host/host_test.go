package host_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/host"
)

func TestVisit(t *testing.T) {
	t.Parallel()
	tm := start(t, nil, module(t, "desk", kiosk.PermRecord), module(t, "desk2"))
	home := tm.wantPage("ting.home", shown{})
	tm.touch(home, "desk")
	asked := tm.wantPage("desk", home)
	if v := asked.visit; v.Module != "desk" || v.Lane != "east" || v.Terminal != "test-1" || v.Site != "school-1" || v.ID != text(asked) {
		t.Errorf("visit %+v, and the module was told %s", v, text(asked))
	}
	if left, ok := tm.IdleLeft(); !ok || left <= 0 || left > time.Minute {
		t.Errorf("idle %v, %v: an attended visit counts down from a minute", left, ok)
	}
	if tm.Visiting() != "desk" {
		t.Errorf("visiting %q", tm.Visiting())
	}
	tm.touch(asked, "ok")
	thanks := tm.wantPage("thanks", asked)
	if len(tm.records) != 1 || tm.records[0] != `desk.noted {"text":"ok"}` {
		t.Errorf("records %q", tm.records)
	}
	if stale := asked.page; tm.Answer(answer(stale.ID, stale.Rev)) {
		t.Error("an answer to a page that is gone was taken")
	}
	tm.touch(thanks, "ok")
	tm.wantPage("ting.home", thanks)
}

func TestHomeAndIdleEndVisits(t *testing.T) {
	t.Parallel()
	tm := start(t, func(c *host.Config) { c.Idle = 300 * time.Millisecond }, module(t, "gate"), module(t, "desk"), module(t, "deaf"))
	gate := tm.wantPage("gate", shown{})
	if _, ok := tm.IdleLeft(); ok {
		t.Error("an unattended visit counts down")
	}
	tm.wantState("desk", host.Running, nil)
	tm.wantState("deaf", host.Running, nil)
	if err := tm.Begin("desk"); err != nil {
		t.Fatal(err)
	}
	desk := tm.wantPage("desk", gate)
	tm.Home()
	gate = tm.wantPage("gate", desk)
	if err := tm.Begin("deaf"); err != nil { // it does not notice its end, and nobody waits for that
		t.Fatal(err)
	}
	deaf := tm.wantPage("deaf", gate)
	tm.wantPage("gate", deaf) // by the idle time
	if err := tm.Begin("nobody"); kiosk.CodeOf(err) != kiosk.CodeNotFound {
		t.Errorf("begin of an unknown module: %v", err)
	}
}

func TestCrashMidVisit(t *testing.T) {
	t.Parallel()
	tm := start(t, nil, module(t, "gate"), module(t, "crash"))
	gate := tm.wantPage("gate", shown{})
	tm.wantState("crash", host.Running, nil)
	if err := tm.Begin("crash"); err != nil {
		t.Fatal(err)
	}
	asked := tm.wantPage("crash", gate)
	tm.touch(asked, "ok")
	calm := tm.wantPage("ting.recovering", asked)
	tm.wantState("crash", host.Running, func(s host.Status) bool { return s.Restarts == 1 })
	if s := tm.Status()[0]; s.Restarts != 0 {
		t.Errorf("the gate was started again: %+v", s)
	}
	tm.Home()
	tm.wantPage("gate", calm)
}

func TestUnattendedBeginsAgain(t *testing.T) {
	t.Parallel()
	tm := start(t, nil, module(t, "gate"))
	first := tm.wantPage("gate", shown{})
	s := tm.wantState("gate", host.Running, nil)
	if err := syscall.Kill(s.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	calm := tm.wantPage("ting.recovering", first)
	again := tm.wantPage("gate", calm)
	if text(again) == text(first) {
		t.Error("the same process")
	}
	tm.touch(again, "other") // the visit fails, the process does not
	sorry := tm.wantPage("ting.sorry", again)
	tm.wantPage("gate", sorry)
}

func TestPanicEndsOneVisit(t *testing.T) {
	t.Parallel()
	tm := start(t, nil, module(t, "panic"))
	asked := tm.wantPage("panic", shown{})
	tm.touch(asked, "ok")
	sorry := tm.wantPage("ting.sorry", asked)
	tm.touch(sorry, "any")
	tm.wantPage("panic", sorry)
	if s := tm.Status()[0]; s.Restarts != 0 {
		t.Errorf("the process was started again: %+v", s)
	}
}

func TestHangs(t *testing.T) {
	t.Parallel()
	tm := start(t, func(c *host.Config) {
		c.HealthEvery, c.HealthTimeout, c.StartTimeout = 50*time.Millisecond, time.Second, 8*time.Second
	}, module(t, "unwell"), module(t, "desk"))
	tm.wantState("unwell", host.Restarting, func(s host.Status) bool { return s.Hint != "" })
	tm.wantState("unwell", host.Running, func(s host.Status) bool { return s.Restarts == 1 })
	stopped := tm.wantState("desk", host.Running, nil)
	if err := syscall.Kill(stopped.PID, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	tm.wantState("desk", host.Running, func(s host.Status) bool { return s.PID != stopped.PID })
}

func TestRefusedToStart(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	sum := checksum(b)
	b[len(b)/2] ^= 1
	flipped := filepath.Join(t.TempDir(), "flipped")
	if err := os.WriteFile(flipped, b, 0o700); err != nil {
		t.Fatal(err)
	}
	tm := start(t, func(c *host.Config) { c.StartTimeout = 3 * time.Second },
		module(t, "gate"),
		module(t, "version"),
		module(t, "liar"),
		host.Module{ID: "flipped", Command: []string{flipped, asModule, "desk"}, SHA256: sum},
		host.Module{ID: "missing", Command: []string{"/nowhere/at/all"}},
		module(t, "silent"),
		module(t, "noise"),
	)
	tm.wantPage("gate", shown{}) // the rest keeps working
	for _, c := range []struct {
		id           string
		state        host.State
		reason, hint string
	}{
		{"version", host.Resting, "Plugin version: 99", "protocol version 1"},
		{"liar", host.Resting, "somebody-else", "terminal.toml"},
		{"flipped", host.Resting, "checksum", "sha256"},
		{"missing", host.Resting, "no such file", "path in terminal.toml"},
		{"silent", host.Restarting, "timeout", "did not say"},
		{"noise", host.Restarting, "Hello, I am a program!", "before rpc.Serve"},
	} {
		s := tm.wantState(c.id, c.state, func(s host.Status) bool { return s.Reason != "" })
		if !strings.Contains(s.Reason, c.reason) || !strings.Contains(s.Hint, c.hint) {
			t.Errorf("%s: reason %q, hint %q; want %q and %q", c.id, s.Reason, s.Hint, c.reason, c.hint)
		}
	}
}

// TestProgramAltered replaces a program without a checksum while it runs.
func TestProgramAltered(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, b, 0o700); err != nil {
		t.Fatal(err)
	}
	tm := start(t, nil, host.Module{ID: "gate", Command: []string{path, asModule, "gate"}})
	s := tm.wantState("gate", host.Running, nil)
	if err := os.Remove(path); err != nil { // a running program cannot be written
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(path, b, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(s.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if s := tm.wantState("gate", host.Resting, nil); !strings.Contains(s.Reason, "checksum") {
		t.Errorf("reason %q", s.Reason)
	}
	tm.wantPage("ting.resting", shown{})
}

func TestCrashLoopRests(t *testing.T) {
	t.Parallel()
	pauses := []time.Duration{0, time.Millisecond, 2 * time.Millisecond}
	tm := start(t, func(c *host.Config) { c.Pauses = pauses }, module(t, "broken"))
	s := tm.wantState("broken", host.Resting, nil)
	if s.Restarts != len(pauses)+1 || !strings.Contains(s.Hint, "ended before") {
		t.Errorf("rests after %d restarts, hint %q", s.Restarts, s.Hint)
	}
	tm.wantPage("ting.resting", shown{})
	if err := tm.Retry("broken"); err != nil {
		t.Fatal(err)
	}
	tm.wantState("broken", host.Restarting, func(n host.Status) bool { return n.Restarts > s.Restarts })
}

func TestGreedyModule(t *testing.T) {
	t.Parallel()
	tm := start(t, nil, module(t, "greedy", kiosk.PermRecord, kiosk.PermWatch, kiosk.PermFeeds))
	got := text(tm.wantPage("greedy", shown{}))
	want := "identify=denied watch=unavailable enrol=denied forget=denied lookup=denied list=denied barrier=denied " +
		"foreign-record=denied undeclared-record=denied large-record=invalid large-page=invalid"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if len(tm.records) != 0 {
		t.Errorf("records %q", tm.records)
	}
	refused := tm.Status()[0].Refused
	for p, n := range map[kiosk.Permission]int{
		kiosk.PermIdentify: 1, kiosk.PermEnrol: 2, kiosk.PermFeeds: 2, kiosk.PermBarrier: 1, kiosk.PermRecord: 2,
	} {
		if refused[p] != n {
			t.Errorf("refused %v, want %d of %s", refused, n, p)
		}
	}
	if !strings.Contains(tm.logged(), "terminal.toml") {
		t.Error("the log does not say how to grant")
	}
}

func TestChattyModule(t *testing.T) {
	t.Parallel()
	tm := start(t, nil, module(t, "chatty"))
	tm.wantPage("chatty", shown{})
	// Its two streams share the allowance: whichever was read first used it up.
	tm.wait("the module's lines", func() bool { return strings.Contains(tm.log.String(), " says 0") })
	if n := strings.Count(tm.logged(), " says "); n > 1000 {
		t.Errorf("%d of 10000 lines reached the log", n)
	}
}

func TestFloodOfPages(t *testing.T) {
	t.Parallel()
	tm := start(t, nil, module(t, "gate"), module(t, "flood"))
	gate := tm.wantPage("gate", shown{})
	tm.wantState("flood", host.Running, nil)
	began := time.Now()
	if err := tm.Begin("flood"); err != nil {
		t.Fatal(err)
	}
	tm.wait("a flood", func() bool { return len(tm.pages) > 45 })
	if took := time.Since(began); took < 500*time.Millisecond {
		t.Errorf("45 pages in %v: a flood must be slowed down", took)
	}
	tm.Home()
	tm.wantPage("gate", gate)
}

// TestHostKilled kills a terminal and looks for what it leaves.
func TestHostKilled(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := socketDir(t)
	cmd := exec.Command(self, asHost, dir)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pids [2]int
	if _, err := fmt.Fscan(out, &pids[0], &pids[1]); err != nil {
		t.Fatalf("no module runs: %v\n%s", err, errs.String())
	}
	var handles [2]int
	for i, pid := range pids {
		if handles[i], err = unix.PidfdOpen(pid, 0); err != nil {
			t.Fatal(err)
		}
		defer unix.Close(handles[i])
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // signal: killed
	for i, h := range handles {
		ready := []unix.PollFd{{Fd: int32(h), Events: unix.POLLIN}}
		n, err := unix.Poll(ready, int(deadline.Milliseconds()))
		for err == unix.EINTR {
			n, err = unix.Poll(ready, int(deadline.Milliseconds()))
		}
		if n != 1 || err != nil {
			t.Errorf("module process %d lives on: %v", pids[i], err)
			_ = syscall.Kill(pids[i], syscall.SIGKILL)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("left in the directory for sockets: %v %v", left, err)
	}
}

func TestConfig(t *testing.T) {
	good := host.Module{ID: "gate", Command: []string{"/bin/gate"}}
	dir := "/run/ting/modules"
	for name, c := range map[string]host.Config{
		"relative directory": {Dir: "run"},
		"directory too long": {Dir: "/" + strings.Repeat("x", 60)},
		"module twice":       {Dir: dir, Modules: []host.Module{good, good}},
		"bad ID":             {Dir: dir, Modules: []host.Module{{ID: "Gate", Command: good.Command}}},
		"no command":         {Dir: dir, Modules: []host.Module{{ID: "gate"}}},
		"relative command":   {Dir: dir, Modules: []host.Module{{ID: "gate", Command: []string{"gate"}}}},
		"bad checksum":       {Dir: dir, Modules: []host.Module{{ID: "gate", Command: good.Command, SHA256: "abc"}}},
		"unknown permission": {Dir: dir, Modules: []host.Module{{ID: "gate", Command: good.Command, Grants: []kiosk.Permission{"fly"}}}},
	} {
		if _, err := host.New(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := host.New(host.Config{Dir: dir, Modules: []host.Module{good}}); err != nil {
		t.Error(err)
	}
}
