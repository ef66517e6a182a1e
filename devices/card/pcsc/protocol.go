package pcsc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The messages between pcscd and its clients, version 4:4, which every pcscd since
// 2018 speaks and newer ones keep speaking beside their own: a header of size and
// command, then a body of 32-bit words in the machine's byte order, which the
// answer repeats filled in. After pcsc-lite's src/winscard_msg.h.
const (
	major, minor = 4, 4

	mostName    = 128 // bytes of a reader's name
	mostATR     = 33
	mostReaders = 16
	mostAnswer  = 264 // bytes of a short APDU's answer, more than any card's number
)

// Command says what a message asks for.
type Command uint32

// The commands.
const (
	Establish  Command = 0x01
	Connect    Command = 0x04
	Disconnect Command = 0x06
	Transmit   Command = 0x09
	Version    Command = 0x11
	Wait       Command = 0x13 // answered by the readers' states, then by a Signal when they change
	StopWait   Command = 0x14 // answered by a Signal, unless one was under way
)

// Status is pcscd's own word about what was asked for.
type Status uint32

// Those with a meaning to a driver.
const (
	OK             Status = 0
	InvalidHandle  Status = 0x80100003
	UnknownReader  Status = 0x80100009
	Sharing        Status = 0x8010000b
	NoCard         Status = 0x8010000c
	ReaderGone     Status = 0x80100017
	ServiceStopped Status = 0x8010001e
	Unresponsive   Status = 0x80100066
	Reset          Status = 0x80100068
	Removed        Status = 0x80100069
	NotAllowed     Status = 0x8010006a
)

var meanings = map[Status]string{
	InvalidHandle: "the card is not connected", UnknownReader: "there is no such reader",
	Sharing: "another program has the reader for itself", NoCard: "no card is there",
	ReaderGone: "the reader was unplugged", ServiceStopped: "pcscd speaks another version",
	Unresponsive: "the card does not answer", Reset: "the card was reset", Removed: "the card was taken away",
	NotAllowed: "pcscd does not let this user in",
}

// Error is its meaning.
func (s Status) Error() string {
	if m, ok := meanings[s]; ok {
		return "PC/SC: " + m
	}
	return fmt.Sprintf("PC/SC: error %#08x", uint32(s))
}

// Err is s, or nil for OK.
func (s Status) Err() error {
	if s == OK {
		return nil
	}
	return s
}

// ReaderState is one reader as pcscd sees it.
type ReaderState struct {
	Name    string
	Events  uint32 // rises whenever a card comes or goes
	Present bool   // a card lies there
	Powered bool   // and has said what it is, or will not
}

// readerState is a ReaderState as it is sent.
type readerState struct {
	Name      [mostName]byte
	Events    uint32
	State     uint32
	Sharing   int32
	ATR       [mostATR]byte
	_         [3]byte
	ATRLength uint32
	Protocol  uint32
}

// Bits of readerState.State.
const (
	absent  = 0x2
	present = 0x4
	mute    = 0x8
)

// StatesSize is how many bytes the states of all readers are.
const StatesSize = mostReaders * (mostName + 4*3 + mostATR + 3 + 4*2)

// ParseStates reads the states of all readers; places without one are left out.
func ParseStates(b []byte) ([]ReaderState, error) {
	if len(b) != StatesSize {
		return nil, fmt.Errorf("PC/SC: %d bytes of readers' states, not %d", len(b), StatesSize)
	}
	var all [mostReaders]readerState
	if err := binary.Read(bytes.NewReader(b), binary.NativeEndian, &all); err != nil {
		return nil, fmt.Errorf("PC/SC: %w", err)
	}
	var states []ReaderState
	for _, r := range all {
		name, _, ended := bytes.Cut(r.Name[:], []byte{0})
		if len(name) == 0 || !ended {
			continue
		}
		states = append(states, ReaderState{
			Name: string(name), Events: r.Events, Present: r.State&present != 0,
			// An ATR of one byte more than there can be is "not looked at yet".
			Powered: r.State&mute != 0 || r.ATRLength > 0 && r.ATRLength <= mostATR,
		})
	}
	return states, nil
}

