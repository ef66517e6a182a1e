package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/devices/face/protocol"
)

const maxSide = protocol.MaxSide

// stopTimeout is how long a process may take to end by itself when it is no longer wanted.
const stopTimeout = time.Second

// What ends a process, besides itself.
var (
	errHung     = errors.New("face engine did not answer in time and was killed")
	errUnready  = errors.New("face engine did not become ready in time and was killed")
	errGarbled  = errors.New("face engine sent a message that makes no sense and was killed")
	errProtocol = errors.New("face engine is another version's")
	errRefused  = errors.New("face engine cannot work")
)

// code names the kind of error for the log.
func code(err error) string {
	for _, c := range []struct {
		err  error
		code string
	}{
		{errHung, "hung"}, {errUnready, "unready"}, {errGarbled, "garbled"},
		{errProtocol, "version"}, {errRefused, "refused"},
	} {
		if errors.Is(err, c.err) {
			return c.code
		}
	}
	return "ended"
}

// process is one run of the engine's program.
type process struct {
	cmd     *exec.Cmd
	socket  net.Conn
	conn    *protocol.Conn
	stderr  *lines
	timeout time.Duration
	ready   chan struct{}
	hello   protocol.Ready // valid after ready
	done    chan struct{}
	cause   error // valid after done
	free    chan int

	memoryMu sync.RWMutex // held for reading while a slot is touched
	memory   *protocol.Memory

	mu      sync.Mutex
	pending map[uint64]*call
	lastID  uint64
	fault   error // the first reason to end it
}

// call is one request under way. Its slot is given back with the answer, not
// when the caller loses patience.
type call struct {
	slot, size int
	timer      *time.Timer
	answer     chan answer // of one, so that nobody waits for the caller
}

type answer struct {
	faces []face.Face
	err   error
}

// start starts the program. It must be called on a locked thread that outlives it.
func start(o Options, log *slog.Logger) (p *process, err error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	memory, memoryFile, err := protocol.CreateMemory()
	if err != nil {
		ours.Close()
		return nil, err
	}
	defer memoryFile.Close()

	args := o.Command[1:len(o.Command):len(o.Command)]
	if o.Weights != "" {
		args = append(args, "-weights", o.Weights)
	}
	if o.Landmarks != "" {
		args = append(args, "-landmarks", o.Landmarks)
	}
	p = &process{
		cmd:     exec.Command(o.Command[0], args...),
		socket:  ours,
		conn:    protocol.NewConn(ours),
		stderr:  &lines{log: log},
		timeout: o.RequestTimeout,
		ready:   make(chan struct{}),
		done:    make(chan struct{}),
		free:    make(chan int, protocol.Slots),
		memory:  memory,
		pending: map[uint64]*call{},
	}
	for i := range protocol.Slots {
		p.free <- i
	}
	p.cmd.ExtraFiles = []*os.File{theirs, memoryFile} // file descriptors 3 and 4
	p.cmd.Stderr = p.stderr
	p.cmd.WaitDelay = stopTimeout
	p.cmd.SysProcAttr = &syscall.SysProcAttr{
		Pdeathsig: syscall.SIGKILL,
		Setpgid:   true, // Ctrl-C is for the terminal, which ends its engine itself
	}
	if err := p.cmd.Start(); err != nil {
		ours.Close()
		return nil, errors.Join(fmt.Errorf("start the face engine: %w; build it with make build, or name it in face.engine", err), memory.Close())
	}
	// A process that never says Ready is ended by the deadline.
	if err := ours.SetReadDeadline(time.Now().Add(o.StartTimeout)); err != nil {
		p.fail(err)
	}
	go p.serve()
	return p, nil
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// socketPair makes a connection to ourselves and the end to hand to the process.
func socketPair() (net.Conn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("connect to the face engine: %w", err)
	}
	mine, theirs := os.NewFile(uintptr(fds[0]), "face engine"), os.NewFile(uintptr(fds[1]), "face engine's end")
	defer mine.Close()
	conn, err := net.FileConn(mine)
	if err != nil {
		theirs.Close()
		return nil, nil, fmt.Errorf("connect to the face engine: %w", err)
	}
	return conn, theirs, nil
}

// serve reads what the process says until it ends, then tells everybody.
func (p *process) serve() {
	err := p.handshake()
	if err == nil {
		close(p.ready)
		err = p.answers()
	}
	if !errors.Is(err, io.EOF) {
		p.fail(err)
	}
	p.socket.Close()
	killer := time.AfterFunc(stopTimeout, p.kill)
	exit := p.cmd.Wait()
	killer.Stop()
	p.end(exit)
}

func (p *process) handshake() error {
	m, err := p.conn.Receive()
	var version *protocol.VersionError
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errUnready
	case errors.As(err, &version):
		return fmt.Errorf("%w: %w", errProtocol, err)
	case ended(err):
		return io.EOF // its exit says more
	case err != nil:
		return fmt.Errorf("%w: %w", errGarbled, err)
	}
	switch m.Kind {
	case protocol.KindReady:
		if p.hello, err = protocol.ParseReady(m.Body); err != nil {
			return fmt.Errorf("%w: %w", errGarbled, err)
		}
		return p.socket.SetReadDeadline(time.Time{})
	case protocol.KindRefusal:
		why, err := protocol.ParseText(m.Body)
		if err != nil {
			return fmt.Errorf("%w: %w", errGarbled, err)
		}
		return fmt.Errorf("%w: %s", errRefused, why)
	}
	return fmt.Errorf("%w: kind %d before Ready", errGarbled, m.Kind)
}

