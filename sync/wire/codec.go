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

// The formats of a batch's body. A terminal uses the newest that the center says it
// reads (Ack.Formats); a head that names none means Rows.
const (
	Rows    = 1 // one record after the other
	Columns = 2 // what they have in common once, and what differs side by side
	Newest  = Columns
)

// EncodeRecords compresses records for the body of a batch. Numbers do not travel,
// since they follow from the head's First; nor hashes, which follow from its Prev,
// but for the last: it covers all before it. Of Rows, IDs travel by what they differ
// in from the one before, kinds by their first place in the batch:
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
func EncodeRecords(rs []record.Record, format int) []byte {
	if len(rs) == 0 {
		return nil
	}
	n := 256
	for i := range rs {
		n += 48 + len(rs[i].Kind) + len(rs[i].Key) + len(rs[i].Body)
	}
	b := make([]byte, 0, n)
	if format == Columns {
		b = appendColumns(b, rs)
	} else {
		b = appendRows(b, rs)
	}
	return encoder().EncodeAll(b, nil)
}

func appendRows(b []byte, rs []record.Record) []byte {
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
	return append(b, rs[len(rs)-1].Hash[:]...)
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

// maxStep is the most by which the random bits of one ID may exceed those of the one
// before it: beyond, the ID travels whole.
const maxStep = 1 << 20

// stepOf is how an ID follows from the one before it; a step of 0 says that it does
// not.
func stepOf(prev, id uuid.UUID) (step uint64, laterMS int64, count uint64) {
	beforeMS, _, before, ok1 := parts(prev)
	ms, count, random, ok2 := parts(id)
	step = (random - before) & randomBits
	if !ok1 || !ok2 || step > maxStep {
		return 0, 0, 0
	}
	return step, int64(ms) - int64(beforeMS), count
}

func follow(prev uuid.UUID, step uint64, laterMS int64, count uint64) (id uuid.UUID) {
	ms, _, random, _ := parts(prev)
	ms = uint64(int64(ms)+laterMS) & (1<<48 - 1)
	binary.BigEndian.PutUint64(id[:], ms<<16|versionBits|count)
	binary.BigEndian.PutUint64(id[8:], variantBit|(random+step)&randomBits)
	return id
}

func appendID(b []byte, prev, id uuid.UUID) []byte {
	step, ms, count := stepOf(prev, id)
	if step == 0 {
		return append(append(b, 0), id[:]...)
	}
	b = binary.AppendUvarint(b, step)
	b = binary.AppendVarint(b, ms)
	return binary.AppendUvarint(b, count)
}

func (d *reader) id(prev uuid.UUID) (id uuid.UUID) {
	step := d.uvarint(maxStep)
	if step == 0 {
		copy(id[:], d.take(len(id)))
		return id
	}
	ms := d.varint()
	return follow(prev, step, ms, d.uvarint(countBits))
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
	if h.Format < 0 || h.Format > Newest {
		return nil, fmt.Errorf("%w: format %d, at most %d", ErrMalformed, h.Format, Newest)
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
	for i := range rs {
		rs[i].Seq = h.First + int64(i)
	}
	read := d.rows
	if h.Format == Columns {
		read = d.columns
	}
	last := read(rs)
	if d.err != nil {
		return nil, fmt.Errorf("%w: %d records of format %d: %w", ErrMalformed, h.Count, h.Format, d.err)
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

// rows reads records, but for their numbers and hashes, and the last's hash.
func (d *reader) rows(rs []record.Record) (last record.Hash) {
	var kinds []kind
	var prev uuid.UUID
	for i := range rs {
		r := &rs[i]
		r.ID = d.id(prev)
		prev = r.ID
		place := d.uvarint(uint64(len(kinds)))
		if place == uint64(len(kinds)) {
			version := int(d.uvarint(1 << 30))
			kinds = append(kinds, kind{string(d.text(record.MaxName)), version})
		}
		r.Kind, r.Version = kinds[place].name, kinds[place].version
		r.Key = string(d.text(record.MaxName))
		r.Body = d.text(record.MaxBody)
	}
	copy(last[:], d.take(len(last)))
	return last
}

// maxDecoded leaves room for the fixed parts of MaxRecords records.
const maxDecoded = MaxBatchBytes + MaxRecords*512

// One encoder and one decoder serve everybody: each keeps as many workers as
// there are processors, and hands them out by itself.
var encoder = sync.OnceValue(func() *zstd.Encoder {
	// Digits side by side repeat nothing, and still take less than a byte each.
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithAllLitEntropyCompression(true))
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
