package fleet

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/google/uuid"

	"github.com/luohu/ting/sync/fleet/power"
)

// Machine is a rack's process as its parent sees it. It may be killed or have its
// power cut at any moment, and be started again.
type Machine struct {
	program []string // and its first arguments
	order   Order
	disk    *power.Disk // nil: its power cannot be cut
	ledger  *Ledger
	// Log is told each line that the rack writes to standard error; nil passes
	// them on to the parent's.
	Log func(line string)

	told     atomic.Int64
	progress chan struct{} // receives after records were done

	cmd   *exec.Cmd
	stdin io.WriteCloser
	ended chan struct{} // the process is gone, and all that it said was read

	mu      sync.Mutex
	report  Report
	failed  string // why the last run of the process gave up
	inOrder bool   // the last run of the process ended in order
}

// NewMachine makes a machine that is off. program is the command that runs a rack.
func NewMachine(program []string, o Order, disk *power.Disk, l *Ledger) *Machine {
	return &Machine{program: program, order: o, disk: disk, ledger: l, progress: make(chan struct{}, 1)}
}

// Disk is the machine's disk, or nil.
func (m *Machine) Disk() *power.Disk { return m.disk }

// Order is what its terminals are told at the next start. It may be changed
// while the machine is off.
func (m *Machine) Order() *Order { return &m.order }

// Told is how many records its terminals said were done.
func (m *Machine) Told() int64 { return m.told.Load() }

// Progress receives after Told has grown. It is meant for one receiver.
func (m *Machine) Progress() <-chan struct{} { return m.progress }

// startPatience is how long a rack may take to open its journals, and each of them.
const startPatience, journalPatience = 60 * time.Second, time.Second

// Start starts the rack and waits until all its journals are open. It fails with
// ErrRackFailed when the rack could not begin.
func (m *Machine) Start() error {
	cmd := exec.Command(m.program[0], m.program[1:]...)
	cmd.Env = os.Environ()
	if m.disk != nil {
		cmd.Env = append(cmd.Env, m.disk.Env()...)
	}
	cmd.Stderr = os.Stderr
	if m.Log != nil {
		cmd.Stderr = &lineWriter{say: m.Log}
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	order, err := json.Marshal(m.order)
	if err != nil {
		return err
	}
	m.order.Start++
	m.mu.Lock()
	m.failed, m.inOrder = "", false
	m.mu.Unlock()
	ready := make(chan struct{})
	m.cmd, m.stdin, m.ended = cmd, stdin, make(chan struct{})
	go m.read(stdout, ready, m.ended)
	if _, err := stdin.Write(append(order, '\n')); err != nil {
		m.Kill()
		return err
	}
	most := startPatience + time.Duration(len(m.order.Terminals))*journalPatience
	patience := time.NewTimer(most)
	defer patience.Stop()
	select {
	case <-ready:
		return nil
	case <-m.ended:
		return fmt.Errorf("%w: %s", ErrRackFailed, m.Failed())
	case <-patience.C:
		m.Kill()
		return fmt.Errorf("%w: not ready after %v", ErrRackFailed, most)
	}
}

// ErrRackFailed is returned when a rack could not begin.
var ErrRackFailed = errors.New("the rack failed")

func (m *Machine) read(out io.Reader, ready, ended chan struct{}) {
	defer close(ended)
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if strings.HasSuffix(line, "\n") {
			m.hear(strings.TrimSpace(line), ready)
		}
		if err != nil {
			_ = m.cmd.Wait()
			return
		}
	}
}

func (m *Machine) hear(line string, ready chan struct{}) {
	if rest, ok := strings.CutPrefix(line, lineDone); ok {
		terminal, id, _ := strings.Cut(rest, " ")
		if record, err := uuid.Parse(id); err == nil {
			m.ledger.done(terminal, record)
			m.told.Add(1)
			select {
			case m.progress <- struct{}{}:
			default:
			}
		}
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case line == lineReady:
		close(ready)
	case line == lineEnd:
		m.inOrder = true
	case strings.HasPrefix(line, lineReport):
		var r Report
		if json.Unmarshal([]byte(line[len(lineReport):]), &r) == nil {
			m.report = r
		}
	case strings.HasPrefix(line, lineRefused):
		_, reason, _ := strings.Cut(line[len(lineRefused):], " ")
		m.ledger.refuse(reason)
	case strings.HasPrefix(line, lineFailed):
		m.failed = line[len(lineFailed):]
	}
}

// Failed is why the rack gave up, "" while it did not.
func (m *Machine) Failed() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.failed
}

// Report is what the rack said last.
func (m *Machine) Report() Report {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.report
}

// Running reports whether the process is there.
func (m *Machine) Running() bool {
	if m.ended == nil {
		return false
	}
	select {
	case <-m.ended:
		return false
	default:
		return true
	}
}

// Ended is closed when the process is gone.
func (m *Machine) Ended() <-chan struct{} { return m.ended }

// lineWriter passes whole lines on.
type lineWriter struct {
	say  func(string)
	rest []byte
}

// Write implements io.Writer.
func (w *lineWriter) Write(b []byte) (int, error) {
	w.rest = append(w.rest, b...)
	for {
		i := bytes.IndexByte(w.rest, '\n')
		if i < 0 {
			return len(b), nil
		}
		w.say(string(w.rest[:i]))
		w.rest = w.rest[i+1:]
	}
}

// Kill ends the process at once and waits until all that it said was read.
func (m *Machine) Kill() {
	if m.ended == nil {
		return
	}
	_ = m.cmd.Process.Kill() // it may be gone already
	<-m.ended
}

// Cut cuts the machine's power: of its disk only what was fsynced is left.
func (m *Machine) Cut() error {
	m.Kill()
	return m.disk.Cut()
}

// Quiet ends the records, not the sending.
func (m *Machine) Quiet() error {
	_, err := io.WriteString(m.stdin, wordQuiet+"\n")
	return err
}

// End ends the rack in order.
func (m *Machine) End(ctx context.Context) error {
	_, _ = io.WriteString(m.stdin, wordEnd+"\n")
	select {
	case <-m.ended:
	case <-ctx.Done():
		m.Kill()
		return ctx.Err()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.inOrder {
		return fmt.Errorf("%w: %s", ErrRackFailed, m.failed)
	}
	return nil
}
