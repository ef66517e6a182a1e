// Package turnstile simulates a gate behind a relay board: a Modbus server whose
// coil releases the arm and whose inputs are the sensors of a real one. Tests and
// the demo drive the real barrier driver with it.
package turnstile

import (
	"bufio"
	"errors"
	"io"
	"log"
	"net"
	"sync"
	"time"

	"github.com/simonvetter/modbus"
)

// The addresses of the simulated board.
const (
	CoilRelease  = 0 // releases the arm while it is on
	CoilLamp     = 4 // red, yellow and green from here on
	InputPass    = 0 // somebody is in the light barrier
	InputClosed  = 1 // the arm is closed
	InputFire    = 2 // the building's fire alarm
	coils        = 8
	inputs       = 4
	unit         = 1
	stopsWithin  = time.Minute // an idle connection
	mostClients  = 4
	mostRTUFrame = 256
)

// Turnstile is the simulated gate. Its methods are safe for several goroutines.
type Turnstile struct {
	mu     sync.Mutex
	coil   [coils]bool
	input  [inputs]bool
	sticks bool
	writes int
	server *modbus.ModbusServer
	addr   string
}

// New makes a closed gate that nobody has connected to.
func New() *Turnstile {
	t := &Turnstile{}
	t.input[InputClosed] = true
	return t
}

// Listen serves Modbus TCP on a free port of this machine, on the same one when
// it was stopped before; Addr is where.
func (t *Turnstile) Listen() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.server != nil {
		return errors.New("turnstile: listening already")
	}
	var failed error
	for range 10 { // the library does not tell which port it got, so one is chosen before
		addr := t.addr
		if addr == "" {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			addr = l.Addr().String()
			if err := l.Close(); err != nil {
				return err
			}
		}
		server, err := modbus.NewServer(&modbus.ServerConfiguration{
			URL: "tcp://" + addr, Timeout: stopsWithin, MaxClients: mostClients, Logger: log.New(io.Discard, "", 0),
		}, t)
		if err != nil {
			return err
		}
		if failed = server.Start(); failed == nil {
			t.server, t.addr = server, addr
			return nil
		}
	}
	return failed
}

// Addr is host and port of the last Listen.
func (t *Turnstile) Addr() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.addr
}

// Stop ends serving, as a board without power does.
func (t *Turnstile) Stop() error {
	t.mu.Lock()
	server := t.server
	t.server = nil
	t.mu.Unlock()
	if server == nil {
		return nil
	}
	return server.Stop()
}

// Coil reports whether a coil is on.
func (t *Turnstile) Coil(n int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.coil[n]
}

// Released is how often the release was switched on.
func (t *Turnstile) Released() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.writes
}

// SetInput sets a sensor.
func (t *Turnstile) SetInput(n int, on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.input[n] = on
}

// Stick has coils keep their state whatever is written, as a welded relay does.
func (t *Turnstile) Stick(on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sticks = on
}

// HandleCoils implements modbus.RequestHandler.
func (t *Turnstile) HandleCoils(r *modbus.CoilsRequest) ([]bool, error) {
	if r.UnitId != unit {
		return nil, modbus.ErrBadUnitId
	}
	return t.access(int(r.Addr), int(r.Quantity), r.IsWrite, r.Args)
}

func (t *Turnstile) access(from, count int, write bool, values []bool) ([]bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if from+count > coils {
		return nil, modbus.ErrIllegalDataAddress
	}
	if write {
		for i, v := range values {
			if from+i == CoilRelease && v {
				t.writes++
			}
			if !t.sticks {
				t.coil[from+i] = v
			}
		}
	}
	return append([]bool{}, t.coil[from:from+count]...), nil
}

// HandleDiscreteInputs implements modbus.RequestHandler.
func (t *Turnstile) HandleDiscreteInputs(r *modbus.DiscreteInputsRequest) ([]bool, error) {
	if r.UnitId != unit {
		return nil, modbus.ErrBadUnitId
	}
	return t.sensors(int(r.Addr), int(r.Quantity))
}

func (t *Turnstile) sensors(from, count int) ([]bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if from+count > inputs {
		return nil, modbus.ErrIllegalDataAddress
	}
	return append([]bool{}, t.input[from:from+count]...), nil
}

// HandleHoldingRegisters implements modbus.RequestHandler: there are none.
func (t *Turnstile) HandleHoldingRegisters(*modbus.HoldingRegistersRequest) ([]uint16, error) {
	return nil, modbus.ErrIllegalFunction
}

// HandleInputRegisters implements modbus.RequestHandler: there are none.
func (t *Turnstile) HandleInputRegisters(*modbus.InputRegistersRequest) ([]uint16, error) {
	return nil, modbus.ErrIllegalFunction
}

// ServeRTU speaks Modbus RTU at the end of a serial line, until c ends: functions
// 1, 2 and 5, which is what relay boards have.
func (t *Turnstile) ServeRTU(c io.ReadWriter) error {
	in := bufio.NewReaderSize(c, mostRTUFrame)
	for {
		// Every request that is known here is 8 bytes.
		frame, err := in.Peek(8)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if sum := crc16(frame[:6]); frame[6] != byte(sum) || frame[7] != byte(sum>>8) || frame[0] != unit {
			_, _ = in.Discard(1) // find the next frame
			continue
		}
		request := append([]byte{}, frame...)
		_, _ = in.Discard(8)
		answer := t.answer(request[1], int(request[2])<<8|int(request[3]), int(request[4])<<8|int(request[5]), request)
		sum := crc16(answer)
		if _, err := c.Write(append(answer, byte(sum), byte(sum>>8))); err != nil {
			return err
		}
	}
}

func (t *Turnstile) answer(function byte, address, value int, request []byte) []byte {
	refuse := func(code byte) []byte { return []byte{unit, function | 0x80, code} }
	var bits []bool
	var err error
	switch function {
	case 1:
		bits, err = t.access(address, value, false, nil)
	case 2:
		bits, err = t.sensors(address, value)
	case 5:
		if _, err = t.access(address, 1, true, []bool{value == 0xff00}); err == nil {
			return request[:6]
		}
	default:
		return refuse(1)
	}
	if err != nil {
		return refuse(2)
	}
	packed := make([]byte, (len(bits)+7)/8)
	for i, b := range bits {
		if b {
			packed[i/8] |= 1 << (i % 8)
		}
	}
	return append([]byte{unit, function, byte(len(packed))}, packed...)
}

// crc16 is the checksum of Modbus RTU.
func crc16(b []byte) uint16 {
	sum := uint16(0xffff)
	for _, v := range b {
		sum ^= uint16(v)
		for range 8 {
			odd := sum&1 != 0
			sum >>= 1
			if odd {
				sum ^= 0xa001
			}
		}
	}
	return sum
}
