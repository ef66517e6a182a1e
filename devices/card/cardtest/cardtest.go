// Package cardtest is what every driver of a card reader must pass: call Exercise
// from the driver's own test.
package cardtest

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/card"
	"github.com/luohu/ting/devices/devicestest"
)

// Reader is a reader under test with a hand that holds cards to it.
type Reader struct {
	card.Reader
	Hold   func(uid []byte) // nil for a card without a number
	Take   func()
	Unplug func() error
	Plug   func() error
}

// Factory makes a reader that works, without a card.
type Factory func(t *testing.T) Reader

// Exercise runs the suite.
func Exercise(t *testing.T, open Factory) {
	devicestest.Exercise(t, open,
		devicestest.Case[Reader]{Name: "ReadsCards", Run: readsCards},
		devicestest.Case[Reader]{Name: "ACardThatLiesThereIsReadOnce", Run: readOnce},
		devicestest.Case[Reader]{Name: "ACardWithoutANumber", Run: withoutANumber},
		devicestest.Case[Reader]{Name: "EndedContext", Run: endedContext},
		devicestest.Case[Reader]{Name: "ComesBack", Run: comesBack},
		devicestest.Case[Reader]{Name: "Closed", Run: closed},
	)
}

type outcome struct {
	card card.Card
	err  error
}

// next holds a card to the reader, away and there again until it is delivered: only
// who waits is given one, and there is no telling when Next has begun to.
func next(ctx context.Context, t *testing.T, r Reader, uid []byte) (card.Card, error) {
	t.Helper()
	got := make(chan outcome, 1)
	go func() {
		c, err := r.Next(ctx)
		got <- outcome{c, err}
	}()
	defer r.Take()
	again := time.NewTicker(1500 * time.Millisecond) // pcscd looks at a virtual card every 400 ms
	defer again.Stop()
	for {
		r.Hold(uid)
		select {
		case o := <-got:
			return o.card, o.err
		case <-again.C:
			r.Take()
		}
		select {
		case o := <-got:
			return o.card, o.err
		case <-again.C:
		}
	}
}

func want(ctx context.Context, t *testing.T, r Reader, uid []byte) {
	t.Helper()
	c, err := next(ctx, t, r, uid)
	if err != nil || !bytes.Equal(c.UID, uid) {
		t.Errorf("held % x, read % x, %v", uid, c.UID, err)
	}
}

func readsCards(ctx context.Context, t *testing.T, r Reader) {
	for _, uid := range [][]byte{{4, 0xa1, 0xb2, 0xc3}, {4, 1, 2, 3, 4, 5, 6}} {
		want(ctx, t, r, uid)
	}
	if !r.Health().OK() {
		t.Errorf("it reads, and is %v", r.Health())
	}
}

// readOnce leaves a card lying: it is not somebody else's who comes later.
func readOnce(ctx context.Context, t *testing.T, r Reader) {
	want(ctx, t, r, []byte{1, 2, 3, 4})
	r.Hold([]byte{1, 2, 3, 4})
	waiting, cancel := context.WithTimeout(ctx, 3*time.Second) // it may be read once more as it comes
	defer cancel()
	_, _ = r.Next(waiting)
	again, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if c, err := r.Next(again); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the card that still lies there: %v, %v", c, err)
	}
}

func withoutANumber(ctx context.Context, t *testing.T, r Reader) {
	if c, err := next(ctx, t, r, nil); !errors.Is(err, card.ErrCard) {
		t.Errorf("%v, %v", c, err)
	}
	want(ctx, t, r, []byte{9, 8, 7, 6}) // the next one is read
}

func endedContext(ctx context.Context, t *testing.T, r Reader) {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if c, err := r.Next(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", c, err)
	}
}

func comesBack(ctx context.Context, t *testing.T, r Reader) {
	if err := r.Unplug(); err != nil {
		t.Fatal(err)
	}
	devicestest.Until(ctx, t, r, devices.Away)
	if h := r.Health(); h.Hint == "" {
		t.Errorf("unplugged, and nothing says what to do: %v", h)
	}
	if err := r.Plug(); err != nil {
		t.Fatal(err)
	}
	devicestest.Until(ctx, t, r, devices.Ready)
	want(ctx, t, r, []byte{5, 6, 7, 8})
}

func closed(_ context.Context, t *testing.T, r Reader) {
	waits := make(chan error, 1)
	go func() {
		_, err := r.Next(context.Background())
		waits <- err
	}()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-waits; err == nil {
		t.Error("a closed reader read")
	}
	if h := r.Health(); h.State != devices.Closed {
		t.Errorf("closed, and %v", h)
	}
}
