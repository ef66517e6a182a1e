// Package ascii drives scales that send a line of text several times a second, in
// the format that A&D, and after them most makers, call standard:
//
//	ST,GS,+  0.0525kg      stable, gross
//	US,NT,-00012.3  g      in motion, net
//	OL,GS,+9999999 kg      overload
//
// Two letters of state, two of kind, then sign, number with blanks or zeros
// before it, and unit. The URL:
//
//	scale+serial:///dev/ttyUSB0?baud=2400&bits=7&parity=even
//	scale+tcp://10.0.0.9:4001
//
// 2400 baud, 7 bits and even parity are what such scales leave the factory with.
package ascii

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/port"
	"github.com/luohu/ting/devices/scale"
)

// silence is how long a scale, which speaks several times a second, may say nothing.
const silence = 3 * time.Second

// State is what a scale says of a weighing.
type State string

// The states.
const (
	Stable   State = "ST"
	Counting State = "QT" // stable, in pieces
	Unstable State = "US"
	Overload State = "OL"
)

// Line is one line of a scale.
type Line struct {
	State  State
	Weight scale.Weight // not of an overload
}

// ErrLine is wrapped by every error about a line that is none.
var ErrLine = errors.New("not a scale's line")

// milligrams in the units scales show.
var milligrams = map[string]int64{"mg": 1, "g": 1000, "kg": 1_000_000, "t": 1_000_000_000}

// ParseLine reads one line, with or without its line end.
func ParseLine(s string) (Line, error) {
	s = strings.TrimRight(s, "\r\n")
	parts := strings.Split(s, ",")
	if len(parts) != 3 || len(s) > 40 {
		return Line{}, fmt.Errorf("%w: three fields with commas between them are needed", ErrLine)
	}
	l := Line{State: State(parts[0])}
	switch l.State {
	case Stable, Unstable:
	case Overload:
		return l, nil
	default:
		return Line{}, fmt.Errorf("%w: state %q", ErrLine, parts[0])
	}
	if parts[1] != "GS" && parts[1] != "NT" {
		return Line{}, fmt.Errorf("%w: kind %q", ErrLine, parts[1])
	}
	value := strings.ReplaceAll(parts[2], " ", "")
	at := strings.LastIndexAny(value, "0123456789") + 1
	unit, ok := milligrams[value[at:]]
	if !ok {
		return Line{}, fmt.Errorf("%w: unit %q", ErrLine, value[at:])
	}
	w, err := decimal(value[:at], unit)
	if err != nil {
		return Line{}, err
	}
	l.Weight = scale.Weight(w)
	return l, nil
}

// decimal reads a decimal number and multiplies it by unit, exactly.
func decimal(s string, unit int64) (int64, error) {
	negative := strings.HasPrefix(s, "-")
	s = strings.TrimLeft(s, "+-")
	whole, fraction, _ := strings.Cut(s, ".")
	var v int64
	const most = 1 << 40 // milligrams: a thousand tonnes
	for _, c := range whole {
		if c < '0' || c > '9' || v > most {
			return 0, fmt.Errorf("%w: number %q", ErrLine, s)
		}
		v = v*10 + int64(c-'0')
	}
	if whole == "" || v > most/unit {
		return 0, fmt.Errorf("%w: number %q", ErrLine, s)
	}
	v *= unit
	for _, c := range fraction {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("%w: number %q", ErrLine, s)
		}
		unit /= 10
		v += int64(c-'0') * unit
	}
	if negative {
		v = -v
	}
	return v, nil
}

// String is the line as a scale that shows hundredths of a gram sends it,
// without the line end.
func (l Line) String() string {
	if l.State == Overload {
		return "OL,GS,+9999999 kg"
	}
	sign, w := '+', int64(l.Weight)
	if w < 0 {
		sign, w = '-', -w
	}
	return fmt.Sprintf("%s,GS,%c%5d.%03d g", l.State, sign, w/1000, w%1000)
}

// Scale is a scale at a line.
type Scale struct {
	desk devices.Desk[Line]
	line *port.Line
}

var _ scale.Scale = (*Scale)(nil)

// Open opens the scale at u. It is a devices.Opener.
func Open(_ context.Context, u *url.URL) (scale.Scale, error) {
	dial, q, err := port.Parse(u, port.Serial{Baud: 2400, Bits: 7, Parity: "even"})
	if err != nil {
		return nil, err
	}
	if err := port.Parameters(q, nil); err != nil {
		return nil, err
	}
	return New(dial), nil
}

// New listens to the scale that dial reaches.
func New(dial port.Dial) *Scale {
	s := &Scale{}
	s.line = port.Keep(dial, s.listen)
	return s
}

// Weigh implements scale.Scale.
func (s *Scale) Weigh(ctx context.Context) (scale.Weight, error) {
	for {
		l, err := s.desk.Next(ctx)
		switch {
		case err != nil:
			return 0, fmt.Errorf("scale (%s): %w", s.Health(), err)
		case l.State == Overload:
			return 0, scale.ErrOverload
		case l.State == Stable && l.Weight > 0:
			return l.Weight, nil
		}
	}
}

// Health implements scale.Scale.
func (s *Scale) Health() devices.Health { return s.line.Health() }

// Close ends listening.
func (s *Scale) Close() error { return errors.Join(s.line.Close(), s.desk.Close()) }

func (s *Scale) listen(_ context.Context, l *port.Line, c port.Conn) error {
	in := bufio.NewReaderSize(c, 64)
	for wrong := 0; ; {
		if err := c.SetReadDeadline(time.Now().Add(silence)); err != nil {
			return err
		}
		raw, err := in.ReadSlice('\n')
		var said Line
		if err == nil {
			said, err = ParseLine(string(raw))
		} else if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		if err != nil {
			if wrong++; wrong > 20 {
				return fmt.Errorf("%d lines in a row that are no weighing (are baud rate, bits and parity right?)", wrong)
			}
			continue
		}
		wrong = 0
		l.Ready()
		s.desk.Lay(said)
	}
}
