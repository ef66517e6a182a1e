package district

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Process is one of the programs, running, with the lines it has written.
type Process struct {
	Name string

	t    testing.TB
	cmd  *exec.Cmd
	done chan struct{}
	err  error // after done
	// drained closes when nobody can write a line any more.
	drained chan struct{}

	mu    sync.Mutex
	lines []string
	more  chan struct{} // closed and renewed with every line
}

// Start runs a program, killed at the test's end at the latest.
func Start(t testing.TB, name string, cmd *exec.Cmd) *Process {
	t.Helper()
	p := &Process{Name: name, t: t, cmd: cmd, done: make(chan struct{}), drained: make(chan struct{}), more: make(chan struct{})}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if cmd.Stdout == nil {
		cmd.Stdout = w
	}
	cmd.Stderr = w
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	w.Close()
	go p.read(r)
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("last words of %s:\n%s", name, p.tail(60))
		}
	})
	return p
}

// lastWords is how long a process that has ended is listened to.
const lastWords = 10 * time.Second

func (p *Process) read(r *os.File) {
	defer close(p.drained)
	defer r.Close()
	s := bufio.NewReader(r)
	for {
		line, err := s.ReadString('\n')
		if line != "" {
			p.mu.Lock()
			p.lines = append(p.lines, strings.TrimRight(line, "\n"))
			close(p.more)
			p.more = make(chan struct{})
			p.mu.Unlock()
		}
		if err != nil {
			if err != io.EOF {
				p.t.Logf("%s: %v", p.Name, err)
			}
			return
		}
	}
}

// PID is the process's number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Kill ends the process as a power cut would, and waits until it is gone.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // it may be gone already
	<-p.done
}

// Stop asks the process to end, waits, and returns what it ended with.
func (p *Process) Stop() error {
	p.t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	return p.Wait(20 * time.Second)
}

// Wait waits until the process ends by itself.
func (p *Process) Wait(limit time.Duration) error {
	p.t.Helper()
	select {
	case <-p.done:
		return p.err
	case <-time.After(limit):
		p.t.Fatalf("%s still runs after %v:\n%s", p.Name, limit, p.tail(60))
		return nil
	}
}

// ExitCode is the code it ended with, after Wait, Stop or Kill.
func (p *Process) ExitCode() int { return p.cmd.ProcessState.ExitCode() }

// Mark is a place in a process's output: only later lines count.
type Mark int

// Mark is the end of what was written so far.
func (p *Process) Mark() Mark {
	p.mu.Lock()
	defer p.mu.Unlock()
	return Mark(len(p.lines))
}

// WaitFor waits for a line after the mark that holds every part, and returns it.
func (p *Process) WaitFor(after Mark, limit time.Duration, parts ...string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	next := int(after)
	for {
		p.mu.Lock()
		lines, more := p.lines, p.more
		p.mu.Unlock()
		for ; next < len(lines); next++ {
			if holds(lines[next], parts) {
				return lines[next]
			}
		}
		select {
		case <-more:
		case <-p.done:
			// Its last words may not be read yet, or a child of it holds their pipe.
			select {
			case <-more:
			case <-p.drained:
			case <-time.After(lastWords):
			}
			p.mu.Lock()
			ended := next == len(p.lines)
			p.mu.Unlock()
			if ended {
				p.t.Fatalf("%s ended (%v) without saying %q:\n%s", p.Name, p.err, parts, p.tail(60))
			}
		case <-ctx.Done():
			p.t.Fatalf("%s did not say %q within %v:\n%s", p.Name, parts, limit, p.tail(60))
		}
	}
}

// Count is the number of lines after the mark that hold every part.
func (p *Process) Count(after Mark, parts ...string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, l := range p.lines[after:] {
		if holds(l, parts) {
			n++
		}
	}
	return n
}

// Lines are the lines so far that hold a word.
func (p *Process) Lines(word string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []string
	for _, l := range p.lines {
		if strings.Contains(l, word) {
			found = append(found, l)
		}
	}
	return found
}

// Last is the last line that holds a word; "" when none does.
func (p *Process) Last(word string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range slices.Backward(p.lines) {
		if strings.Contains(l, word) {
			return l
		}
	}
	return ""
}

func holds(line string, parts []string) bool {
	for _, s := range parts {
		if !strings.Contains(line, s) {
			return false
		}
	}
	return true
}

func (p *Process) tail(n int) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	from := max(0, len(p.lines)-n)
	return fmt.Sprintf("(%d lines)\n%s", len(p.lines), strings.Join(p.lines[from:], "\n"))
}

// Display starts an invisible X display of that size and returns its name.
func Display(t testing.TB, size string) string { t.Helper(); return startDisplay(t, size) }

func startDisplay(t testing.TB, size string, args ...string) string {
	t.Helper()
	Need(t, "Xvfb")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := exec.Command("Xvfb", append(args, "-displayfd", "3", "-screen", "0", size+"x24", "-nolisten", "tcp", "-noreset")...)
	cmd.ExtraFiles = []*os.File{w}
	Start(t, "Xvfb", cmd)
	w.Close()
	if err := r.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("Xvfb made no display: %v", err)
	}
	return ":" + strings.TrimSpace(line)
}
