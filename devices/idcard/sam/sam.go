// Package sam drives readers of resident identity cards by the protocol that
// their security module (SAM) speaks and all certified readers pass on: find a
// card, select it, read its text and photo.
//
//	sam+serial:///dev/ttyUSB0            115200 baud unless it says otherwise
//	sam+tcp://10.0.0.9:10000             a reader behind a serial server
//
//	photo=/usr/lib/ting/wlt2bmp   program that decodes the chip's photo (see Program)
//
// What the chip says stays in memory for the one who asked; nothing is logged.
// Layout after GA 450 and the makers' public protocol descriptions; test against
// devices/idcard/sim.
package sam

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/idcard"
	"github.com/luohu/ting/devices/port"
)

const (
	answersWithin = 2 * time.Second        // one command
	findEvery     = 250 * time.Millisecond // while somebody waits for a card
	asksEvery     = 3 * time.Second        // while nobody does
)

// Reader is a reader with a security module.
type Reader struct {
	line  *port.Line
	photo PhotoDecoder // nil without one
	reads *port.Calls[struct{}, idcard.Card]
}

var _ idcard.Reader = (*Reader)(nil)

// Open opens the reader at u. It is a devices.Opener.
func Open(_ context.Context, u *url.URL) (idcard.Reader, error) {
	dial, q, err := port.Parse(u, port.Serial{Baud: 115200})
	if err != nil {
		return nil, err
	}
	var photo PhotoDecoder
	if err := port.Parameters(q, map[string]func(string) error{"photo": func(path string) error {
		photo = Program(path)
		_, err := os.Stat(path)
		return err
	}}); err != nil {
		return nil, err
	}
	return New(dial, photo), nil
}

// New drives the reader that dial reaches. photo may be nil.
func New(dial port.Dial, photo PhotoDecoder) *Reader {
	r := &Reader{photo: photo, reads: port.NewCalls[struct{}, idcard.Card]()}
	r.line = port.Keep(dial, r.serve)
	return r
}

// Read implements idcard.Reader.
func (r *Reader) Read(ctx context.Context) (idcard.Card, error) {
	// A reader that is away is waited for a moment, as after a replug.
	taken, cancel := context.WithTimeout(ctx, answersWithin)
	defer cancel()
	c, err := r.reads.Do(ctx, taken, struct{}{})
	if none := (*port.NotTakenError)(nil); errors.As(err, &none) {
		return idcard.Card{}, errors.Join(fmt.Errorf("%w: %s", idcard.ErrAway, r.Health()), ctx.Err())
	}
	return c, err
}

// Health implements idcard.Reader.
func (r *Reader) Health() devices.Health { return r.line.Health() }

// Close ends reading. It may be called twice.
func (r *Reader) Close() error {
	err := r.line.Close()
	r.reads.Close()
	return err
}

// serve speaks to the module over one connection.
func (r *Reader) serve(ctx context.Context, l *port.Line, c port.Conn) error {
	m := module{conn: c, in: bufio.NewReader(c)}
	if err := m.alive(); err != nil {
		return err
	}
	l.Ready()
	ask := time.NewTicker(asksEvery)
	defer ask.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ask.C:
			if err := m.alive(); err != nil {
				return err
			}
		case c := <-r.reads.Waiting():
			card, err := r.await(ctx, c.Ctx, &m)
			c.Answer(card, err)
			if errors.Is(err, idcard.ErrAway) {
				return err
			}
		}
	}
}

// await looks for a card until there is one.
func (r *Reader) await(ctx, caller context.Context, m *module) (idcard.Card, error) {
	look := time.NewTicker(findEvery)
	defer look.Stop()
	for {
		card, found, err := m.read(caller, r.photo)
		if found || err != nil {
			return card, err
		}
		select {
		case <-look.C:
		case <-caller.Done():
			return idcard.Card{}, caller.Err()
		case <-ctx.Done():
			return idcard.Card{}, fmt.Errorf("ID card reader: %w", os.ErrClosed)
		}
	}
}

// module is the security module at the other end of a connection.
type module struct {
	conn port.Conn
	in   *bufio.Reader
}

// ask sends a command and waits for its answer.
func (m *module) ask(c Command) (Code, []byte, error) {
	if err := m.conn.SetDeadline(time.Now().Add(answersWithin)); err != nil {
		return 0, nil, err
	}
	if _, err := m.conn.Write(AppendRequest(nil, c)); err != nil {
		return 0, nil, err
	}
	return ReadAnswer(m.in)
}

// alive asks the module for its status.
func (m *module) alive() error {
	code, _, err := m.ask(Status)
	if err == nil && code != Done {
		err = fmt.Errorf("the security module answers %#02x", byte(code))
	}
	return err
}

// read reads a card that lies there; found is false when none does, or the one
// that was read before.
func (m *module) read(ctx context.Context, photo PhotoDecoder) (card idcard.Card, found bool, err error) {
	away := func(err error) (idcard.Card, bool, error) {
		return idcard.Card{}, false, fmt.Errorf("%w: %w", idcard.ErrAway, err)
	}
	// A card that was read answers no further find until it was taken away.
	code, _, err := m.ask(Find)
	if err != nil {
		return away(err)
	}
	if code != Found {
		return idcard.Card{}, false, nil
	}
	if code, _, err = m.ask(Select); err != nil {
		return away(err)
	}
	if code != Done {
		return idcard.Card{}, false, idcard.ErrMoved
	}
	code, data, err := m.ask(ReadBase)
	switch {
	case err != nil:
		return away(err)
	case code == NotProved:
		return idcard.Card{}, false, fmt.Errorf("%w: it is not genuine, or damaged", idcard.ErrCard)
	case code != Done:
		return idcard.Card{}, false, idcard.ErrMoved
	}
	card, err = parseBase(ctx, data, photo)
	return card, err == nil, err
}

// parseBase reads the answer to ReadBase: the lengths of text and photo, both areas.
func parseBase(ctx context.Context, data []byte, photo PhotoDecoder) (idcard.Card, error) {
	if len(data) < 4 {
		return idcard.Card{}, fmt.Errorf("%w: %d bytes", idcard.ErrCard, len(data))
	}
	n, m := int(binary.BigEndian.Uint16(data)), int(binary.BigEndian.Uint16(data[2:]))
	if len(data) != 4+n+m {
		return idcard.Card{}, fmt.Errorf("%w: %d bytes where %d of text and %d of photo are announced", idcard.ErrCard, len(data)-4, n, m)
	}
	card, err := parseText(data[4 : 4+n])
	if err != nil {
		return card, err
	}
	area := data[4+n:]
	if p, err := picture(area); err == nil { // a simulated chip's
		card.Photo = p
	} else if photo != nil && m > 0 {
		// Without its photo the card is good all the same; identity then offers
		// the other ways.
		card.Photo, _ = photo(ctx, area)
	}
	return card, nil
}
