// Package sim is a simulated ID card reader: a security module that speaks the
// real protocol, and a hand that lays cards on it.
//
//	sim:                            a card is laid on it every 10 s for a moment
//	sim:?every=3s                   every 3 s
//
// Module.Serve speaks to anything that can be written to: over a pseudo-terminal
// (devices/port/pty) it is a reader at a serial line.
package sim

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/jpeg"
	"io"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/luohu/ting/devices/idcard"
	"github.com/luohu/ting/devices/idcard/sam"
	"github.com/luohu/ting/devices/port"
)

// Module is a simulated security module. Its methods are safe for several goroutines.
type Module struct {
	mu    sync.Mutex
	state state
	chip  []byte // of the card that lies there; nil for none
	lost  int    // commands after which it is taken away; below 0 is never
	fault sam.Code
}

// state is how far the card that lies there was taken.
type state int

const (
	unseen state = iota
	found
	chosen
	read // answers nothing more until it was taken away
)

// New makes a module without a card.
func New() *Module { return &Module{lost: -1} }

// Lay lays a card on the reader.
func (m *Module) Lay(c idcard.Card) error {
	var photo []byte
	if c.Photo != nil {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, c.Photo, &jpeg.Options{Quality: 60}); err != nil {
			return err
		}
		photo = b.Bytes()
	}
	m.LayChip(sam.ChipText(c), photo)
	return nil
}

// LayChip lays a card with those areas on the reader.
func (m *Module) LayChip(text, photo []byte) {
	head := binary.BigEndian.AppendUint16(nil, uint16(len(text)))
	head = binary.BigEndian.AppendUint16(head, uint16(len(photo)))
	m.mu.Lock()
	defer m.mu.Unlock()
	m.chip, m.state, m.lost = append(append(head, text...), photo...), unseen, -1
}

// Take takes the card away.
func (m *Module) Take() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.chip, m.state = nil, unseen
}

// TakeAfter takes the card away after so many further commands about it.
func (m *Module) TakeAfter(commands int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lost = commands
}

// Fail has reading answer with a code, as for a card that is not genuine; 0 ends it.
func (m *Module) Fail(c sam.Code) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fault = c
}

// Serve answers commands until c ends. What is no frame ends it too.
func (m *Module) Serve(c io.ReadWriter) error {
	in := bufio.NewReader(c)
	for {
		command, _, err := sam.ReadRequest(in)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) {
			return nil
		}
		if err != nil {
			return err
		}
		code, data := m.answer(command)
		if _, err := c.Write(sam.AppendAnswer(nil, code, data...)); err != nil {
			return err
		}
	}
}

func (m *Module) answer(c sam.Command) (sam.Code, []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch c {
	case sam.Status:
		return sam.Done, nil
	case sam.ModuleID:
		return sam.Done, make([]byte, 16)
	}
	if m.lost == 0 {
		m.chip, m.state, m.lost = nil, unseen, -1
	} else if m.lost > 0 {
		m.lost--
	}
	switch {
	case c == sam.Find && m.chip != nil && m.state != read:
		m.state = found
		return sam.Found, make([]byte, 4)
	case c == sam.Find:
		return sam.NoCard, nil
	case c == sam.Select && m.state == found:
		m.state = chosen
		return sam.Done, make([]byte, 8)
	case c == sam.Select:
		return sam.NotChosen, nil
	case c == sam.ReadBase && m.state == chosen && m.fault != 0:
		return m.fault, nil
	case c == sam.ReadBase && m.state == chosen:
		m.state = read
		return sam.Done, m.chip
	case c == sam.ReadBase:
		return sam.NotRead, nil
	}
	return sam.BadOrder, nil
}

// Citizen is the card of somebody who does not exist.
func Citizen() idcard.Card {
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	p := image.NewGray(image.Rect(0, 0, 102, 126))
	for i := range p.Pix {
		p.Pix[i] = byte(96 + i%64)
	}
	return idcard.Card{
		Kind: idcard.Resident, Name: "林知远", Sex: idcard.Male, Ethnicity: "汉", Birth: day(1956, 3, 21),
		Address: "清江区桥头街道河坊路 18 号 2 单元 301 室", Number: "330106195603210019", Issuer: "清江区公安局",
		ValidFrom: day(2016, 5, 4), Photo: p,
	}
}

// Open opens the reader a sim: URL describes. It is a devices.Opener.
func Open(_ context.Context, u *url.URL) (idcard.Reader, error) {
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, err
	}
	every := 10 * time.Second
	if err := port.Parameters(q, map[string]func(string) error{"every": port.Duration(&every, time.Hour)}); err != nil {
		return nil, err
	}
	m := New()
	r := &simulated{Reader: sam.New(m.dial, nil), stop: make(chan struct{})}
	r.hand.Go(func() { r.lay(m, every) })
	return r, nil
}

func (m *Module) dial(context.Context) (port.Conn, error) {
	driver, own := net.Pipe()
	go func() {
		defer own.Close()
		_ = m.Serve(own) // it ends when the driver hangs up
	}()
	return driver, nil
}

type simulated struct {
	*sam.Reader
	once sync.Once
	stop chan struct{}
	hand sync.WaitGroup
}

// lay lays the citizen's card on the reader again and again.
func (s *simulated) lay(m *Module, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-tick.C:
			m.Take()
			_ = m.Lay(Citizen()) // a picture in memory can be encoded
		}
	}
}

// Close ends reading. It may be called twice.
func (s *simulated) Close() error {
	s.once.Do(func() { close(s.stop) })
	s.hand.Wait()
	return s.Reader.Close()
}
