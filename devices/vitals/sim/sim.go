// Package sim is a simulated bridge with a thermometer and a cuff: it sends real
// frames, and the driver behind it is the real one.
//
//	sim:?temperature=36.6&pressure=124/81&pulse=72     measured over and over
//	sim:?temperature=39.8&every=3s                     every 3 s; usual is 5s
package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/luohu/ting/devices/port"
	"github.com/luohu/ting/devices/vitals"
	"github.com/luohu/ting/devices/vitals/gatt"
)

// Open opens the bridge a sim: URL describes. It is a devices.Opener.
func Open(_ context.Context, u *url.URL) (vitals.Monitor, error) {
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, err
	}
	every := 5 * time.Second
	r := vitals.Reading{Temperature: 36.6, Systolic: 124, Diastolic: 81, Mean: 95, Pulse: 72}
	if err := port.Parameters(q, map[string]func(string) error{
		"every": port.Duration(&every, time.Hour),
		"temperature": func(s string) (err error) {
			r.Temperature, err = strconv.ParseFloat(s, 64)
			return err
		},
		"pressure": func(s string) error {
			if n, err := fmt.Sscanf(s, "%g/%g", &r.Systolic, &r.Diastolic); n != 2 || err != nil {
				return errors.New("write it as in pressure=124/81")
			}
			r.Mean = (r.Systolic + 2*r.Diastolic) / 3
			return nil
		},
		"pulse": func(s string) (err error) {
			r.Pulse, err = strconv.ParseFloat(s, 64)
			return err
		},
	}); err != nil {
		return nil, err
	}
	if err := r.Check(); err != nil {
		return nil, err
	}
	return gatt.New(func(context.Context) (port.Conn, error) {
		driver, own := net.Pipe()
		go func() {
			defer own.Close()
			_ = Measure(context.Background(), own, r, every) // it ends when the driver hangs up
		}()
		return driver, nil
	}), nil
}

// Measure measures again and again, the temperature and the pressure in turn,
// until ctx ends or w fails.
func Measure(ctx context.Context, w io.Writer, r vitals.Reading, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for n := 0; ; n++ {
		frame := gatt.AppendFrame(nil, gatt.TemperatureMeasurement, gatt.Temperature(r.Temperature))
		if n%2 == 1 {
			frame = gatt.AppendFrame(nil, gatt.BloodPressureMeasurement, gatt.BloodPressure(r))
		}
		if _, err := w.Write(frame); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
