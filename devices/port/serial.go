package port

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// Serial is how the bits of a serial line are sent.
type Serial struct {
	Baud   int    // bits a second; 0 is 9600
	Bits   int    // 7 or 8 of data; 0 is 8
	Parity string // "none", "even" or "odd"; "" is none
	Stop   int    // 1 or 2 bits; 0 is 1
}

// speeds are the rates every UART has.
var speeds = map[int]uint32{
	1200: unix.B1200, 2400: unix.B2400, 4800: unix.B4800, 9600: unix.B9600, 19200: unix.B19200,
	38400: unix.B38400, 57600: unix.B57600, 115200: unix.B115200, 230400: unix.B230400, 460800: unix.B460800,
	921600: unix.B921600,
}

// with is s as the parameters change it; given tells whether any does.
func (s Serial) with(q url.Values) (_ Serial, given bool, err error) {
	number := func(key string, into *int, allowed ...int) {
		if !q.Has(key) {
			return
		}
		given = true
		n, wrong := strconv.Atoi(q.Get(key))
		if wrong != nil || !slices.Contains(allowed, n) {
			err = errors.Join(err, fmt.Errorf("%s=%q: one of %v is needed", key, q.Get(key), allowed))
		}
		*into = n
	}
	rates := make([]int, 0, len(speeds))
	for r := range speeds {
		rates = append(rates, r)
	}
	slices.Sort(rates)
	number("baud", &s.Baud, rates...)
	number("bits", &s.Bits, 7, 8)
	number("stop", &s.Stop, 1, 2)
	if q.Has("parity") {
		given = true
		err = errors.Join(err, Parameters(url.Values{"parity": q["parity"]}, map[string]func(string) error{
			"parity": OneOf(&s.Parity, "none", "even", "odd"),
		}))
	}
	if s.Baud == 0 {
		s.Baud = 9600
	}
	if s.Bits == 0 {
		s.Bits = 8
	}
	if s.Stop == 0 {
		s.Stop = 1
	}
	return s, given, err
}

const nonblock = unix.O_NONBLOCK | unix.O_NOCTTY

// openSerial opens a terminal line raw. It is an *os.File that the runtime polls,
// so it has deadlines and Close ends a Read: what go.bug.st/serial, which blocks
// in select, could not give without a goroutine for each line.
func openSerial(path string, s Serial) (Conn, error) {
	f, err := os.OpenFile(path, os.O_RDWR|nonblock, 0)
	if err != nil {
		return nil, err
	}
	if err := configure(f, s); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

func configure(f *os.File, s Serial) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		failed = setLine(int(fd), s)
	})
	return errors.Join(err, failed)
}

func setLine(fd int, s Serial) error {
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return fmt.Errorf("not a serial line: %w", err)
	}
	t.Iflag = unix.IGNBRK
	t.Oflag, t.Lflag = 0, 0
	t.Cflag = unix.CREAD | unix.CLOCAL | speeds[s.Baud]
	t.Ispeed, t.Ospeed = speeds[s.Baud], speeds[s.Baud]
	if s.Bits == 7 {
		t.Cflag |= unix.CS7
	} else {
		t.Cflag |= unix.CS8
	}
	switch s.Parity {
	case "even":
		t.Cflag |= unix.PARENB
		t.Iflag |= unix.INPCK
	case "odd":
		t.Cflag |= unix.PARENB | unix.PARODD
		t.Iflag |= unix.INPCK
	}
	if s.Stop == 2 {
		t.Cflag |= unix.CSTOPB
	}
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, t); err != nil {
		return fmt.Errorf("set the line to %d baud: %w", s.Baud, err)
	}
	// What a device sent before anybody listened is about somebody who has gone.
	return unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIOFLUSH)
}
