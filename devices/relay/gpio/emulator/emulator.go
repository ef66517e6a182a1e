// Package emulator is a GPIO chip that there is not: it answers the requests of the
// kernel's character device as a chip would, for tests and demonstrations on machines
// without such lines. It implements gpio.Kernel.
package emulator

import (
	"fmt"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/luohu/ting/devices/relay/gpio"
)

// Path is where the chip is.
const Path = "/dev/gpiochip9"

// Chip is an emulated chip. Its methods are safe for several goroutines.
type Chip struct {
	mu     sync.Mutex
	away   bool
	lines  []line
	files  map[int]int // open files: the line each is for, or wholeChip
	next   int
	broken map[int]bool
}

type line struct {
	high   bool // the voltage at the pin
	flags  uint64
	asked  bool // by somebody
	driven bool // from outside
}

const wholeChip = -1

var _ gpio.Kernel = (*Chip)(nil)

// New makes a chip of so many lines, all low.
func New(lines int) *Chip {
	return &Chip{lines: make([]line, lines), files: map[int]int{}, next: 3, broken: map[int]bool{}}
}

// Unplug pulls the chip, as a USB adapter's: what is open answers no more.
func (c *Chip) Unplug() { c.do(func() { c.away = true }) }

// Plug plugs it in again. Its lines are low, and nobody's.
func (c *Chip) Plug() {
	c.do(func() {
		c.away = false
		c.lines = make([]line, len(c.lines))
		for fd := range c.files {
			c.files[fd] = gone
		}
	})
}

// gone is what a file is for whose chip was pulled.
const gone = -2

// Drive puts a voltage on a pin from outside.
func (c *Chip) Drive(offset int, high bool) {
	c.do(func() { c.lines[offset].high, c.lines[offset].driven = high, true })
}

// High is the voltage at a pin.
func (c *Chip) High(offset int) (high bool) {
	c.do(func() { high = c.lines[offset].high })
	return high
}

// Stick has a pin not follow what it is told.
func (c *Chip) Stick(offset int) { c.do(func() { c.broken[offset] = true }) }

// Use has a line be used by a driver of the kernel's.
func (c *Chip) Use(offset int) { c.do(func() { c.lines[offset].asked = true }) }

// OpenFiles is how many files are open.
func (c *Chip) OpenFiles() (n int) {
	c.do(func() { n = len(c.files) })
	return n
}

func (c *Chip) do(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

// Open implements gpio.Kernel.
func (c *Chip) Open(path string) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if path != Path || c.away {
		return -1, fmt.Errorf("open %s: %w", path, unix.ENOENT)
	}
	return c.file(wholeChip), nil
}

func (c *Chip) file(of int) int {
	c.next++
	c.files[c.next] = of
	return c.next
}

// Close implements gpio.Kernel.
func (c *Chip) Close(fd int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	of, ok := c.files[fd]
	if !ok {
		return unix.EBADF
	}
	delete(c.files, fd)
	if of >= 0 {
		c.lines[of].asked = false
	}
	return nil
}

// Ioctl implements gpio.Kernel.
func (c *Chip) Ioctl(fd int, request uint32, arg unsafe.Pointer) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	of, ok := c.files[fd]
	switch {
	case !ok:
		return unix.EBADF
	case c.away || of == gone:
		return unix.ENODEV
	case request == gpio.GetChipInfo && of == wholeChip:
		info := (*gpio.ChipInfo)(arg)
		copy(info.Label[:], "emulated")
		info.Lines = uint32(len(c.lines))
		return nil
	case request == gpio.GetLine && of == wholeChip:
		return c.ask((*gpio.LineRequest)(arg))
	case request == gpio.SetValues && of >= 0:
		return c.set(of, (*gpio.LineValues)(arg))
	case request == gpio.GetValues && of >= 0:
		c.get(of, (*gpio.LineValues)(arg))
		return nil
	}
	return unix.ENOTTY
}

// ask gives one line away, as the kernel does, with its checks.
func (c *Chip) ask(r *gpio.LineRequest) error {
	direction := r.Flags & (gpio.FlagInput | gpio.FlagOutput)
	if r.NumLines != 1 || int(r.Offsets[0]) >= len(c.lines) || direction == 0 || direction == gpio.FlagInput|gpio.FlagOutput ||
		r.Flags&(gpio.FlagPullUp|gpio.FlagPullDown) == gpio.FlagPullUp|gpio.FlagPullDown || r.NumAttrs > 10 {
		return unix.EINVAL
	}
	of := int(r.Offsets[0])
	l := &c.lines[of]
	if l.asked {
		return unix.EBUSY
	}
	l.asked, l.flags = true, r.Flags
	if direction == gpio.FlagOutput {
		on := false
		for _, a := range r.Attrs[:r.NumAttrs] {
			if a.ID == gpio.AttrOutputValues && a.Mask&1 != 0 {
				on = a.Value&1 != 0
			}
		}
		c.drive(of, on)
	} else if !l.driven && r.Flags&gpio.FlagPullUp != 0 {
		l.high = true
	}
	r.FD = int32(c.file(of))
	return nil
}

// drive has a pin follow a logical value.
func (c *Chip) drive(of int, on bool) {
	if l := &c.lines[of]; !c.broken[of] {
		l.high = on != (l.flags&gpio.FlagActiveLow != 0)
	}
}

func (c *Chip) set(of int, v *gpio.LineValues) error {
	if c.lines[of].flags&gpio.FlagOutput == 0 {
		return unix.EPERM
	}
	if v.Mask&1 != 0 {
		c.drive(of, v.Bits&1 != 0)
	}
	return nil
}

func (c *Chip) get(of int, v *gpio.LineValues) {
	l := c.lines[of]
	v.Bits = 0
	if v.Mask&1 != 0 && l.high != (l.flags&gpio.FlagActiveLow != 0) {
		v.Bits = 1
	}
}
