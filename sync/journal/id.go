package journal

import (
	"crypto/rand"
	"encoding/binary"
	"time"

	"github.com/google/uuid"
)

// ids makes a journal's record IDs, from its opening on.
//
// The 62 random bits of the first are truly random; each later one's are one more
// than those before it (RFC 9562, section 6.2, has random bits that count). A copy
// of the journal that is opened elsewhere begins at another place of 4.6·10¹⁸, and
// the IDs of a batch, one after the other, take a byte or two each on the wire.
type ids struct {
	begun bool
	bits  uint64
}

const randomBits = 1<<62 - 1

// next makes a version 7 UUID that sorts after prev even when the clock stands
// still or goes back: milliseconds in the first 48 bits, then a 12-bit count
// within the millisecond, then the random bits. While the clock is behind prev,
// prev's millisecond is kept; Status shows by how much the clock is behind.
func (g *ids) next(prev uuid.UUID, now time.Time) uuid.UUID {
	ms, count := uint64(max(now.UnixMilli(), 0)), uint64(0)
	if prev != uuid.Nil {
		if last := milliseconds(prev); ms <= last {
			ms, count = last, uint64(binary.BigEndian.Uint16(prev[6:])&0xfff)+1
			if count > 0xfff {
				ms, count = ms+1, 0
			}
		}
	}
	if g.begun {
		g.bits = (g.bits + 1) & randomBits
	} else {
		var b [8]byte
		rand.Read(b[:])
		g.begun, g.bits = true, binary.BigEndian.Uint64(b[:])&randomBits
	}
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:], ms<<16|0x7000|count)
	binary.BigEndian.PutUint64(id[8:], 1<<63|g.bits)
	return id
}

func milliseconds(id uuid.UUID) uint64 { return binary.BigEndian.Uint64(id[:]) >> 16 }
