package escpos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/luohu/ting/devices/port"
	"github.com/luohu/ting/devices/printer"
)

// talk asks and tells over one connection.
type talk struct {
	conn   port.Conn
	silent bool
}

// status asks the printer how it is.
func (t talk) status() (Status, error) {
	if t.silent {
		return Status{}, nil
	}
	var answers [4]byte
	for i, n := range []byte{askPrinter, askOffline, askError, askPaper} {
		b, err := t.ask([]byte{dle, eot, n}, answersWithin)
		if err != nil {
			return Status{}, err
		}
		answers[i] = b
	}
	return ParseStatus(answers)
}

// ask sends a request and waits for the one byte that answers it.
func (t talk) ask(request []byte, within time.Duration) (byte, error) {
	if err := t.conn.SetDeadline(time.Now().Add(within)); err != nil {
		return 0, err
	}
	if _, err := t.conn.Write(request); err != nil {
		return 0, err
	}
	var b [1]byte
	for {
		if _, err := io.ReadFull(t.conn, b[:]); err != nil {
			return 0, err
		}
		// XON and XOFF of a serial line are no answers.
		if b[0] != 0x11 && b[0] != 0x13 {
			return b[0], nil
		}
	}
}

// print prints one slip. Its status is what the printer said last.
func (t talk) print(ctx context.Context, slip []byte) (Status, error) {
	if err := ctx.Err(); err != nil {
		return Status{}, err
	}
	away := func(s Status, err error) (Status, error) {
		return s, fmt.Errorf("%w: %w", printer.ErrAway, err)
	}
	s, err := t.status()
	if err != nil {
		return away(s, err)
	}
	if err := s.Err(); err != nil {
		return s, err
	}
	if err := t.conn.SetDeadline(time.Now().Add(printsWithin)); err != nil {
		return away(s, err)
	}
	if _, err := t.conn.Write(slip); err != nil {
		return t.broken(err)
	}
	if t.silent {
		return s, nil
	}
	if err := t.worked(); err != nil {
		return t.broken(err)
	}
	// It is printed, whatever is wrong from now on: were that an error, it would be
	// printed again.
	s, _ = t.status()
	return s, nil
}

// broken finds out why a slip ended in its middle.
func (t talk) broken(cause error) (Status, error) {
	if !t.silent {
		if s, err := t.status(); err == nil && s.Err() != nil {
			return s, fmt.Errorf("in the middle of a slip: %w: %w", s.Err(), printer.ErrPartly)
		}
	}
	return Status{}, fmt.Errorf("%w: in the middle of a slip: %w: %w", printer.ErrAway, cause, printer.ErrPartly)
}

// worked waits until all that was sent was worked through: then the printer
// answers GS r 1. One whose paper ends in the middle never does, so it is asked
// in between, in real time; the fixed bits of that answer tell the two apart.
func (t talk) worked() error {
	const asksAgain = 500 * time.Millisecond
	if _, err := t.conn.Write([]byte{gs, 'r', 1}); err != nil {
		return err
	}
	for deadline := time.Now().Add(printsWithin); time.Now().Before(deadline); {
		if err := t.conn.SetReadDeadline(time.Now().Add(asksAgain)); err != nil {
			return err
		}
		var b [1]byte
		switch _, err := io.ReadFull(t.conn, b[:]); {
		case errors.Is(err, os.ErrDeadlineExceeded):
			if _, err := t.conn.Write([]byte{dle, eot, askPaper}); err != nil {
				return err
			}
		case err != nil:
			return err
		case b[0]&0x93 == 0x12 && b[0]&0x60 != 0:
			return printer.ErrNoPaper
		case b[0]&0x90 == 0:
			return nil
		}
	}
	return fmt.Errorf("not printed within %v", printsWithin)
}
