package sip2

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// The encodings, by the names sites use. The document's own default is cp850.
var encodings = map[string]encoding.Encoding{
	"utf-8":      nil,
	"gb18030":    simplifiedchinese.GB18030,
	"gbk":        simplifiedchinese.GBK,
	"big5":       traditionalchinese.Big5,
	"cp850":      charmap.CodePage850,
	"iso-8859-1": charmap.ISO8859_1,
	"ascii":      charmap.ISO8859_1,
}

// Encodings are the names Codec.Encoding may have.
func Encodings() []string { return slices.Sorted(maps.Keys(encodings)) }

// encodingOf finds an encoding; nil is UTF-8.
func encodingOf(name string) (encoding.Encoding, error) {
	if name == "" {
		return nil, nil
	}
	e, known := encodings[strings.ToLower(name)]
	if !known {
		return nil, fmt.Errorf("sip2: there is no encoding %q: choose one of %s", name, strings.Join(Encodings(), ", "))
	}
	return e, nil
}

// Check says whether the codec can be used.
func (c Codec) Check() error {
	_, err := encodingOf(c.Encoding)
	return err
}

// encode writes text as it is on the wire. What the encoding does not have
// becomes a question mark.
func encode(name, text string) ([]byte, error) {
	e, err := encodingOf(name)
	if err != nil {
		return nil, err
	}
	if e == nil {
		return []byte(strings.ToValidUTF8(text, "?")), nil
	}
	if b, err := e.NewEncoder().Bytes([]byte(text)); err == nil {
		return b, nil
	}
	var out []byte
	for _, r := range text {
		b, err := e.NewEncoder().Bytes([]byte(string(r)))
		if err != nil {
			b = []byte("?")
		}
		out = append(out, b...)
	}
	return out, nil
}

// decode reads what is on the wire. What is not in the encoding becomes U+FFFD.
func decode(name string, b []byte) string {
	e, err := encodingOf(name)
	if err != nil || e == nil {
		return strings.ToValidUTF8(string(b), string(utf8.RuneError))
	}
	out, err := e.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), string(utf8.RuneError))
	}
	return string(out)
}

// fit cuts a field's value so that it has at most maxField bytes on the wire.
func fit(name, s string) (string, error) {
	if len(s) <= maxField/4 { // no encoding needs more than four bytes where UTF-8 needs one
		return s, nil
	}
	for {
		b, err := encode(name, s)
		if err != nil || len(b) <= maxField {
			return s, err
		}
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
}