// AppendStates writes the states of readers, of which there is room for sixteen.
func AppendStates(b []byte, states []ReaderState) []byte {
	var all [mostReaders]readerState
	for i, s := range states[:min(len(states), mostReaders)] {
		r := &all[i]
		copy(r.Name[:mostName-1], s.Name)
		r.Events = s.Events
		r.State = absent
		if s.Present {
			r.State = present
		}
		if s.Powered {
			r.ATR, r.ATRLength, r.Protocol = [mostATR]byte{0x3b, 0x80, 0x80, 0x01, 0x01}, 5, t1
		}
	}
	b, err := binary.Append(b, binary.NativeEndian, &all)
	if err != nil {
		panic(err) // a value of fixed size can be written
	}
	return b
}

// The bodies, as both sides send them.
type (
	// VersionBody is that of Version.
	VersionBody struct {
		Major, Minor int32
		Status       Status
	}
	// EstablishBody is that of Establish.
	EstablishBody struct {
		Scope, Context uint32
		Status         Status
	}
	// ConnectBody is that of Connect.
	ConnectBody struct {
		Context          uint32
		Reader           [mostName]byte
		Share, Preferred uint32
		Card             int32
		Active           uint32
		Status           Status
	}
	// DisconnectBody is that of Disconnect.
	DisconnectBody struct {
		Card        int32
		Disposition uint32
		Status      Status
	}
	// TransmitBody is that of Transmit; the bytes themselves follow it, those of the
	// answer only when its Status is OK.
	TransmitBody struct {
		Card                        int32
		SendProtocol, SendPCI       uint32
		Sent                        uint32
		ReceiveProtocol, ReceivePCI uint32
		Received                    uint32
		Status                      Status
	}
	// SignalBody says that readers have changed.
	SignalBody struct {
		TimeOut uint32
		Status  Status
	}
)

// Values in the bodies.
const (
	scopeSystem = 2
	shareShared = 2
	t0          = 1 // transmission protocols, bits
	t1          = 2
	pciLength   = 16 // of the structure on a 64-bit machine; not looked at
	leaveCard   = 0
	statusBytes = 2 // of a card, behind its answer
)

// getUID asks a contactless card for its number: PC/SC part 3, GET DATA.
var getUID = []byte{0xff, 0xca, 0x00, 0x00, 0x00}

// errUID is told of a card whose answer holds no number.
var errUID = errors.New("it has no number (is it a contact card?)")

// ParseUID takes the number out of the answer to getUID.
func ParseUID(answer []byte) ([]byte, error) {
	n := len(answer) - statusBytes
	if n < 0 {
		return nil, fmt.Errorf("%w: an answer of %d bytes", errUID, len(answer))
	}
	if sw := binary.BigEndian.Uint16(answer[n:]); sw != 0x9000 {
		return nil, fmt.Errorf("%w: status %04x", errUID, sw)
	}
	switch n {
	case 4, 7, 8, 10: // single, double, triple size; 8 of ISO 15693
		return answer[:n], nil
	}
	return nil, fmt.Errorf("%w: %d bytes", errUID, n)
}

// ReadHeader reads what a message is and how long its body.
func ReadHeader(r io.Reader) (Command, int, error) {
	var h struct{ Size, Command uint32 }
	if err := binary.Read(r, binary.NativeEndian, &h); err != nil {
		return 0, 0, err
	}
	if h.Size > 4096 {
		return 0, 0, fmt.Errorf("PC/SC: a message of %d bytes", h.Size)
	}
	return Command(h.Command), int(h.Size), nil
}

// message is a command with its body as bytes; a nil body is none.
func message(c Command, body any, after ...byte) ([]byte, error) {
	var b []byte
	if body != nil {
		var err error
		if b, err = binary.Append(nil, binary.NativeEndian, body); err != nil {
			return nil, err
		}
	}
	m, err := binary.Append(nil, binary.NativeEndian, []uint32{uint32(len(b)), uint32(c)})
	return append(append(m, b...), after...), err
}
