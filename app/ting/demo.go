package main

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"text/template"
	"time"
)

// The demo is a district on one machine: a center, and one terminal at a school
// gate. It only starts the programs that a real site runs, with a configuration
// it writes once, and looks after them; nothing in it recognises, records or
// draws anything.

const demoUsage = `usage: ting demo [flags]

Starts the demo district: the center, and a terminal at a school gate with the
camera of this machine, or with rendered pupils walking up when there is none.

flags:
`

func runDemo(args []string) error {
	fs := flag.NewFlagSet("demo", flag.ContinueOnError)
	fs.Usage = func() { fmt.Fprint(fs.Output(), demoUsage); fs.PrintDefaults() }
	state := fs.String("state", ".ting/demo", "`directory` that keeps the district between runs")
	listen := fs.String("listen", "127.0.0.1:8443", "`address` of the center; a busy port is replaced by a free one")
	cam := fs.String("camera", "", "camera `URL`; default: v4l2:///dev/video0 when there is one, else sim:district")
	size := fs.String("size", "1080x1920", "`size` of the screen, when there is no display and one is made")
	if err := fs.Parse(args); err != nil {
		return usageError(err)
	}
	if _, _, err := parseSize(*size); err != nil {
		return fmt.Errorf("-size: %w", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	d := &demoRun{dir: *state, listen: *listen, camera: *cam, size: *size}
	return d.run(ctx)
}

type demoRun struct {
	dir, listen, camera, size string

	children children
	center   string // the center's address, https://…
}

func (d *demoRun) run(ctx context.Context) (err error) {
	if d.dir, err = filepath.Abs(d.dir); err != nil {
		return err
	}
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return fmt.Errorf("demo: keep its state elsewhere with -state: %w", err)
	}
	unlock, err := lockDir(d.dir)
	if err != nil {
		return err
	}
	defer unlock()
	defer d.children.stop()

	say("state is kept in %s (delete it to begin anew)", d.dir)
	display, err := d.display(ctx)
	if err != nil {
		return err
	}
	if err := d.startCenter(ctx); err != nil {
		return err
	}
	config, err := d.writeConfig(display.made)
	if err != nil {
		return err
	}
	say("console: %s   (user admin, password in %s)", d.center, filepath.Join(d.dir, "center", "console-password"))
	if display.made {
		go d.keepScreenshot(ctx, display.name)
	}
	return d.keepTerminal(ctx, config, display.name)
}

func say(format string, a ...any) { fmt.Printf("ting demo: "+format+"\n", a...) }

// lockDir keeps two demos from sharing one directory.
func lockDir(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("a demo already runs in %s: stop it, or choose another directory with -state", dir)
	}
	return func() { f.Close() }, nil
}

type display struct {
	name string // value of DISPLAY
	made bool   // by us, invisible: keep a screenshot
}

// display finds an X display, or makes an invisible one.
func (d *demoRun) display(ctx context.Context) (display, error) {
	if name := os.Getenv("DISPLAY"); name != "" {
		return display{name: name}, nil
	}
	r, w, err := os.Pipe()
	if err != nil {
		return display{}, err
	}
	defer r.Close()
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", d.size+"x24", "-nolisten", "tcp", "-noreset")
	cmd.ExtraFiles = []*os.File{w}
	err = d.children.start("Xvfb", cmd)
	w.Close()
	if err != nil {
		return display{}, fmt.Errorf("there is no display and Xvfb does not start (apt-get install xvfb): %w", err)
	}
	line, err := readLine(ctx, r, 20*time.Second)
	if err != nil {
		return display{}, fmt.Errorf("no display was made by Xvfb: %w", err)
	}
	name := ":" + strings.TrimSpace(line)
	say("there is no display: an invisible one of %s was made (Xvfb %s)", d.size, name)
	return display{name: name, made: true}, nil
}

