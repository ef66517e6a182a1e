// Package scannertest is what every driver of a scanner must pass: call Exercise
// from the driver's own test.
package scannertest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/devicestest"
	"github.com/luohu/ting/devices/scanner"
)

// Scanner is a scanner under test with a hand that holds codes before it.
type Scanner struct {
	scanner.Scanner
	Scan   func(code string) error
	Unplug func() error
	Plug   func() error
}

// Factory makes a scanner that works.
type Factory func(t *testing.T) Scanner

// Exercise runs the suite.
func Exercise(t *testing.T, open Factory) {
	devicestest.Exercise(t, open,
		devicestest.Case[Scanner]{Name: "Scans", Run: scans},
		devicestest.Case[Scanner]{Name: "WhatNobodyWaitsForIsDropped", Run: dropped},
		devicestest.Case[Scanner]{Name: "EndedContext", Run: endedContext},
		devicestest.Case[Scanner]{Name: "ComesBack", Run: comesBack},
		devicestest.Case[Scanner]{Name: "Closed", Run: closed},
	)
}

// next scans a code again and again until it is delivered.
func next(ctx context.Context, t *testing.T, s Scanner, code string) scanner.Code {
	t.Helper()
	type outcome struct {
		code scanner.Code
		err  error
	}
	got := make(chan outcome, 1)
	go func() {
		c, err := s.Next(ctx)
		got <- outcome{c, err}
	}()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		select {
		case o := <-got:
			if o.err != nil {
				t.Fatal(o.err)
			}
			return o.code
		case <-again.C:
			if err := s.Scan(code); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func scans(ctx context.Context, t *testing.T, s Scanner) {
	for _, code := range []string{"9787020002207", "HTTPS://TING.EXAMPLE/R/7KQM-2WXZ", "a"} {
		if c := next(ctx, t, s, code); c.Text != code || c.Time.IsZero() {
			t.Errorf("%q was scanned as %+v", code, c)
		}
	}
}

func dropped(ctx context.Context, t *testing.T, s Scanner) {
	next(ctx, t, s, "first")
	if err := s.Scan("of-somebody-who-has-gone"); err != nil {
		t.Fatal(err)
	}
	// What is scanned after Next began is what it gets; "second" comes again and
	// again, so the one before it can only be one that was kept.
	for range 3 {
		if c := next(ctx, t, s, "second"); c.Text == "second" {
			return
		}
	}
	t.Error("a code that nobody waited for is delivered again and again")
}

func endedContext(ctx context.Context, t *testing.T, s Scanner) {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := s.Next(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want one that wraps context.Canceled", err)
	}
}

func comesBack(ctx context.Context, t *testing.T, s Scanner) {
	if err := s.Unplug(); err != nil {
		t.Fatal(err)
	}
	devicestest.Until(ctx, t, s, devices.Away)
	if err := s.Plug(); err != nil {
		t.Fatal(err)
	}
	devicestest.Until(ctx, t, s, devices.Ready)
	if c := next(ctx, t, s, "again"); c.Text != "again" {
		t.Errorf("scanned %+v", c)
	}
}

func closed(_ context.Context, t *testing.T, s Scanner) {
	outcome := make(chan error, 1)
	go func() {
		_, err := s.Next(context.Background())
		outcome <- err
	}()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-outcome; err == nil {
		t.Error("a closed scanner scanned")
	}
	if h := s.Health(); h.State != devices.Closed {
		t.Errorf("closed, and %v", h)
	}
}
