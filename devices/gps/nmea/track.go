package nmea

import (
	"math"
	"strconv"

	"github.com/luohu/ting/devices/gps"
)

// lock says what a sentence tells of the receiver's hold on the satellites.
type lock int

const (
	silent    lock = iota // nothing about it
	searching             // it hears too few satellites
	fixed                 // here is a new position
)

const knot = 1852.0 / 3600 // metres a second

// track puts a fix together from the sentences that tell parts of it: RMC makes
// the fix, GGA adds what only it knows.
type track struct {
	satellites     int
	hdop, altitude float64
}

func (t *track) take(s Sentence) (gps.Fix, lock, error) {
	switch s.Type {
	case "GGA":
		return gps.Fix{}, silent, t.gga(s)
	case "RMC":
		return t.rmc(s)
	}
	return gps.Fix{}, silent, nil
}

// gga: time, lat, N/S, lon, E/W, quality, satellites, HDOP, altitude, M, …
func (t *track) gga(s Sentence) error {
	hdop, err := number(s.field(7))
	if err != nil {
		return err
	}
	altitude, err := number(s.field(8))
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(s.field(6))
	if err != nil || n < 0 || n > 99 {
		n = 0
	}
	t.satellites, t.hdop, t.altitude = n, hdop, altitude
	return nil
}

// rmc: time, status, lat, N/S, lon, E/W, knots, course, date, …
func (t *track) rmc(s Sentence) (f gps.Fix, _ lock, err error) {
	if s.field(1) != "A" {
		return f, searching, nil
	}
	if f.Lat, err = degrees(s.field(2), s.field(3), 90); err != nil {
		return f, silent, err
	}
	if f.Lon, err = degrees(s.field(4), s.field(5), 180); err != nil {
		return f, silent, err
	}
	if f.Speed, err = number(s.field(6)); err != nil {
		return f, silent, err
	}
	f.Speed *= knot
	if f.Course, err = number(s.field(7)); err != nil {
		return f, silent, err
	}
	f.Course = math.Mod(f.Course, 360)
	if f.Time, err = moment(s.field(0), s.field(8)); err != nil {
		return f, silent, err
	}
	f.Satellites, f.HDOP, f.Altitude = t.satellites, t.hdop, t.altitude
	return f, fixed, nil
}
