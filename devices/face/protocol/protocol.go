// Package protocol is what the terminal and the face engine's process say to each
// other: small binary messages over a socket pair, and pixels in shared memory.
//
// A message is a length (four bytes, of what follows), the Version, a Kind, an ID
// of eight bytes and a body; numbers are little-endian. The process inherits the
// socket as file descriptor 3 and the shared memory as 4. It says Ready or Refusal
// once, then answers every Request, in any order, with Faces or Failure of the same ID.
// A Request names the slot of the shared memory that holds its picture; the slot
// belongs to the process until the answer.
//
// Both ends come from one build, so a foreign Version is refused and not
// translated. Parse functions never trust what they read: they fail on every length
// or number out of bounds, and fuzz tests hold them to it.
//
// Versions: 1, the first; 2, with pitch and what may hide a face.
package protocol

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Version is the protocol's version.
const Version = 2

// The file descriptors that the process inherits.
const (
	SocketFD = 3
	MemoryFD = 4
)

// MaxMessage is the largest length that a message may give, in bytes.
const MaxMessage = 256 << 10

const headerSize = 1 + 1 + 8

// Kind says what a message is.
type Kind uint8

// The kinds.
const (
	KindReady   Kind = 1 + iota // process: models are loaded, requests are welcome
	KindRefusal                 // process: it cannot work, and why; it ends
	KindRequest                 // terminal: analyse a slot
	KindFaces                   // process: what the slot showed
	KindFailure                 // process: the request could not be answered
)

// Message is one message.
type Message struct {
	Kind Kind
	ID   uint64 // the request's; 0 for Ready and Refusal
	Body []byte
}

// VersionError is a message of another version of the protocol.
type VersionError struct{ Got uint8 }

// Error says what to do.
func (e *VersionError) Error() string {
	return fmt.Sprintf("the other end speaks version %d of the face protocol, this one %d: install ting and ting-face from the same build",
		e.Got, Version)
}

// ErrTooLong is a message longer than MaxMessage.
var ErrTooLong = errors.New("message is too long")

// Conn sends and receives messages. Send is safe for several goroutines, Receive for one.
type Conn struct {
	rw io.ReadWriter

	mu  sync.Mutex
	out []byte
	in  []byte
}

// NewConn speaks over rw, which stays the caller's to close.
func NewConn(rw io.ReadWriter) *Conn { return &Conn{rw: rw} }

// Send writes one message.
func (c *Conn) Send(m Message) error {
	if len(m.Body) > MaxMessage-headerSize {
		return fmt.Errorf("%w: %d bytes", ErrTooLong, len(m.Body))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out = binary.LittleEndian.AppendUint32(c.out[:0], uint32(headerSize+len(m.Body)))
	c.out = append(c.out, Version, byte(m.Kind))
	c.out = binary.LittleEndian.AppendUint64(c.out, m.ID)
	c.out = append(c.out, m.Body...)
	_, err := c.rw.Write(c.out)
	clear(c.out) // descriptors pass through here
	return err
}

// Receive reads one message. Its body is valid until the next Receive. The error
// is io.EOF when the other end closed between two messages.
func (c *Conn) Receive() (Message, error) {
	var length [4]byte
	if _, err := io.ReadFull(c.rw, length[:]); err != nil {
		return Message{}, err
	}
	n := binary.LittleEndian.Uint32(length[:])
	if n > MaxMessage {
		return Message{}, fmt.Errorf("%w: %d bytes", ErrTooLong, n)
	}
	if n < 1 {
		return Message{}, io.ErrUnexpectedEOF
	}
	if uint32(cap(c.in)) < n {
		c.in = make([]byte, n)
	}
	clear(c.in[:cap(c.in)])
	c.in = c.in[:n]
	if _, err := io.ReadFull(c.rw, c.in); err != nil {
		return Message{}, unexpected(err)
	}
	// The version comes first, so that it is understood whatever follows.
	if c.in[0] != Version {
		return Message{}, &VersionError{Got: c.in[0]}
	}
	if n < headerSize {
		return Message{}, io.ErrUnexpectedEOF
	}
	return Message{
		Kind: Kind(c.in[1]),
		ID:   binary.LittleEndian.Uint64(c.in[2:]),
		Body: c.in[headerSize:],
	}, nil
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
