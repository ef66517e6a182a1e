package hl7

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// MLLP's frame: a message between a vertical tab and a file separator with a
// carriage return.
const (
	startBlock = 0x0b
	endBlock   = 0x1c
	carriage   = '\r'
)

// WriteFrame writes a message in its frame.
func WriteFrame(w io.Writer, message []byte) error {
	if bytes.IndexByte(message, endBlock) >= 0 {
		return fmt.Errorf("%w: it holds the character that ends a frame", ErrMessage)
	}
	b := make([]byte, 0, len(message)+3)
	b = append(b, startBlock)
	b = append(b, message...)
	_, err := w.Write(append(b, endBlock, carriage))
	return err
}

// ReadFrame reads the next message. What stands before the frame is skipped, up
// to a message's length; a message longer than MaxMessage is an error.
func ReadFrame(r *bufio.Reader) ([]byte, error) {
	for skipped := 0; ; skipped++ {
		c, err := r.ReadByte()
		if err != nil {
			return nil, err
		}
		if c == startBlock {
			break
		}
		if skipped == MaxMessage {
			return nil, fmt.Errorf("%w: no frame begins", ErrMessage)
		}
	}
	var b []byte
	for {
		part, err := r.ReadSlice(endBlock)
		b = append(b, part...)
		if len(b) > MaxMessage+1 {
			return nil, fmt.Errorf("%w: more than %d bytes in a frame", ErrMessage, MaxMessage)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil {
			return nil, noEOF(err)
		}
		break
	}
	if c, err := r.ReadByte(); err != nil || c != carriage {
		if err != nil {
			return nil, noEOF(err)
		}
		return nil, fmt.Errorf("%w: a frame ends without a carriage return", ErrMessage)
	}
	return b[:len(b)-1], nil
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Client sends messages to one receiver, a connection each.
type Client struct {
	Address string      // host:port
	TLS     *tls.Config // nil for none
	Timeout time.Duration
}

// Answer is how a receiver answered a message.
type Answer struct {
	Code string // AA, AE, AR; CA, CE, CR
	Text string
}

// Send sends a message and waits for its acknowledgement. An error means that
// there is none: the message may have arrived, and should be sent again.
func (c Client) Send(ctx context.Context, m Message) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", c.Address)
	if err != nil {
		return Answer{}, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if c.TLS != nil {
		secured := tls.Client(conn, c.TLS)
		if err := secured.HandshakeContext(ctx); err != nil {
			return Answer{}, err
		}
		conn = secured
	}
	if err := WriteFrame(conn, m.Encode()); err != nil {
		return Answer{}, err
	}
	b, err := ReadFrame(bufio.NewReader(conn))
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return Answer{}, fmt.Errorf("wait for the acknowledgement: %w", err)
	}
	ack, err := Parse(b)
	if err != nil {
		return Answer{}, err
	}
	msa, ok := ack.Find("MSA")
	if !ok {
		return Answer{}, fmt.Errorf("%w: an acknowledgement without MSA", ErrMessage)
	}
	if got := msa.Field(2); Unescape(got) != Unescape(m.ControlID()) {
		return Answer{}, errors.New("the acknowledgement is another message's")
	}
	return Answer{Code: msa.Field(1), Text: Unescape(msa.Field(3))}, nil
}

// Receiver takes messages in, as a hospital's interface engine does. It serves
// tests and demonstrations.
type Receiver struct {
	// Take is told of each message and says how to answer: "AA", "AE" or "AR".
	Take func(Message) string

	mu       sync.Mutex
	listener net.Listener
	conns    map[net.Conn]bool
}

// Serve takes messages from a listener until Close.
func (r *Receiver) Serve(l net.Listener) error {
	r.mu.Lock()
	r.listener, r.conns = l, map[net.Conn]bool{}
	r.mu.Unlock()
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		r.mu.Lock()
		r.conns[conn] = true
		r.mu.Unlock()
		go r.talk(conn)
	}
}

func (r *Receiver) talk(conn net.Conn) {
	defer func() {
		conn.Close()
		r.mu.Lock()
		delete(r.conns, conn)
		r.mu.Unlock()
	}()
	in := bufio.NewReader(conn)
	for {
		b, err := ReadFrame(in)
		if err != nil {
			return
		}
		code, control := "AR", ""
		if m, err := Parse(b); err == nil {
			code, control = r.Take(m), m.ControlID()
		}
		ack := Message{
			Header("HIS", "", "TING", "", time.Now().Format(Time), "ACK", "ack-"+control),
			Of("MSA", map[int]string{1: code, 2: control}),
		}
		if err := WriteFrame(conn, ack.Encode()); err != nil {
			return
		}
	}
}

// Close ends Serve and its connections.
func (r *Receiver) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for conn := range r.conns {
		conn.Close()
	}
	if r.listener == nil {
		return nil
	}
	return r.listener.Close()
}

// Time is how HL7 writes an instant (TS), for time.Format.
const Time = "20060102150405-0700"
