package fleet

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/fleet/power"
)

// Center is the real center's program, as a process that may be killed and
// started again on the same port.
type Center struct {
	Program string   // ting-center
	Dir     string   // of its state
	Args    []string // of run, besides where
	// Database is where its database is; "" is an SQLite file in Dir.
	Database string
	// Log is told each line of the center's log; nil drops them.
	Log func(line string)
	// Disk is the disk below Dir; nil: its power cannot be cut.
	Disk *power.Disk

	address string // host:port, once known
	cmd     *exec.Cmd
	ended   chan error
	gone    atomic.Bool // the process of cmd

	mu      sync.Mutex
	metrics string // host:port
	last    []string
}

// Codes opens the center's state while the program does not run, and makes an
// enrolment code for each terminal.
func (c *Center) Codes(ctx context.Context, terminals []Terminal) error {
	in, err := center.Open(ctx, c.options())
	if err != nil {
		return err
	}
	for i, t := range terminals {
		if terminals[i].Code, _, err = in.MakeCode(ctx, "fleet", t.ID, t.Site); err != nil {
			break
		}
	}
	return errors.Join(err, in.Close())
}

func (c *Center) options() center.Options {
	return center.Options{Dir: c.Dir, Database: c.Database, Log: slog.New(slog.DiscardHandler)}
}

// Store opens the center's database, to look at it while the program does not run.
func (c *Center) Store(ctx context.Context) (*store.DB, error) {
	if c.Database != "" {
		return store.Open(ctx, c.Database)
	}
	return store.Open(ctx, filepath.Join(c.Dir, "center.db"))
}

// Open opens the center in this process, while the program does not run: for what
// an administrator does at the console.
func (c *Center) Open(ctx context.Context) (*center.Center, error) {
	return center.Open(ctx, c.options())
}

// Destroy removes the database, as a fire would, and leaves the keys. The program
// must not run.
func (c *Center) Destroy(ctx context.Context) error {
	if c.Database == "" {
		files, err := filepath.Glob(filepath.Join(c.Dir, "center.db*"))
		for _, f := range files {
			err = errors.Join(err, os.Remove(f))
		}
		return err
	}
	conn, err := pgx.Connect(ctx, c.Database)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `DROP SCHEMA public CASCADE; CREATE SCHEMA public`)
	return errors.Join(err, conn.Close(ctx))
}

// CA is the file that terminals trust the center by.
func (c *Center) CA() string { return filepath.Join(c.Dir, "ca.pem") }

// Address is host:port of the center once it was started.
func (c *Center) Address() string { return c.address }

const centerPatience = 60 * time.Second

// Start starts the program and waits until it serves.
func (c *Center) Start() error {
	listen := c.address
	if listen == "" {
		listen = "127.0.0.1:0"
	}
	args := append([]string{"run", "-state", c.Dir, "-database", c.Database, "-listen", listen, "-metrics", "127.0.0.1:0"}, c.Args...)
	cmd := exec.Command(c.Program, args...)
	cmd.Env = os.Environ()
	if c.Disk != nil {
		cmd.Env = append(cmd.Env, c.Disk.Env()...)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	ready, ended := make(chan string, 1), make(chan error, 1)
	c.cmd, c.ended = cmd, ended
	c.gone.Store(false)
	go func() {
		var reading sync.WaitGroup
		reading.Go(func() { c.readLog(stderr) })
		reading.Go(func() {
			out := bufio.NewScanner(stdout)
			for out.Scan() {
				if url, ok := strings.CutPrefix(out.Text(), "ready: "); ok {
					ready <- url
				}
			}
		})
		reading.Wait()
		err := cmd.Wait()
		c.gone.Store(true)
		ended <- err
		close(ended)
	}()
	patience := time.NewTimer(centerPatience)
	defer patience.Stop()
	select {
	case url := <-ready:
		c.address = strings.TrimPrefix(url, "https://")
		return nil
	case err := <-ended:
		return fmt.Errorf("the center ended before it was ready: %w\n%s", err, c.LastWords())
	case <-patience.C:
		c.Kill()
		return fmt.Errorf("the center was not ready after %v\n%s", centerPatience, c.LastWords())
	}
}

func (c *Center) readLog(r io.Reader) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		c.mu.Lock()
		if _, rest, ok := strings.Cut(line, `msg="center: metrics and health"`); ok {
			_, c.metrics, _ = strings.Cut(rest, "address=")
		}
		c.last = append(c.last, line)
		if len(c.last) > 30 {
			c.last = c.last[1:]
		}
		c.mu.Unlock()
		if c.Log != nil {
			c.Log(line)
		}
	}
}

// Running reports whether the process is there.
func (c *Center) Running() bool {
	if c.cmd == nil {
		return false
	}
	return c.cmd.Process.Signal(syscall.Signal(0)) == nil && !c.gone.Load()
}

// Ready asks the center whether it can take records in.
func (c *Center) Ready(ctx context.Context) bool {
	c.mu.Lock()
	address := c.metrics
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// Memory is how many bytes the process takes; pages shared with others count in
// part (PSS). 0 while it does not run.
func (c *Center) Memory() float64 {
	if c.cmd == nil {
		return 0
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", c.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb * 1024
		}
	}
	return 0
}

// LastWords is the end of the center's log.
func (c *Center) LastWords() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.last, "\n")
}

// Kill ends the program at once.
func (c *Center) Kill() {
	if c.cmd == nil {
		return
	}
	_ = c.cmd.Process.Kill() // it may be gone already
	for range c.ended {      // until it is
	}
	c.cmd = nil
}

// Cut cuts its power: of its disk only what was fsynced is left.
func (c *Center) Cut() error {
	c.Kill()
	return c.Disk.Cut()
}

// Stop ends the program in order.
func (c *Center) Stop() error {
	if c.cmd == nil {
		return nil
	}
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	patience := time.NewTimer(centerPatience)
	defer patience.Stop()
	select {
	case err := <-c.ended:
		c.cmd = nil
		if err != nil {
			return fmt.Errorf("the center ended badly: %w\n%s", err, c.LastWords())
		}
		return nil
	case <-patience.C:
		c.Kill()
		return errors.New("the center did not end")
	}
}

// Do runs one of the program's other commands on the center's state, and returns
// what it printed.
func (c *Center) Do(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, c.Program, append([]string{name, "-state", c.Dir}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("ting-center %s: %w: %s", name, err, strings.TrimSpace(string(out)))
	}
	return string(out), nil
}

// Gauge reads one of the center's metrics; ok is false while it does not serve.
func (c *Center) Gauge(ctx context.Context, name string) (value float64, ok bool) {
	c.mu.Lock()
	address := c.metrics
	c.mu.Unlock()
	if address == "" {
		return 0, false
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/metrics", nil)
	if err != nil {
		return 0, false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, false
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if rest, found := strings.CutPrefix(lines.Text(), name+" "); found {
			value, err = strconv.ParseFloat(rest, 64)
			return value, err == nil
		}
	}
	return 0, false
}
