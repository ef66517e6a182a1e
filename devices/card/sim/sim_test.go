package sim_test

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/card"
	"github.com/luohu/ting/devices/card/cardtest"
	"github.com/luohu/ting/devices/card/pcsc"
	"github.com/luohu/ting/devices/card/sim"
	"github.com/luohu/ting/devices/devicestest"
)

var drivers = devices.Drivers[card.Reader]{"sim": sim.Open, "pcsc": pcsc.Open}

const name = "ACS ACR122U 00 00"

// open makes a reader at an emulated pcscd; what is unplugged is the reader.
func open(t *testing.T) (cardtest.Reader, *sim.Service) {
	t.Helper()
	dir, err := os.MkdirTemp("", "card")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "pcscd.comm") // t.TempDir is too deep for a socket
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	s := sim.New()
	s.Plug("Some Other Reader 01 00")
	s.Plug(name)
	go sim.ServeAll(s, l)
	r, err := drivers.Open(t.Context(), "pcsc:?reader=ACR122&socket="+socket)
	if err != nil {
		t.Fatal(err)
	}
	return cardtest.Reader{
		Reader: r,
		Hold:   func(uid []byte) { s.Hold(name, uid) }, Take: func() { s.Take(name) },
		Plug: func() error { s.Plug(name); return nil }, Unplug: func() error { s.Unplug(name); return nil },
	}, s
}

func TestReaderAtAnEmulatedService(t *testing.T) {
	cardtest.Exercise(t, func(t *testing.T) cardtest.Reader {
		r, _ := open(t)
		return r
	})
}

func TestReplug(t *testing.T) {
	r, _ := open(t)
	defer devicestest.Close(t, r)
	devicestest.Replug(t, devicestest.Away(r, r.Unplug, r.Plug))
}

func TestSim_HoldsItsCards(t *testing.T) {
	r, err := drivers.Open(t.Context(), "sim:?uids=04A1B2C3,04d5e6f7&every=40ms")
	if err != nil {
		t.Fatal(err)
	}
	defer devicestest.Close(t, r)
	seen := map[string]bool{}
	for len(seen) < 2 {
		c, err := r.Next(t.Context())
		if err != nil {
			continue // taken away too soon
		}
		n := c.Number(card.Hex)
		if n != "04A1B2C3" && n != "04D5E6F7" {
			t.Fatalf("read %q", n)
		}
		seen[n] = true
	}
}

func TestOpen_RefusesWhatItCannotBe(t *testing.T) {
	for _, raw := range []string{"sim:?uids=", "sim:?uids=xyz", "sim:?every=0s", "pcsc:ACR122", "pcsc://host", "pcsc:?name=x"} {
		if r, err := drivers.Open(t.Context(), raw); err == nil {
			r.Close()
			t.Errorf("%s was opened", raw)
		}
	}
}
