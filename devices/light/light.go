// Package light shows how a terminal stands from afar: the status lamp on its
// roof or beside its gate. Drivers are in the folders below: relay for lamps
// behind a relay board, sim for a simulated one.
package light

import (
	"context"

	"github.com/luohu/ting/devices"
)

// Lamp shows one signal at a time.
type Lamp interface {
	// Show shows s, and returns when the hardware has it or ctx has ended. A lamp
	// that comes back after it was away shows the last signal by itself.
	Show(ctx context.Context, s Signal) error
	Health() devices.Health
	Close() error
}

// Signal is a colour with a meaning that is the same everywhere.
type Signal string

// The signals.
const (
	Off    Signal = "off"
	Green  Signal = "green"  // come, pass
	Yellow Signal = "yellow" // wait, or somebody is being served
	Red    Signal = "red"    // stop, or out of service
)

// Signals lists every signal there is.
func Signals() []Signal { return []Signal{Off, Green, Yellow, Red} }
