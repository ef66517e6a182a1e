package sam

import (
	"errors"
	"fmt"
	"io"
)

// A frame on the line, either way:
//
//	AA AA AA 96 69   preamble
//	LL LL            length of what follows, big endian, with the checksum
//	CC PP            command and parameter, or S1 S2 S3: the status of an answer
//	…                data
//	XX               exclusive or of everything from the length on
var preamble = [5]byte{0xaa, 0xaa, 0xaa, 0x96, 0x69}

// maxFrame is the longest frame accepted: a card with fingerprints is 2.3 KiB.
const maxFrame = 8 << 10

// Command is one request to the security module.
type Command [2]byte

// The commands.
var (
	Status   = Command{0x11, 0xff} // of the module itself
	ModuleID = Command{0x12, 0xff}
	Find     = Command{0x20, 0x01}
	Select   = Command{0x20, 0x02}
	ReadBase = Command{0x30, 0x01} // text and photo
)

// Code is the status of an answer, its third byte.
type Code byte

// The codes.
const (
	Done      Code = 0x90
	Found     Code = 0x9f
	BadSum    Code = 0x10
	BadLength Code = 0x11
	BadOrder  Code = 0x21 // no such command, or not now
	NoCard    Code = 0x80
	NotChosen Code = 0x81
	NotProved Code = 0x31 // module and card do not trust each other
	NotRead   Code = 0x41
	Busy      Code = 0x60 // the module is not ready
)

// ErrFrame is wrapped by every error about bytes that are no frame.
var ErrFrame = errors.New("not a frame of an ID card reader")

// AppendRequest appends the frame of a command to b.
func AppendRequest(b []byte, c Command, data ...byte) []byte { return appendFrame(b, c[:], data) }

// AppendAnswer appends the frame of an answer to b.
func AppendAnswer(b []byte, code Code, data ...byte) []byte {
	return appendFrame(b, []byte{0, 0, byte(code)}, data)
}

func appendFrame(b, head, data []byte) []byte {
	b = append(b, preamble[:]...)
	from := len(b)
	n := len(head) + len(data) + 1
	b = append(b, byte(n>>8), byte(n))
	b = append(append(b, head...), data...)
	var sum byte
	for _, v := range b[from:] {
		sum ^= v
	}
	return append(b, sum)
}

// readFrame reads the next frame's content, past whatever noise stands before
// its preamble.
func readFrame(r io.ByteReader) ([]byte, error) {
	const mostNoise = 4 << 10
	for matched, noise := 0, 0; matched < len(preamble); noise++ {
		b, err := r.ReadByte()
		if err != nil {
			return nil, err
		}
		switch b {
		case preamble[matched]:
			matched++
		case preamble[0]:
			// A fourth AA still has three before it; any other is a first one.
			if matched != 3 {
				matched = 1
			}
		default:
			matched = 0
		}
		if noise > mostNoise {
			return nil, fmt.Errorf("%w: %d bytes without a preamble (is the baud rate 115200?)", ErrFrame, noise)
		}
	}
	var sum byte
	next := func() (byte, error) {
		b, err := r.ReadByte()
		sum ^= b
		return b, err
	}
	high, err := next()
	if err != nil {
		return nil, err
	}
	low, err := next()
	if err != nil {
		return nil, err
	}
	n := int(high)<<8 | int(low)
	if n < 3 || n > maxFrame {
		return nil, fmt.Errorf("%w: length %d", ErrFrame, n)
	}
	content := make([]byte, n-1)
	for i := range content {
		if content[i], err = next(); err != nil {
			return nil, err
		}
	}
	want := sum
	got, err := r.ReadByte()
	if err != nil {
		return nil, err
	}
	if got != want {
		return nil, fmt.Errorf("%w: checksum %#02x, and the frame says %#02x", ErrFrame, want, got)
	}
	return content, nil
}

// ReadAnswer reads the next answer.
func ReadAnswer(r io.ByteReader) (Code, []byte, error) {
	b, err := readFrame(r)
	if err != nil {
		return 0, nil, err
	}
	if len(b) < 3 || b[0] != 0 || b[1] != 0 {
		return 0, nil, fmt.Errorf("%w: status % x", ErrFrame, b[:min(3, len(b))])
	}
	return Code(b[2]), b[3:], nil
}

// ReadRequest reads the next request, as a simulator does.
func ReadRequest(r io.ByteReader) (Command, []byte, error) {
	b, err := readFrame(r)
	if err != nil {
		return Command{}, nil, err
	}
	if len(b) < 2 {
		return Command{}, nil, fmt.Errorf("%w: no command", ErrFrame)
	}
	return Command(b[:2]), b[2:], nil
}
