// Package vitals measures a patient: body temperature, blood pressure, pulse.
// Drivers are in the folders below: gatt for thermometers and cuffs that send the
// Bluetooth SIG's own measurements over a serial line or Bluetooth serial, sim
// for a simulated one.
//
// A measurement is somebody's health data: it is handed to whoever asked and kept nowhere.
package vitals

import (
	"context"
	"errors"
	"fmt"

	"github.com/luohu/ting/devices"
)

// Monitor measures.
type Monitor interface {
	// Next waits for the next measurement that is complete.
	Next(ctx context.Context) (Reading, error)
	Health() devices.Health
	Close() error
}

// Reading is one measurement. What was not measured is 0.
type Reading struct {
	Temperature float64 // °C, of the body
	Systolic    float64 // mmHg
	Diastolic   float64 // mmHg
	Mean        float64 // mmHg, the mean arterial pressure
	Pulse       float64 // beats a minute
	Doubt       Doubt   // what the device says against its own measurement
}

// Doubt is what may be wrong with a measurement, as a set.
type Doubt uint8

// The doubts a cuff has.
const (
	Moved          Doubt = 1 << iota // the patient moved
	CuffLoose                        // the cuff sits too loosely
	IrregularPulse                   // the beats came irregularly
	PulseOutside                     // the pulse is outside what the device can count
	WrongPosition                    // the arm was not at the heart's height
)

// Has reports whether d holds all of what.
func (d Doubt) Has(what Doubt) bool { return d&what == what }

// ErrReading is wrapped by Check's error.
var ErrReading = errors.New("not a measurement of a living body")

// Check refuses what no patient can have: such a measurement is the device's
// fault and must not reach triage.
func (r Reading) Check() error {
	within := func(what string, v, least, most float64) error {
		if v != 0 && !(v >= least && v <= most) {
			return fmt.Errorf("%w: %s %g is not within %g to %g", ErrReading, what, v, least, most)
		}
		return nil
	}
	if r.Temperature == 0 && r.Systolic == 0 && r.Pulse == 0 {
		return fmt.Errorf("%w: nothing was measured", ErrReading)
	}
	return errors.Join(
		within("temperature", r.Temperature, 20, 46),
		within("systolic pressure", r.Systolic, 30, 300),
		within("diastolic pressure", r.Diastolic, 10, 250),
		within("mean pressure", r.Mean, 15, 280),
		within("pulse", r.Pulse, 15, 300),
		order(r),
	)
}

func order(r Reading) error {
	if r.Systolic != 0 && r.Diastolic >= r.Systolic {
		return fmt.Errorf("%w: the diastolic pressure is not below the systolic", ErrReading)
	}
	return nil
}
