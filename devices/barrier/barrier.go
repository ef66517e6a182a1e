// Package barrier opens gates: turnstiles, doors, booms. Drivers are in the
// folders below.
package barrier

import (
	"context"
	"time"
)

// Barrier lets one person pass.
type Barrier interface {
	// Open releases the barrier for one passage and returns when the hardware
	// has confirmed the release. A barrier that does not answer within ctx is an error.
	Open(ctx context.Context) error
	// Status is the barrier's last known state.
	Status() Status
	Close() error
}

// Status is what a barrier knows of itself.
type Status struct {
	Open   bool
	Opened uint64    // passages released since start
	Last   time.Time // of the last release; zero for never
	Err    error     // why it cannot work now; nil when it can
}
