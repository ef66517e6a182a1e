package journal

import (
	"crypto/rand"
	"encoding/binary"
	"time"

	"github.com/google/uuid"
)

// nextID makes a version 7 UUID that sorts after prev even when the clock
// stands still or goes back: milliseconds in the first 48 bits, then a 12-bit
// count within the millisecond, then 62 random bits. While the clock is behind
// prev, prev's millisecond is kept; Status shows by how much the clock is behind.
func nextID(prev uuid.UUID, now time.Time) uuid.UUID {
	ms, count := uint64(max(now.UnixMilli(), 0)), uint64(0)
	if prev != uuid.Nil {
		if last := milliseconds(prev); ms <= last {
			ms, count = last, uint64(binary.BigEndian.Uint16(prev[6:])&0xfff)+1
			if count > 0xfff {
				ms, count = ms+1, 0
			}
		}
	}
	var id uuid.UUID
	rand.Read(id[8:])
	binary.BigEndian.PutUint64(id[:], ms<<16|0x7000|count)
	id[8] = id[8]&0x3f | 0x80
	return id
}

func milliseconds(id uuid.UUID) uint64 { return binary.BigEndian.Uint64(id[:]) >> 16 }
