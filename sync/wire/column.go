package wire

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/luohu/ting/sync/record"
)

// A column is the same cell of all records of a form. It is written in the first of
// these ways that fits, behind the way's number.
const (
	columnSame   = iota // text                  they are all alike
	columnTimes         // zone, milliseconds…, column  RFC 3339, as their distance from the record's ID, and of what is below a millisecond six digits
	columnFew           // count, text…, place…   each is one of few
	columnEven          // length, bytes          all of one short length: their first bytes, their second bytes, …
	columnUneven        // length…, bytes
)

// few is how many times, on average, a value of a column must come to be written once.
const few = 4

// short is the longest text that is written across: names, numbers and days differ
// in the same places. Longer ones have words in common, and those anywhere.
const short = 32

func appendColumn(b []byte, cells [][]byte, times []uint64) []byte {
	same, even := true, true
	for _, c := range cells {
		same = same && bytes.Equal(c, cells[0])
		even = even && len(c) == len(cells[0])
	}
	if same {
		return appendText(append(b, columnSame), cells[0])
	}
	if out, ok := appendTimes(b, cells, times); ok {
		return out
	}
	if out, ok := appendFew(b, cells); ok {
		return out
	}
	switch {
	case even && len(cells[0]) <= short:
		b = binary.AppendUvarint(append(b, columnEven), uint64(len(cells[0])))
		for i := range cells[0] {
			for _, c := range cells {
				b = append(b, c[i])
			}
		}
	default:
		b = append(b, columnUneven)
		for _, c := range cells {
			b = binary.AppendUvarint(b, uint64(len(c)))
		}
		for _, c := range cells {
			b = append(b, c...)
		}
	}
	return b
}

func appendFew(b []byte, cells [][]byte) ([]byte, bool) {
	most := min(len(cells)/few, 0xff)
	places, distinct := map[string]byte{}, [][]byte(nil)
	where := make([]byte, len(cells))
	for i, c := range cells {
		place, known := places[string(c)]
		if !known {
			if len(distinct) == most {
				return nil, false
			}
			place = byte(len(distinct))
			places[string(c)] = place
			distinct = append(distinct, c)
		}
		where[i] = place
	}
	b = binary.AppendUvarint(append(b, columnFew), uint64(len(distinct)))
	for _, c := range distinct {
		b = appendText(b, c)
	}
	return append(b, where...), true
}

// appendTimes writes a column of moments. times are the records' own, in
// milliseconds since 1970.
func appendTimes(b []byte, cells [][]byte, times []uint64) ([]byte, bool) {
	if len(times) != len(cells) || len(cells[0]) < len("2006-01-02T15:04:05Z") {
		return nil, false
	}
	_, zone, ok := moment(cells[0])
	if !ok {
		return nil, false
	}
	b = binary.AppendVarint(append(b, columnTimes), int64(zone))
	below := make([][]byte, len(cells))
	for i, c := range cells {
		t, z, ok := moment(c)
		if !ok || z != zone {
			return nil, false
		}
		ms := t.UnixMilli()
		b = binary.AppendVarint(b, ms-int64(times[i]))
		below[i] = fmt.Appendf(nil, "%06d", t.Sub(time.UnixMilli(ms)))
	}
	return appendColumn(b, below, nil), true
}

// moment reads a time as encoding/json writes it, and its zone in seconds.
func moment(text []byte) (t time.Time, zone int, ok bool) {
	t, err := time.Parse(time.RFC3339Nano, string(text))
	if err != nil {
		return t, 0, false
	}
	_, zone = t.Zone()
	return t, zone, string(appendMoment(nil, t, zone)) == string(text)
}

func appendMoment(b []byte, t time.Time, zone int) []byte {
	if zone == 0 {
		return t.UTC().AppendFormat(b, time.RFC3339Nano)
	}
	return t.In(time.FixedZone("", zone)).AppendFormat(b, time.RFC3339Nano)
}

// column reads the cells of records with these times; nil where there are none to
// be had.
func (d *reader) column(n int, times []uint64) [][]byte {
	cells := make([][]byte, n)
	switch way := d.uvarint(columnUneven); way {
	case columnSame:
		c := d.text(record.MaxBody)
		for i := range cells {
			cells[i] = c
		}
	case columnTimes:
		d.times(cells, times)
	case columnFew:
		distinct := make([][]byte, d.uvarint(0xff))
		for i := range distinct {
			distinct[i] = d.text(record.MaxBody)
		}
		for i, place := range d.take(n) {
			if int(place) >= len(distinct) {
				d.fail(fmt.Errorf("cell %d of %d", place, len(distinct)))
				break
			}
			cells[i] = distinct[place]
		}
	case columnEven:
		length := int(d.uvarint(record.MaxBody))
		across := d.take(n * length)
		if d.err != nil {
			break
		}
		all := make([]byte, n*length)
		for i := range cells {
			cells[i] = all[i*length : (i+1)*length : (i+1)*length]
			for j := range cells[i] {
				cells[i][j] = across[j*n+i]
			}
		}
	case columnUneven:
		lengths := make([]int, n)
		for i := range lengths {
			lengths[i] = int(d.uvarint(record.MaxBody))
		}
		for i, length := range lengths {
			cells[i] = d.take(length)
		}
	}
	return cells
}

// aDay in seconds: zones are less.
const aDay = 24 * 60 * 60

func (d *reader) times(cells [][]byte, times []uint64) {
	zone := d.varint()
	if times == nil || zone <= -aDay || zone >= aDay {
		d.fail(fmt.Errorf("times of zone %d", zone))
		return
	}
	ms := make([]int64, len(cells))
	for i := range ms {
		ms[i] = int64(times[i]) + d.varint()
	}
	for i, below := range d.column(len(cells), nil) {
		ns := 0
		for _, digit := range bytes.TrimLeft(below, "0") {
			if ns = ns*10 + int(digit-'0'); digit < '0' || digit > '9' || ns >= int(time.Millisecond) {
				d.fail(fmt.Errorf("%.6q below a millisecond", below))
				return
			}
		}
		cells[i] = appendMoment(nil, time.UnixMilli(ms[i]).Add(time.Duration(ns)), int(zone))
	}
}

func appendText[T string | []byte](b []byte, text T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

func (d *reader) text(most int) []byte { return d.take(int(d.uvarint(uint64(most)))) }

func (d *reader) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}
