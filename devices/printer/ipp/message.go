package ipp

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Message is a request or an answer of IPP 1.1 (RFC 8010), without the document
// behind it. Code is the operation asked for, or the status.
type Message struct {
	Code   uint16
	ID     uint32
	Groups []Group
}

// Group is attributes of one thing: of the operation, a job, a printer.
type Group struct {
	Tag        byte
	Attributes []Attribute
}

// Attribute is a name with its values.
type Attribute struct {
	Name   string
	Tag    byte // of the values, which are all of one kind here
	Values [][]byte
}

// The tags.
const (
	OperationGroup = 0x01
	JobGroup       = 0x02
	endOfGroups    = 0x03
	PrinterGroup   = 0x04

	TagInteger = 0x21
	TagEnum    = 0x23
	TagName    = 0x42
	TagKeyword = 0x44
	TagURI     = 0x45
	TagCharset = 0x47
	TagLang    = 0x48
	TagMIME    = 0x49
)

// The operations.
const (
	PrintJob             = 0x0002
	CancelJob            = 0x0008
	GetJobAttributes     = 0x0009
	GetPrinterAttributes = 0x000b
)

// Limits of a message: a printer's attributes are some kilobytes.
const (
	mostMessage    = 1 << 20
	mostAttributes = 5000
)

// ErrMessage is wrapped by every error about bytes that are no message.
var ErrMessage = errors.New("not an IPP message")

// Text makes an attribute of texts.
func Text(tag byte, name string, values ...string) Attribute {
	a := Attribute{Name: name, Tag: tag}
	for _, v := range values {
		a.Values = append(a.Values, []byte(v))
	}
	return a
}

// Number makes an attribute of one number.
func Number(tag byte, name string, v int) Attribute {
	return Attribute{Name: name, Tag: tag, Values: [][]byte{binary.BigEndian.AppendUint32(nil, uint32(v))}}
}

// Texts are the values of an attribute of a group, nil where it is not there.
func (m Message) Texts(group byte, name string) (all []string) {
	for _, a := range m.find(group, name) {
		for _, v := range a.Values {
			all = append(all, string(v))
		}
	}
	return all
}

// Int is the number that an attribute of a group is.
func (m Message) Int(group byte, name string) (int, bool) {
	for _, a := range m.find(group, name) {
		if len(a.Values) > 0 && len(a.Values[0]) == 4 && (a.Tag == TagInteger || a.Tag == TagEnum) {
			return int(int32(binary.BigEndian.Uint32(a.Values[0]))), true
		}
	}
	return 0, false
}

func (m Message) find(group byte, name string) (all []Attribute) {
	for _, g := range m.Groups {
		for _, a := range g.Attributes {
			if g.Tag == group && a.Name == name {
				all = append(all, a)
			}
		}
	}
	return all
}

// Append writes a message.
func (m Message) Append(b []byte) []byte {
	b = append(b, 1, 1)
	b = binary.BigEndian.AppendUint16(b, m.Code)
	b = binary.BigEndian.AppendUint32(b, m.ID)
	for _, g := range m.Groups {
		b = append(b, g.Tag)
		for _, a := range g.Attributes {
			name := a.Name
			for _, v := range a.Values {
				b = append(b, a.Tag)
				b = binary.BigEndian.AppendUint16(b, uint16(len(name)))
				b = append(b, name...)
				b = binary.BigEndian.AppendUint16(b, uint16(len(v)))
				b = append(b, v...)
				name = "" // a further value
			}
		}
	}
	return append(b, endOfGroups)
}

// Read reads a message; what r holds behind it is the document.
func Read(r *bufio.Reader) (Message, error) {
	d := decoder{in: r}
	var head struct {
		Major, Minor byte
		Code         uint16
		ID           uint32
	}
	if err := binary.Read(r, binary.BigEndian, &head); err != nil {
		return Message{}, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	if head.Major < 1 || head.Major > 2 {
		return Message{}, fmt.Errorf("%w: version %d.%d", ErrMessage, head.Major, head.Minor)
	}
	m := Message{Code: head.Code, ID: head.ID}
	for {
		tag, err := r.ReadByte()
		switch {
		case err != nil:
			return m, fmt.Errorf("%w: %w", ErrMessage, err)
		case tag == endOfGroups:
			return m, nil
		case tag < 0x10:
			m.Groups = append(m.Groups, Group{Tag: tag})
			if d.seen++; d.seen > mostAttributes {
				return m, fmt.Errorf("%w: too many groups", ErrMessage)
			}
			continue
		case len(m.Groups) == 0:
			return m, fmt.Errorf("%w: a value in no group", ErrMessage)
		}
		if err := d.value(tag, &m.Groups[len(m.Groups)-1]); err != nil {
			return m, fmt.Errorf("%w: %w", ErrMessage, err)
		}
	}
}

type decoder struct {
	in   *bufio.Reader
	seen int // values
	size int // bytes
}

func (d *decoder) value(tag byte, g *Group) error {
	if d.seen++; d.seen > mostAttributes {
		return errors.New("too many values")
	}
	name, err := d.bytes()
	if err != nil {
		return err
	}
	v, err := d.bytes()
	if err != nil {
		return err
	}
	if len(name) == 0 {
		if len(g.Attributes) == 0 {
			return errors.New("a further value of nothing")
		}
		a := &g.Attributes[len(g.Attributes)-1]
		a.Values = append(a.Values, v)
		return nil
	}
	g.Attributes = append(g.Attributes, Attribute{Name: string(name), Tag: tag, Values: [][]byte{v}})
	return nil
}

func (d *decoder) bytes() ([]byte, error) {
	var n [2]byte
	if _, err := io.ReadFull(d.in, n[:]); err != nil {
		return nil, err
	}
	size := int(binary.BigEndian.Uint16(n[:]))
	if d.size += size; d.size > mostMessage {
		return nil, errors.New("too long")
	}
	b := make([]byte, size)
	_, err := io.ReadFull(d.in, b)
	return b, err
}
