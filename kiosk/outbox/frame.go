package outbox

import (
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
)

// A file is frames, one after the other: the length of the body (4 bytes, big
// endian), the CRC-32C of kind and body (4 bytes), the kind (1 byte), the body. An
// item is added by a frame, and the oldest one ended by another.
const (
	kindItem = 'i'
	kindDone = 'd'

	headerLen = 9
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func encode(kind byte, body []byte) []byte {
	b := make([]byte, headerLen, headerLen+len(body))
	binary.BigEndian.PutUint32(b, uint32(len(body)))
	b[8] = kind
	b = append(b, body...)
	binary.BigEndian.PutUint32(b[4:], crc32.Checksum(b[8:], castagnoli))
	return b
}

// decode reads the frames of a file: what waits, and how many bytes are sound.
// The rest is damage unless it is the beginning of a frame, which a power cut
// leaves: there is no whole frame behind it then.
func decode(b []byte) (waiting [][]byte, sound int, damaged bool) {
	for rest := b; ; rest = b[sound:] {
		kind, body, n := first(rest)
		switch {
		case n == 0:
			return waiting, sound, holdsFrame(rest)
		case kind == kindItem:
			waiting = append(waiting, body)
		case len(waiting) > 0:
			waiting = waiting[1:]
		}
		sound += n
	}
}

// first reads the frame at the beginning of b; n is its length, 0 when there is none.
func first(b []byte) (kind byte, body []byte, n int) {
	if len(b) < headerLen {
		return 0, nil, 0
	}
	size := binary.BigEndian.Uint32(b)
	if size > MaxItem || int(size) > len(b)-headerLen {
		return 0, nil, 0
	}
	n = headerLen + int(size)
	kind = b[8]
	if crc32.Checksum(b[8:n], castagnoli) != binary.BigEndian.Uint32(b[4:]) || kind != kindItem && kind != kindDone {
		return 0, nil, 0
	}
	return kind, b[headerLen:n:n], n
}

// holdsFrame reports whether a whole frame stands anywhere in b.
func holdsFrame(b []byte) bool {
	for i := 1; i+headerLen <= len(b); i++ {
		if k := b[i+8]; k != kindItem && k != kindDone {
			continue
		}
		if _, _, n := first(b[i:]); n > 0 {
			return true
		}
	}
	return false
}

func syncDir(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
