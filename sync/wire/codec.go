package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/luohu/ting/sync/record"
)

// ErrMalformed is wrapped by every error about a body that cannot be read.
var ErrMalformed = errors.New("malformed batch")

// EncodeRecords compresses records for the body of a batch. Hashes travel too:
// the center computes them anew and compares.
func EncodeRecords(rs []record.Record) []byte {
	n := 0
	for i := range rs {
		n += 96 + len(rs[i].Kind) + len(rs[i].Key) + len(rs[i].Body)
	}
	b := make([]byte, 0, n)
	for i := range rs {
		r := &rs[i]
		b = binary.AppendUvarint(b, uint64(r.Seq))
		b = append(b, r.ID[:]...)
		b = binary.AppendUvarint(b, uint64(r.Version))
		for _, s := range [...]string{r.Kind, r.Key} {
			b = binary.AppendUvarint(b, uint64(len(s)))
			b = append(b, s...)
		}
		b = binary.AppendUvarint(b, uint64(len(r.Body)))
		b = append(b, r.Body...)
		b = append(b, r.Hash[:]...)
	}
	return encoder().EncodeAll(b, nil)
}

// DecodeRecords reads count records from a body of EncodeRecords. It never
// allocates more than MaxBatchBytes plus the records' own fixed parts,
// whatever the body claims.
func DecodeRecords(body []byte, count int) ([]record.Record, error) {
	if count < 0 || count > MaxRecords {
		return nil, fmt.Errorf("%w: %d records, at most %d", ErrMalformed, count, MaxRecords)
	}
	if len(body) > MaxBodyBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrMalformed, len(body), MaxBodyBytes)
	}
	if count == 0 {
		return nil, nil
	}
	b, err := decoder().DecodeAll(body, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	d := reader{b: b}
	rs := make([]record.Record, count)
	for i := range rs {
		r := &rs[i]
		r.Seq = int64(d.uvarint(1 << 62))
		copy(r.ID[:], d.take(len(r.ID)))
		r.Version = int(d.uvarint(1 << 30))
		r.Kind = string(d.take(int(d.uvarint(record.MaxName))))
		r.Key = string(d.take(int(d.uvarint(record.MaxName))))
		r.Body = d.take(int(d.uvarint(record.MaxBody)))
		copy(r.Hash[:], d.take(len(r.Hash)))
		if d.err != nil {
			return nil, fmt.Errorf("%w: record %d of %d: %w", ErrMalformed, i+1, count, d.err)
		}
	}
	if len(d.b) > 0 {
		return nil, fmt.Errorf("%w: %d bytes after the last record", ErrMalformed, len(d.b))
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
