package port_test

import (
	"bufio"
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/devicestest"
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
	ctx, cancel := context.WithTimeout(t.Context(), devicestest.Patience)
	defer cancel()
	cable := pty.New(filepath.Join(t.TempDir(), "ttyUSB0"))
	heard := make(chan string) // what is said while nobody listens is gone
	l := port.Keep(dial(t, "serial://"+cable.Path()+"?baud=115200"), echo(heard))
	defer l.Close()
	if err := l.Wait(ctx, devices.Away); err != nil {
		t.Fatalf("without a cable: %v", l.Health())
	}
	if h := l.Health(); !strings.Contains(h.Hint, "plug it in") {
		t.Errorf("the hint for a missing device is %q", h.Hint)
	}
	sim, err := cable.Plug()
	if err != nil {
		t.Fatal(err)
	}
	if !say(ctx, t, sim, heard) {
		t.Fatalf("not heard: %v", l.Health())
	}
	hand := devicestest.Away(l, cable.Unplug, func() (err error) { sim, err = cable.Plug(); return err })
	hand.Back = func(ctx context.Context, t *testing.T) {
		if !say(ctx, t, sim, heard) || !l.Health().OK() {
			t.Fatalf("not heard again: %v", l.Health())
		}
	}
	devicestest.Replug(t, hand)
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
