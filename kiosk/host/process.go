package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	plugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/rpc"
)

// process is one life of a module's program, connected.
type process struct {
	*rpc.Remote
	program  *program
	client   *plugin.Client
	manifest kiosk.Manifest
}

// start runs m's program and reads its manifest. An error is a *kiosk.Error; the
// process is gone then.
func (m *module) start(ctx context.Context) (*process, error) {
	if err := m.host.pins.check(m.Command[0], strings.ToLower(m.SHA256)); err != nil {
		return nil, err
	}
	out := newOutput(m.host.log, m.ID)
	p := &process{program: newProgram(m.host.spawner, m.Command, out.stream("stdout"))}
	stop := context.AfterFunc(ctx, func() { _ = p.program.Kill(ctx) })
	defer stop()
	p.client = plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  rpc.Handshake,
		Plugins:          rpc.Plugins(),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         true,
		SkipHostEnv:      true,
		StartTimeout:     m.host.cfg.StartTimeout,
		UnixSocketConfig: &plugin.UnixSocketConfig{TempDir: m.host.cfg.Dir},
		GRPCDialOptions:  rpc.DialOptions(),
		Logger:           hclog.NewNullLogger(), // what it says, module.keep says with a hint
		Stderr:           out.stream("stderr"),
		SyncStderr:       out.stream("stderr"),
		SyncStdout:       out.stream("stdout"),
		RunnerFunc: func(_ hclog.Logger, cmd *exec.Cmd, dir string) (runner.Runner, error) {
			p.program.cmd.Env = append(environment(), cmd.Env...)
			p.program.dir = dir
			return p.program, nil
		},
	})
	m.mu.Lock()
	m.program = p.program
	m.mu.Unlock()
	err := p.connect(ctx, m)
	if err != nil {
		p.kill()
		return nil, err
	}
	return p, nil
}

func (p *process) connect(ctx context.Context, m *module) error {
	c, err := p.client.Client()
	if err != nil {
		return startError(m, err)
	}
	remote, err := c.Dispense(rpc.PluginName)
	if err != nil {
		return startError(m, err)
	}
	p.Remote = remote.(*rpc.Remote)
	ctx, cancel := context.WithTimeout(ctx, m.host.cfg.StartTimeout)
	defer cancel()
	if p.manifest, err = p.Manifest(ctx); err != nil {
		return startError(m, fmt.Errorf("manifest: %w", err))
	}
	if err := CheckManifest(p.manifest); err != nil {
		return &kiosk.Error{Code: kiosk.CodeInvalid, Op: "start", Cause: err, Hint: "the module's maker has to correct its manifest"}
	}
	if p.manifest.ID != m.ID {
		return &kiosk.Error{Code: kiosk.CodeInvalid, Op: "start",
			Cause: fmt.Errorf("the program is the module %q", p.manifest.ID),
			Hint:  fmt.Sprintf("call it so in terminal.toml, or give %q another command", m.ID)}
	}
	if dir := m.Setup.Dir; dir != "" {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return &kiosk.Error{Code: kiosk.CodeUnavailable, Op: "start", Cause: err, Hint: "the terminal must be able to write to this directory"}
		}
	}
	return p.Start(ctx, m.Setup)
}

// environment is all that a module knows of the terminal's.
func environment() []string {
	env := []string{
		"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=zh_CN.UTF-8",
		"GODEBUG=clobberfree=1", // what a visitor told a module must not stand in memory that it has freed
	}
	if tz, ok := os.LookupEnv("TZ"); ok {
		env = append(env, "TZ="+tz)
	}
	return env
}

// startError gives go-plugin's words for what went wrong a code and a hint.
func startError(m *module, err error) error {
	e := &kiosk.Error{Code: kiosk.CodeUnavailable, Op: "start", Cause: err}
	text := err.Error()
	switch {
	case strings.Contains(text, "incompatible"):
		e.Code = kiosk.CodeInvalid
		e.Hint = fmt.Sprintf("this terminal speaks protocol version %d: build the module with the kiosk/rpc of this release", rpc.ProtocolVersion)
	case strings.Contains(text, "Failed to read any lines"), strings.Contains(text, "exited before"):
		e.Hint = "the program ended before it said that it serves: see its lines in the log"
	case strings.Contains(text, "remote plugin message"):
		e.Hint = "the program's first output is not a module's: it must print nothing before rpc.Serve; see its lines in the log"
	case strings.Contains(text, "timeout"), errors.Is(err, context.DeadlineExceeded):
		e.Hint = fmt.Sprintf("the program did not say within %v that it serves", m.host.cfg.StartTimeout)
	case errors.Is(err, fs.ErrPermission):
		e.Hint = fmt.Sprintf("make it executable: chmod +x %s", m.Command[0])
	default:
		e.Hint = "see the module's own lines in the log"
	}
	return e
}

// hopeless reports whether starting again cannot help until somebody did something.
func hopeless(err error) bool {
	switch kiosk.CodeOf(err) {
	case kiosk.CodeInvalid, kiosk.CodeDenied, kiosk.CodeNotFound:
		return true
	}
	return false
}

// watch returns when the process has ended, or does not answer any more.
func (p *process) watch(ctx context.Context, every, timeout time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.program.exited:
			return &kiosk.Error{Code: kiosk.CodeShutdown, Op: "run", Cause: fmt.Errorf("the process ended: %w", exitReason(p.program.exit))}
		case <-tick.C:
		}
		checking, cancel := context.WithTimeout(ctx, timeout)
		err := p.Health(checking)
		cancel()
		if err != nil && ctx.Err() == nil && !p.gone() {
			return &kiosk.Error{Code: kiosk.CodeUnavailable, Op: "health", Cause: err, Hint: "the module hangs or calls itself unwell; it is started again"}
		}
	}
}

func exitReason(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

func (p *process) gone() bool {
	select {
	case <-p.program.exited:
		return true
	default:
		return false
	}
}

// grace is how long a module has to end when it is asked to.
const grace = time.Second

// end asks the process to end, and kills it when it does not.
func (p *process) end() {
	late := time.AfterFunc(grace, func() { _ = p.program.Kill(context.Background()) })
	defer late.Stop()
	p.client.Kill()
	p.clean()
}

// kill ends a process that is not worth asking.
func (p *process) kill() {
	_ = p.program.Kill(context.Background())
	p.client.Kill()
	p.clean()
}

func (p *process) clean() {
	if p.program.pid() != 0 {
		<-p.program.exited
	}
	if p.program.dir != "" {
		os.RemoveAll(p.program.dir)
	}
}
