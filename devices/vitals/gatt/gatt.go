// Package gatt drives thermometers and blood pressure cuffs that measure as the
// Bluetooth SIG lays down (characteristics 2A1C and 2A35), through a bridge that
// passes the measurements on over a serial line or Bluetooth serial: a radio
// module in the kiosk, paired once with its devices. The bridge's framing is our
// own and stands in this folder; ten lines of a module's firmware make it.
//
//	gatt+serial:///dev/ttyUSB0         115200 baud unless it says otherwise
//	gatt+serial:///dev/rfcomm0         over Bluetooth serial
package gatt

import (
	"bufio"
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/port"
	"github.com/luohu/ting/devices/vitals"
)

// Monitor is a bridge at a line.
type Monitor struct {
	devices.Desk[vitals.Reading]
	line *port.Line
}

var _ vitals.Monitor = (*Monitor)(nil)

// Open opens the bridge at u. It is a devices.Opener.
func Open(_ context.Context, u *url.URL) (vitals.Monitor, error) {
	dial, q, err := port.Parse(u, port.Serial{Baud: 115200})
	if err != nil {
		return nil, err
	}
	if err := port.Parameters(q, nil); err != nil {
		return nil, err
	}
	return New(dial), nil
}

// New listens to the bridge that dial reaches.
func New(dial port.Dial) *Monitor {
	m := &Monitor{}
	m.line = port.Keep(dial, m.listen)
	return m
}

// Health implements vitals.Monitor. A bridge is silent until somebody measures.
func (m *Monitor) Health() devices.Health { return m.line.Health() }

// Close ends listening.
func (m *Monitor) Close() error { return errors.Join(m.line.Close(), m.Desk.Close()) }

func (m *Monitor) listen(_ context.Context, l *port.Line, c port.Conn) error {
	l.Ready()
	in := bufio.NewReader(c)
	// A device measures once for somebody and may send it several times.
	var last vitals.Reading
	var at time.Time
	const again = 2 * time.Second
	for {
		characteristic, body, broken, err := ReadFrame(in)
		if err != nil {
			return err
		}
		if broken > 3 {
			l.Fault(errNoise.Error(), "check the bridge's baud rate and its cable")
			continue
		}
		r, err := Parse(characteristic, body)
		if err != nil { // not told what it says: it is somebody's
			l.Fault("a device sends what no body has", "have the thermometer and the cuff checked")
			continue
		}
		l.Ready()
		if now := time.Now(); r != last || now.Sub(at) > again {
			last, at = r, now
			m.Lay(r)
		}
	}
}
