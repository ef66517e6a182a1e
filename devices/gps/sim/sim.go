// Package sim is a simulated satellite receiver on a bus that drives round and
// round a route. It speaks NMEA 0183, and the driver behind it is the real one.
//
//	sim:                                    round a block, from 30.2741 N 120.1551 E
//	sim:?lat=31.2304&lon=121.4737           round a block there
//	sim:?speed=10                           at 10 m/s; usual is 8
//	sim:?every=100ms                        speaks every 100 ms; usual is 1s
//	sim:?tunnel=5                           hears no satellite from the 5th second on
//
// Bus.Drive speaks to anything that can be written to: a pseudo-terminal
// (devices/port/pty) makes it a receiver at a serial line.
package sim

import (
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/luohu/ting/devices/gps"
	"github.com/luohu/ting/devices/gps/nmea"
	"github.com/luohu/ting/devices/port"
)

// Bus is where the simulated receiver is carried about.
type Bus struct {
	Lat, Lon float64       // a corner of its block, degrees
	Speed    float64       // metres a second; 0 is 8
	Every    time.Duration // between two fixes; 0 is a second
	Tunnel   int           // the second, counted from 1, from which on there is no sky; 0 is never
	Start    time.Time     // of the satellites' clock; zero is now
}

// side is the length of the block's sides, in metres.
const side = 400.0

// metresPerDegree of latitude.
const metresPerDegree = 111_320.0

// Open opens the receiver a sim: URL describes. It is a devices.Opener.
func Open(_ context.Context, u *url.URL) (gps.Receiver, error) {
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, err
	}
	b := Bus{Lat: 30.2741, Lon: 120.1551}
	err = port.Parameters(q, map[string]func(string) error{
		"lat": real(&b.Lat, -85, 85), "lon": real(&b.Lon, -179, 179), "speed": real(&b.Speed, 0.1, 60),
		"every": port.Duration(&b.Every, time.Minute), "tunnel": port.Number(&b.Tunnel, 1, 1<<20),
	})
	if err != nil {
		return nil, err
	}
	return nmea.New(b.dial, max(10*time.Second, 3*b.Every)), nil
}

func real(into *float64, least, most float64) func(string) error {
	return func(s string) error {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil || !(v >= least && v <= most) {
			return fmt.Errorf("a number from %g to %g is needed", least, most)
		}
		*into = v
		return nil
	}
}

// dial gives the driver the end of a line at which the bus speaks.
func (b Bus) dial(context.Context) (port.Conn, error) {
	driver, own := net.Pipe()
	go func() {
		defer own.Close()
		_ = b.Drive(context.Background(), own) // it ends when the driver hangs up
	}()
	return driver, nil
}

// Drive speaks until ctx ends or w fails: one RMC and one GGA each time.
func (b Bus) Drive(ctx context.Context, w io.Writer) error {
	if b.Speed == 0 {
		b.Speed = 8
	}
	if b.Every == 0 {
		b.Every = time.Second
	}
	if b.Start.IsZero() {
		b.Start = time.Now()
	}
	tick := time.NewTicker(b.Every)
	defer tick.Stop()
	for n := 0; ; n++ {
		driven := time.Duration(n) * b.Every
		for _, s := range b.sentences(driven) {
			if _, err := io.WriteString(w, s.String()+"\r\n"); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// sentences is what the receiver says after having driven for a time.
func (b Bus) sentences(driven time.Duration) []nmea.Sentence {
	now := b.Start.Add(driven).UTC()
	clock, date := now.Format("150405.00"), now.Format("020106")
	if b.Tunnel > 0 && driven >= time.Duration(b.Tunnel-1)*time.Second {
		return []nmea.Sentence{
			{Talker: "GN", Type: "GGA", Fields: []string{clock, "", "", "", "", "0", "00", "99.9", "", "M", "", "M", "", ""}},
			{Talker: "GN", Type: "RMC", Fields: []string{clock, "V", "", "", "", "", "", "", date, "", "", "N"}},
		}
	}
	east, north, course := place(b.Speed * driven.Seconds())
	lat := b.Lat + north/metresPerDegree
	lon := b.Lon + east/(metresPerDegree*math.Cos(b.Lat*math.Pi/180))
	la, ns := angle(lat, "%02d%08.5f", "N", "S")
	lo, ew := angle(lon, "%03d%08.5f", "E", "W")
	knots := strconv.FormatFloat(b.Speed/(1852.0/3600), 'f', 2, 64)
	return []nmea.Sentence{
		{Talker: "GN", Type: "GGA", Fields: []string{clock, la, ns, lo, ew, "1", "12", "0.8", "12.5", "M", "7.1", "M", "", ""}},
		{Talker: "GN", Type: "RMC", Fields: []string{clock, "A", la, ns, lo, ew, knots, strconv.FormatFloat(course, 'f', 1, 64), date, "", "", "A"}},
	}
}

// place is where a bus is after so many metres round the block, in metres from
// its corner, and which way it heads.
func place(metres float64) (east, north, course float64) {
	along := math.Mod(metres, 4*side)
	rest := math.Mod(along, side)
	switch int(along / side) {
	case 0:
		return 0, rest, 0
	case 1:
		return rest, side, 90
	case 2:
		return side, side - rest, 180
	}
	return side - rest, 0, 270
}

func angle(degrees float64, format, positive, negative string) (string, string) {
	hemisphere := positive
	if degrees < 0 {
		degrees, hemisphere = -degrees, negative
	}
	whole := math.Floor(degrees)
	return fmt.Sprintf(format, int(whole), min((degrees-whole)*60, 59.99999)), hemisphere
}
