// Package scale weighs: a letter at a counter, a tray in a canteen. Drivers are
// in the folders below: ascii for the scales that send a line of text for every
// weighing, sim for a simulated one.
package scale

import (
	"context"
	"errors"

	"github.com/luohu/ting/devices"
)

// Scale weighs what lies on it.
type Scale interface {
	// Weigh waits until the scale has come to rest with something on it.
	// ErrOverload when it is more than the scale can weigh.
	Weigh(ctx context.Context) (Weight, error)
	Health() devices.Health
	Close() error
}

// Weight is a mass in milligrams: what a scale shows is a decimal number, and a
// float would not keep it.
type Weight int64

// Grams is the weight in grams, for showing.
func (w Weight) Grams() float64 { return float64(w) / 1000 }

// ErrOverload is returned by Weigh for what is too heavy.
var ErrOverload = errors.New("more than the scale can weigh")
