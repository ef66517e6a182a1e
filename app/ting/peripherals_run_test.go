package main

import (
	"context"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/devices/card"
	cardsim "github.com/luohu/ting/devices/card/sim"
	"github.com/luohu/ting/devices/devicestest"
	"github.com/luohu/ting/devices/light"
	"github.com/luohu/ting/kiosk/host"
)

// TestTakeCards: each card that is held to the reader is somebody's number, written
// as the people feed writes it.
func TestTakeCards(t *testing.T) {
	r, err := cardsim.Open(t.Context(), parsed(t, "sim:?uids=04A1B2C3&every=20ms"))
	if err != nil {
		t.Fatal(err)
	}
	defer devicestest.Close(t, r)
	ctx, cancel := context.WithTimeout(t.Context(), devicestest.Patience)
	defer cancel()
	numbers := make(chan string)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		takeCards(ctx, r, card.DecimalReversed, func(n string) {
			select {
			case numbers <- n:
			case <-ctx.Done():
			}
		})
	}()
	for n := range numbers {
		if n == noNumber {
			continue // it was taken away too soon: nobody's
		}
		if n != "3283263748" {
			t.Errorf("the card's number is %q", n)
		}
		break
	}
	if ctx.Err() != nil {
		t.Fatal("no card was read")
	}
	cancel()
	<-ended
}

func TestSignal(t *testing.T) {
	running, resting := host.Status{State: host.Running}, host.Status{State: host.Resting}
	for name, c := range map[string]struct {
		modules []host.Status
		busy    bool
		want    light.Signal
	}{
		"free":          {[]host.Status{running, resting}, false, light.Green},
		"busy":          {[]host.Status{running}, true, light.Yellow},
		"nothing works": {[]host.Status{resting, {State: host.Stopped}}, false, light.Red},
		"still busy":    {[]host.Status{resting}, true, light.Red},
		"starting":      {[]host.Status{{State: host.Starting}}, false, light.Green},
	} {
		if s := signalOf(c.modules, c.busy); s != c.want {
			t.Errorf("%s: %s, want %s", name, s, c.want)
		}
	}
	if s := (&terminal{opened: make(chan struct{})}).signal(); s != light.Red {
		t.Errorf("a terminal that is not open yet shows %s", s)
	}
}

// TestPosition is in the terminal's health once the receiver has found itself.
func TestPosition(t *testing.T) {
	term := &terminal{log: slog.New(slog.DiscardHandler), config: &Config{PeripheralsConfig: PeripheralsConfig{
		GPS: DeviceConfig{URL: "sim:?lat=31.2304&lon=121.4737&every=10ms"},
	}}}
	if term.peripherals.position() != nil {
		t.Error("a terminal without a receiver knows where it is")
	}
	if err := term.openPeripherals(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer term.close()
	ctx, cancel := context.WithTimeout(t.Context(), devicestest.Patience)
	defer cancel()
	devicestest.Until(ctx, t, term.peripherals.gps, "ready")
	p := term.peripherals.position()
	if p == nil || !p.Valid() || p.Lat < 31.2 || p.Lat > 31.3 || p.Lon < 121.4 || p.Lon > 121.5 || time.Since(p.At).Abs() > time.Hour {
		t.Errorf("it is at %+v", p)
	}
}

func TestConfig_CardsAndLamps(t *testing.T) {
	base := "[terminal]\nid = \"a\"\nsite = \"b\"\nmode = \"kiosk\"\nstate = \"s\"\n[[module]]\nid = \"gate\"\n"
	for _, c := range []struct{ toml, want string }{
		{"[card]\nurl = \"pcsc:?reader=ACR122\"\nnumber = \"decimal-reversed\"\n[light]\nurl = \"modbus+tcp://10.0.0.9?red=1\"\n[gps]\nurl = \"nmea+serial:///dev/ttyUSB0\"\n", ""},
		{"[card]\nurl = \"pcsc:\"\nnumber = \"octal\"\n", `card.number = "octal"`},
		{"[card]\nurl = \"nfc:\"\n", `no driver for "nfc", there are: pcsc, sim`},
		{"[light]\nurl = \"bulb:\"\n", `no driver for "bulb"`},
	} {
		path := filepath.Join(t.TempDir(), "terminal.toml")
		if err := os.WriteFile(path, []byte(base+c.toml), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := LoadConfig(path)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.toml, err, c.want)
		}
	}
}

func parsed(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
