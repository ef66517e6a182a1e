// Package serial drives scanners that send each code as a line, over a serial
// line or USB serial (CDC). Set the scanner to that mode by the code in its
// manual, with CR, LF or both behind each code; with AIM identifiers it also
// tells the kind of code.
//
//	scan+serial:///dev/ttyACM0           9600 baud unless it says otherwise
//	scan+tcp://10.0.0.9:2000             a scanner behind a serial server
package serial

import (
	"bufio"
	"context"
	"errors"
	"net/url"
	"os"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/port"
	"github.com/luohu/ting/devices/scanner"
)

// lull ends a code from a scanner that sends nothing behind it.
const lull = 200 * time.Millisecond

// Scanner is a scanner at a line.
type Scanner struct {
	devices.Desk[scanner.Code]
	line *port.Line
}

var _ scanner.Scanner = (*Scanner)(nil)

// Open opens the scanner at u. It is a devices.Opener.
func Open(_ context.Context, u *url.URL) (scanner.Scanner, error) {
	dial, q, err := port.Parse(u, port.Serial{Baud: 9600})
	if err != nil {
		return nil, err
	}
	if err := port.Parameters(q, nil); err != nil {
		return nil, err
	}
	return New(dial), nil
}

// New listens to the scanner that dial reaches.
func New(dial port.Dial) *Scanner {
	s := &Scanner{}
	s.line = port.Keep(dial, s.listen)
	return s
}

// Health implements scanner.Scanner. A scanner says nothing of itself, so an
// open line is all that can be known.
func (s *Scanner) Health() devices.Health { return s.line.Health() }

// Close ends listening.
func (s *Scanner) Close() error { return errors.Join(s.line.Close(), s.Desk.Close()) }

func (s *Scanner) listen(_ context.Context, l *port.Line, c port.Conn) error {
	l.Ready()
	in := lines{conn: c, in: bufio.NewReader(c)}
	for {
		b, err := in.next()
		if err != nil {
			return err
		}
		if code, err := scanner.Parse(b, time.Now()); err == nil {
			l.Ready()
			s.Lay(code)
		} else {
			// Not told what it says: it may be somebody's.
			l.Fault("it sends what is no code", "check its baud rate, and that it sends text")
		}
	}
}

// lines cuts what a scanner sends into codes.
type lines struct {
	conn port.Conn
	in   *bufio.Reader
}

// next is the next code. What is longer than a code can be is read to its end
// and given in part, so that it is refused and the next one is not lost.
func (l *lines) next() (code []byte, err error) {
	for {
		// Nobody scans for hours; in the middle of a code there is no pause.
		var until time.Time
		if len(code) > 0 {
			until = time.Now().Add(lull)
		}
		if err := l.conn.SetReadDeadline(until); err != nil {
			return nil, err
		}
		b, err := l.in.ReadByte()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return code, nil
		case err != nil:
			return nil, err
		case b == '\r' || b == '\n':
			if len(code) > 0 {
				return code, nil
			}
		case len(code) <= scanner.MaxCode:
			code = append(code, b)
		}
	}
}
