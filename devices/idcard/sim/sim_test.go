package sim_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/devicestest"
	"github.com/luohu/ting/devices/idcard"
	"github.com/luohu/ting/devices/idcard/idcardtest"
	"github.com/luohu/ting/devices/idcard/sam"
	"github.com/luohu/ting/devices/idcard/sim"
	"github.com/luohu/ting/devices/port/pty"
)

var drivers = devices.Drivers[idcard.Reader]{"sim": sim.Open, "sam+serial": sam.Open}

// open connects the real driver with a simulated module over a serial line.
func open(t *testing.T, parameters string) (idcardtest.Reader, *sim.Module) {
	t.Helper()
	m := sim.New()
	cable := pty.New(filepath.Join(t.TempDir(), "ttyUSB0"))
	var serving sync.WaitGroup
	plug := func() error {
		end, err := cable.Plug()
		if err == nil {
			serving.Go(func() { _ = m.Serve(end) })
		}
		return err
	}
	if err := plug(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cable.Unplug()
		serving.Wait()
	})
	r, err := drivers.Open(t.Context(), "sam+serial://"+cable.Path()+parameters)
	if err != nil {
		t.Fatal(err)
	}
	return idcardtest.Reader{Reader: r, Lay: m.Lay, Take: m.Take, Plug: plug, Unplug: cable.Unplug}, m
}

func TestReader(t *testing.T) {
	t.Parallel()
	idcardtest.Exercise(t, sim.Citizen(), func(t *testing.T) idcardtest.Reader {
		r, _ := open(t, "")
		return r
	})
}

func TestHMTCard(t *testing.T) {
	t.Parallel()
	c := sim.Citizen()
	c.Kind, c.Ethnicity, c.Passport, c.Number = idcard.HMT, "", "H12345678", "81000019560321001X"
	if !idcard.CheckNumber(c.Number) {
		t.Fatal("the test's own number is wrong")
	}
	r, _ := open(t, "")
	defer r.Close()
	if err := r.Lay(c); err != nil {
		t.Fatal(err)
	}
	got, err := r.Read(t.Context())
	got.Photo, c.Photo = nil, nil
	if err != nil || got != c {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestCardThatCannotBeRead tells what a visitor can do about each.
func TestCardThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lay  func(*sim.Module)
		want error
	}{
		"taken away while found":    {func(m *sim.Module) { _ = m.Lay(sim.Citizen()); m.TakeAfter(1) }, idcard.ErrMoved},
		"taken away while selected": {func(m *sim.Module) { _ = m.Lay(sim.Citizen()); m.TakeAfter(2) }, idcard.ErrMoved},
		"not genuine":               {func(m *sim.Module) { _ = m.Lay(sim.Citizen()); m.Fail(sam.NotProved) }, idcard.ErrCard},
		"short text":                {func(m *sim.Module) { m.LayChip(make([]byte, 10), nil) }, idcard.ErrCard},
		"no text":                   {func(m *sim.Module) { m.LayChip(nil, nil) }, idcard.ErrCard},
		"empty fields":              {func(m *sim.Module) { m.LayChip(make([]byte, 256), nil) }, idcard.ErrCard},
		"a foreigner's": {func(m *sim.Module) {
			b := sam.ChipText(sim.Citizen())
			b[248] = 'I'
			m.LayChip(b, nil)
		}, idcard.ErrCard},
		"a wrong check digit": {func(m *sim.Module) {
			c := sim.Citizen()
			c.Number = c.Number[:17] + "X"
			m.LayChip(sam.ChipText(c), nil)
		}, idcard.ErrCard},
	} {
		t.Run(name, func(t *testing.T) {
			r, m := open(t, "")
			defer r.Close()
			c.lay(m)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			_, err := r.Read(ctx)
			if !errors.Is(err, c.want) {
				t.Errorf("error %v, want %v", err, c.want)
			}
			if err != nil && (strings.Contains(err.Error(), sim.Citizen().Name) || strings.Contains(err.Error(), sim.Citizen().Number[:17])) {
				t.Errorf("the error tells who it was: %v", err)
			}
			// The reader is as good as before.
			m.Fail(0)
			m.Take()
			if err := m.Lay(sim.Citizen()); err != nil {
				t.Fatal(err)
			}
			if _, err := r.Read(ctx); err != nil {
				t.Errorf("the next card: %v", err)
			}
		})
	}
}

