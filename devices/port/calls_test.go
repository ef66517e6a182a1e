package port_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/luohu/ting/devices/port"
)

func TestCalls_EveryCallerHasItsOwnOutcome(t *testing.T) {
	c := port.NewCalls[int, int]()
	odd := errors.New("odd")
	go func() {
		for call := range c.Waiting() {
			if call.Ask%2 == 1 {
				call.Answer(0, odd)
				continue
			}
			call.Answer(call.Ask*call.Ask, nil)
		}
	}()
	var all sync.WaitGroup
	for n := range 50 {
		all.Go(func() {
			got, err := c.Do(t.Context(), t.Context(), n)
			if n%2 == 1 && !errors.Is(err, odd) || n%2 == 0 && (err != nil || got != n*n) {
				t.Errorf("%d: %d, %v", n, got, err)
			}
		})
	}
	all.Wait()
}

func TestCalls_WhatNobodyTakesFailsWithItsContext(t *testing.T) {
	c := port.NewCalls[int, int]()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	var none *port.NotTakenError
	if _, err := c.Do(t.Context(), ended, 1); !errors.As(err, &none) || !errors.Is(err, context.Canceled) {
		t.Errorf("nobody took it: %v", err)
	}
}

func TestCalls_CloseEndsThoseWhoWait(t *testing.T) {
	c := port.NewCalls[int, int]()
	waits, taken := make(chan error), make(chan error)
	go func() { _, err := c.Do(t.Context(), t.Context(), 1); taken <- err }()
	<-c.Waiting() // taken, never answered
	go func() { _, err := c.Do(t.Context(), t.Context(), 2); waits <- err }()
	c.Close()
	c.Close()
	for _, outcome := range []chan error{taken, waits} {
		if err := <-outcome; !errors.Is(err, os.ErrClosed) {
			t.Errorf("closed: %v", err)
		}
	}
	if _, err := c.Do(t.Context(), t.Context(), 3); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after it was closed: %v", err)
	}
}
