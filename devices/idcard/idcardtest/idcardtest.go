// Package idcardtest is what every driver of an ID card reader must pass: call
// Exercise from the driver's own test.
package idcardtest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/devicestest"
	"github.com/luohu/ting/devices/idcard"
)

// Reader is a reader under test with a hand on its hardware.
type Reader struct {
	idcard.Reader
	Lay    func(idcard.Card) error
	Take   func()
	Unplug func() error
	Plug   func() error
}

// Factory makes a reader that works, without a card.
type Factory func(t *testing.T) Reader

const patience = 30 * time.Second // for a loaded machine; nothing waits so long

// Exercise runs the suite with one person's card.
func Exercise(t *testing.T, card idcard.Card, open Factory) {
	for _, c := range []struct {
		name string
		run  func(context.Context, *testing.T, Reader, idcard.Card)
	}{
		{"ReadsACard", readsACard},
		{"ReadsACardOnce", readsACardOnce},
		{"WaitsForACard", waitsForACard},
		{"ComesBack", comesBack},
		{"Closed", closed},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			r := open(t)
			if c.name != "Closed" {
				defer devicestest.Close(t, r)
			}
			until(ctx, t, r, devices.Ready)
			c.run(ctx, t, r, card)
		})
	}
}

func until(ctx context.Context, t *testing.T, r Reader, s devices.State) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for r.Health().State != s {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("it is %v, and never became %s", r.Health(), s)
		}
	}
}

func readsACard(ctx context.Context, t *testing.T, r Reader, card idcard.Card) {
	if err := r.Lay(card); err != nil {
		t.Fatal(err)
	}
	got, err := r.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if (got.Photo == nil) != (card.Photo == nil) {
		t.Errorf("photo %v", got.Photo)
	}
	got.Photo, card.Photo = nil, nil
	if got != card {
		t.Errorf("read %+v,\nlaid %+v", got, card)
	}
}

func readsACardOnce(ctx context.Context, t *testing.T, r Reader, card idcard.Card) {
	readsACard(ctx, t, r, card)
	waiting, cancel := context.WithTimeout(ctx, 600*time.Millisecond)
	defer cancel()
	if _, err := r.Read(waiting); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the card that still lies there: %v", err)
	}
	r.Take()
	readsACard(ctx, t, r, card)
}

func waitsForACard(ctx context.Context, t *testing.T, r Reader, card idcard.Card) {
	outcome := make(chan error, 1)
	go func() {
		_, err := r.Read(ctx)
		outcome <- err
	}()
	if err := r.Lay(card); err != nil {
		t.Fatal(err)
	}
	if err := <-outcome; err != nil {
		t.Error(err)
	}
}

func comesBack(ctx context.Context, t *testing.T, r Reader, card idcard.Card) {
	if err := r.Unplug(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(ctx); !errors.Is(err, idcard.ErrAway) {
		t.Errorf("unplugged: %v", err)
	}
	if err := r.Plug(); err != nil {
		t.Fatal(err)
	}
	until(ctx, t, r, devices.Ready)
	readsACard(ctx, t, r, card)
}

func closed(ctx context.Context, t *testing.T, r Reader, _ idcard.Card) {
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(ctx); err == nil {
		t.Error("a closed reader read")
	}
	if s := r.Health().State; s != devices.Closed {
		t.Errorf("closed, and %s", s)
	}
}
