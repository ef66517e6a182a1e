package host

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// spawner forks every process from one thread that lives as long as it: the
// kernel sends the parent-death signal when the forking *thread* ends, and Go
// ends threads when it likes.
type spawner struct{ work chan func() }

func newSpawner() *spawner {
	s := &spawner{work: make(chan func())}
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		for f := range s.work {
			f()
		}
	}()
	return s
}

func (s *spawner) start(cmd *exec.Cmd) error {
	failed := make(chan error, 1)
	s.work <- func() { failed <- cmd.Start() }
	return <-failed
}

// close ends the thread. No process may be alive that it started.
func (s *spawner) close() { close(s.work) }

// program is a process under go-plugin: it implements runner.Runner, because
// go-plugin's own starts the command on any thread, and learns of its end only
// when nobody holds its output any more.
type program struct {
	spawner *spawner
	cmd     *exec.Cmd
	dir     string    // of its sockets
	rest    io.Writer // gets its stdout after the handshake

	stdout, stderr *os.File
	exited         chan struct{} // closed once it has ended and is reaped
	exit           error         // its Wait, once exited

	mu     sync.Mutex
	killed bool
	begun  bool
}

func newProgram(s *spawner, command []string, rest io.Writer) *program {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = "/"
	// A group of its own: Ctrl-C in a terminal's shell is the terminal's business,
	// and what the module started ends with it. SIGTERM, not SIGKILL, so that
	// rpc.Serve can remove the socket; without a handler it kills as well.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	return &program{spawner: s, cmd: cmd, rest: rest, exited: make(chan struct{})}
}

var errKilled = errors.New("ended before it began")

// Start implements runner.Runner.
func (p *program) Start(context.Context) (err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.killed {
		return errKilled
	}
	var out, errs *os.File
	if p.stdout, out, err = os.Pipe(); err != nil {
		return err
	}
	defer out.Close()
	if p.stderr, errs, err = os.Pipe(); err != nil {
		p.stdout.Close()
		return err
	}
	defer errs.Close()
	p.cmd.Stdout, p.cmd.Stderr = out, errs
	if err := p.spawner.start(p.cmd); err != nil {
		p.stdout.Close()
		p.stderr.Close()
		return err
	}
	p.begun = true
	go p.reap()
	return nil
}

// drain is how long the output of a process that has ended is still read, when
// something it started holds the other end.
const drain = 500 * time.Millisecond

func (p *program) reap() {
	p.exit = p.cmd.Wait()
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // what it left behind; usually nothing
	late := time.Now().Add(drain)
	_ = p.stdout.SetReadDeadline(late)
	_ = p.stderr.SetReadDeadline(late)
	close(p.exited)
}

// Wait implements runner.Runner. go-plugin calls it when it has read all output.
func (p *program) Wait(context.Context) error {
	<-p.exited
	p.stdout.Close()
	p.stderr.Close()
	return p.exit
}

// Kill implements runner.Runner. It may come before Start, or after the end.
func (p *program) Kill(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.killed = true
	if p.begun {
		_ = p.cmd.Process.Kill() // it may have ended by itself
	}
	return nil
}

func (p *program) pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.begun {
		return 0
	}
	return p.cmd.Process.Pid
}

// ID implements runner.Runner; "" before the start.
func (p *program) ID() string {
	if pid := p.pid(); pid != 0 {
		return strconv.Itoa(pid)
	}
	return ""
}

// Name implements runner.Runner.
func (p *program) Name() string { return p.cmd.Path }

// Diagnose implements runner.Runner; startError says more.
func (p *program) Diagnose(context.Context) string { return "" }

// PluginToHost implements runner.Runner.
func (p *program) PluginToHost(network, addr string) (string, string, error) {
	return network, addr, nil
}

// HostToPlugin implements runner.Runner.
func (p *program) HostToPlugin(network, addr string) (string, string, error) {
	return network, addr, nil
}

// Stdout implements runner.Runner. It gives go-plugin the handshake and nothing
// else: go-plugin stops reading at a line of 64 KiB, and the module would hang
// writing the next one.
func (p *program) Stdout() io.ReadCloser { return &firstLine{File: p.stdout, rest: p.rest} }

// firstLine is a stream whose first line is read, and the rest written to rest.
type firstLine struct {
	*os.File
	rest io.Writer
	over bool
}

func (f *firstLine) Read(b []byte) (int, error) {
	if f.over {
		if _, err := io.Copy(f.rest, f.File); err != nil {
			return 0, err
		}
		return 0, io.EOF
	}
	n, err := f.File.Read(b)
	if i := bytes.IndexByte(b[:n], '\n'); i >= 0 {
		f.over = true
		if _, err := f.rest.Write(b[i+1 : n]); err != nil {
			return i + 1, err
		}
		n = i + 1
	}
	return n, err
}

// Stderr implements runner.Runner.
func (p *program) Stderr() io.ReadCloser { return p.stderr }
