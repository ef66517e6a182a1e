package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/luohu/ting/assets/models"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/devices/face/engine"
)

// TestKilled kills the process: requests fail with ErrRestarting until it is
// back, soon, under another PID and with the same model.
func TestKilled(t *testing.T) {
	e := launch(t, engine.Options{})
	before := ready(t, e)
	for range 3 {
		kill(t, e.Status().PID, syscall.SIGKILL)
		killed := time.Now()
		for { // until the death is noticed
			_, err := e.Analyze(t.Context(), face.Request{Frame: flat(8, 8, 0)})
			if errors.Is(err, face.ErrRestarting) {
				break
			}
			if err != nil {
				t.Fatalf("while the engine is away: %v", err)
			}
		}
		after := ready(t, e)
		t.Logf("back after %v", time.Since(killed))
		if after.PID == before.PID || after.Model != before.Model || after.Err != nil {
			t.Errorf("after the restart: %+v, before: %+v", after, before)
		}
		analyze(t, e, face.Request{Frame: flat(64, 64, 0)})
	}
	if got := e.Status().Restarts; got != 3 {
		t.Errorf("%d restarts counted, there were 3", got)
	}
}

// TestHung stops the process, which then answers nothing: it is killed and replaced.
func TestHung(t *testing.T) {
	e := launch(t, engine.Options{RequestTimeout: 500 * time.Millisecond})
	before := ready(t, e)
	kill(t, before.PID, syscall.SIGSTOP)
	_, err := e.Analyze(t.Context(), face.Request{Frame: flat(640, 480, 0)})
	if !errors.Is(err, face.ErrRestarting) {
		t.Fatalf("a hung engine answers %v", err)
	}
	if after := ready(t, e); after.PID == before.PID {
		t.Error("the hung process was not replaced")
	}
}

// TestPatience gives up a request without harm to the engine.
func TestPatience(t *testing.T) {
	e := launch(t, engine.Options{})
	before := ready(t, e)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 { // more than there are slots
		if _, err := e.Analyze(ctx, face.Request{Frame: flat(640, 480, 0)}); err == nil {
			continue // answered before the choice was made
		} else if !errors.Is(err, context.Canceled) {
			t.Fatalf("given up: %v", err)
		}
	}
	analyze(t, e, face.Request{Frame: flat(640, 480, 0)})
	if after := e.Status(); after.PID != before.PID {
		t.Errorf("the engine was replaced: %+v", after)
	}
}

// TestUnusableModels wants a reason and a remedy, in the status and from Analyze,
// and recovery once the file is put right.
func TestUnusableModels(t *testing.T) {
	dir := t.TempDir()
	weights := shippedWeights(t)
	tests := []struct {
		name string
		file []byte // nil: there is none
		say  string
	}{
		{"missing", nil, "no such file"},
		{"empty", []byte{}, "empty"},
		{"text", []byte("#!/bin/sh\nexit 0\n"), "not the weights"},
		{"cut short", weights[:len(weights)/2], "damaged|not the weights"},
		{"cut short, compressed", compressedHead(t), "damaged"},
	}
	for _, which := range []string{"weights", "landmarks"} {
		for _, test := range tests {
			if which == "landmarks" && strings.Contains(test.name, "compressed") {
				continue
			}
			t.Run(which+" "+test.name, func(t *testing.T) {
				t.Parallel()
				path := filepath.Join(dir, strings.ReplaceAll(which+test.name, " ", "-"))
				if test.file != nil {
					if err := os.WriteFile(path, test.file, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				o := engine.Options{Weights: path}
				remedy := "face.weights"
				if which == "landmarks" {
					o, remedy = engine.Options{Landmarks: path}, "libdlib-data"
				}
				e := launch(t, o)
				err := refusal(t, e)
				if !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), remedy) {
					t.Errorf("names neither the file nor what to do: %v", err)
				}
				if which == "weights" && !containsOne(err.Error(), test.say) {
					t.Errorf("%v does not say %q", err, test.say)
				}
			})
		}
	}
}

