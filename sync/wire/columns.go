package wire

import (
	"encoding/binary"
	"fmt"

	"github.com/google/uuid"

	"github.com/luohu/ting/sync/record"
)

// Records of one kind differ in little. Columns has what they have in common once,
// and lays what differs side by side, where it compresses best:
//
//	batch  = last hash, ids, forms, place of each record's form, columns
//	ids    = step…, time…, count…, 16 bytes…     as in Rows; step 0 has only the last
//	forms  = count, form…                        see form
//	columns                                      of the first form's first cell, its second, …
//
// A form that too few records have is not written: their bodies are cells as they
// are. Whatever a body is, it comes back byte for byte.

// alike is how many records of a batch must share a form for it to be written.
const alike = 3

// sheet is a form with the cells of its records.
type sheet struct {
	form
	place   int
	columns [][][]byte
	times   []uint64
}

func (s *sheet) add(cells [][]byte, ms uint64) {
	if s.columns == nil {
		s.columns = make([][][]byte, len(cells))
	}
	for i, c := range cells {
		s.columns[i] = append(s.columns[i], c)
	}
	s.times = append(s.times, ms)
}

func appendColumns(b []byte, rs []record.Record) []byte {
	last := rs[len(rs)-1].Hash
	b = append(b, last[:]...)
	b = appendIDs(b, rs)

	type record struct {
		form  form
		cells [][]byte
		name  string
	}
	formed, common := make([]record, len(rs)), map[string]int{}
	for i := range rs {
		f, cells := formOf(&rs[i])
		formed[i] = record{f, cells, string(f.append(nil))}
		common[formed[i].name]++
	}
	sheets, order, places := map[string]*sheet{}, []*sheet(nil), make([]byte, 0, len(rs))
	for i := range rs {
		r := &formed[i]
		if common[r.name] < alike {
			r.form, r.cells = plain(&rs[i])
			r.name = string(r.form.append(nil))
		}
		s := sheets[r.name]
		if s == nil {
			s = &sheet{form: r.form, place: len(order)}
			sheets[r.name], order = s, append(order, s)
		}
		s.add(r.cells, milliseconds(rs[i].ID))
		places = binary.AppendUvarint(places, uint64(s.place))
	}
	b = binary.AppendUvarint(b, uint64(len(order)))
	for _, s := range order {
		b = s.append(b)
	}
	b = append(b, places...)
	for _, s := range order {
		for _, cells := range s.columns {
			b = appendColumn(b, cells, s.times)
		}
	}
	return b
}

func milliseconds(id uuid.UUID) uint64 { return binary.BigEndian.Uint64(id[:]) >> 16 }

func appendIDs(b []byte, rs []record.Record) []byte {
	var prev uuid.UUID
	var times, counts, whole []byte
	for i := range rs {
		step, ms, count := stepOf(prev, rs[i].ID)
		prev = rs[i].ID
		b = binary.AppendUvarint(b, step)
		if step == 0 {
			whole = append(whole, prev[:]...)
			continue
		}
		times = binary.AppendVarint(times, ms)
		counts = binary.AppendUvarint(counts, count)
	}
	return append(append(append(b, times...), counts...), whole...)
}

func (d *reader) ids(rs []record.Record) {
	steps, times, counts := make([]uint64, len(rs)), make([]int64, len(rs)), make([]uint64, len(rs))
	for i := range steps {
		steps[i] = d.uvarint(maxStep)
	}
	for i, step := range steps {
		if step != 0 {
			times[i] = d.varint()
		}
	}
	for i, step := range steps {
		if step != 0 {
			counts[i] = d.uvarint(countBits)
		}
	}
	var prev uuid.UUID
	for i := range rs {
		if steps[i] == 0 {
			copy(rs[i].ID[:], d.take(len(uuid.UUID{})))
		} else {
			rs[i].ID = follow(prev, steps[i], times[i], counts[i])
		}
		prev = rs[i].ID
	}
}

// columns reads records, but for their numbers and hashes, and the last's hash.
func (d *reader) columns(rs []record.Record) (last record.Hash) {
	copy(last[:], d.take(len(last)))
	d.ids(rs)
	sheets := make([]sheet, d.uvarint(uint64(len(rs))))
	for i := range sheets {
		sheets[i].form = d.form()
	}
	if len(sheets) == 0 {
		d.fail(fmt.Errorf("no form"))
		return last
	}
	members := make([][]int, len(sheets))
	for i := range rs {
		place := d.uvarint(uint64(len(sheets) - 1))
		members[place] = append(members[place], i)
		sheets[place].times = append(sheets[place].times, milliseconds(rs[i].ID))
	}
	room := maxDecoded
	for i := range sheets {
		s := &sheets[i]
		if d.err != nil {
			return last
		}
		s.columns = make([][][]byte, s.cells())
		for c := range s.columns {
			s.columns[c] = d.column(len(members[i]), s.times)
		}
		cells := make([][]byte, len(s.columns))
		for row, member := range members[i] {
			if d.err != nil {
				return last
			}
			for c := range s.columns {
				cells[c] = s.columns[c][row]
			}
			r := &rs[member]
			r.Kind, r.Version = s.name, s.version
			r.Key, r.Body = d.make(&s.form, cells, &room)
		}
	}
	return last
}