func readLine(ctx context.Context, r io.Reader, limit time.Duration) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	type result struct {
		line string
		err  error
	}
	got := make(chan result, 1)
	go func() {
		line, err := bufio.NewReader(r).ReadString('\n')
		got <- result{line, err}
	}()
	select {
	case g := <-got:
		return g.line, g.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// startCenter starts the center and waits until it is ready.
func (d *demoRun) startCenter(ctx context.Context) error {
	program, err := beside("ting-center")
	if err != nil {
		return err
	}
	listen := d.listen
	if l, err := net.Listen("tcp", listen); err == nil {
		_ = l.Close() // it was only a question
	} else {
		host, port, splitErr := net.SplitHostPort(listen)
		if splitErr != nil {
			return fmt.Errorf("-listen %q: host:port is needed: %w", listen, splitErr)
		}
		say("port %s is in use by another program: taking a free one", port)
		listen = net.JoinHostPort(host, "0")
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd := exec.Command(program, "run", "-state", filepath.Join(d.dir, "center"), "-listen", listen, "-demo")
	cmd.Stdout = w
	cmd.Stderr, err = d.log("center.log")
	if err != nil {
		return err
	}
	err = d.children.start("ting-center", cmd)
	w.Close()
	if err != nil {
		return err
	}
	line, err := readLine(ctx, r, 30*time.Second)
	go func() { _, _ = io.Copy(io.Discard, r) }() // until the center ends
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "ready: ")
	if err != nil || !ok {
		return fmt.Errorf("the center did not start: see %s", filepath.Join(d.dir, "center.log"))
	}
	d.center = address
	return nil
}

func (d *demoRun) log(name string) (*os.File, error) {
	return os.OpenFile(filepath.Join(d.dir, name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
}

//go:embed demo.toml.tmpl
var demoConfig string

// writeConfig writes the terminal's configuration anew at every start: the
// center's port and the camera may have changed. What must last is in its state.
func (d *demoRun) writeConfig(fullScreen bool) (string, error) {
	cam := d.camera
	if cam == "" {
		cam = "sim:district"
		if _, err := os.Stat("/dev/video0"); err == nil {
			cam = "v4l2:///dev/video0"
		}
	}
	if strings.HasPrefix(cam, "v4l2:") {
		say("camera: %s. Touch 登记 (Enrol) below the picture to be recognised.", cam)
	} else {
		say("camera: rendered pupils (%s); with a camera at /dev/video0 it is used instead", cam)
	}
	dir := filepath.Join(d.dir, "terminal")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	var b strings.Builder
	t := template.Must(template.New("").Funcs(template.FuncMap{"quote": tomlQuote}).Parse(demoConfig))
	if err := t.Execute(&b, map[string]any{"Center": d.center, "Camera": cam, "FullScreen": fullScreen}); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "terminal.toml")
	return path, os.WriteFile(path, []byte(b.String()), 0o600)
}

func tomlQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}

// keepTerminal runs the terminal as a site's service manager would: it starts
// it again when it dies, and ends when the terminal ends in order.
func (d *demoRun) keepTerminal(ctx context.Context, config, displayName string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	logFile, err := d.log("terminal.log")
	if err != nil {
		return err
	}
	for delay := time.Second; ; delay = min(2*delay, 30*time.Second) {
		cmd := exec.Command(self, "run", "-config", config)
		cmd.Env = append(os.Environ(), "DISPLAY="+displayName)
		cmd.Stderr = logFile
		started := time.Now()
		if err := d.children.start("terminal", cmd); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			say("stopping")
			return nil
		case err = <-d.children.exited("terminal"):
		case err = <-d.children.exited("ting-center"):
			return fmt.Errorf("the center ended (see %s): %w", filepath.Join(d.dir, "center.log"), orOK(err))
		}
		if err == nil {
			say("the terminal was closed")
			return nil
		}
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.ExitCode() == exitConfig {
			return fmt.Errorf("the terminal cannot use its configuration: see %s", logFile.Name())
		}
		if time.Since(started) > time.Minute {
			delay = time.Second
		}
		say("the terminal ended (%v): starting it again in %v; see %s", err, delay, logFile.Name())
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(delay):
		}
	}
}

// orOK is the error of a program that should not have ended, even in order.
func orOK(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// keepScreenshot writes what the invisible display shows, every two seconds.
func (d *demoRun) keepScreenshot(ctx context.Context, displayName string) {
	path := filepath.Join(d.dir, "screen.png")
	next := filepath.Join(d.dir, ".screen.png")
	said := false
	for tick := time.NewTicker(2 * time.Second); ; {
		select {
		case <-ctx.Done():
			tick.Stop()
			return
		case <-tick.C:
		}
		cmd := exec.CommandContext(ctx, "import", "-display", displayName, "-window", "root",
			"-define", "png:compression-level=1", next) // drawn often, kept never: time matters, size does not
		out, err := cmd.CombinedOutput()
		if err == nil {
			err = os.Rename(next, path)
		}
		if ctx.Err() != nil || said {
			continue
		}
		said = true
		if err != nil {
			say("no screenshot (apt-get install imagemagick): %v %s", err, out)
		} else {
			say("screen: %s, anew every 2 s. Ctrl-C stops.", path)
		}
	}
}
