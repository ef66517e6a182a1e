package gpio

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The kernel's structures, version 2 of the character device's interface, after
// include/uapi/linux/gpio.h. A request number holds the size of its structure, so
// that a layout that differs is refused by any kernel.
const (
	nameSize = 32
	mostAsk  = 64 // lines of one request
)

// ChipInfo answers GetChipInfo.
type ChipInfo struct {
	Name, Label [nameSize]byte
	Lines       uint32
}

// LineAttribute is a setting of some of a request's lines; Value is a union.
type LineAttribute struct {
	ID, _ uint32
	Value uint64
	Mask  uint64 // which lines of the request
}

// LineRequest asks for lines; FD is the answer.
type LineRequest struct {
	Offsets    [mostAsk]uint32
	Consumer   [nameSize]byte
	Flags      uint64
	NumAttrs   uint32
	_          [5]uint32
	Attrs      [10]LineAttribute
	NumLines   uint32
	EventSpace uint32
	_          [5]uint32
	FD         int32
}

// LineValues are levels of a request's lines, one bit each.
type LineValues struct{ Bits, Mask uint64 }

// The requests.
const (
	GetChipInfo = 0x8044b401
	GetLine     = unix.GPIO_V2_GET_LINE_IOCTL
	GetValues   = unix.GPIO_V2_LINE_GET_VALUES_IOCTL
	SetValues   = unix.GPIO_V2_LINE_SET_VALUES_IOCTL
)

// The flags of a line.
const (
	FlagActiveLow = 1 << 1
	FlagInput     = 1 << 2
	FlagOutput    = 1 << 3
	FlagPullUp    = 1 << 8
	FlagPullDown  = 1 << 9

	AttrOutputValues = unix.GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES
)

// Kernel is what a board needs of the kernel. System is the real one; devices/relay/
// gpio/emulator has one for machines without such lines.
type Kernel interface {
	Open(path string) (fd int, err error)
	// Ioctl makes a request about an open file; arg points to its structure.
	Ioctl(fd int, request uint32, arg unsafe.Pointer) error
	Close(fd int) error
}

// System is the machine's own kernel.
var System Kernel = system{}

type system struct{}

func (system) Open(path string) (int, error) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open %s: %w", path, err)
	}
	return fd, nil
}

func (system) Ioctl(fd int, request uint32, arg unsafe.Pointer) error {
	for {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), uintptr(request), uintptr(arg))
		switch {
		case errno == 0:
			return nil
		case !errors.Is(errno, unix.EINTR):
			return errno
		}
	}
}

func (system) Close(fd int) error { return unix.Close(fd) }
