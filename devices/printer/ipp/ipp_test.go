package ipp_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"net"
	"net/http"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/devicestest"
	"github.com/luohu/ting/devices/printer"
	"github.com/luohu/ting/devices/printer/ipp"
	"github.com/luohu/ting/devices/printer/ipp/emulator"
	"github.com/luohu/ting/devices/printer/letter"
	"github.com/luohu/ting/devices/printer/printertest"
)

var drivers = devices.Drivers[printer.Printer]{"ipp": ipp.Open, "ipps": ipp.Open}

// need skips where the typeface or pdftoppm is missing, which CI must have.
func need(t *testing.T) {
	t.Helper()
	_, err := exec.LookPath("pdftoppm")
	if err = errors.Join(err, letter.Ready()); err == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%v: .ci/setup installs poppler-utils and fonts-arphic-gbsn00lp", err)
	}
	t.Skip(err)
}

// network is a printer at a port of this machine.
type network struct {
	printer *emulator.Printer
	mu      sync.Mutex
	addr    string
	server  *http.Server
}

func (n *network) plug() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	l, err := net.Listen("tcp", n.addr)
	if err != nil {
		return err
	}
	n.addr = l.Addr().String()
	server := &http.Server{Handler: n.printer, ReadHeaderTimeout: time.Minute}
	n.server = server
	go func() { _ = server.Serve(l) }() // until it is closed
	return nil
}

func (n *network) unplug() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.server.Close()
}

func open(t *testing.T) printertest.Printer {
	t.Helper()
	n := &network{printer: emulator.New(), addr: "127.0.0.1:0"}
	if err := n.plug(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = n.unplug()
		if wrong := n.printer.Wrong(); len(wrong) > 0 {
			t.Errorf("it was asked for what no printer does: %v", wrong)
		}
	})
	p, err := drivers.Open(t.Context(), "ipp://"+n.addr+"/ipp/print")
	if err != nil {
		t.Fatal(err)
	}
	return printertest.Printer{
		Printer: p, Plug: n.plug, Unplug: n.unplug, Cover: n.printer.SetCover,
		Roll: func(rows int) {
			const sheet = 1000.0 // rows
			n.printer.SetPaper(float64(rows) / sheet)
		},
		Paper: func() (all []*image.Gray) {
			for _, d := range n.printer.Documents() {
				all = append(all, drawn(t, d)...)
			}
			return all
		},
	}
}

// drawn are the pages of a PDF as somebody sees them.
func drawn(t *testing.T, pdf []byte) (pages []*image.Gray) {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("pdftoppm", "-r", "100", "-png", "-gray", "-", dir+"/page")
	cmd.Stdin = bytes.NewReader(pdf)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(dir + "/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		p, err := png.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		g := image.NewGray(p.Bounds())
		draw.Draw(g, g.Bounds(), p, image.Point{}, draw.Src)
		pages = append(pages, g)
	}
	return pages
}

func TestPrinter(t *testing.T) {
	need(t)
	t.Parallel()
	printertest.Exercise(t, open)
}

func TestReplug(t *testing.T) {
	need(t)
	p := open(t)
	defer devicestest.Close(t, p)
	devicestest.Replug(t, devicestest.Away(p, p.Unplug, p.Plug))
}

// TestAJobThatWasTakenBack is not printed when there is paper again.
func TestAJobThatWasTakenBack(t *testing.T) {
	need(t)
	t.Parallel()
	p := open(t)
	defer devicestest.Close(t, p)
	p.Roll(500)
	if err := p.Print(t.Context(), printertest.Receipt()); !errors.Is(err, printer.ErrNoPaper) {
		t.Fatal(err)
	}
	p.Roll(-1)
	if err := p.Print(t.Context(), printertest.Receipt()); err != nil {
		t.Fatal(err)
	}
	if n := len(p.Paper()); n != 1 {
		t.Errorf("%d letters were printed", n)
	}
}

// TestNoPrinter: a web server answers there, or nonsense.
func TestNoPrinter(t *testing.T) {
	need(t)
	t.Parallel()
	for name, h := range map[string]http.HandlerFunc{
		"a web server": func(w http.ResponseWriter, _ *http.Request) { http.NotFound(w, nil) },
		"nonsense":     func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("x", 100)) },
		"elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		},
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
		go func() { _ = server.Serve(l) }()
		p, err := drivers.Open(t.Context(), "ipp://user:secret@"+l.Addr().String()+"/ipp/print")
		if err != nil {
			t.Fatal(err)
		}
		devicestest.Until(t.Context(), t, p, devices.Away)
		if s := p.Health().String(); strings.Contains(s, "secret") {
			t.Errorf("%s: it tells the password: %s", name, s)
		}
		if err := p.Print(t.Context(), printertest.Receipt()); !errors.Is(err, printer.ErrAway) {
			t.Errorf("%s: %v", name, err)
		}
		devicestest.Close(t, p)
		_ = server.Close()
	}
}

func TestOpen_RefusesWhatItCannotBe(t *testing.T) {
	for _, raw := range []string{"ipp:", "ipp://10.0.0.9", "ipp://10.0.0.9/", "ipp://10.0.0.9/ipp/print?paper=a4"} {
		if p, err := drivers.Open(t.Context(), raw); err == nil {
			p.Close()
			t.Errorf("%s was opened", raw)
		}
	}
}

// FuzzRead: whatever a printer answers, it is a message that says the same when it is
// written and read again, or an error.
func FuzzRead(f *testing.F) {
	f.Add(ipp.Message{Code: 0, ID: 1, Groups: []ipp.Group{{Tag: ipp.PrinterGroup, Attributes: []ipp.Attribute{
		ipp.Number(ipp.TagEnum, "printer-state", ipp.PrinterStopped), ipp.Text(ipp.TagKeyword, "printer-state-reasons", "media-empty-error", "media-needed"),
	}}}}.Append(nil))
	f.Add([]byte{1, 1, 0, 0, 0, 0, 0, 1, 0x44, 0, 0, 0, 0})
	f.Add([]byte{1, 1, 0, 0, 0, 0, 0, 1, 4, 0x21, 0xff, 0xff})
	f.Add([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ipp.Read(bufio.NewReader(bytes.NewReader(b)))
		if err != nil {
			if !errors.Is(err, ipp.ErrMessage) {
				t.Fatal(err)
			}
			return
		}
		again, err := ipp.Read(bufio.NewReader(bytes.NewReader(m.Append(nil))))
		if err != nil {
			t.Fatal(err)
		}
		if len(again.Groups) != len(m.Groups) || again.Code != m.Code || again.ID != m.ID {
			t.Errorf("%+v became %+v", m, again)
		}
		for i, g := range m.Groups {
			for k, a := range g.Attributes {
				if !reflect.DeepEqual(a.Values, again.Groups[i].Attributes[k].Values) {
					t.Errorf("%+v became %+v", a, again.Groups[i].Attributes[k])
				}
			}
		}
	})
}
