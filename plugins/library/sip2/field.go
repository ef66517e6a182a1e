package sip2

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Flag is one letter that answers a question.
type Flag string

// The flags. Unknown is of use for few fields only.
const (
	Yes     Flag = "Y"
	No      Flag = "N"
	Unknown Flag = "U"
)

// Is makes a Flag of a truth.
func Is(b bool) Flag {
	if b {
		return Yes
	}
	return No
}

// Yes reports whether the flag says so. Some systems write 1 for Y.
func (f Flag) Yes() bool { return f == "Y" || f == "y" || f == "1" }

// Count is a number of four digits. Unsupported, a negative one, is four blanks.
type Count int

// Unsupported says that a system does not keep this number.
const Unsupported Count = -1

// columns are a fixed field that says something by the place of a Y among blanks:
// PatronStatus and Summary.
type columns uint16

// layout is what the tags of a message's struct say. A tag is the width of a
// fixed field, or the two letters of a field with an ID and what else there is
// to say of it:
//
//	sip2:"18"            a fixed field of 18 characters
//	sip2:"AO"            a required field
//	sip2:"AF,optional"   one that is left out when it is empty
//	sip2:"BL,optional,1" at most one character
type layout struct {
	fixed  []slot
	fields []slot
	width  int // of the fixed fields together
}

type slot struct {
	index    int
	width    int    // of a fixed field
	id       string // of a field with an ID
	optional bool
}

var layouts sync.Map // reflect.Type → layout

func layoutOf(t reflect.Type) layout {
	if l, ok := layouts.Load(t); ok {
		return l.(layout)
	}
	var l layout
	for i := range t.NumField() {
		tag := t.Field(i).Tag.Get("sip2")
		name, options, _ := strings.Cut(tag, ",")
		if width, err := strconv.Atoi(name); err == nil {
			l.fixed = append(l.fixed, slot{index: i, width: width})
			l.width += width
			continue
		}
		l.fields = append(l.fields, slot{index: i, id: name, optional: options == "optional"})
	}
	layouts.Store(t, l)
	return l
}

// fixedText is a value as a fixed field of that width.
func fixedText(v any, width int, zone *time.Location) string {
	switch v := v.(type) {
	case bool:
		if v {
			return "1"
		}
		return "0"
	case Flag:
		if v == "" {
			return "N"
		}
		return pad(string(v), width)
	case Count:
		if v < 0 || v > 9999 {
			return strings.Repeat(" ", width)
		}
		return fmt.Sprintf("%0*d", width, int(v))
	case int:
		most := 1
		for range width {
			most *= 10
		}
		return fmt.Sprintf("%0*d", width, min(max(v, 0), most-1))
	case time.Time:
		if v.IsZero() {
			return strings.Repeat(" ", width)
		}
		return FormatTime(in(v, zone))
	case fmt.Stringer:
		return pad(v.String(), width)
	case string:
		return pad(v, width)
	}
	panic(fmt.Sprintf("sip2: no fixed field is a %T", v)) // a struct of this package
}

// in is a time in a zone; nil leaves it in its own.
func in(t time.Time, zone *time.Location) time.Time {
	if zone == nil {
		return t
	}
	return t.In(zone)
}

// pad makes s exactly width characters of ASCII.
func pad(s string, width int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
	if len(s) > width {
		return s[:width]
	}
	return s + strings.Repeat(" ", width-len(s))
}

// setFixed reads a fixed field. What is not as it should be is taken for nothing:
// one wrong letter must not cost the message.
func setFixed(v reflect.Value, s string, zone *time.Location) {
	switch p := v.Addr().Interface().(type) {
	case *bool:
		*p = s == "1" || s == "Y" || s == "y"
	case *Flag:
		*p = Flag(strings.ToUpper(strings.TrimSpace(s)))
	case *Count:
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil || n < 0 {
			n = int(Unsupported)
		}
		*p = Count(n)
	case *int:
		*p, _ = strconv.Atoi(strings.TrimSpace(s))
	case *time.Time:
		*p, _ = ParseTime(s, zone)
	case *PatronStatus:
		*p = PatronStatus(columnsOf(s))
	case *Summary:
		*p = Summary(columnsOf(s))
	case *string:
		*p = strings.TrimRight(s, " ")
	}
}

func columnsOf(s string) (c columns) {
	for i := range min(len(s), 16) {
		if s[i] == 'Y' || s[i] == 'y' || s[i] == '1' {
			c |= 1 << i
		}
	}
	return c
}

func (c columns) text(width int) string {
	b := make([]byte, width)
	for i := range b {
		b[i] = ' '
		if c>>i&1 == 1 {
			b[i] = 'Y'
		}
	}
	return string(b)
}

// maxField is how many bytes a field may have without its ID and delimiter.
const maxField = 255

// valuesOf are a field's values, as they are sent.
func valuesOf(v any, zone *time.Location) []string {
	switch v := v.(type) {
	case []string:
		return v
	case string:
		return []string{v}
	case Flag:
		return []string{string(v)}
	case *Count:
		if v == nil {
			return []string{""}
		}
		return []string{fixedText(*v, 4, zone)}
	case time.Time:
		if v.IsZero() {
			return []string{""}
		}
		return []string{FormatTime(in(v, zone))}
	}
	panic(fmt.Sprintf("sip2: no field is a %T", v)) // a struct of this package
}

// setField reads a field with an ID; of one that comes twice the first counts.
func setField(v reflect.Value, s string, zone *time.Location) {
	switch p := v.Addr().Interface().(type) {
	case *[]string:
		*p = append(*p, s)
	case *string:
		if *p == "" {
			*p = s
		}
	case *Flag:
		if *p == "" {
			*p = Flag(strings.ToUpper(strings.TrimSpace(s)))
		}
	case **Count:
		if n, err := strconv.Atoi(strings.TrimSpace(s)); *p == nil && err == nil && n >= 0 {
			c := Count(n)
			*p = &c
		}
	case *time.Time:
		if p.IsZero() {
			*p, _ = ParseTime(s, zone)
		}
	}
}

// plain is a value without what would end the field or the message. Identifiers
// with such characters are the caller's to refuse; a title only loses a bar.
func plain(s string, delimiter rune) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == delimiter:
			return '/'
		case r < ' ' || r == 0x7f || r == utf8.RuneError:
			return ' '
		}
		return r
	}, s)
}
