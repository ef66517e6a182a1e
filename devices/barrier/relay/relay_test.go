package relay_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/barrier"
	"github.com/luohu/ting/devices/barrier/barriertest"
	"github.com/luohu/ting/devices/barrier/relay"
	"github.com/luohu/ting/devices/devicestest"
	"github.com/luohu/ting/devices/port/pty"
	board "github.com/luohu/ting/devices/relay"
	"github.com/luohu/ting/devices/relay/gpio"
	"github.com/luohu/ting/devices/relay/gpio/emulator"
	"github.com/luohu/ting/devices/relay/lcus"
	"github.com/luohu/ting/devices/relay/turnstile"
)

const patience = 20 * time.Second // for a loaded machine; nothing waits so long

func drivers() devices.Drivers[barrier.Barrier] {
	d := devices.Drivers[barrier.Barrier]{}
	for _, s := range relay.Schemes() {
		d[s] = relay.Open
	}
	return d
}

func open(t *testing.T, url string) barrier.Barrier {
	t.Helper()
	b, err := drivers().Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	until(t, b, func() bool { return b.Health().OK() })
	return b
}

func until(t *testing.T, b barrier.Barrier, good func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !good() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain: %v, %+v", b.Health(), b.Status())
		}
	}
}

func listen(t *testing.T) *turnstile.Turnstile {
	t.Helper()
	gate := turnstile.New()
	if err := gate.Listen(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := gate.Stop(); err != nil {
			t.Error(err)
		}
	})
	return gate
}

func TestModbusTCP(t *testing.T) {
	t.Parallel()
	barriertest.Exercise(t, func(t *testing.T) barrier.Barrier {
		return open(t, "modbus+tcp://"+listen(t).Addr()+"?coil=0&pulse=2s")
	})
}

func TestModbusRTU(t *testing.T) {
	t.Parallel()
	barriertest.Exercise(t, func(t *testing.T) barrier.Barrier {
		gate := turnstile.New()
		return open(t, "modbus+rtu://"+serve(t, gate.ServeRTU)+"?baud=19200&coil=0&pulse=2s")
	})
}

func TestUSBRelay(t *testing.T) {
	t.Parallel()
	barriertest.Exercise(t, func(t *testing.T) barrier.Barrier {
		board := &usbBoard{}
		return open(t, "lcus+serial://"+serve(t, board.serve)+"?coil=1&pulse=2s")
	})
}

// TestGPIO is a gate at the lines of an emulated chip, with all of its contacts.
func TestGPIO(t *testing.T) {
	t.Parallel()
	barriertest.Exercise(t, func(t *testing.T) barrier.Barrier {
		b, _ := atChip(t)
		return b
	})
}

// atChip makes a gate whose relay is line 17; its arm is in its place.
func atChip(t *testing.T) (barrier.Barrier, *emulator.Chip) {
	t.Helper()
	chip := emulator.New(28)
	chip.Drive(22, true)
	b := relay.New(func(context.Context) (board.Board, error) {
		d, err := gpio.Dial(chip, gpio.Config{Path: emulator.Path, ActiveLow: true})
		if err != nil {
			return nil, err
		}
		return d, nil
	}, relay.Config{Coil: 17, Pulse: 2 * time.Second, Pass: 27, Closed: 22, Fire: -1})
	until(t, b, func() bool { return b.Health().OK() })
	return b, chip
}

// TestGPIO_FollowsTheLines: released, the relay's line is low; who walks through is counted.
func TestGPIO_FollowsTheLines(t *testing.T) {
	t.Parallel()
	b, chip := atChip(t)
	defer devicestest.Close(t, b)
	if !chip.High(17) {
		t.Error("at rest, the relay is on")
	}
	if err := b.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if chip.High(17) {
		t.Error("released, the relay is off")
	}
	chip.Drive(22, false)
	until(t, b, func() bool { return b.Status().Open })
	chip.Drive(27, true)
	until(t, b, func() bool { return b.Status().Passed == 1 })
	if s := b.Status(); s.Alarm != barrier.NoAlarm {
		t.Errorf("a passage after a release is %+v", s)
	}
}

// serve has a simulator speak at a serial line and returns the driver's end.
func serve(t *testing.T, speak func(io.ReadWriter) error) string {
	t.Helper()
	cable := pty.New(filepath.Join(t.TempDir(), "ttyUSB0"))
	end, err := cable.Plug()
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = speak(end) })
	t.Cleanup(func() {
		if err := cable.Unplug(); err != nil {
			t.Error(err)
		}
		serving.Wait()
	})
	return cable.Path()
}

// usbBoard is an LCUS board of two relays.
type usbBoard struct{ on [2]bool }

func (b *usbBoard) serve(c io.ReadWriter) error {
	in := bufio.NewReader(c)
	for {
		first, err := in.ReadByte()
		if err != nil {
			return err
		}
		if first == lcus.Ask {
			for i, on := range b.on {
				word := map[bool]string{true: "ON", false: "OFF"}[on]
				if _, err := fmt.Fprintf(c, "CH%d: %s\r\n", i+1, word); err != nil {
					return err
				}
			}
			continue
		}
		var rest [3]byte
		if _, err := io.ReadFull(in, rest[:]); err != nil {
			return err
		}
		for i := range b.on {
			for _, on := range []bool{true, false} {
				if string(append([]byte{first}, rest[:]...)) == string(lcus.Switch(i, on)) {
					b.on[i] = on
				}
			}
		}
	}
}