// ended reports whether a read failed because either end closed or died.
func ended(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, net.ErrClosed)
}

func (p *process) answers() error {
	for {
		m, err := p.conn.Receive()
		if ended(err) {
			return io.EOF
		}
		if err != nil {
			return fmt.Errorf("%w: %w", errGarbled, err)
		}
		var a answer
		switch m.Kind {
		case protocol.KindFaces:
			a.faces, err = protocol.ParseFaces(m.Body)
		case protocol.KindFailure:
			var why protocol.Text
			if why, err = protocol.ParseText(m.Body); err == nil {
				a.err = fmt.Errorf("face engine: %s", why)
			}
		case protocol.KindRefusal:
			why, _ := protocol.ParseText(m.Body)
			return fmt.Errorf("%w: %s", errRefused, why)
		default:
			err = fmt.Errorf("kind %d", m.Kind)
		}
		if err != nil {
			return fmt.Errorf("%w: %w", errGarbled, err)
		}
		p.finish(m.ID, a)
	}
}

// finish gives a request its answer and its slot to the next one.
func (p *process) finish(id uint64, a answer) {
	p.mu.Lock()
	c := p.pending[id]
	delete(p.pending, id)
	p.mu.Unlock()
	if c == nil {
		return // an answer nobody asked for harms nobody
	}
	c.timer.Stop()
	clear(p.memory.Slot(c.slot, c.size)) // serve alone closes the memory
	p.free <- c.slot
	c.answer <- a
}

// analyze asks the process about one frame.
func (p *process) analyze(ctx context.Context, r face.Request) ([]face.Face, error) {
	var slot int
	select {
	case slot = <-p.free:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-p.done:
		return nil, restarting(p.cause)
	}
	request := protocol.Request{
		Slot: slot, W: r.Frame.W, H: r.Frame.H,
		Camera: r.Camera, Describe: r.Describe, FullScan: r.FullScan,
	}
	if err := request.Check(); err != nil {
		p.free <- slot
		return nil, fmt.Errorf("face engine: %w", err)
	}
	c := &call{slot: slot, size: 3 * r.Frame.W * r.Frame.H, answer: make(chan answer, 1)}
	if !p.show(r.Frame, slot) {
		return nil, restarting(p.cause)
	}
	id := p.begin(c)
	if err := p.conn.Send(protocol.Message{Kind: protocol.KindRequest, ID: id, Body: request.Append(nil)}); err != nil {
		p.fail(fmt.Errorf("ask the face engine: %w", err))
	}
	select {
	case a := <-c.answer:
		return a.faces, a.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-p.done:
		return nil, restarting(p.cause)
	}
}

// show copies a frame into a slot, rows without gaps. It is false when the process has ended.
func (p *process) show(f *camera.Frame, slot int) bool {
	p.memoryMu.RLock()
	defer p.memoryMu.RUnlock()
	select {
	case <-p.done:
		return false
	default:
	}
	row := 3 * f.W
	to := p.memory.Slot(slot, row*f.H)
	for y := range f.H {
		copy(to[y*row:(y+1)*row], f.Pix[y*f.Stride:])
	}
	return true
}

func (p *process) begin(c *call) (id uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lastID++
	p.pending[p.lastID] = c
	c.timer = time.AfterFunc(p.timeout, func() { p.fail(errHung) })
	return p.lastID
}

// fail kills the process for a reason; the first one counts.
func (p *process) fail(why error) {
	p.mu.Lock()
	if p.fault == nil {
		p.fault = why
	}
	p.mu.Unlock()
	if errors.Is(why, errRefused) {
		return // it ends by itself, its last words read
	}
	p.kill()
}

func (p *process) kill() { _ = p.cmd.Process.Kill() } // it may have ended already

// stop asks the process to end and waits for it.
func (p *process) stop() {
	p.socket.Close() // the end of its input; serve sees to the rest
	<-p.done
}

// end settles everything once the process is gone.
func (p *process) end(exit error) {
	p.mu.Lock()
	cause := p.fault
	for _, c := range p.pending {
		c.timer.Stop()
	}
	p.pending = map[uint64]*call{}
	p.mu.Unlock()
	if cause == nil {
		cause = errors.New("face engine ended by itself")
		if exit != nil {
			cause = fmt.Errorf("face engine ended: %w", exit)
		}
		if last := p.stderr.last(); last != "" {
			cause = fmt.Errorf("%w: %s", cause, last)
		}
	}
	p.cause = cause
	p.memoryMu.Lock()
	close(p.done)
	err := p.memory.Close()
	p.memoryMu.Unlock()
	if err != nil {
		p.stderr.log.Warn("shared memory stays mapped", "op", "face.engine", "code", "munmap", "cause", err)
	}
}
