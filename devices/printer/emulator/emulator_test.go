package emulator_test

import (
	"context"
	"errors"
	"image/png"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/devicestest"
	"github.com/luohu/ting/devices/port/pty"
	"github.com/luohu/ting/devices/printer"
	"github.com/luohu/ting/devices/printer/emulator"
	"github.com/luohu/ting/devices/printer/escpos"
	"github.com/luohu/ting/devices/printer/printertest"
	"github.com/luohu/ting/devices/printer/raster"
	"github.com/luohu/ting/devices/printer/sim"
)

var drivers = devices.Drivers[printer.Printer]{"escpos+tcp": escpos.Open, "escpos+serial": escpos.Open, "sim": sim.Open}

// newPrinter makes an emulated printer; without a typeface it skips, in CI it fails.
func newPrinter(t *testing.T) *emulator.Printer {
	t.Helper()
	p, err := emulator.New(576)
	if errors.Is(err, raster.ErrNoTypeface) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, w := range p.Wrong() {
			t.Errorf("the driver sent what is no command: %s", w)
		}
	})
	return p
}

// hand is the hand on an emulated printer.
func hand(p *emulator.Printer) printertest.Printer {
	return printertest.Printer{
		Paper: p.Slips, Roll: p.SetRoll,
		Cover: func(open bool) { p.SetStatus(escpos.Status{CoverOpen: open}) },
	}
}

// server is the network end of a printer.
type server struct {
	printer *emulator.Printer
	address string

	mu     sync.Mutex
	listen net.Listener
	conns  []net.Conn
	all    sync.WaitGroup
}

func (s *server) plug() error {
	l, err := net.Listen("tcp", s.address)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.listen, s.address = l, l.Addr().String()
	s.mu.Unlock()
	s.all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns = append(s.conns, c)
			s.mu.Unlock()
			s.all.Go(func() { _ = s.printer.Serve(c) })
		}
	})
	return nil
}

func (s *server) unplug() error {
	s.mu.Lock()
	err := s.listen.Close()
	for _, c := range s.conns {
		c.Close()
	}
	s.conns = nil
	s.mu.Unlock()
	s.all.Wait()
	return err
}

func onNetwork(t *testing.T) printertest.Printer {
	t.Helper()
	s := &server{printer: newPrinter(t), address: "127.0.0.1:0"}
	if err := s.plug(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.unplug() })
	h := hand(s.printer)
	h.Plug, h.Unplug = s.plug, s.unplug
	var err error
	if h.Printer, err = drivers.Open(t.Context(), "escpos+tcp://"+s.address); err != nil {
		t.Fatal(err)
	}
	return h
}

func TestNetworkPrinter(t *testing.T) {
	t.Parallel()
	printertest.Exercise(t, onNetwork)
}

func atLine(t *testing.T) printertest.Printer {
	t.Helper()
	p := newPrinter(t)
	cable := pty.New(filepath.Join(t.TempDir(), "ttyUSB0"))
	var serving sync.WaitGroup
	plug := func() error {
		end, err := cable.Plug()
		if err == nil {
			serving.Go(func() { _ = p.Serve(end) })
		}
		return err
	}
	if err := plug(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cable.Unplug()
		serving.Wait()
	})
	h := hand(p)
	h.Plug, h.Unplug = plug, cable.Unplug
	var err error
	if h.Printer, err = drivers.Open(t.Context(), "escpos+serial://"+cable.Path()+"?baud=115200"); err != nil {
		t.Fatal(err)
	}
	return h
}

func TestSerialPrinter(t *testing.T) {
	t.Parallel()
	printertest.Exercise(t, atLine)
}

