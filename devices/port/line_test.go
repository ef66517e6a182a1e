package port_test

import (
	"bufio"
	"context"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/port"
	"github.com/luohu/ting/devices/port/pty"
)

// echo serves a device that sends lines; they go to heard, where there is room.
func echo(heard chan<- string) func(context.Context, *port.Line, port.Conn) error {
	return func(_ context.Context, l *port.Line, c port.Conn) error {
		in := bufio.NewReader(c)
		for {
			s, err := in.ReadString('\n')
			if err != nil {
				return err
			}
			l.Ready()
			select {
			case heard <- s:
			default:
			}
		}
	}
}

func dial(t *testing.T, raw string) port.Dial {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	d, _, err := port.Parse(u, port.Serial{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestLine_ComesBackAfterTheCableWasPulled(t *testing.T) {
	cycles := 3 // TING_CYCLES=1000 for the whole proof
	if n, err := strconv.Atoi(os.Getenv("TING_CYCLES")); err == nil {
		cycles = n
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(cycles)*5*time.Second)
	defer cancel()
	cable := pty.New(filepath.Join(t.TempDir(), "ttyUSB0"))
	heard := make(chan string, 1)
	l := port.Keep(dial(t, "serial://"+cable.Path()+"?baud=115200"), echo(heard))
	defer l.Close()
	if err := l.Wait(ctx, devices.Away); err != nil {
		t.Fatalf("without a cable: %v", l.Health())
	}
	if h := l.Health(); !strings.Contains(h.Hint, "plug it in") {
		t.Errorf("the hint for a missing device is %q", h.Hint)
	}
	var before, files int
	for n := range cycles {
		sim, err := cable.Plug()
		if err != nil {
			t.Fatal(err)
		}
		if !say(ctx, t, sim, heard) {
			t.Fatalf("cycle %d: not heard again: %v", n, l.Health())
		}
		if !l.Health().OK() {
			t.Errorf("cycle %d: %v", n, l.Health())
		}
		if err := cable.Unplug(); err != nil {
			t.Fatal(err)
		}
		if err := l.Wait(ctx, devices.Away); err != nil {
			t.Fatalf("cycle %d: the pulled cable was not noticed: %v", n, l.Health())
		}
		if n == 1 {
			before, files = runtime.NumGoroutine(), openFiles(t)
		}
	}
	if g, f := runtime.NumGoroutine(), openFiles(t); g > before+2 || f > files+2 {
		t.Errorf("after %d cycles %d goroutines and %d files, %d and %d after the second", cycles, g, f, before, files)
	}
}

// say has the device send a line again and again, as many do, until it is heard:
// what was sent before the line was opened is thrown away with it.
func say(ctx context.Context, t *testing.T, sim *os.File, heard <-chan string) bool {
	t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		if _, err := sim.WriteString("hello\n"); err != nil {
			t.Fatal(err)
		}
		select {
		case s := <-heard:
			return s == "hello\n"
		case <-again.C:
		case <-ctx.Done():
			return false
		}
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(fds)
}

func TestLine_CloseEndsARead(t *testing.T) {
	cable := pty.New(filepath.Join(t.TempDir(), "ttyUSB0"))
	sim, err := cable.Plug()
	if err != nil {
		t.Fatal(err)
	}
	defer cable.Unplug()
	heard := make(chan string, 1)
	l := port.Keep(dial(t, "serial://"+cable.Path()), echo(heard))
	if !say(t.Context(), t, sim, heard) {
		t.Fatal("not heard")
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if h := l.Health(); h.State != devices.Closed {
		t.Errorf("closed, and %v", h)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

func TestLine_ATerminalFileIsNeeded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l := port.Keep(dial(t, "serial://"+path), echo(nil))
	defer l.Close()
	if err := l.Wait(t.Context(), devices.Away); err != nil {
		t.Fatal(err)
	}
	if h := l.Health(); !strings.Contains(h.Reason, "not a serial line") {
		t.Errorf("a plain file: %v", h)
	}
}
