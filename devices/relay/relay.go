// Package relay switches relays and reads contacts: what stands behind barriers,
// lamps and bells. Boards are in the folders below: modbus for those on Modbus
// TCP or RTU, lcus for the small ones at a USB port, gpio for lines of the machine's own.
//
//	modbus+tcp://10.0.0.9:502?unit=1
//	modbus+rtu:///dev/ttyUSB0?baud=9600&unit=1
//	lcus+serial:///dev/ttyUSB0
//	gpio:///dev/gpiochip0
//
// Further parameters belong to the device that is behind the relay.
package relay

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/luohu/ting/devices/port"
	"github.com/luohu/ting/devices/relay/gpio"
	"github.com/luohu/ting/devices/relay/lcus"
	"github.com/luohu/ting/devices/relay/modbus"
)

// Board is a board of relays that can be reached. One goroutine uses it.
type Board interface {
	// Set switches a relay, counted from 0, and returns when the board has
	// confirmed it. A relay that does not do what the board was told is an error.
	Set(relay int, on bool) error
	// Inputs reads contacts, by their numbers counted from 0.
	Inputs(numbers []int) ([]bool, error)
	Close() error
}

var (
	_ Board = (*modbus.Board)(nil)
	_ Board = (*lcus.Board)(nil)
	_ Board = (*gpio.Board)(nil)
)

// Schemes are the URL schemes Parse knows.
func Schemes() []string {
	return []string{"modbus+tcp", "modbus+rtu", "lcus+serial", "lcus+tcp", "gpio"}
}

// Parse reads where a board is; the parameters it returns are the device's.
func Parse(u *url.URL) (dial func(context.Context) (Board, error), rest url.Values, err error) {
	switch {
	case strings.HasPrefix(u.Scheme, "modbus+"):
		c, rest, err := modbus.Parse(u)
		return func(context.Context) (Board, error) { return reached(modbus.Dial(c)) }, rest, err
	case u.Scheme == "gpio":
		c, rest, err := gpio.Parse(u)
		return func(context.Context) (Board, error) { return reached(gpio.Dial(gpio.System, c)) }, rest, err
	case strings.HasPrefix(u.Scheme, "lcus+"):
		to, rest, err := port.Parse(u, port.Serial{Baud: 9600})
		return func(ctx context.Context) (Board, error) { return reached(lcus.Dial(ctx, to)) }, rest, err
	}
	return nil, nil, fmt.Errorf("%q is no relay board; there are %s", u.Scheme, strings.Join(Schemes(), ", "))
}

// reached keeps a nil pointer from becoming a Board that is not nil.
func reached[B Board](b B, err error) (Board, error) {
	if err != nil {
		return nil, err
	}
	return b, nil
}
