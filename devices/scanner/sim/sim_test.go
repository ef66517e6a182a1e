package sim_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/devicestest"
	"github.com/luohu/ting/devices/port/pty"
	"github.com/luohu/ting/devices/scanner"
	"github.com/luohu/ting/devices/scanner/scannertest"
	"github.com/luohu/ting/devices/scanner/serial"
	"github.com/luohu/ting/devices/scanner/sim"
)

var drivers = devices.Drivers[scanner.Scanner]{"sim": sim.Open, "scan+serial": serial.Open}

// open makes a scanner at a serial line; the simulator's end is what Scan writes to.
func open(t *testing.T, behind string) (scannertest.Scanner, func() *os.File) {
	t.Helper()
	cable := pty.New(filepath.Join(t.TempDir(), "ttyACM0"))
	var end *os.File
	plug := func() (err error) {
		end, err = cable.Plug()
		return err
	}
	if err := plug(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cable.Unplug() })
	s, err := drivers.Open(t.Context(), "scan+serial://"+cable.Path())
	if err != nil {
		t.Fatal(err)
	}
	return scannertest.Scanner{
		Scanner: s, Plug: plug, Unplug: cable.Unplug,
		Scan: func(code string) error {
			_, err := io.WriteString(end, code+behind)
			return err
		},
	}, func() *os.File { return end }
}

func TestSerialScanner(t *testing.T) {
	t.Parallel()
	for name, behind := range map[string]string{"CR": "\r", "LF": "\n", "CRLF": "\r\n"} {
		t.Run(name, func(t *testing.T) {
			scannertest.Exercise(t, func(t *testing.T) scannertest.Scanner {
				s, _ := open(t, behind)
				return s
			})
		})
	}
}

// TestScannerThatSendsNothingBehind ends a code by the pause after it.
func TestScannerThatSendsNothingBehind(t *testing.T) {
	t.Parallel()
	s, _ := open(t, "")
	defer s.Close()
	got := make(chan scanner.Code, 1)
	go func() {
		if c, err := s.Next(t.Context()); err == nil {
			got <- c
		}
	}()
	for {
		if s.Health().OK() {
			if err := s.Scan("A017"); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case c := <-got:
			if strings.Trim(c.Text, "A017") != "" {
				t.Errorf("scanned %q", c.Text)
			}
			return
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// TestScannerThatTypesAMegabyte costs that code and nothing else.
func TestScannerThatTypesAMegabyte(t *testing.T) {
	t.Parallel()
	s, end := open(t, "\r\n")
	defer s.Close()
	got := make(chan scanner.Code, 1)
	go func() {
		if c, err := s.Next(t.Context()); err == nil {
			got <- c
		}
	}()
	ready := time.NewTicker(time.Millisecond)
	defer ready.Stop()
	for !s.Health().OK() {
		<-ready.C
	}
	if _, err := io.WriteString(end(), strings.Repeat("x", 1<<20)+"\r\n9787020002207\r\n"); err != nil {
		t.Fatal(err)
	}
	select {
	case c := <-got:
		if c.Text != "9787020002207" {
			t.Errorf("scanned %d bytes", len(c.Text))
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("the code after it was lost: %v", s.Health())
	}
}

func TestSim_ScansItsCodes(t *testing.T) {
	s, err := drivers.Open(t.Context(), "sim:?codes=A017,B018&every=30ms")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	seen := map[string]bool{}
	for len(seen) < 2 {
		c, err := s.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if c.Text != "A017" && c.Text != "B018" {
			t.Fatalf("scanned %q", c.Text)
		}
		seen[c.Text] = true
	}
}

func TestOpen_RefusesWhatItCannotBe(t *testing.T) {
	for _, raw := range []string{"sim:?codes=", "sim:?every=0s", "sim:?code=1", "scan+serial:", "scan+serial:///dev/x?end=cr"} {
		if s, err := drivers.Open(t.Context(), raw); err == nil {
			s.Close()
			t.Errorf("%s was opened", raw)
		}
	}
}

func TestReplug(t *testing.T) {
	s, _ := open(t, "\r")
	defer devicestest.Close(t, s)
	devicestest.Replug(t, devicestest.Away(s, s.Unplug, s.Plug))
}
