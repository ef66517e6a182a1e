// Package hl7 writes and reads messages of HL7 version 2 and carries them over
// MLLP (the Minimal Lower Layer Protocol): as much of both as handing over a
// patient needs.
//
//	m := hl7.Message{
//		hl7.Segment("MSH", …),
//	}
//	ack, err := client.Send(ctx, m)
//
// Sources: HL7 Version 2.5, chapter 2 (control) and appendix C of the
// implementation guide (lower layers); MLLP release 1.
//
// A message is UTF-8. What is read comes from outside: it is bounded, may be
// anything, and never makes a reader panic.
package hl7

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxMessage is how many bytes a message may have.
const MaxMessage = 1 << 20

// maxSegments is how many segments a message that is read may have.
const maxSegments = 1000

// ErrMessage is wrapped by every error about a message that cannot be read.
var ErrMessage = errors.New("not an HL7 message")

// Message is the segments of a message, the header (MSH) first.
type Message []Segment

// Segment is a line of a message: its name, and its fields as they are written,
// escaped and with their components. Fields[0] is the first field; MSH's first is
// the field separator itself.
type Segment struct {
	Name   string
	Fields []string
}

// The delimiters every message here is written with.
const (
	fieldSeparator = "|"
	encoding       = `^~\&`
)

// Field is the n-th field of a segment, from 1; "" where there is none.
func (s Segment) Field(n int) string {
	if n < 1 || n > len(s.Fields) {
		return ""
	}
	return s.Fields[n-1]
}

// Find is the first segment of a name.
func (m Message) Find(name string) (Segment, bool) {
	for _, s := range m {
		if s.Name == name {
			return s, true
		}
	}
	return Segment{}, false
}

// ControlID is the message's own number (MSH-10).
func (m Message) ControlID() string {
	s, _ := m.Find("MSH")
	return s.Field(10)
}

// Encode writes the message. Fields at a segment's end that are empty are left out.
func (m Message) Encode() []byte {
	var b strings.Builder
	for _, s := range m {
		fields := s.Fields
		for len(fields) > 0 && fields[len(fields)-1] == "" {
			fields = fields[:len(fields)-1]
		}
		b.WriteString(s.Name)
		if s.Name == "MSH" && len(fields) > 0 {
			fields = fields[1:] // the separator stands there anyway
		}
		for _, f := range fields {
			b.WriteString(fieldSeparator + f)
		}
		b.WriteByte('\r')
	}
	return []byte(b.String())
}

// Header is an MSH segment of version 2.5, in UTF-8.
func Header(from, facility, to, toFacility, at, kind, control string) Segment {
	s := Segment{Name: "MSH", Fields: make([]string, 18)}
	for n, v := range map[int]string{
		1: fieldSeparator, 2: encoding, 3: Escape(from), 4: Escape(facility), 5: Escape(to), 6: Escape(toFacility),
		7: at, 9: kind, 10: Escape(control), 11: "P", 12: "2.5", 17: "CHN", 18: "UNICODE UTF-8",
	} {
		s.Fields[n-1] = v
	}
	return s
}

// Of makes a segment of its fields by number; they are written as given, so that
// texts in them have to be escaped.
func Of(name string, fields map[int]string) Segment {
	last := 0
	for n := range fields {
		last = max(last, n)
	}
	s := Segment{Name: name, Fields: make([]string, last)}
	for n, v := range fields {
		s.Fields[n-1] = v
	}
	return s
}

// Components joins texts as the components of a field, each escaped.
func Components(all ...string) string {
	for i, c := range all {
		all[i] = Escape(c)
	}
	return strings.TrimRight(strings.Join(all, "^"), "^")
}

var escapes = strings.NewReplacer(`\`, `\E\`, "|", `\F\`, "^", `\S\`, "&", `\T\`, "~", `\R\`, "\r", `\X0D\`, "\n", `\X0A\`)

// Escape makes a text a component: delimiters and line ends are written as HL7's
// escapes, other control characters are left out.
func Escape(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\r' && r != '\n' || r == 0x7f {
			return -1
		}
		return r
	}, s)
	return escapes.Replace(s)
}

// Unescape reads what Escape wrote, and HL7's other escapes of delimiters;
// escapes it does not know stand as they are.
func Unescape(s string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, `\`)
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		code, after, ok := strings.Cut(rest, `\`)
		if !ok {
			b.WriteString(`\` + rest)
			return b.String()
		}
		switch code {
		case "E":
			b.WriteByte('\\')
		case "F":
			b.WriteByte('|')
		case "S":
			b.WriteByte('^')
		case "T":
			b.WriteByte('&')
		case "R":
			b.WriteByte('~')
		case "X0D":
			b.WriteByte('\r')
		case "X0A":
			b.WriteByte('\n')
		default:
			b.WriteString(`\` + code + `\`)
		}
		s = after
	}
}

// Parse reads a message. It takes segments that end with CR, LF or both, and
// delimiters other than the usual only in the header's own words.
func Parse(b []byte) (Message, error) {
	if len(b) > MaxMessage {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrMessage, len(b), MaxMessage)
	}
	if !utf8.Valid(b) {
		return nil, fmt.Errorf("%w: not UTF-8", ErrMessage)
	}
	var m Message
	for line := range strings.FieldsFuncSeq(string(b), func(r rune) bool { return r == '\r' || r == '\n' }) {
		if len(m) == maxSegments {
			return nil, fmt.Errorf("%w: more than %d segments", ErrMessage, maxSegments)
		}
		name, rest, _ := strings.Cut(line, fieldSeparator)
		if len(name) != 3 {
			return nil, fmt.Errorf("%w: segment %d has the name %q", ErrMessage, len(m)+1, clip(name))
		}
		s := Segment{Name: name}
		if name == "MSH" {
			s.Fields = append(s.Fields, fieldSeparator)
		}
		if rest != "" {
			s.Fields = append(s.Fields, strings.Split(rest, fieldSeparator)...)
		}
		m = append(m, s)
	}
	if len(m) == 0 || m[0].Name != "MSH" {
		return nil, fmt.Errorf("%w: it does not begin with MSH", ErrMessage)
	}
	if m[0].Field(2) != encoding {
		return nil, fmt.Errorf("%w: encoding characters %q, only %q are read", ErrMessage, clip(m[0].Field(2)), encoding)
	}
	return m, nil
}

func clip(s string) string { return s[:min(len(s), 16)] }
