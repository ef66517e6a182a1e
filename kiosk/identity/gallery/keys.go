package gallery

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// The keys file is a header and records of one size, appended:
//
//	header  "TINGKEYS", version, generation, id of the device key, terminal,
//	        site, mark of the machine, the site's secret sealed, CRC-32
//	record  kind, length and offset of the sealed entry in the templates file,
//	        id, id of the entry it takes the place of, the person's key sealed, CRC-32
//
// Integers are little endian. A record that a power cut left half written is the
// last one and was not acknowledged: it is dropped.

const (
	keysMagic   = "TINGKEYS"
	keysVersion = 2
	recordSize  = 1 + 3 + 4 + 8 + 12 + 12 + keySize + boxOver + 4
)

// The kinds of records.
const (
	recordEntry    = 1
	recordReplaced = 2 // overwritten: another took its place
	recordErased   = 3 // overwritten: its person is erased, and the device key has to change
)

type header struct {
	generation     uint32
	device         [8]byte // id of the device key
	terminal, site string
	machine        []byte // mark of the machine; empty for none
	secret         []byte // the site's, sealed
}

type record struct {
	kind     byte
	length   uint32
	offset   int64
	id       keyID
	replaces keyID
	key      [keySize + boxOver]byte
}

// errDamaged is of what has a wrong check sum or does not fit its frame.
var errDamaged = errors.New("damaged")

func (h header) encode() []byte {
	var b bytes.Buffer
	b.WriteString(keysMagic)
	put := func(v any) { _ = binary.Write(&b, binary.LittleEndian, v) } // a Buffer takes all
	put(uint16(keysVersion))
	put(h.generation)
	b.Write(h.device[:])
	for _, s := range [][]byte{[]byte(h.terminal), []byte(h.site), h.machine, h.secret} {
		put(uint16(len(s)))
		b.Write(s)
	}
	put(crc32.ChecksumIEEE(b.Bytes()))
	return b.Bytes()
}

// decodeHeader reads the header at the beginning of b; rest is what follows it.
func decodeHeader(b []byte) (h header, rest []byte, err error) {
	const fixed = len(keysMagic) + 2 + 4 + 8
	if len(b) < fixed || string(b[:len(keysMagic)]) != keysMagic || binary.LittleEndian.Uint16(b[len(keysMagic):]) != keysVersion {
		return h, nil, errDamaged
	}
	h.generation = binary.LittleEndian.Uint32(b[len(keysMagic)+2:])
	h.device = [8]byte(b[len(keysMagic)+6:])
	at := fixed
	field := func() []byte {
		if len(b)-at < 2 {
			at = len(b) + 1
			return nil
		}
		n := int(binary.LittleEndian.Uint16(b[at:]))
		at += 2
		if len(b)-at < n {
			at = len(b) + 1
			return nil
		}
		at += n
		return b[at-n : at : at]
	}
	for _, into := range []*string{&h.terminal, &h.site} {
		if *into = string(field()); at > len(b) {
			return header{}, nil, errDamaged
		}
	}
	for _, into := range []*[]byte{&h.machine, &h.secret} {
		if *into = field(); at > len(b) {
			return header{}, nil, errDamaged
		}
	}
	if len(b)-at < 4 || crc32.ChecksumIEEE(b[:at]) != binary.LittleEndian.Uint32(b[at:]) {
		return header{}, nil, errDamaged
	}
	return h, b[at+4:], nil
}

func (r record) encode() []byte {
	b := make([]byte, 0, recordSize)
	b = append(b, r.kind, 0, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, r.length)
	b = binary.LittleEndian.AppendUint64(b, uint64(r.offset))
	b = append(b, r.id[:]...)
	b = append(b, r.replaces[:]...)
	b = append(b, r.key[:]...)
	return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

// decodeRecord reads one record of recordSize bytes.
func decodeRecord(b []byte) (record, error) {
	sum := recordSize - 4
	if len(b) != recordSize || crc32.ChecksumIEEE(b[:sum]) != binary.LittleEndian.Uint32(b[sum:]) || b[0] < recordEntry || b[0] > recordErased {
		return record{}, errDamaged
	}
	r := record{
		kind:     b[0],
		length:   binary.LittleEndian.Uint32(b[4:]),
		offset:   int64(binary.LittleEndian.Uint64(b[8:])),
		id:       keyID(b[16:]),
		replaces: keyID(b[28:]),
	}
	copy(r.key[:], b[40:])
	if r.kind == recordEntry && (r.length < boxOver || r.length > maxEntry || r.offset < 0) {
		return record{}, errDamaged
	}
	return r, nil
}

// maxEntry is the most that a sealed entry may take.
const maxEntry = 1 << 20

// torn reports whether what could not be read as a record is what a power cut
// leaves at the end of a file: less than a record, or zeros.
func torn(b []byte, last bool) bool {
	return last && (len(b) < recordSize || len(bytes.Trim(b, "\x00")) == 0)
}
