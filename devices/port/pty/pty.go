// Package pty makes serial lines out of nothing, for the simulators of serial
// devices: a pseudo-terminal whose one end is a path that a driver opens like
// any serial line, while the simulator speaks at the other.
package pty

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"
)

// Cable is a serial line between a driver and a simulator. Its path stays the
// same when it is unplugged and plugged in again, as udev would keep it.
type Cable struct {
	path string

	mu     sync.Mutex
	master *os.File
	slave  *os.File // held open, so that the line lives while no driver has it
}

// New makes a cable whose driver's end is at path, where nothing may be yet. It
// is not plugged in.
func New(path string) *Cable { return &Cable{path: path} }

// Path is the driver's end.
func (c *Cable) Path() string { return c.path }

// Plug plugs the cable in and returns the simulator's end. Reads of it end with
// an error when the cable is unplugged.
func (c *Cable) Plug() (*os.File, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.master != nil {
		return nil, errors.New("pty: the cable is plugged in already")
	}
	master, slave, err := pair()
	if err != nil {
		return nil, fmt.Errorf("pty: %w", err)
	}
	next := c.path + ".next"
	_ = os.Remove(next)
	err = os.Symlink(slave.Name(), next)
	if err == nil {
		err = os.Rename(next, c.path)
	}
	if err != nil {
		return nil, errors.Join(err, master.Close(), slave.Close())
	}
	c.master, c.slave = master, slave
	return master, nil
}

// Unplug pulls the cable: the driver's connection breaks and the path is gone.
func (c *Cable) Unplug() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.master == nil {
		return nil
	}
	err := errors.Join(os.Remove(c.path), c.slave.Close(), c.master.Close())
	c.master, c.slave = nil, nil
	return err
}

// pair opens a pseudo-terminal, raw at both ends and polled by the runtime.
func pair() (master, slave *os.File, err error) {
	master, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			master.Close()
		}
	}()
	raw, err := master.SyscallConn()
	if err != nil {
		return nil, nil, err
	}
	var number int
	var failed error
	if err = raw.Control(func(fd uintptr) {
		if failed = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); failed != nil {
			return
		}
		number, failed = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
	}); err != nil || failed != nil {
		return nil, nil, errors.Join(err, failed)
	}
	slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	return master, slave, makeRaw(slave)
}

// makeRaw turns echo and line editing off before a driver has opened the line.
func makeRaw(f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		t, err := unix.IoctlGetTermios(int(fd), unix.TCGETS)
		if err != nil {
			failed = err
			return
		}
		t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
		t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
		failed = unix.IoctlSetTermios(int(fd), unix.TCSETS, t)
	})
	return errors.Join(err, failed)
}
