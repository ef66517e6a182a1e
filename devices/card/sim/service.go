package sim

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"sync"

	"github.com/luohu/ting/devices/card/pcsc"
)

// Service is an emulated pcscd: it speaks pcscd's own protocol to any number of
// clients, with virtual readers that are plugged in and out and virtual cards that
// are held to them. Its methods are safe for several goroutines.
type Service struct {
	mu      sync.Mutex
	readers []pcsc.ReaderState
	cards   map[string][]byte // what a card answers GET DATA with, by reader
	waiting map[*connection]struct{}
}

// New makes a service without a reader.
func New() *Service {
	return &Service{cards: map[string][]byte{}, waiting: map[*connection]struct{}{}}
}

// Plug plugs a reader in.
func (s *Service) Plug(name string) {
	s.change(func() { s.readers = append(s.readers, pcsc.ReaderState{Name: name}) })
}

// Unplug pulls a reader, with what lies on it.
func (s *Service) Unplug(name string) {
	s.change(func() {
		s.readers = slices.DeleteFunc(s.readers, func(r pcsc.ReaderState) bool { return r.Name == name })
		delete(s.cards, name)
	})
}

// Hold holds a card of that number to a reader. A nil number is a card that has none.
func (s *Service) Hold(reader string, uid []byte) {
	answer := []byte{0x6a, 0x81} // function not supported
	if uid != nil {
		answer = append(slices.Clone(uid), 0x90, 0x00)
	}
	s.change(func() { s.move(reader, answer) })
}

// Take takes the card away.
func (s *Service) Take(reader string) { s.change(func() { s.move(reader, nil) }) }

// move lays a card on a reader or takes it away. s.mu is held.
func (s *Service) move(reader string, card []byte) {
	for i := range s.readers {
		r := &s.readers[i]
		if r.Name == reader && r.Present != (card != nil) {
			r.Events++
			r.Present, r.Powered = card != nil, card != nil
			s.cards[reader] = card
		}
	}
}

// change changes something and tells those who wait for it.
func (s *Service) change(f func()) {
	s.mu.Lock()
	f()
	told := s.waiting
	s.waiting = map[*connection]struct{}{}
	s.mu.Unlock()
	for c := range told {
		c.signal()
	}
}

// connection is one client.
type connection struct {
	net.Conn
	write sync.Mutex
	on    map[int32]string // the reader behind each card that is connected
}

func (c *connection) send(body any) error {
	c.write.Lock()
	defer c.write.Unlock()
	return binary.Write(c.Conn, binary.NativeEndian, body)
}

func (c *connection) signal() { _ = c.send(pcsc.SignalBody{}) } // a client that has gone is served no more

// Serve answers one client until it hangs up.
func (s *Service) Serve(conn net.Conn) error {
	c := &connection{Conn: conn, on: map[int32]string{}}
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.waiting, c)
	}()
	for {
		cmd, size, err := pcsc.ReadHeader(conn)
		if err == nil {
			err = s.answer(c, cmd, size)
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrClosedPipe), errors.Is(err, net.ErrClosed):
			return nil
		case err != nil:
			return err
		}
	}
}

// read reads a body.
func (c *connection) read(body any, size int) error {
	if binary.Size(body) != size {
		return errors.New("a body of another size")
	}
	return binary.Read(c.Conn, binary.NativeEndian, body)
}

func (s *Service) answer(c *connection, cmd pcsc.Command, size int) error {
	switch cmd {
	case pcsc.Version:
		var b pcsc.VersionBody
		if err := c.read(&b, size); err != nil {
			return err
		}
		if b.Major != 4 || b.Minor != 4 {
			b.Status = pcsc.ServiceStopped
		}
		return c.send(b)
	case pcsc.Establish:
		var b pcsc.EstablishBody
		if err := c.read(&b, size); err != nil {
			return err
		}
		b.Context = 0x1234
		return c.send(b)
	case pcsc.Wait:
		s.mu.Lock()
		states := pcsc.AppendStates(nil, s.readers)
		c.write.Lock() // so that the states go before a signal
		s.waiting[c] = struct{}{}
		s.mu.Unlock()
		_, err := c.Write(states)
		c.write.Unlock()
		return err
	case pcsc.StopWait:
		s.mu.Lock()
		_, waits := s.waiting[c]
		delete(s.waiting, c)
		s.mu.Unlock()
		if waits {
			return c.send(pcsc.SignalBody{})
		}
		return nil
	case pcsc.Connect, pcsc.Transmit, pcsc.Disconnect:
		return s.card(c, cmd, size)
	}
	return errors.New("a command that is not emulated")
}

// card answers what concerns a card.
func (s *Service) card(c *connection, cmd pcsc.Command, size int) error {
	switch cmd {
	case pcsc.Connect:
		var b pcsc.ConnectBody
		if err := c.read(&b, size); err != nil {
			return err
		}
		name := string(b.Reader[:slices.Index(b.Reader[:], 0)])
		s.mu.Lock()
		answer := s.cards[name]
		s.mu.Unlock()
		if answer == nil {
			b.Status = pcsc.NoCard
			return c.send(b)
		}
		b.Card, b.Active = int32(len(c.on)+1), 2
		c.on[b.Card] = name
		return c.send(b)
	case pcsc.Disconnect:
		var b pcsc.DisconnectBody
		if err := c.read(&b, size); err != nil {
			return err
		}
		delete(c.on, b.Card)
		return c.send(b)
	}
	var b pcsc.TransmitBody
	if err := c.read(&b, size); err != nil {
		return err
	}
	apdu := make([]byte, min(b.Sent, 300))
	if _, err := io.ReadFull(c, apdu); err != nil {
		return err
	}
	s.mu.Lock()
	answer := s.cards[c.on[b.Card]]
	s.mu.Unlock()
	if answer == nil {
		b.Status, b.Received = pcsc.Removed, 0
		return c.send(b)
	}
	if len(apdu) != 5 || apdu[0] != 0xff || apdu[1] != 0xca {
		answer = []byte{0x6d, 0x00} // instruction not supported
	}
	b.Received = uint32(len(answer))
	if err := c.send(b); err != nil {
		return err
	}
	return c.send(answer)
}
