// Package gpio switches the lines of a GPIO chip: relays on a single-board
// computer's header, or on a USB adapter that the kernel shows as a chip. It speaks
// to the kernel's character device (version 2, since Linux 5.10), which frees the
// lines of a program that died.
//
//	gpio:///dev/gpiochip0?coil=17
//
//	active=low       the relay is on while its line is low, as on most relay boards
//	contacts=low     an input is on while its line is low: a contact to ground
//	bias=up          pull inputs up (or down), where the chip can
//
// Numbers of relays and inputs are the chip's line offsets, as gpioinfo lists them.
package gpio

import (
	"errors"
	"fmt"
	"net/url"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/luohu/ting/devices/port"
)

// Config says which chip, and how it is wired.
type Config struct {
	Path        string
	ActiveLow   bool   // relays
	ContactsLow bool   // inputs
	Bias        string // of inputs: "", "up" or "down"
}

// Parse reads where a chip is; the parameters it returns are the device's.
func Parse(u *url.URL) (Config, url.Values, error) {
	c := Config{Path: u.Path}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return c, nil, err
	}
	if u.Host != "" || u.Path == "" {
		return c, nil, errors.New("the path of the chip is needed, as in gpio:///dev/gpiochip0?coil=17")
	}
	active, contacts := "high", "high"
	known := map[string]func(string) error{
		"active": port.OneOf(&active, "high", "low"), "contacts": port.OneOf(&contacts, "high", "low"),
		"bias": port.OneOf(&c.Bias, "up", "down"),
	}
	own, rest := url.Values{}, url.Values{}
	for k, v := range q {
		if known[k] != nil {
			own[k] = v
		} else {
			rest[k] = v
		}
	}
	err = port.Parameters(own, known)
	c.ActiveLow, c.ContactsLow = active == "low", contacts == "low"
	return c, rest, err
}

// Board is a chip that was opened. One goroutine uses it.
type Board struct {
	kernel Kernel
	config Config
	chip   int         // its file
	lines  int         // it has
	files  map[int]int // of the lines that were asked for, by offset
	output map[int]bool
}

// Dial opens a chip.
func Dial(k Kernel, c Config) (*Board, error) {
	fd, err := k.Open(c.Path)
	if err != nil {
		return nil, err
	}
	var info ChipInfo
	if err := k.Ioctl(fd, GetChipInfo, unsafe.Pointer(&info)); err != nil {
		_ = k.Close(fd) // it was only looked at
		return nil, &port.FaultError{Cause: fmt.Errorf("%s is no GPIO chip: %w", c.Path, err), Hint: "gpiodetect lists the chips there are"}
	}
	return &Board{kernel: k, config: c, chip: fd, lines: int(info.Lines), files: map[int]int{}, output: map[int]bool{}}, nil
}

// line asks the kernel for a line, once. An output begins as on says, without a
// moment in between.
func (b *Board) line(offset int, output, on bool) (int, error) {
	if fd, ok := b.files[offset]; ok {
		if b.output[offset] != output {
			return 0, fmt.Errorf("line %d is both a relay and an input", offset)
		}
		return fd, nil
	}
	if offset < 0 || offset >= b.lines {
		return 0, &port.FaultError{
			Cause: fmt.Errorf("%s has no line %d, only %d lines", b.config.Path, offset, b.lines), Hint: "gpioinfo lists them",
		}
	}
	r := LineRequest{NumLines: 1}
	r.Offsets[0] = uint32(offset)
	copy(r.Consumer[:nameSize-1], "ting")
	switch {
	case output:
		r.Flags = FlagOutput
		if b.config.ActiveLow {
			r.Flags |= FlagActiveLow
		}
		r.NumAttrs = 1
		r.Attrs[0] = LineAttribute{ID: AttrOutputValues, Value: bit(on), Mask: 1}
	default:
		r.Flags = FlagInput
		if b.config.ContactsLow {
			r.Flags |= FlagActiveLow
		}
		r.Flags |= map[string]uint64{"up": FlagPullUp, "down": FlagPullDown}[b.config.Bias]
	}
	err := b.kernel.Ioctl(b.chip, GetLine, unsafe.Pointer(&r))
	if errors.Is(err, unix.EBUSY) {
		return 0, &port.FaultError{Cause: fmt.Errorf("line %d: %w", offset, err), Hint: "another program or a driver uses the line: gpioinfo says which"}
	}
	if err != nil {
		return 0, fmt.Errorf("line %d: %w", offset, err)
	}
	b.files[offset], b.output[offset] = int(r.FD), output
	return int(r.FD), nil
}

func bit(on bool) uint64 {
	if on {
		return 1
	}
	return 0
}

// Set switches a line and reads it back.
func (b *Board) Set(relay int, on bool) error {
	fd, err := b.line(relay, true, on)
	if err != nil {
		return err
	}
	v := LineValues{Bits: bit(on), Mask: 1}
	if err := b.kernel.Ioctl(fd, SetValues, unsafe.Pointer(&v)); err != nil {
		return fmt.Errorf("switch line %d: %w", relay, err)
	}
	is, err := b.level(fd, relay)
	if err != nil {
		return err
	}
	if is != on {
		return &port.FaultError{
			Cause: fmt.Errorf("line %d was switched to %v and is not", relay, on),
			Hint:  "something pulls the line: check the wiring",
		}
	}
	return nil
}

func (b *Board) level(fd, line int) (bool, error) {
	v := LineValues{Mask: 1}
	if err := b.kernel.Ioctl(fd, GetValues, unsafe.Pointer(&v)); err != nil {
		return false, fmt.Errorf("read line %d: %w", line, err)
	}
	return v.Bits&1 != 0, nil
}

// Inputs reads lines.
func (b *Board) Inputs(lines []int) ([]bool, error) {
	all := make([]bool, len(lines))
	for i, n := range lines {
		fd, err := b.line(n, false, false)
		if err != nil {
			return nil, err
		}
		if all[i], err = b.level(fd, n); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Close gives the lines back. What they do then is the chip's choice; most stay as they are.
func (b *Board) Close() error {
	var err error
	for _, fd := range b.files {
		err = errors.Join(err, b.kernel.Close(fd))
	}
	b.files = map[int]int{}
	if b.chip >= 0 {
		err = errors.Join(err, b.kernel.Close(b.chip))
		b.chip = -1
	}
	return err
}
