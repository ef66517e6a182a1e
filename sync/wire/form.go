package wire

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/luohu/ting/sync/record"
)

// form is what some records of a batch have in common: kind and version, and all
// of the body that is the same in each. The rest are cells: JSON's values, with the
// quotes of a text outside.
type form struct {
	kind
	// A key that ends as one of the body's cells does is keyText and that cell.
	// Other keys are cells themselves, in front of the body's: keyCell is -1.
	keyText string
	keyCell int
	text    []string // around the body's cells: one more than there are
}

// Limits of a form.
const (
	maxCells = 64 // of a body; what comes after them is text
	maxText  = record.MaxBody
)

// cells is how many cells a record of the form has.
func (f *form) cells() int {
	if f.keyCell < 0 {
		return len(f.text)
	}
	return len(f.text) - 1
}

// split finds a body's cells and the text around them. It reads JSON as modules
// write it, and comes to some split of anything else.
func split(body []byte) (text []string, cells [][]byte) {
	begun := 0 // the text
	cell := func(from, to int) {
		text, cells = append(text, string(body[begun:from])), append(cells, body[from:to])
		begun = to
	}
	for i := 0; i < len(body) && len(cells) < maxCells; {
		switch c := body[i]; {
		case c == '"':
			end := i + 1
			for end < len(body) && body[end] != '"' {
				if body[end] == '\\' {
					end++
				}
				end++
			}
			if end >= len(body) {
				i = len(body)
				break
			}
			if end+1 == len(body) || body[end+1] != ':' { // not a member's name
				cell(i+1, end)
			}
			i = end + 1
		case strings.IndexByte("{}[],: \t\r\n", c) >= 0:
			i++
		default:
			end := i + bytes.IndexAny(body[i:], "{}[],: \t\r\n\"")
			if end < i {
				end = len(body)
			}
			cell(i, end)
			i = end
		}
	}
	return append(text, string(body[begun:])), cells
}

// formOf is a record's form, and its cells.
func formOf(r *record.Record) (form, [][]byte) {
	f := form{kind: kind{r.Kind, r.Version}, keyCell: -1}
	var cells [][]byte
	f.text, cells = split(r.Body)
	longest := 0
	for i, c := range cells {
		if len(c) > longest && strings.HasSuffix(r.Key, string(c)) {
			longest, f.keyCell, f.keyText = len(c), i, r.Key[:len(r.Key)-len(c)]
		}
	}
	if f.keyCell < 0 {
		cells = append([][]byte{[]byte(r.Key)}, cells...)
	}
	return f, cells
}

// plain is the form of a record that is like no other: its body is one cell.
func plain(r *record.Record) (form, [][]byte) {
	return form{kind: kind{r.Kind, r.Version}, keyCell: -1, text: []string{"", ""}}, [][]byte{[]byte(r.Key), r.Body}
}

func (f *form) append(b []byte) []byte {
	b = appendText(b, f.name)
	b = binary.AppendUvarint(b, uint64(f.version))
	b = binary.AppendUvarint(b, uint64(f.keyCell+1))
	b = appendText(b, f.keyText)
	b = binary.AppendUvarint(b, uint64(len(f.text)-1))
	for _, t := range f.text {
		b = appendText(b, t)
	}
	return b
}

func (d *reader) form() (f form) {
	f.name = string(d.text(record.MaxName))
	f.version = int(d.uvarint(1 << 30))
	f.keyCell = int(d.uvarint(maxCells)) - 1
	f.keyText = string(d.text(record.MaxName))
	n := int(d.uvarint(maxCells))
	if f.keyCell >= n {
		d.fail(fmt.Errorf("a key like cell %d of %d", f.keyCell+1, n))
	}
	for i := 0; i <= n && d.err == nil; i++ {
		f.text = append(f.text, string(d.text(maxText)))
	}
	return f
}

// make puts a record's cells into its form. room is what the records' texts may
// still take, in bytes.
func (d *reader) make(f *form, cells [][]byte, room *int) (key string, body []byte) {
	if f.keyCell < 0 {
		key, cells = string(cells[0]), cells[1:]
	} else {
		key = f.keyText + string(cells[f.keyCell])
	}
	n := 0
	for i, t := range f.text {
		n += len(t)
		if i < len(cells) {
			n += len(cells[i])
		}
	}
	if *room -= n; *room < 0 || n > record.MaxBody || len(key) > record.MaxName {
		d.fail(fmt.Errorf("a body of %d bytes, a key of %d", n, len(key)))
		return "", nil
	}
	body = make([]byte, 0, n)
	for i, t := range f.text {
		body = append(body, t...)
		if i < len(cells) {
			body = append(body, cells[i]...)
		}
	}
	return key, body
}
