// Package evdev drives scanners and card readers that pretend to be a USB
// keyboard: they type what they read, and Enter. The device is taken for
// ourselves, so that what it types reaches no field of any program.
//
//	evdev:///dev/input/by-id/usb-Honeywell_1900-event-kbd
//
// Keyboards send keys, not characters: the scanner must be set to the United
// States layout, which is what they leave the factory with. Source of the event
// layout: the kernel's Documentation/input/event-codes.
package evdev

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/port"
	"github.com/luohu/ting/devices/scanner"
)

// Scanner is a scanner that types.
type Scanner struct {
	devices.Desk[scanner.Code]
	line *port.Line
}

var _ scanner.Scanner = (*Scanner)(nil)

// Open opens the device at u. It is a devices.Opener.
func Open(_ context.Context, u *url.URL) (scanner.Scanner, error) {
	if u.Path == "" || u.Host != "" {
		return nil, errors.New("the device's path is needed, as in evdev:///dev/input/by-id/usb-…-event-kbd")
	}
	if err := port.Parameters(u.Query(), nil); err != nil {
		return nil, err
	}
	return keep(func(context.Context) (*os.File, error) { return grab(u.Path) }), nil
}

func keep(dial func(context.Context) (*os.File, error)) *Scanner {
	s := &Scanner{}
	s.line = port.Keep(dial, s.listen)
	return s
}

// grab opens the device and takes it for ourselves.
func grab(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	const evIOCGrab = 0x40044590
	raw, err := f.SyscallConn()
	var failed error
	if err == nil {
		err = raw.Control(func(fd uintptr) { failed = unix.IoctlSetInt(int(fd), evIOCGrab, 1) })
	}
	if err := errors.Join(err, failed); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s cannot be taken for ourselves: %w", path, err)
	}
	return f, nil
}

// Health implements scanner.Scanner.
func (s *Scanner) Health() devices.Health { return s.line.Health() }

// Close gives the device back.
func (s *Scanner) Close() error { return errors.Join(s.line.Close(), s.Desk.Close()) }

func (s *Scanner) listen(_ context.Context, l *port.Line, f *os.File) error {
	l.Ready()
	var k keys
	for {
		var e [eventBytes]byte
		if _, err := io.ReadFull(f, e[:]); err != nil {
			return err
		}
		typed, done := k.take(parseEvent(e))
		if !done || len(typed) == 0 {
			continue
		}
		if code, err := scanner.Parse(typed, time.Now()); err == nil {
			s.Lay(code)
		}
	}
}

// eventBytes is the size of struct input_event on a 64-bit machine: seconds,
// microseconds, type, code, value.
const eventBytes = 24

type event struct {
	kind, code uint16
	value      int32
}

func parseEvent(b [eventBytes]byte) event {
	return event{binary.NativeEndian.Uint16(b[16:]), binary.NativeEndian.Uint16(b[18:]), int32(binary.NativeEndian.Uint32(b[20:]))}
}

// What of the event codes matters here.
const (
	kindKey = 1

	keyEnter      = 28
	keyLeftShift  = 42
	keyRightShift = 54
	keyTab        = 15
	keyKPEnter    = 96

	released = 0
	pressed  = 1
)

// keys puts characters together from the keys that are pressed.
type keys struct {
	shift bool
	typed []byte
}

// take takes one event; done is true when the line was ended by it.
func (k *keys) take(e event) (line []byte, done bool) {
	if e.kind != kindKey {
		return nil, false
	}
	switch {
	case e.code == keyLeftShift || e.code == keyRightShift:
		k.shift = e.value != released
	case e.value != pressed:
	case e.code == keyEnter || e.code == keyKPEnter || e.code == keyTab:
		line, k.typed = k.typed, nil
		return line, true
	case len(k.typed) <= scanner.MaxCode:
		if c := character(e.code, k.shift); c != 0 {
			k.typed = append(k.typed, c)
		}
	}
	return nil, false
}

// rows are the characters of the United States layout by the code of the first
// key of a row, without and with Shift.
var rows = []struct {
	first          uint16
	plain, shifted string
}{
	{2, "1234567890-=", "!@#$%^&*()_+"},
	{16, "qwertyuiop[]", "QWERTYUIOP{}"},
	{30, "asdfghjkl;'`", "ASDFGHJKL:\"~"},
	{43, `\zxcvbnm,./`, "|ZXCVBNM<>?"},
	{57, " ", " "},
	{71, "789-456+1230.", "789-456+1230."},
	{55, "*", "*"},
	{98, "/", "/"},
}

func character(code uint16, shift bool) byte {
	for _, r := range rows {
		if i := int(code) - int(r.first); i >= 0 && i < len(r.plain) {
			if shift {
				return r.shifted[i]
			}
			return r.plain[i]
		}
	}
	return 0
}
