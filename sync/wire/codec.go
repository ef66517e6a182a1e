package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/google/uuid"
	"github.com/klauspost/compress/zstd"

	"github.com/luohu/ting/sync/record"
)

// ErrMalformed is wrapped by every error about a body that cannot be read.
var ErrMalformed = errors.New("malformed batch")

// ErrChain is returned for records that are not those of the chain which their
// head speaks of.
var ErrChain = errors.New("the records do not continue the chain")

// EncodeRecords compresses records for the body of a batch. Numbers do not travel,
// since they follow from the head's First; nor hashes, which follow from its Prev,
// but for the last: it covers all before it. IDs travel by what they differ in from
// the one before, kinds by their first place in the batch.
//
//	record  = id kind key body
//	id      = step time count        step above 0: version 7, the random bits are
//	                                 step more than before; time is the difference
//	                                 in milliseconds, zigzag
//	        | 0 and 16 bytes
//	kind    = place                  of one that came before
//	        | the next place, version, name
//	batch   = record… and the last record's hash
//
// Numbers are unsigned varints, texts and bodies are preceded by their length.
func EncodeRecords(rs []record.Record) []byte {
	if len(rs) == 0 {
		return nil
	}
	n := 32
	for i := range rs {
		n += 48 + len(rs[i].Kind) + len(rs[i].Key) + len(rs[i].Body)
	}
	b := make([]byte, 0, n)
	kinds := map[kind]uint64{}
	var prev uuid.UUID
	for i := range rs {
		r := &rs[i]
		b = appendID(b, prev, r.ID)
		prev = r.ID
		k := kind{r.Kind, r.Version}
		place, known := kinds[k]
		if !known {
			place = uint64(len(kinds))
			kinds[k] = place
		}
		b = binary.AppendUvarint(b, place)
		if !known {
			b = binary.AppendUvarint(b, uint64(r.Version))
			b = binary.AppendUvarint(b, uint64(len(r.Kind)))
			b = append(b, r.Kind...)
		}
		b = binary.AppendUvarint(b, uint64(len(r.Key)))
		b = append(b, r.Key...)
		b = binary.AppendUvarint(b, uint64(len(r.Body)))
		b = append(b, r.Body...)
	}
	b = append(b, rs[len(rs)-1].Hash[:]...)
	return encoder().EncodeAll(b, nil)
}

type kind struct {
	name    string
	version int
}

// The parts of a version 7 UUID: 48 bits of time, 12 that count within it, 62
// that are random.
const (
	versionBits = 0x7000
	countBits   = 0x0fff
	variantBit  = 1 << 63
	randomBits  = 1<<62 - 1
)

func parts(id uuid.UUID) (ms, count, random uint64, ok bool) {
	high, low := binary.BigEndian.Uint64(id[:]), binary.BigEndian.Uint64(id[8:])
	return high >> 16, high & countBits, low & randomBits, high&0xf000 == versionBits && low>>62 == variantBit>>62
}

func appendID(b []byte, prev, id uuid.UUID) []byte {
	beforeMS, _, before, ok1 := parts(prev)
	ms, count, random, ok2 := parts(id)
	step := (random - before) & randomBits
	if !ok1 || !ok2 || step == 0 || step > 1<<20 {
		return append(append(b, 0), id[:]...)
	}
	b = binary.AppendUvarint(b, step)
	b = binary.AppendVarint(b, int64(ms)-int64(beforeMS))
	return binary.AppendUvarint(b, count)
}

func (d *reader) id(prev uuid.UUID) (id uuid.UUID) {
	step := d.uvarint(1 << 20)
	if step == 0 {
		copy(id[:], d.take(len(id)))
		return id
	}
	ms, _, random, _ := parts(prev)
	ms = uint64(int64(ms)+d.varint()) & (1<<48 - 1)
	count := d.uvarint(countBits)
	binary.BigEndian.PutUint64(id[:], ms<<16|versionBits|count)
	binary.BigEndian.PutUint64(id[8:], variantBit|(random+step)&randomBits)
	return id
}

// DecodeRecords reads the records of a batch from its head and a body of
// EncodeRecords, and computes their numbers and hashes. It fails with ErrChain when
// the last is not the one that the terminal has, and never allocates more than
// MaxBatchBytes plus the records' own fixed parts, whatever the body claims.
func DecodeRecords(body []byte, h Head) ([]record.Record, error) {
	if h.Count < 0 || h.Count > MaxRecords {
		return nil, fmt.Errorf("%w: %d records, at most %d", ErrMalformed, h.Count, MaxRecords)
	}
	if len(body) > MaxBodyBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrMalformed, len(body), MaxBodyBytes)
	}
	if h.Count == 0 {
		return nil, nil
	}
	b, err := decoder().DecodeAll(body, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	d := reader{b: b}
	rs := make([]record.Record, h.Count)
	var kinds []kind
	var prev uuid.UUID
	for i := range rs {
		r := &rs[i]
		r.Seq = h.First + int64(i)
		r.ID = d.id(prev)
		prev = r.ID
		place := d.uvarint(uint64(len(kinds)))
		if place == uint64(len(kinds)) {
			version := int(d.uvarint(1 << 30))
			kinds = append(kinds, kind{string(d.take(int(d.uvarint(record.MaxName)))), version})
		}
		r.Kind, r.Version = kinds[place].name, kinds[place].version
		r.Key = string(d.take(int(d.uvarint(record.MaxName))))
		r.Body = d.take(int(d.uvarint(record.MaxBody)))
		if d.err != nil {
			return nil, fmt.Errorf("%w: record %d of %d: %w", ErrMalformed, i+1, h.Count, d.err)
		}
	}
	var last record.Hash
	copy(last[:], d.take(len(last)))
	if d.err != nil {
		return nil, fmt.Errorf("%w: the last hash: %w", ErrMalformed, d.err)
	}
	if len(d.b) > 0 {
		return nil, fmt.Errorf("%w: %d bytes after the last record", ErrMalformed, len(d.b))
	}
	chain := record.Chain{Terminal: h.Terminal, Epoch: h.Epoch, Lane: h.Lane}
	var hash record.Hash
	copy(hash[:], h.Prev)
	for i := range rs {
		hash = chain.Next(hash, &rs[i])
		rs[i].Hash = hash
	}
	if hash != last {
		return rs, ErrChain
	}
	return rs, nil
}

// maxDecoded leaves room for the fixed parts of MaxRecords records.
const maxDecoded = MaxBatchBytes + MaxRecords*512

// One encoder and one decoder serve everybody: each keeps as many workers as
// there are processors, and hands them out by itself.
var encoder = sync.OnceValue(func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		panic(err) // constant options
	}
	return e
})

var decoder = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxDecoded))
	if err != nil {
		panic(err) // constant options
	}
	return d
})

type reader struct {
	b   []byte
	err error
}

func (d *reader) uvarint(max uint64) uint64 {
	v, n := binary.Uvarint(d.b)
	switch {
	case d.err != nil:
		return 0
	case n <= 0:
		d.err = io.ErrUnexpectedEOF
		return 0
	case v > max:
		d.err = fmt.Errorf("number %d, at most %d", v, max)
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *reader) varint() int64 {
	v, n := binary.Varint(d.b)
	if d.err == nil && n <= 0 {
		d.err = io.ErrUnexpectedEOF
	}
	if d.err != nil {
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *reader) take(n int) []byte {
	if d.err == nil && n > len(d.b) {
		d.err = io.ErrUnexpectedEOF
	}
	if d.err != nil {
		return nil
	}
	v := d.b[:n:n]
	d.b = d.b[n:]
	return v
}
