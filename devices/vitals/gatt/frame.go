package gatt

import (
	"encoding/binary"
	"fmt"
	"io"
)

// A measurement on the line, as the bridge sends it:
//
//	C0              end of what was before
//	NN NN           the characteristic, low byte first
//	…               the measurement
//	XX XX           CRC-16/CCITT-FALSE of the above, low byte first
//	C0
//
// with C0 sent as DB DC and DB as DB DD in between (SLIP, RFC 1055).
const (
	end     = 0xc0
	escape  = 0xdb
	escEnd  = 0xdc
	escEsc  = 0xdd
	most    = 64 // bytes of a frame, unescaped: measurements have at most 20
	minimal = 5
)

// AppendFrame appends the frame of a measurement to b.
func AppendFrame(b []byte, characteristic uint16, measurement []byte) []byte {
	content := append(binary.LittleEndian.AppendUint16(nil, characteristic), measurement...)
	content = binary.LittleEndian.AppendUint16(content, crc(content))
	b = append(b, end)
	for _, v := range content {
		switch v {
		case end:
			b = append(b, escape, escEnd)
		case escape:
			b = append(b, escape, escEsc)
		default:
			b = append(b, v)
		}
	}
	return append(b, end)
}

// ReadFrame reads the next frame that is whole. Its error is r's alone: what is
// no frame is passed over, and counted.
func ReadFrame(r io.ByteReader) (characteristic uint16, measurement []byte, broken int, err error) {
	var content []byte
	escaped, spoilt := false, false
	for {
		b, err := r.ReadByte()
		if err != nil {
			return 0, nil, broken, err
		}
		switch {
		case b == end:
			if !spoilt && !escaped && len(content) >= minimal {
				body := content[:len(content)-2]
				if crc(body) == binary.LittleEndian.Uint16(content[len(body):]) {
					return binary.LittleEndian.Uint16(body), body[2:], broken, nil
				}
			}
			if len(content) > 0 || spoilt {
				broken++
			}
			content, escaped, spoilt = nil, false, false
			continue
		case escaped:
			escaped = false
			switch b {
			case escEnd:
				b = end
			case escEsc:
				b = escape
			default:
				spoilt = true
			}
		case b == escape:
			escaped = true
			continue
		}
		if len(content) >= most {
			spoilt = true
			continue
		}
		content = append(content, b)
	}
}

// crc is CRC-16/CCITT-FALSE: polynomial 1021, from FFFF.
func crc(b []byte) uint16 {
	sum := uint16(0xffff)
	for _, v := range b {
		sum ^= uint16(v) << 8
		for range 8 {
			carry := sum&0x8000 != 0
			sum <<= 1
			if carry {
				sum ^= 0x1021
			}
		}
	}
	return sum
}

var errNoise = fmt.Errorf("%w: frames that are broken (is the baud rate right?)", ErrMeasurement)
