// Package lcus reaches the small relay boards at a USB port that call themselves
// LCUS: A0, the relay from 1, 01 or 00, and the sum of the three switch a relay;
// FF is answered with a line of text for each, "CH1: ON". They have no inputs.
package lcus

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/luohu/ting/devices/port"
)

const answersWithin = time.Second

// Board is a board that was reached.
type Board struct {
	conn   port.Conn
	in     *bufio.Reader
	relays int // lines in the answer to Ask
}

// Dial reaches a board and hears that it is one.
func Dial(ctx context.Context, to port.Dial) (*Board, error) {
	conn, err := to(ctx)
	if err != nil {
		return nil, err
	}
	b := &Board{conn: conn, in: bufio.NewReaderSize(conn, 64)}
	if err := b.count(); err != nil {
		conn.Close()
		return nil, err
	}
	return b, nil
}

// lull is the pause that ends an answer whose length is not known yet.
const lull = 250 * time.Millisecond

// count hears how many relays there are: as many as answer before a pause.
func (b *Board) count() error {
	if err := b.ask(); err != nil {
		return err
	}
	for {
		switch _, _, err := b.line(); {
		case err == nil:
			b.relays++
		case b.relays > 0 && errors.Is(err, os.ErrDeadlineExceeded):
			return nil
		default:
			return err
		}
		if err := b.conn.SetReadDeadline(time.Now().Add(lull)); err != nil {
			return err
		}
	}
}

// Switch is the command that switches a relay, counted from 0.
func Switch(relay int, on bool) []byte {
	c := []byte{0xa0, byte(relay + 1), 0, 0}
	if on {
		c[2] = 1
	}
	c[3] = c[0] + c[1] + c[2]
	return c
}

// Ask is the question for the state of all relays.
const Ask = 0xff

// Set switches a relay and asks whether it did.
func (b *Board) Set(relay int, on bool) error {
	if err := b.conn.SetWriteDeadline(time.Now().Add(answersWithin)); err != nil {
		return err
	}
	if _, err := b.conn.Write(Switch(relay, on)); err != nil {
		return fmt.Errorf("switch relay %d: %w", relay+1, err)
	}
	is, err := b.state(relay)
	if err != nil {
		return err
	}
	if is != on {
		return &port.FaultError{
			Cause: fmt.Errorf("relay %d was switched to %v and is not", relay+1, on),
			Hint:  "the relay sticks: have the board replaced",
		}
	}
	return nil
}

// state asks for the state of one relay. The whole answer is read, so that none
// of it is taken for a part of the next one.
func (b *Board) state(relay int) (on bool, err error) {
	if err := b.ask(); err != nil {
		return false, err
	}
	found := false
	for range b.relays {
		n, is, err := b.line()
		if err != nil {
			return false, fmt.Errorf("state of relay %d: %w", relay+1, err)
		}
		if n == relay {
			on, found = is, true
		}
	}
	if !found {
		return false, fmt.Errorf("the board has no relay %d", relay+1)
	}
	return on, nil
}

func (b *Board) ask() error {
	if err := b.conn.SetDeadline(time.Now().Add(answersWithin)); err != nil {
		return err
	}
	_, err := b.conn.Write([]byte{Ask})
	return err
}

// line reads the state of the next relay.
func (b *Board) line() (relay int, on bool, err error) {
	raw, err := b.in.ReadSlice('\n')
	if err != nil {
		return 0, false, fmt.Errorf("%w (is it an LCUS board?)", err)
	}
	n, on, ok := parseState(string(raw))
	if !ok {
		return 0, false, errors.New("not an LCUS board's answer")
	}
	return n, on, nil
}

// parseState reads a line such as "CH1: ON".
func parseState(line string) (relay int, on, ok bool) {
	word := ""
	if n, err := fmt.Sscanf(strings.TrimSpace(line), "CH%d:%s", &relay, &word); n != 2 || err != nil || relay < 1 || relay > 16 {
		return 0, false, false
	}
	return relay - 1, word == "ON", word == "ON" || word == "OFF"
}

// Inputs says that there are none.
func (b *Board) Inputs([]int) ([]bool, error) { return nil, errors.ErrUnsupported }

// Close hangs up.
func (b *Board) Close() error { return b.conn.Close() }
