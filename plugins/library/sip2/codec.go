package sip2

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// MaxLine is how long a line may be, in bytes: far more than a patron's whole list.
const MaxLine = 64 << 10

// Errors of Decode. Both wrap what was wrong.
var (
	// ErrMessage is wrapped by errors about a line that is no message.
	ErrMessage = errors.New("no SIP2 message")
	// ErrUnknown is wrapped by errors about a message of an unknown code, which
	// the document says to ignore.
	ErrUnknown = errors.New("unknown command identifier")
	// ErrChecksum says that a line was damaged on its way.
	ErrChecksum = errors.New("wrong checksum")
)

// Codec writes and reads messages. Its zero value is for UTF-8, local time and
// the bar as delimiter.
type Codec struct {
	// Encoding of what is on the wire: one of Encodings, "" is UTF-8.
	Encoding string
	// Zone is where times without one are. nil writes each time as it stands in its
	// own zone, and reads by the machine's.
	Zone *time.Location
	// Delimiter ends a field; 0 is '|'. A few systems are set to another.
	Delimiter rune
}

// Tail is what error detection adds to a message.
type Tail struct {
	On  bool   // there is a checksum, or has to be
	Seq string // the sequence number; "" for none, as with the requests to send again
}

func (c Codec) zone() *time.Location {
	if c.Zone == nil {
		return time.Local
	}
	return c.Zone
}

func (c Codec) delimiter() rune {
	if c.Delimiter == 0 {
		return '|'
	}
	return c.Delimiter
}

// Encode writes a message with its tail and the carriage return.
func (c Codec) Encode(m Message, t Tail) ([]byte, error) {
	text, err := c.text(m)
	if err != nil {
		return nil, err
	}
	b, err := encode(c.Encoding, text)
	if err != nil {
		return nil, err
	}
	if t.On {
		if t.Seq != "" {
			b = append(append(b, "AY"...), t.Seq...)
		}
		b = append(b, "AZ"...)
		b = fmt.Appendf(b, "%04X", checksum(b))
	}
	return append(b, '\r'), nil
}

// text is a message without its tail.
func (c Codec) text(m Message) (string, error) {
	v := reflect.ValueOf(m).Elem()
	l := layoutOf(v.Type())
	var b strings.Builder
	b.WriteString(m.Code())
	for _, s := range l.fixed {
		b.WriteString(fixedText(v.Field(s.index).Interface(), s.width, c.Zone))
	}
	for _, s := range l.fields {
		for _, value := range valuesOf(v.Field(s.index).Interface(), c.Zone) {
			if value == "" && s.optional {
				continue
			}
			value, err := fit(c.Encoding, plain(value, c.delimiter()))
			if err != nil {
				return "", err
			}
			b.WriteString(s.id)
			b.WriteString(value)
			b.WriteRune(c.delimiter())
		}
	}
	return b.String(), nil
}

// tail is the end of a line with error detection. Blanks and empty fields before
// it were summed, those behind it not.
var tail = regexp.MustCompile(`(?:AY([0-9]{0,9}))?AZ([0-9A-Fa-f]{4,8})[\s|]*$`)

// Decode reads a line, with or without its end. The tail says whether the line
// had one; with ErrChecksum it is what stood there.
func (c Codec) Decode(line []byte) (Message, Tail, error) {
	var t Tail
	line = trim(line)
	if len(line) > MaxLine {
		return nil, t, fmt.Errorf("%w: longer than %d bytes", ErrMessage, MaxLine)
	}
	body := line
	if at := tail.FindSubmatchIndex(line); at != nil {
		t.On = true
		if at[2] >= 0 {
			t.Seq = string(line[at[2]:at[3]])
		}
		body = line[:at[0]]
		if !c.checks(line[:at[4]], string(line[at[4]:at[5]])) {
			return nil, t, ErrChecksum
		}
	}
	m, err := c.decode(decode(c.Encoding, body))
	return m, t, err
}

// checks compares a checksum with the bytes it is for. The Perl servers sum
// characters, not bytes, once there is more than ASCII.
func (c Codec) checks(summed []byte, digits string) bool {
	want, err := strconv.ParseUint(digits, 16, 64)
	if err != nil {
		return false
	}
	if uint16(want) == checksum(summed) {
		return true
	}
	var sum uint16
	for _, r := range decode(c.Encoding, summed) {
		sum += uint16(r)
	}
	return uint16(want) == -sum
}

// checksum is the two's complement of the sum of bytes.
func checksum(b []byte) uint16 {
	var sum uint16
	for _, c := range b {
		sum += uint16(c)
	}
	return -sum
}

// trim removes what systems put around a line: ends of lines, blanks, zero bytes.
func trim(line []byte) []byte {
	start, end := 0, len(line)
	for start < end && line[start] <= ' ' {
		start++
	}
	for end > start && (line[end-1] <= ' ') {
		end--
	}
	return line[start:end]
}

func (c Codec) decode(text string) (Message, error) {
	if len(text) < 2 {
		return nil, fmt.Errorf("%w: %d characters", ErrMessage, len(text))
	}
	code := text[:2]
	create := kinds[code]
	if create == nil {
		if !digit(code[0]) || !digit(code[1]) {
			return nil, fmt.Errorf("%w: it begins with no command identifier", ErrMessage)
		}
		return nil, fmt.Errorf("%w %s", ErrUnknown, code)
	}
	m := create()
	v := reflect.ValueOf(m).Elem()
	l := layoutOf(v.Type())
	rest := text[2:]
	if len(rest) < l.width {
		// A line's end was trimmed: what may be blank at its end is given back.
		rest += strings.Repeat(" ", min(l.width-len(rest), blankEnd(code)))
	}
	if len(rest) < l.width {
		return nil, fmt.Errorf("%w: message %s has %d characters of the %d that must be there", ErrMessage, code, len(rest), l.width)
	}
	fixed := rest[:l.width]
	for _, s := range l.fixed {
		setFixed(v.Field(s.index), fixed[:s.width], c.zone())
		fixed = fixed[s.width:]
	}
	for field := range strings.SplitSeq(rest[l.width:], string(c.delimiter())) {
		field = strings.TrimLeft(field, " ")
		if len(field) < 2 {
			continue
		}
		for _, s := range l.fields {
			if field[:2] == s.id {
				setField(v.Field(s.index), field[2:], c.zone())
			}
		}
	}
	return m, nil
}

// blankEnd is how many characters of a message's fixed part may be blank at its end.
func blankEnd(code string) int {
	switch code {
	case "63", "11", "29":
		return 18 // the summary; the due date of a loan without block
	}
	return 0
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