// TestRepaired replaces damaged weights by good ones under a running terminal.
func TestRepaired(t *testing.T) {
	path := filepath.Join(t.TempDir(), "weights.dat")
	if err := os.WriteFile(path, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	e := launch(t, engine.Options{Weights: path, RetryPause: 50 * time.Millisecond})
	refusal(t, e)
	if err := os.WriteFile(path+".new", shippedWeights(t), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	repaired := ready(t, e)
	builtIn := ready(t, launch(t, engine.Options{}))
	if repaired.Model != builtIn.Model {
		t.Errorf("the same weights are %q from a file and %q built in", repaired.Model, builtIn.Model)
	}
}

// TestNoOrphan kills a terminal as rudely as can be: its engine ends too.
func TestNoOrphan(t *testing.T) {
	cmd := exec.Command(os.Args[0], asTerminal)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscan(out, &pid); err != nil {
		t.Fatal(err)
	}
	// A descriptor of the process tells when it has ended, also to who is not its parent.
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	kill(t, cmd.Process.Pid, syscall.SIGKILL)
	_ = cmd.Wait() // killed, as it says
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 10_000)
	if n != 1 || err != nil {
		t.Errorf("engine %d outlives its terminal (%v)", pid, err)
		kill(t, pid, syscall.SIGKILL)
	}
}

// TestClose leaves no process.
func TestClose(t *testing.T) {
	e := launch(t, engine.Options{})
	pid := ready(t, e).PID
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d is still there: %v", pid, err)
	}
	if _, err := e.Analyze(t.Context(), face.Request{Frame: flat(8, 8, 0)}); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// TestSizes analyses frames of every size that is allowed, and refuses others.
func TestSizes(t *testing.T) {
	e := launch(t, engine.Options{RequestTimeout: time.Minute})
	pid := ready(t, e).PID
	for _, size := range [][2]int{{1, 1}, {1, 2}, {2, 1}, {7, 5}, {31, 33}, {80, 80}, {1, 4096}, {4096, 1}, {40, 4096}, {4096, 40}, {4096, 4096}} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			for _, camera := range []string{"", "gate"} {
				if found := analyze(t, e, face.Request{Frame: flat(size[0], size[1], 127), Camera: camera}); len(found) > 0 {
					t.Errorf("%d faces in nothing", len(found))
				}
			}
		})
	}
	short := flat(640, 480, 0)
	short.Pix = short.Pix[:len(short.Pix)-1]
	narrow := flat(640, 480, 0)
	narrow.Stride = 3*640 - 1
	for name, r := range map[string]face.Request{
		"no frame":    {},
		"no pixels":   {Frame: flat(0, 0, 0)},
		"too wide":    {Frame: flat(4097, 1, 0)},
		"too high":    {Frame: flat(1, 4097, 0)},
		"short":       {Frame: short},
		"narrow":      {Frame: narrow},
		"long name":   {Frame: flat(8, 8, 0), Camera: strings.Repeat("x", 65)},
		"odd wish":    {Frame: flat(8, 8, 0), Describe: 9},
		"below width": {Frame: flat(8, 8, 0), Describe: -1},
	} {
		if _, err := e.Analyze(t.Context(), r); err == nil || errors.Is(err, face.ErrRestarting) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if after := e.Status(); after.PID != pid {
		t.Errorf("the engine did not survive: %+v", after)
	}
}

// refusal waits until the engine says why it does not work.
func refusal(t *testing.T, e *engine.Engine) error {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if e.Ready(ctx) == nil {
			t.Fatal("the engine is ready")
		}
		cancel()
		if s := e.Status(); s.Err != nil {
			_, err := e.Analyze(t.Context(), face.Request{Frame: flat(8, 8, 0)})
			if !errors.Is(err, face.ErrRestarting) {
				t.Errorf("Analyze says %v", err)
			}
			return s.Err
		}
	}
	t.Fatal("the engine says nothing")
	return nil
}

func kill(t *testing.T, pid int, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, s); err != nil {
		t.Fatal(err)
	}
}

func shippedWeights(t *testing.T) []byte {
	t.Helper()
	r, err := models.FaceRecognition()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// compressedHead is the beginning of the shipped file.
func compressedHead(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile("../../assets/models/face_recognition_resnet.dat.zst")
	if err != nil {
		t.Fatal(err)
	}
	return b[:len(b)/3]
}

func containsOne(s, alternatives string) bool {
	for a := range strings.SplitSeq(alternatives, "|") {
		if strings.Contains(s, a) {
			return true
		}
	}
	return false
}
