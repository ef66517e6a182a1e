package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"github.com/luohu/ting/devices/card"
	"github.com/luohu/ting/devices/light"
	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/sync/wire"
)

// The devices that no visit borrows: they work for the terminal itself.

// CardConfig is a reader for contactless cards.
type CardConfig struct {
	DeviceConfig
	// Number is how the people feed writes the cards' numbers: hex (also when empty),
	// decimal, or either with the bytes reversed, as many keyboard readers type them.
	Number string `toml:"number"`
}

// format is the one in force.
func (c CardConfig) format() card.Format {
	if c.Number == "" {
		return card.Hex
	}
	return card.Format(c.Number)
}

// runPeripherals has those devices work until ctx ends.
func (t *terminal) runPeripherals(ctx context.Context) {
	if t.peripherals.cards != nil {
		t.running.Go(func() {
			takeCards(ctx, t.peripherals.cards, t.config.Card.format(), func(n string) {
				t.host.Touch() // whoever holds a card to it is there
				t.identity.Card(n)
			})
		})
	}
	if t.peripherals.lamp != nil {
		ctx, stop := context.WithCancel(ctx)
		dark := make(chan struct{})
		go func() {
			defer close(dark)
			t.shine(ctx)
		}()
		t.closers = append(t.closers, func() error { // before the lamp is closed
			stop()
			<-dark
			return nil
		})
	}
}

// noNumber stands for a card without one. Nobody has it, so that whoever holds such
// a card to the reader is told to choose another way.
const noNumber = "?"

// takeCards hands the numbers of cards on until ctx ends.
func takeCards(ctx context.Context, r card.Reader, f card.Format, number func(string)) {
	for {
		c, err := r.Next(ctx)
		switch {
		case ctx.Err() != nil, errors.Is(err, os.ErrClosed):
			return
		case errors.Is(err, card.ErrCard):
			number(noNumber)
		case err == nil:
			number(c.Number(f))
		}
	}
}

// shine keeps the lamp true until ctx ends: then the terminal is out of service.
func (t *terminal) shine(ctx context.Context) {
	lamp := t.peripherals.lamp
	show := func(s light.Signal) {
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), lampAnswers)
		defer cancel()
		// One that is away remembers it and shows it when it is back; its health tells of it.
		_ = lamp.Show(within, s)
	}
	tick := time.NewTicker(statusEvery)
	defer tick.Stop()
	shown := light.Signal("")
	for {
		if s := t.signal(); s != shown {
			show(s)
			shown = s
		}
		select {
		case <-ctx.Done():
			show(light.Red)
			return
		case <-tick.C:
		}
	}
}

// lampAnswers is how long a lamp may take to show something.
const lampAnswers = 2 * time.Second

// signal is what the lamp shows now.
func (t *terminal) signal() light.Signal {
	if !t.isOpen() {
		return light.Red
	}
	_, busy := t.host.Stage().IdleLeft()
	if t.desk != nil {
		busy = busy || t.desk.busy()
	}
	return signalOf(t.host.Status(), busy)
}

// signalOf is red when nothing can be done here, yellow while somebody is served,
// and green when the next one may come.
func signalOf(modules []host.Status, busy bool) light.Signal {
	works := slices.ContainsFunc(modules, func(m host.Status) bool {
		return m.State != host.Resting && m.State != host.Stopped
	})
	switch {
	case !works:
		return light.Red
	case busy:
		return light.Yellow
	}
	return light.Green
}

// position is where a moving terminal is, for the center; nil where nobody knows.
func (p *peripherals) position() *wire.Position {
	if p == nil || p.gps == nil {
		return nil
	}
	f, ok := p.gps.Fix()
	if !ok {
		return nil
	}
	return &wire.Position{Lat: f.Lat, Lon: f.Lon, Speed: f.Speed, Course: f.Course, At: f.Time}
}