// TestPhotoProgram has a vendor's decoder, here a script, turn the chip's photo
// into a picture; one that fails or never ends costs the photo and nothing else.
func TestPhotoProgram(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script string
		photo  bool
	}{
		"good":    {"cat >/dev/null; printf 'BM\\072\\000\\000\\000\\000\\000\\000\\000\\066\\000\\000\\000\\050\\000\\000\\000\\001\\000\\000\\000\\001\\000\\000\\000\\001\\000\\030\\000\\000\\000\\000\\000\\004\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\377\\377\\377\\000'", true},
		"fails":   {"exit 3", false},
		"babbles": {"cat /dev/zero", false},
		"lies":    {"echo picture", false},
	} {
		t.Run(name, func(t *testing.T) {
			program := filepath.Join(t.TempDir(), "wlt2bmp")
			if err := os.WriteFile(program, []byte("#!/bin/sh\n"+c.script+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			r, m := open(t, "?photo="+program)
			defer r.Close()
			m.LayChip(sam.ChipText(sim.Citizen()), make([]byte, 1024))
			card, err := r.Read(t.Context())
			if err != nil || card.Name != sim.Citizen().Name {
				t.Fatalf("%v", err)
			}
			if (card.Photo != nil) != c.photo {
				t.Errorf("photo %v", card.Photo)
			}
		})
	}
}

func TestSim_ACardIsLaidOnIt(t *testing.T) {
	t.Parallel()
	r, err := drivers.Open(t.Context(), "sim:?every=50ms")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for range 2 {
		card, err := r.Read(t.Context())
		for errors.Is(err, idcard.ErrMoved) { // the next one was laid on it meanwhile
			card, err = r.Read(t.Context())
		}
		if err != nil || card.Number != sim.Citizen().Number {
			t.Fatalf("%v", err)
		}
		if card.Photo == nil || card.Photo.Bounds() != image.Rect(0, 0, 102, 126) {
			t.Errorf("photo %v", card.Photo)
		}
	}
}

func TestCard(t *testing.T) {
	t.Parallel()
	c := sim.Citizen()
	if c.Division() != "浙江省杭州市西湖区" {
		t.Errorf("division %q", c.Division())
	}
	if c.Expired(time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Error("a card that is valid for ever has expired")
	}
	c.ValidUntil = time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)
	if c.Expired(time.Date(2026, 5, 4, 23, 0, 0, 0, time.UTC)) || !c.Expired(time.Date(2026, 5, 5, 0, 0, 0, 0, time.UTC)) {
		t.Error("a card is valid to the end of its last day")
	}
	for _, n := range []string{"", "33010619560321001", "330106195603210010", "33010619561321001X", "33010619560321001x", "3301061956032100190"} {
		if idcard.CheckNumber(n) {
			t.Errorf("%q is taken for a number", n)
		}
	}
}

func TestNothingOfACardIsPrintedWithTheReader(t *testing.T) {
	t.Parallel()
	r, _ := open(t, "")
	defer r.Close()
	if err := r.Lay(sim.Citizen()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := fmt.Sprintf("%v", r.Health()); strings.Contains(s, sim.Citizen().Name) {
		t.Errorf("its health tells who was read: %s", s)
	}
}

func TestReplug(t *testing.T) {
	r, _ := open(t, "")
	defer devicestest.Close(t, r)
	devicestest.Replug(t, devicestest.Away(r, r.Unplug, r.Plug))
}
