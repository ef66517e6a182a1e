package main

import (
	"bufio"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestMain lets the test binary play a parent that starts a child and waits.
func TestMain(m *testing.M) {
	if os.Getenv("TING_TEST_PARENT") != "" {
		var c children
		cmd := exec.Command("sleep", "600")
		if err := c.start("sleep", cmd); err != nil {
			panic(err)
		}
		os.Stdout.WriteString(strconv.Itoa(cmd.Process.Pid) + "\n")
		select {}
	}
	os.Exit(m.Run())
}

// TestChildren_DieWithTheirParent kills a parent as a power cut would.
func TestChildren_DieWithTheirParent(t *testing.T) {
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), "TING_TEST_PARENT=1")
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatalf("the child does not run: %v", err)
	}
	defer unix.Close(fd)
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait() // killed
	// A pidfd becomes readable when its process ends.
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 20_000)
	if err != nil || n != 1 {
		_ = unix.Kill(pid, unix.SIGKILL)
		t.Errorf("the child outlived its parent (%v)", err)
	}
}

func TestChildren_StopEndsAllLastFirst(t *testing.T) {
	var c children
	for _, name := range []string{"first", "second"} {
		if err := c.start(name, exec.Command("sleep", "600")); err != nil {
			t.Fatal(err)
		}
	}
	first, second := c.exited("first"), c.exited("second")
	c.stop()
	for _, ch := range []<-chan error{first, second} {
		select {
		case err := <-ch:
			if err == nil {
				t.Error("a sleep of ten minutes ended by itself")
			}
		default:
			t.Error("stop returned while a child was running")
		}
	}
}
