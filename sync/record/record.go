// Package record defines what a record is and how records are chained.
//
// A record is immutable. Its body is stored, hashed and sent as the bytes the
// terminal wrote, never re-serialised. Records of one terminal, epoch and lane
// form a chain: each hash covers the one before it, so that a missing, changed
// or reordered record is seen by anyone who holds the two ends.
package record

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Lane is a queue of its own with its own chain. Urgent records are never
// behind ordinary ones.
type Lane uint8

// The lanes.
const (
	Ordinary Lane = 0
	Urgent   Lane = 1
)

// Lanes lists the lanes, the more urgent first.
var Lanes = [...]Lane{Urgent, Ordinary}

// String is the lane's name in logs and on the wire of people.
func (l Lane) String() string {
	switch l {
	case Ordinary:
		return "ordinary"
	case Urgent:
		return "urgent"
	}
	return fmt.Sprintf("lane-%d", uint8(l))
}

// Hash is a SHA-256 digest.
type Hash [sha256.Size]byte

// Limits of a record.
const (
	MaxBody = 64 << 10
	MaxName = 128 // bytes of a terminal ID, kind or aggregate key
)

// Record is one thing that happened on one terminal.
type Record struct {
	Seq     int64     // from 1, without gaps within (terminal, epoch, lane)
	ID      uuid.UUID // version 7: its time is the terminal's clock
	Kind    string    // "gate.pass"
	Version int       // of the kind's shape
	Key     string    // aggregate key
	Body    []byte    // JSON as the module wrote it
	Hash    Hash      // of the chain up to and with this record
}

// Time is when the terminal's clock says the record was made, to the millisecond.
func (r *Record) Time() time.Time {
	sec, nsec := r.ID.Time().UnixTime()
	return time.Unix(sec, nsec)
}

// Chain names the chain that a record belongs to.
type Chain struct {
	Terminal string
	Epoch    int64 // raised at enrolment and at any restore
	Lane     Lane
}

// algorithm is hashed first, so that a chain of another algorithm (a national
// profile with SM3, say) can never be mistaken for this one.
const algorithm = "ting.chain.v1.sha256"

// Next is the hash of r when prev is the hash of the record before it (zero
// for the first): SHA-256 over the algorithm's name, prev, the chain, and r
// with SHA-256 of its body, each variable part preceded by its length.
func (c Chain) Next(prev Hash, r *Record) Hash {
	var b bytes.Buffer
	b.Grow(256)
	str := func(s string) {
		b.Write(binary.BigEndian.AppendUint32(b.AvailableBuffer(), uint32(len(s))))
		b.WriteString(s)
	}
	num := func(v uint64) { b.Write(binary.BigEndian.AppendUint64(b.AvailableBuffer(), v)) }
	str(algorithm)
	b.Write(prev[:])
	str(c.Terminal)
	num(uint64(c.Epoch))
	num(uint64(c.Lane))
	num(uint64(r.Seq))
	b.Write(r.ID[:])
	str(r.Kind)
	num(uint64(r.Version))
	str(r.Key)
	body := sha256.Sum256(r.Body)
	b.Write(body[:])
	return sha256.Sum256(b.Bytes())
}

// ErrInvalid is wrapped by Validate's errors.
var ErrInvalid = errors.New("invalid record")

// Validate says whether r can be stored at all, apart from its place in a chain.
func (r *Record) Validate() error {
	switch {
	case r.Seq < 1:
		return fmt.Errorf("%w: seq %d", ErrInvalid, r.Seq)
	case r.ID.Version() != 7:
		return fmt.Errorf("%w: ID is not a UUIDv7", ErrInvalid)
	case r.Kind == "" || len(r.Kind) > MaxName:
		return fmt.Errorf("%w: kind of %d bytes", ErrInvalid, len(r.Kind))
	case r.Version < 1:
		return fmt.Errorf("%w: version %d", ErrInvalid, r.Version)
	case len(r.Key) > MaxName:
		return fmt.Errorf("%w: key of %d bytes", ErrInvalid, len(r.Key))
	case len(r.Body) > MaxBody:
		return fmt.Errorf("%w: body of %d bytes, at most %d", ErrInvalid, len(r.Body), MaxBody)
	}
	return nil
}
