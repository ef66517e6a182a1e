// Package nmea reads satellite receivers that speak NMEA 0183: RMC for position,
// speed and course, GGA for satellites and altitude. GPS, BeiDou, GLONASS and
// receivers of several systems differ only in the talker, which is not looked at.
//
//	nmea+serial:///dev/ttyUSB0?baud=9600     usual for receivers on USB
//	nmea+tcp://10.0.0.9:10110                a receiver in the bus's router
//	                                         max_age=10s: an older fix is none
//
// The line layouts are those of the NMEA 0183 standard, version 4.
package nmea

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/gps"
	"github.com/luohu/ting/devices/port"
)

// silence is how long a receiver, which speaks every second, may say nothing.
const silence = 5 * time.Second

// Receiver is an NMEA receiver.
type Receiver struct {
	line   *port.Line
	maxAge time.Duration
	now    func() time.Time

	mu    sync.Mutex
	fix   gps.Fix
	at    time.Time // when fix was heard; zero for never
	track track
}

var _ gps.Receiver = (*Receiver)(nil)

// Open opens the receiver at u. It is a devices.Opener.
func Open(_ context.Context, u *url.URL) (gps.Receiver, error) {
	dial, q, err := port.Parse(u, port.Serial{Baud: 9600})
	if err != nil {
		return nil, err
	}
	maxAge := 10 * time.Second
	if err := port.Parameters(q, map[string]func(string) error{"max_age": port.Duration(&maxAge, time.Hour)}); err != nil {
		return nil, err
	}
	return New(dial, maxAge), nil
}

// New listens to the receiver that dial reaches; a fix older than maxAge is none.
func New(dial port.Dial, maxAge time.Duration) *Receiver {
	r := &Receiver{maxAge: maxAge, now: time.Now}
	r.line = port.Keep(dial, r.listen)
	return r
}

// Fix is the newest position that is not older than max_age.
func (r *Receiver) Fix() (gps.Fix, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.at.IsZero() || r.now().Sub(r.at) > r.maxAge {
		return gps.Fix{}, false
	}
	return r.fix, true
}

// Health is the receiver's.
func (r *Receiver) Health() devices.Health { return r.line.Health() }

// Close ends listening.
func (r *Receiver) Close() error { return r.line.Close() }

// listen reads sentences until the line breaks or is silent. Lines that are no
// sentences (the middle of one, at the start, or noise) are passed over; a device
// that sends nothing else is not a receiver.
func (r *Receiver) listen(_ context.Context, l *port.Line, c port.Conn) error {
	in := bufio.NewReaderSize(c, maxSentence+2)
	wrong := 0
	for {
		if err := c.SetReadDeadline(time.Now().Add(silence)); err != nil {
			return err
		}
		raw, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) { // not a line of a receiver: wait for the next one
			if wrong++; wrong > 100 {
				return fmt.Errorf("%w: %d lines in a row (is the baud rate right?)", ErrSentence, wrong)
			}
			continue
		}
		if err != nil {
			return err
		}
		s, err := ParseSentence(string(raw))
		if err != nil {
			if wrong++; wrong > 100 {
				return fmt.Errorf("%d lines in a row, the last: %w (is the baud rate right?)", wrong, err)
			}
			continue
		}
		wrong = 0
		r.hear(l, s)
	}
}

// hear takes one sentence.
func (r *Receiver) hear(l *port.Line, s Sentence) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fix, lock, err := r.track.take(s)
	switch {
	case err != nil: // a field that cannot be: the next sentence is a second away
	case lock == fixed:
		r.fix, r.at = fix, r.now()
		l.Ready()
	case lock == searching:
		l.Fault("no satellites", "the antenna must see the sky; a cold start takes some minutes")
	}
}
