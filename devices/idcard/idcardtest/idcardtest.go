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

// Exercise runs the suite with one person's card.
func Exercise(t *testing.T, card idcard.Card, open Factory) {
	with := func(f func(context.Context, *testing.T, Reader, idcard.Card)) func(context.Context, *testing.T, Reader) {
		return func(ctx context.Context, t *testing.T, r Reader) { f(ctx, t, r, card) }
	}
	devicestest.Exercise(t, open,
		devicestest.Case[Reader]{Name: "ReadsACard", Run: with(readsACard)},
		devicestest.Case[Reader]{Name: "ReadsACardOnce", Run: with(readsACardOnce)},
		devicestest.Case[Reader]{Name: "WaitsForACard", Run: with(waitsForACard)},
		devicestest.Case[Reader]{Name: "ComesBack", Run: with(comesBack)},
		devicestest.Case[Reader]{Name: "Closed", Run: with(closed)},
	)
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
	devicestest.Until(ctx, t, r, devices.Ready)
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
