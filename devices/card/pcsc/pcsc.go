// Package pcsc reads cards on every reader that pcscd knows: nearly all that are
// sold, over USB.
//
//	pcsc:                      all readers that are plugged in
//	pcsc:?reader=ACR122        those whose name contains that
//	pcsc:?socket=/run/pcscd/pcscd.comm
//
// It speaks to pcscd over its socket, as libpcsclite does: a terminal that has no
// reader then needs no library to start, and nothing of a reader's driver runs in
// the terminal's process. Readers and pcscd itself may come and go.
//
// Install pcscd (Debian's package, with libccid for USB readers). Test against
// pcscd itself with vsmartcard's virtual reader, or devices/card/sim.
package pcsc

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/card"
	"github.com/luohu/ting/devices/port"
)

// Socket is where pcscd listens.
const Socket = "/run/pcscd/pcscd.comm"

// asksEvery is how often pcscd is asked while nothing happens: it may hang.
const asksEvery = 10 * time.Second

// Reader is all readers at one pcscd.
type Reader struct {
	desk devices.Desk[read]
	line *port.Line
	name string // part of the names of those that count
}

type read struct {
	card card.Card
	err  error
}

var _ card.Reader = (*Reader)(nil)

// Open opens the readers at u. It is a devices.Opener.
func Open(_ context.Context, u *url.URL) (card.Reader, error) {
	socket, name := Socket, ""
	if u.Opaque != "" || u.Host != "" || u.Path != "" {
		return nil, errors.New("only parameters are known, as in pcsc:?reader=ACR122")
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, err
	}
	if err := port.Parameters(q, map[string]func(string) error{
		"socket": func(s string) error { socket = s; return nil },
		"reader": func(s string) error { name = s; return nil },
	}); err != nil {
		return nil, err
	}
	return New(socket, name), nil
}

// New reads cards at the pcscd that listens at socket, on the readers whose names
// contain name.
func New(socket, name string) *Reader {
	r := &Reader{name: name}
	r.line = port.Keep(func(ctx context.Context) (*client, error) { return dial(ctx, socket) }, r.serve)
	return r
}

// Next implements card.Reader.
func (r *Reader) Next(ctx context.Context) (card.Card, error) {
	c, err := r.desk.Next(ctx)
	if err != nil {
		return card.Card{}, fmt.Errorf("card reader: %w", err)
	}
	return c.card, c.err
}

// Health implements card.Reader.
func (r *Reader) Health() devices.Health { return r.line.Health() }

// Close ends reading. It may be called twice.
func (r *Reader) Close() error { return errors.Join(r.line.Close(), r.desk.Close()) }

// serve watches the readers over one connection. A card that lies there when a
// reader is first seen was left behind by somebody.
func (r *Reader) serve(ctx context.Context, l *port.Line, c *client) error {
	seen := map[string]uint32{} // what was done about a reader, by its count of events
	for ctx.Err() == nil {
		states, err := c.watch()
		if err != nil {
			return err
		}
		states = r.mine(states)
		if len(states) == 0 {
			l.Away("no card reader is plugged in", r.hint())
		} else if l.Health().State != devices.Faulty {
			l.Ready()
		}
		fresh := r.fresh(seen, states)
		most := asksEvery
		if len(fresh) > 0 {
			most = 0 // cards first
		}
		if err := c.changed(most); err != nil {
			return err
		}
		for _, s := range fresh {
			if err := r.read(l, c, s); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Reader) hint() string {
	if r.name != "" {
		return "plug it in, or correct reader= in terminal.toml: its name does not contain " + r.name
	}
	return "plug it in; lsusb shows whether the machine sees it"
}

// mine are the readers that count.
func (r *Reader) mine(all []ReaderState) (mine []ReaderState) {
	for _, s := range all {
		if strings.Contains(s.Name, r.name) {
			mine = append(mine, s)
		}
	}
	return mine
}

// fresh are the readers to which a card is held that was not seen before; all are
// seen then, and those that were unplugged forgotten.
func (r *Reader) fresh(seen map[string]uint32, states []ReaderState) (fresh []ReaderState) {
	there := map[string]bool{}
	for _, s := range states {
		there[s.Name] = true
		events, known := seen[s.Name]
		if known && s.Present && !s.Powered {
			continue // it is being woken
		}
		seen[s.Name] = s.Events
		if known && s.Present && s.Events != events {
			fresh = append(fresh, s)
		}
	}
	for name := range seen {
		if !there[name] {
			delete(seen, name)
		}
	}
	return fresh
}

// read reads one card. An error is one of the connection to pcscd.
func (r *Reader) read(l *port.Line, c *client, s ReaderState) error {
	uid, err := c.uid(s.Name)
	var status Status
	said := errors.As(err, &status)
	if err != nil && !said && !errors.Is(err, errUID) {
		return err
	}
	if hint, somebodys := needs[status]; somebodys && said {
		l.Fault(status.Error(), hint)
	} else {
		l.Ready()
	}
	if err != nil {
		r.desk.Lay(read{err: fmt.Errorf("%w: %w", card.ErrCard, err)})
		return nil
	}
	r.desk.Lay(read{card: card.Card{UID: uid}})
	return nil
}

// needs is what to do about what pcscd says, where somebody must.
var needs = map[Status]string{
	Sharing:    "end the other program (gpg's scdaemon takes readers for itself)",
	NotAllowed: "let the terminal's user use pcscd (polkit)",
}