// TestReceipt reads the slip as a person with a telephone would: the QR code is
// found in the picture. TING_SLIP names a file to keep the picture in.
func TestReceipt(t *testing.T) {
	t.Parallel()
	p := newPrinter(t)
	driver := open(t, p)
	if err := driver.Print(t.Context(), printertest.Receipt()); err != nil {
		t.Fatal(err)
	}
	slip := p.Slips()[0]
	if path := os.Getenv("TING_SLIP"); path != "" {
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(png.Encode(f, slip), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(slip)
	if err != nil {
		t.Fatal(err)
	}
	code, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil || code.GetText() != "https://ting.example/r/7KQM-2WXZ" {
		t.Errorf("the QR code on the slip reads %v, %v", code, err)
	}
	if b := slip.Bounds(); b.Dx() != 576 || b.Dy() < 500 || b.Dy() > 1000 {
		t.Errorf("the slip is %v dots", b.Size())
	}
	// White at both edges: nothing ran over the paper's side.
	for y := range slip.Bounds().Dy() {
		if slip.GrayAt(575, y).Y < 128 && slip.GrayAt(574, y).Y < 128 && slip.GrayAt(573, y).Y < 128 && y > 200 {
			t.Fatalf("ink at the paper's right edge in row %d", y)
		}
	}
}

// open connects the real driver with p.
func open(t *testing.T, p *emulator.Printer) printer.Printer {
	t.Helper()
	s := &server{printer: p, address: "127.0.0.1:0"}
	if err := s.plug(); err != nil {
		t.Fatal(err)
	}
	driver, err := drivers.Open(t.Context(), "escpos+tcp://"+s.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := driver.Close(); err != nil {
			t.Error(err)
		}
		_ = s.unplug()
	})
	return driver
}

// TestPrinterThatNeverAnswers is bounded and reported.
func TestPrinterThatNeverAnswers(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	driver, err := drivers.Open(t.Context(), "escpos+tcp://"+l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer driver.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := driver.Print(ctx, printertest.Receipt()); !errors.Is(err, printer.ErrAway) {
		t.Errorf("a printer that says nothing: %v", err)
	}
	if ctx.Err() != nil {
		t.Error("it was waited for without end")
	}
}

func TestSim_KeepsItsSlips(t *testing.T) {
	t.Parallel()
	newPrinter(t) // skips without a typeface
	dir := filepath.Join(t.TempDir(), "slips")
	p, err := drivers.Open(t.Context(), "sim:?width=384&dir="+dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Print(t.Context(), printertest.Receipt()); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(dir, "slip-0001.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if slip, err := png.Decode(f); err != nil || slip.Bounds().Dx() != 384 {
		t.Errorf("slip %v, %v", slip, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "slip-0002.png")); err == nil {
		t.Error("one slip was kept twice")
	}
}

func TestSim_RefusesWhatItCannotBe(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"sim:?width=9", "sim:?roll=-1", "sim:?ink=1"} {
		if _, err := drivers.Open(t.Context(), raw); err == nil {
			t.Errorf("%s was opened", raw)
		}
	}
}

// BenchmarkReceipt is a slip of 80 mm from blocks to confirmed dots, over
// loopback TCP, drawn by the emulator.
func BenchmarkReceipt(b *testing.B) {
	p, err := emulator.New(576)
	if err != nil {
		b.Fatal(err)
	}
	s := &server{printer: p, address: "127.0.0.1:0"}
	if err := s.plug(); err != nil {
		b.Fatal(err)
	}
	defer s.unplug()
	driver, err := drivers.Open(b.Context(), "escpos+tcp://"+s.address)
	if err != nil {
		b.Fatal(err)
	}
	defer driver.Close()
	for b.Loop() {
		if err := driver.Print(b.Context(), printertest.Receipt()); err != nil {
			b.Fatal(err)
		}
	}
}

func TestReplug_Network(t *testing.T) {
	d := onNetwork(t)
	defer devicestest.Close(t, d)
	devicestest.Replug(t, devicestest.Away(d, d.Unplug, d.Plug))
}

func TestReplug_Serial(t *testing.T) {
	d := atLine(t)
	defer devicestest.Close(t, d)
	devicestest.Replug(t, devicestest.Away(d, d.Unplug, d.Plug))
}