// TestAPassage goes through a gate with all its contacts.
func TestAPassage(t *testing.T) {
	t.Parallel()
	gate := listen(t)
	b := open(t, "modbus+tcp://"+gate.Addr()+"?coil=0&pulse=300ms&pass=0&closed=1&fire=2")
	defer b.Close()
	if err := b.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !gate.Coil(turnstile.CoilRelease) {
		t.Error("Open returned, and the arm is not released")
	}
	gate.SetInput(turnstile.InputClosed, false)
	gate.SetInput(turnstile.InputPass, true)
	until(t, b, func() bool { return b.Status().Passed == 1 && b.Status().Open })
	gate.SetInput(turnstile.InputPass, false)
	gate.SetInput(turnstile.InputClosed, true)
	until(t, b, func() bool { return !b.Status().Open && !gate.Coil(turnstile.CoilRelease) })
	if s := b.Status(); s.Alarm != barrier.NoAlarm || s.Opened != 1 || s.Passed != 1 {
		t.Errorf("after a passage: %+v", s)
	}
}

func TestAForcedGateIsTold(t *testing.T) {
	t.Parallel()
	gate := listen(t)
	b := open(t, "modbus+tcp://"+gate.Addr()+"?closed=1")
	defer b.Close()
	gate.SetInput(turnstile.InputClosed, false)
	until(t, b, func() bool { return b.Status().Alarm == barrier.Forced })
	until(t, b, func() bool { return b.Health().State == devices.Faulty })
	if h := b.Health(); h.Hint == "" {
		t.Errorf("health %v has no hint", h)
	}
}

// TestFireReleases holds the gate open as long as the fire alarm is on, whatever
// else is asked of it; rest=on is the wiring of a way of escape.
func TestFireReleases(t *testing.T) {
	t.Parallel()
	for _, rest := range []string{"off", "on"} {
		gate := listen(t)
		b := open(t, "modbus+tcp://"+gate.Addr()+"?fire=2&pulse=200ms&rest="+rest)
		locked := rest == "on"
		until(t, b, func() bool { return gate.Coil(turnstile.CoilRelease) == locked })
		gate.SetInput(turnstile.InputFire, true)
		until(t, b, func() bool { return gate.Coil(turnstile.CoilRelease) != locked && b.Status().Alarm == barrier.Fire })
		if err := b.Open(t.Context()); err != nil {
			t.Error(err)
		}
		time.AfterFunc(500*time.Millisecond, func() { gate.SetInput(turnstile.InputFire, false) })
		if gate.Coil(turnstile.CoilRelease) == locked {
			t.Error("a passage locked the gate in a fire")
		}
		until(t, b, func() bool { return gate.Coil(turnstile.CoilRelease) == locked })
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		if gate.Coil(turnstile.CoilRelease) != locked {
			t.Errorf("rest=%s: closed, and not locked", rest)
		}
	}
}

func TestAStickingRelayIsAFault(t *testing.T) {
	t.Parallel()
	gate := listen(t)
	b := open(t, "modbus+tcp://"+gate.Addr()+"?pulse=100ms")
	defer b.Close()
	gate.Stick(true)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := b.Open(ctx); err == nil {
		t.Error("a relay that sticks was released")
	}
	gate.Stick(false)
	until(t, b, func() bool { return b.Health().OK() })
	if err := b.Open(ctx); err != nil {
		t.Fatal(err)
	}
	gate.Stick(true) // on, for good
	until(t, b, func() bool { return b.Health().State == devices.Faulty })
	if h := b.Health(); !strings.Contains(h.Hint, "sticks") {
		t.Errorf("health %v", h)
	}
}

// TestBoardWithoutPower comes back by itself, locked, and within five seconds.
func TestBoardWithoutPower(t *testing.T) {
	t.Parallel()
	gate := listen(t)
	b := open(t, "modbus+tcp://"+gate.Addr()+"?closed=1")
	defer b.Close()
	if err := gate.Stop(); err != nil {
		t.Fatal(err)
	}
	until(t, b, func() bool { return b.Health().State == devices.Away && b.Status().Err != nil })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := b.Open(ctx); err == nil {
		t.Error("a board without power released the gate")
	}
	if err := gate.Listen(); err != nil {
		t.Fatal(err)
	}
	until(t, b, func() bool { return b.Health().OK() })
	if err := b.Open(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestOpen_RefusesWhatItCannotBe(t *testing.T) {
	for _, raw := range []string{
		"modbus+tcp:", "modbus+rtu:", "modbus+tcp://h?coil=-1", "modbus+tcp://h?unit=0", "modbus+tcp://h?pulse=2h",
		"modbus+tcp://h?rest=maybe", "modbus+tcp://h?door=1", "lcus+serial:", "lcus+serial:///dev/x?baud=7",
	} {
		if b, err := drivers().Open(t.Context(), raw); err == nil {
			b.Close()
			t.Errorf("%s was opened", raw)
		}
	}
}

func TestReplug_Modbus(t *testing.T) {
	gate := listen(t)
	b := open(t, "modbus+tcp://"+gate.Addr()+"?coil=0&pass=0&closed=1")
	defer devicestest.Close(t, b)
	devicestest.Replug(t, devicestest.Away(b, gate.Stop, gate.Listen))
}

func TestReplug_GPIO(t *testing.T) {
	b, chip := atChip(t)
	defer devicestest.Close(t, b)
	devicestest.Replug(t, devicestest.Away(b,
		func() error { chip.Unplug(); return nil },
		func() error { chip.Plug(); chip.Drive(22, true); return nil }))
	if n := chip.OpenFiles(); n > 4 {
		t.Errorf("%d of the chip's files are open", n)
	}
}
