package pcsc

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/luohu/ting/devices/port"
)

// answersWithin is how long pcscd may take for one answer: it waits for the card.
const answersWithin = 5 * time.Second

// client is one connection to pcscd with a context of its own.
type client struct {
	net.Conn
	context uint32
}

// dial connects to pcscd and agrees on the version.
func dial(ctx context.Context, socket string) (*client, error) {
	d := net.Dialer{Timeout: answersWithin}
	conn, err := d.DialContext(ctx, "unix", socket)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return nil, &port.AwayError{Cause: err, Hint: "apt-get install pcscd libccid; systemctl enable --now pcscd.socket"}
	}
	if err != nil {
		return nil, err
	}
	c, err := greet(conn)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

func greet(conn net.Conn) (*client, error) {
	c := &client{Conn: conn}
	v := VersionBody{Major: major, Minor: minor}
	if err := c.ask(Version, &v); err != nil {
		return nil, err
	}
	if err := v.Status.Err(); err != nil {
		return nil, err
	}
	e := EstablishBody{Scope: scopeSystem}
	if err := c.ask(Establish, &e); err != nil {
		return nil, err
	}
	c.context = e.Context
	return c, e.Status.Err()
}

// ask sends a message and reads its body back, filled in.
func (c *client) ask(cmd Command, body any, after ...byte) error {
	if err := c.tell(cmd, body, after...); err != nil {
		return err
	}
	return binary.Read(c, binary.NativeEndian, body)
}

func (c *client) tell(cmd Command, body any, after ...byte) error {
	m, err := message(cmd, body, after...)
	if err != nil {
		return err
	}
	if err := c.SetDeadline(time.Now().Add(answersWithin)); err != nil {
		return err
	}
	_, err = c.Write(m)
	return err
}

// watch asks for the readers' states, and to be told when they change: changed must
// be called before anything else is asked for.
func (c *client) watch() ([]ReaderState, error) {
	if err := c.tell(Wait, nil); err != nil {
		return nil, err
	}
	var b [StatesSize]byte
	if _, err := io.ReadFull(c, b[:]); err != nil {
		return nil, err
	}
	return ParseStates(b[:])
}

// changed waits until a reader has changed, or at most for a time.
func (c *client) changed(most time.Duration) error {
	if err := c.SetReadDeadline(time.Now().Add(most)); err != nil {
		return err
	}
	var b [8]byte
	n, err := io.ReadFull(c, b[:])
	if errors.Is(err, os.ErrDeadlineExceeded) && n == 0 {
		// Stop waiting: whichever of the two is first, one signal comes.
		if err := c.tell(StopWait, nil); err != nil {
			return err
		}
		_, err = io.ReadFull(c, b[:])
	}
	if err != nil {
		return err
	}
	var s SignalBody
	if err := binary.Read(bytes.NewReader(b[:]), binary.NativeEndian, &s); err != nil {
		return err
	}
	return s.Status.Err()
}

// uid reads the number of the card that lies on a reader.
func (c *client) uid(reader string) (uid []byte, err error) {
	co := ConnectBody{Context: c.context, Share: shareShared, Preferred: t0 | t1}
	copy(co.Reader[:mostName-1], reader)
	if err := c.ask(Connect, &co); err != nil {
		return nil, err
	}
	if err := co.Status.Err(); err != nil {
		return nil, err
	}
	defer func() {
		d := DisconnectBody{Card: co.Card, Disposition: leaveCard}
		if failed := c.ask(Disconnect, &d); err == nil {
			err = failed // the connection; a card that has gone meanwhile is no matter
		}
	}()
	t := TransmitBody{
		Card: co.Card, SendProtocol: co.Active, SendPCI: pciLength, Sent: uint32(len(getUID)),
		ReceiveProtocol: co.Active, ReceivePCI: pciLength, Received: mostAnswer,
	}
	if err := c.ask(Transmit, &t, getUID...); err != nil {
		return nil, err
	}
	if err := t.Status.Err(); err != nil {
		return nil, err
	}
	if t.Received > mostAnswer {
		return nil, errors.New("PC/SC: an answer that is longer than what was asked for")
	}
	answer := make([]byte, t.Received)
	if _, err := io.ReadFull(c, answer); err != nil {
		return nil, err
	}
	return ParseUID(answer)
}
