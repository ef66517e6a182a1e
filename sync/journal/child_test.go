package journal

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The tests kill processes and cut their power. This test binary is that
// process when TING_CHILD says so: it appends to the journal at TING_PATH from
// several goroutines and prints "seq id" for each record that Append returned.
func TestMain(m *testing.M) {
	if os.Getenv("TING_CHILD") == "" {
		flag.Parse()
		if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
			f.Value.Set("15") // each has real commits; the long run is -rapid.checks=5000
		}
		os.Exit(m.Run())
	}
	if err := appendForEver(); err != nil {
		fmt.Println("error", errorName(err))
	}
}

func errorName(err error) string {
	for name, e := range map[string]error{"durability": ErrDurability, "disk-full": ErrDiskFull} {
		if errors.Is(err, e) {
			return name
		}
	}
	return err.Error()
}

func appendForEver() error {
	if os.Getenv("TING_CHILD") == "limited" {
		// Files may grow to 300 KiB, then writes fail with EFBIG.
		signal.Ignore(syscall.SIGXFSZ)
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 300 << 10, Max: 300 << 10}); err != nil {
			return err
		}
	}
	ctx := context.Background()
	j, err := Open(ctx, os.Getenv("TING_PATH"), Options{Terminal: "gate-1", Log: slog.New(slog.DiscardHandler),
		MinFree: -1, Reserve: -1, TidyEvery: time.Hour, synchronous: os.Getenv("TING_SYNCHRONOUS")})
	if err != nil {
		return err
	}
	var out sync.Mutex
	say := func(format string, a ...any) {
		out.Lock()
		defer out.Unlock()
		fmt.Printf(format+"\n", a...)
	}
	say("ready")
	failed := make(chan error, 3)
	for range cap(failed) {
		go func() {
			for i := 0; ; i++ {
				a, err := j.Append(ctx, entry(i))
				if err != nil {
					failed <- err
					return
				}
				say("%d %s", a.Seq, a.ID)
			}
		}()
	}
	var last error
	for range cap(failed) {
		last = <-failed
	}
	// A failed journal must go on refusing; a full one may still take what fits
	// where a larger group did not. A full disk must not stop the reading.
	_, err = j.Append(ctx, entry(0))
	for n := 1; err == nil && !errors.Is(last, ErrDurability) && n < 1000; n++ {
		_, err = j.Append(ctx, entry(n))
	}
	if err == nil {
		return fmt.Errorf("appended after %w", last)
	}
	if !errors.Is(err, last) && errorName(err) != errorName(last) {
		return fmt.Errorf("after %w: %w", last, err)
	}
	_, err = j.Recent(ctx, 1)
	if errors.Is(last, ErrDurability) != (err != nil) {
		return fmt.Errorf("reading after %w: %w", last, err)
	}
	return last
}

// child runs this binary as above.
type child struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines *bufio.Scanner
}

func startChild(t *testing.T, path string, env ...string) *child {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), append([]string{"TING_CHILD=1", "TING_PATH=" + path}, env...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	c := &child{t: t, cmd: cmd, lines: bufio.NewScanner(out)}
	if !c.lines.Scan() || c.lines.Text() != "ready" {
		t.Fatalf("the child said %q instead of ready", c.lines.Text())
	}
	return c
}

// killAfter reads n answers, kills the child, and reads what it had said until
// then: seq by ID.
func (c *child) killAfter(n int) map[string]int64 {
	c.t.Helper()
	told := map[string]int64{}
	for c.lines.Scan() {
		var seq int64
		var id string
		if _, err := fmt.Sscan(c.lines.Text(), &seq, &id); err != nil {
			c.t.Fatalf("the child said %q", c.lines.Text())
		}
		told[id] = seq
		if len(told) == n {
			c.cmd.Process.Kill()
		}
	}
	c.cmd.Wait()
	if len(told) < n {
		c.t.Fatalf("the child ended after %d answers", len(told))
	}
	return told
}

// untilError reads answers until the child gives up and says why.
func (c *child) untilError() (told map[string]int64, why string) {
	c.t.Helper()
	told = map[string]int64{}
	for c.lines.Scan() {
		var seq int64
		var id string
		if rest, ok := strings.CutPrefix(c.lines.Text(), "error "); ok {
			why = rest
		} else if _, err := fmt.Sscan(c.lines.Text(), &seq, &id); err == nil {
			told[id] = seq
		}
	}
	c.cmd.Wait()
	return told, why
}

// missing counts the answers that the journal at path does not bear out. The
// journal must otherwise be whole.
func missing(t *testing.T, path string, told map[string]int64) (lost int, j *Journal) {
	t.Helper()
	j = open(t, path)
	if s, err := j.Status(t.Context()); err != nil || s.Salvage != nil {
		t.Fatalf("the journal is damaged: %v %+v", err, s.Salvage)
	}
	if _, err := j.Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
	b, err := j.Batch(t.Context(), current(j, 0).Chain, 1<<30, 1<<40)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range b.Records {
		if seq, ok := told[r.ID.String()]; ok {
			if seq != r.Seq {
				t.Errorf("record %s was told as %d and is %d", r.ID, seq, r.Seq)
			}
			delete(told, r.ID.String())
		}
	}
	return len(told), j
}

// compileShim compiles testdata/powercut.c.
func compileShim(t *testing.T) string {
	t.Helper()
	cc, err := exec.LookPath("cc")
	if err != nil {
		if os.Getenv("CI") == "" {
			t.Skip("no C compiler")
		}
		t.Fatal("no C compiler: apt-get install gcc")
	}
	so := filepath.Join(t.TempDir(), "powercut.so")
	if out, err := exec.Command(cc, "-O2", "-shared", "-fPIC", "-o", so, "testdata/powercut.c", "-ldl").CombinedOutput(); err != nil {
		t.Fatalf("cc: %v\n%s", err, out)
	}
	return so
}

func copyOver(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
}
