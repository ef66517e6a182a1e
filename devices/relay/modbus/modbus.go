// Package modbus reaches relay boards that speak Modbus, over TCP or a serial
// line: relays are coils (functions 1 and 5), contacts discrete inputs (function 2).
package modbus

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/url"
	"slices"
	"time"

	"github.com/simonvetter/modbus"

	"github.com/luohu/ting/devices/port"
)

// answersWithin is how long a board may take for one answer.
const answersWithin = time.Second

// Config says where a board is.
type Config struct {
	URL  string // tcp://host:port or rtu:///dev/ttyUSB0
	Unit int    // its number on the line
	Baud int    // of a serial line
	Bits int
	// Parity is "none", "even" or "odd".
	Parity string
	Stop   int
}

// Parse reads where a board is; the parameters it returns are the device's.
func Parse(u *url.URL) (Config, url.Values, error) {
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return Config{}, nil, err
	}
	c := Config{Unit: 1, Baud: 9600, Bits: 8, Parity: "none", Stop: 1}
	known := map[string]func(string) error{"unit": port.Number(&c.Unit, 1, 247)}
	switch u.Scheme {
	case "modbus+tcp":
		host, number := u.Hostname(), u.Port()
		if host == "" {
			return c, nil, errors.New("the board's address is needed, as in modbus+tcp://10.0.0.9:502")
		}
		if number == "" {
			number = "502"
		}
		c.URL = "tcp://" + host + ":" + number
	case "modbus+rtu":
		if u.Host != "" || u.Path == "" {
			return c, nil, errors.New("the path of the line is needed, as in modbus+rtu:///dev/ttyUSB0")
		}
		c.URL = "rtu://" + u.Path
		known["baud"] = port.Number(&c.Baud, 1200, 115200)
		known["bits"] = port.Number(&c.Bits, 7, 8)
		known["stop"] = port.Number(&c.Stop, 1, 2)
		known["parity"] = port.OneOf(&c.Parity, "none", "even", "odd")
	default:
		return c, nil, fmt.Errorf("%q is no way to a Modbus board: there are modbus+tcp and modbus+rtu", u.Scheme)
	}
	own, rest := url.Values{}, url.Values{}
	for k, v := range q {
		if known[k] != nil {
			own[k] = v
		} else {
			rest[k] = v
		}
	}
	return c, rest, port.Parameters(own, known)
}

// Board is a board that was reached.
type Board struct{ client *modbus.ModbusClient }

// Dial reaches a board. That it is one is known with its first answer.
func Dial(c Config) (*Board, error) {
	parity := map[string]uint{"none": modbus.PARITY_NONE, "even": modbus.PARITY_EVEN, "odd": modbus.PARITY_ODD}
	client, err := modbus.NewClient(&modbus.ClientConfiguration{
		URL: c.URL, Timeout: answersWithin, Speed: uint(c.Baud), DataBits: uint(c.Bits), StopBits: uint(c.Stop),
		Parity: parity[c.Parity], Logger: log.New(io.Discard, "", 0),
	})
	if err == nil {
		err = client.SetUnitId(uint8(c.Unit))
	}
	if err == nil {
		err = client.Open()
	}
	if err != nil {
		return nil, err
	}
	return &Board{client}, nil
}

// Set switches a coil and reads it back.
func (b *Board) Set(relay int, on bool) error {
	if err := b.client.WriteCoil(uint16(relay), on); err != nil {
		return fmt.Errorf("switch coil %d: %w", relay, err)
	}
	is, err := b.client.ReadCoil(uint16(relay))
	if err != nil {
		return fmt.Errorf("read coil %d: %w", relay, err)
	}
	if is != on {
		return &port.FaultError{
			Cause: fmt.Errorf("coil %d was switched to %v and is not", relay, on),
			Hint:  "the relay sticks: have the board replaced",
		}
	}
	return nil
}

// Inputs reads discrete inputs, all in one question.
func (b *Board) Inputs(numbers []int) ([]bool, error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	first := slices.Min(numbers)
	count := slices.Max(numbers) - first + 1
	in, err := b.client.ReadDiscreteInputs(uint16(first), uint16(count))
	if err != nil {
		return nil, fmt.Errorf("read %d inputs from %d: %w", count, first, err)
	}
	all := make([]bool, len(numbers))
	for i, n := range numbers {
		all[i] = in[n-first]
	}
	return all, nil
}

// Close hangs up.
func (b *Board) Close() error { return b.client.Close() }
