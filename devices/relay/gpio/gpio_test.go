package gpio_test

import (
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/luohu/ting/devices/devicestest"
	"github.com/luohu/ting/devices/port"
	"github.com/luohu/ting/devices/relay/gpio"
	"github.com/luohu/ting/devices/relay/gpio/emulator"
)

// TestLayout: the kernel refuses a structure whose size is not the one in the number
// of its request.
func TestLayout(t *testing.T) {
	size := func(request uint32) uintptr { return uintptr(request >> 16 & 0x3fff) }
	for name, c := range map[string]struct{ is, want uintptr }{
		"chip info":    {unsafe.Sizeof(gpio.ChipInfo{}), size(gpio.GetChipInfo)},
		"line request": {unsafe.Sizeof(gpio.LineRequest{}), size(gpio.GetLine)},
		"values":       {unsafe.Sizeof(gpio.LineValues{}), size(gpio.SetValues)},
		"its flags":    {unsafe.Offsetof(gpio.LineRequest{}.Flags), 288},
		"its settings": {unsafe.Offsetof(gpio.LineRequest{}.Attrs), 320},
		"its count":    {unsafe.Offsetof(gpio.LineRequest{}.NumLines), 560},
		"its file":     {unsafe.Offsetof(gpio.LineRequest{}.FD), 588},
	} {
		if c.is != c.want {
			t.Errorf("%s: %d bytes, the kernel wants %d", name, c.is, c.want)
		}
	}
}

func dial(t *testing.T, k *emulator.Chip, params string) *gpio.Board {
	t.Helper()
	u, err := url.Parse("gpio://" + emulator.Path + params)
	if err != nil {
		t.Fatal(err)
	}
	c, rest, err := gpio.Parse(u)
	if err != nil || len(rest) != 0 {
		t.Fatal(rest, err)
	}
	b, err := gpio.Dial(k, c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBoard(t *testing.T) {
	for params, low := range map[string]bool{"": false, "?active=low": true} {
		chip := emulator.New(28)
		b := dial(t, chip, params)
		for _, on := range []bool{false, true, true, false} {
			if err := b.Set(17, on); err != nil {
				t.Fatal(err)
			}
			if chip.High(17) != (on != low) {
				t.Errorf("%s: told %v, the pin is high: %v", params, on, chip.High(17))
			}
		}
		devicestest.Close(t, b)
		devicestest.Close(t, b)
		if n := chip.OpenFiles(); n != 0 {
			t.Errorf("%d files are left open", n)
		}
	}
}

func TestInputs(t *testing.T) {
	chip := emulator.New(28)
	b := dial(t, chip, "?contacts=low&bias=up")
	defer devicestest.Close(t, b)
	chip.Drive(4, false) // a contact to ground that is closed
	in, err := b.Inputs([]int{22, 4})
	if err != nil || len(in) != 2 || in[0] || !in[1] {
		t.Errorf("%v, %v; want an open and a closed contact", in, err)
	}
	chip.Drive(4, true)
	if in, err = b.Inputs([]int{4}); err != nil || in[0] {
		t.Errorf("opened, it is %v, %v", in, err)
	}
}

func TestTroubles(t *testing.T) {
	chip := emulator.New(28)
	chip.Use(5)
	chip.Stick(6)
	b := dial(t, chip, "")
	defer devicestest.Close(t, b)
	fault := func(what string, err error, says string) {
		t.Helper()
		f := (*port.FaultError)(nil)
		if !errors.As(err, &f) || f.Hint == "" || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q and what to do", what, err, says)
		}
	}
	fault("a line in use", b.Set(5, true), "line 5")
	fault("a line that sticks", b.Set(6, true), "line 6 was switched")
	fault("a line there is not", b.Set(28, true), "only 28 lines")
	if err := b.Set(7, true); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Inputs([]int{7}); err == nil {
		t.Error("a relay is an input too")
	}
	chip.Unplug()
	if err := b.Set(7, false); !errors.Is(err, unix.ENODEV) {
		t.Errorf("unplugged: %v", err)
	}
	if _, err := gpio.Dial(chip, gpio.Config{Path: emulator.Path}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("unplugged, it is opened: %v", err)
	}
}

// TestSystem speaks to the machine's own kernel: a file that is no chip is said to be none.
func TestSystem(t *testing.T) {
	_, err := gpio.Dial(gpio.System, gpio.Config{Path: os.DevNull})
	if f := (*port.FaultError)(nil); !errors.As(err, &f) || !errors.Is(err, unix.ENOTTY) {
		t.Errorf("/dev/null: %v", err)
	}
	if _, err := gpio.Dial(gpio.System, gpio.Config{Path: "/dev/gpiochip-none"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func TestParse_RefusesWhatItCannotBe(t *testing.T) {
	for _, raw := range []string{"gpio:", "gpio://host/dev/gpiochip0", "gpio:///dev/gpiochip0?active=maybe", "gpio:///dev/gpiochip0?bias=left"} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if c, _, err := gpio.Parse(u); err == nil {
			t.Errorf("%s is %+v", raw, c)
		}
	}
}
