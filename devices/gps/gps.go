// Package gps says where a moving terminal is: the school bus. Drivers are in
// the folders below: nmea for receivers that speak NMEA 0183 over a serial line
// or TCP, sim for a simulated one that drives along a route.
package gps

import (
	"time"

	"github.com/luohu/ting/devices"
)

// Receiver is a satellite receiver.
type Receiver interface {
	// Fix is the newest position; false while there is none that is fresh.
	Fix() (Fix, bool)
	// Health is the receiver's own: one that hears no satellite is Faulty, with
	// what to do about it.
	Health() devices.Health
	Close() error
}

// Fix is where the receiver was at a time.
type Fix struct {
	Lat, Lon   float64   // degrees on WGS 84, north and east positive
	Altitude   float64   // metres above the sea; 0 where the receiver does not say
	Speed      float64   // metres a second
	Course     float64   // degrees clockwise from true north
	Satellites int       // used
	HDOP       float64   // horizontal dilution of precision: below 2 is good; 0 where it does not say
	Time       time.Time // of the satellites, UTC
}
