// Package barrier opens gates: turnstiles, doors, booms. Drivers are in the
// folders below: relay for everything that a relay releases, sim for a simulated one.
package barrier

import (
	"context"
	"time"

	"github.com/luohu/ting/devices"
)

// Barrier lets one person pass.
type Barrier interface {
	// Open releases the barrier for one passage and returns when the hardware
	// has confirmed the release. A barrier that does not answer within ctx is an error.
	Open(ctx context.Context) error
	// Status is the barrier's last known state.
	Status() Status
	// Health is whether it works now, and what to do when it does not.
	Health() devices.Health
	Close() error
}

// Status is what a barrier knows of itself.
type Status struct {
	Open   bool
	Opened uint64    // passages released since start
	Passed uint64    // people its pass sensor has counted since start; 0 without one
	Last   time.Time // of the last release; zero for never
	Alarm  Alarm     // what its sensors say is wrong; stays for some seconds at least
	Err    error     // why it cannot work now; nil when it can
}

// Alarm is something that happens at a barrier and concerns the staff.
type Alarm string

// The alarms, the gravest first.
const (
	Fire     Alarm = "fire"      // the fire alarm holds it open
	Forced   Alarm = "forced"    // opened without a release
	HeldOpen Alarm = "held-open" // not closed again after a passage
	NoAlarm  Alarm = ""
)
