package view

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// Limits of a page. A module that exceeds one gets the error and the screen
// stays as it was.
const (
	MaxPageBytes = 16 << 20 // encoded: a list of 100,000 rows fits
	maxNodes     = 200
	maxRows      = 100_000 // list items and table rows of a page together
	maxActions   = 6
	maxTiles     = 6
	maxColumns   = 24
	maxFields    = 24
	maxText      = 4 << 10 // bytes of one wording
	maxQRData    = 1 << 10
)

// ErrPage is wrapped by every error about a page that cannot be shown.
var ErrPage = errors.New("page refused")

type wirePage struct {
	page
	Body      *limited[json.RawMessage] `json:"body,omitempty"`
	TimeoutMS int64                     `json:"timeout_ms,omitempty"`
}

// limited is an array that is refused while it is read, not afterwards: a
// million empty nodes cost a hostile module nothing to write.
type limited[T any] struct {
	items []T
	most  int
	what  string
}

// MarshalJSON implements json.Marshaler.
func (l *limited[T]) MarshalJSON() ([]byte, error) { return json.Marshal(l.items) }

// UnmarshalJSON implements json.Unmarshaler.
func (l *limited[T]) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	if t, err := d.Token(); err != nil || t == nil {
		return err // null is an empty array
	} else if t != json.Delim('[') {
		return fmt.Errorf("%w: %s must be an array", ErrPage, l.what)
	}
	for d.More() {
		if len(l.items) == l.most {
			return fmt.Errorf("%w: more than %d %s", ErrPage, l.most, l.what)
		}
		var one T
		if err := d.Decode(&one); err != nil {
			return err
		}
		l.items = append(l.items, one)
	}
	return nil
}

// page drops Page's methods, so that encoding it does not recurse.
type page Page

// MarshalJSON encodes the page with each node under its kind.
func (p Page) MarshalJSON() ([]byte, error) {
	w := wirePage{page: page(p), Body: &limited[json.RawMessage]{}, TimeoutMS: p.Timeout.Milliseconds()}
	for i, n := range p.Body {
		if n == nil {
			return nil, fmt.Errorf("%w: node %d is nil", ErrPage, i)
		}
		b, err := json.Marshal(n)
		if err != nil {
			return nil, fmt.Errorf("%w: node %d: %w", ErrPage, i, err)
		}
		head := fmt.Appendf(nil, `{"kind":%q`, n.NodeKind())
		if !bytes.Equal(b, []byte("{}")) {
			head = append(head, ',')
		}
		w.Body.items = append(w.Body.items, append(head, b[1:]...))
	}
	if len(p.Body) == 0 {
		w.Body = nil
	}
	return json.Marshal(w)
}

// UnmarshalJSON decodes a page; an unknown node kind is an error.
func (p *Page) UnmarshalJSON(b []byte) error {
	body := limited[json.RawMessage]{most: maxNodes, what: "nodes"}
	w := wirePage{Body: &body}
	if err := json.Unmarshal(b, &w); err != nil {
		return pageError(err)
	}
	*p = Page(w.page)
	p.Timeout = time.Duration(min(max(w.TimeoutMS, 0), int64(time.Hour/time.Millisecond))) * time.Millisecond
	p.Body = nil
	for i, raw := range body.items {
		n, err := decodeNode(raw)
		if err != nil {
			return fmt.Errorf("%w: node %d: %w", ErrPage, i, err)
		}
		p.Body = append(p.Body, n)
	}
	return nil
}

func decodeNode(raw json.RawMessage) (Node, error) {
	var k struct {
		Kind string `json:"kind"`
	}
	if err := json.Unmarshal(raw, &k); err != nil {
		return nil, err
	}
	switch k.Kind {
	case "text":
		return decodeAs[TextNode](raw)
	case "notice":
		return decodeAs[Notice](raw)
	case "viewfinder":
		return decodeAs[Viewfinder](raw)
	case "person":
		return decodeAs[PersonCard](raw)
	case "tiles":
		return decodeAs[Tiles](raw)
	case "form":
		return decodeAs[Form](raw)
	case "list":
		return decodeAs[List](raw)
	case "table":
		return decodeAs[Table](raw)
	case "receipt":
		return decodeAs[Receipt](raw)
	case "qrcode":
		return decodeAs[QRCode](raw)
	case "progress":
		return decodeAs[Progress](raw)
	case "steps":
		return decodeAs[Steps](raw)
	case "picture":
		return decodeAs[Picture](raw)
	case "video":
		return decodeAs[Video](raw)
	case "chart":
		return decodeAs[Chart](raw)
	case "map":
		return decodeAs[Map](raw)
	}
	return nil, fmt.Errorf("unknown kind %q", k.Kind)
}

func decodeAs[N Node](raw json.RawMessage) (Node, error) {
	var n N
	err := json.Unmarshal(raw, &n)
	return n, err
}

// Encode validates p and returns its wire form.
func Encode(p Page) ([]byte, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	b, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	if len(b) > MaxPageBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrPage, len(b), MaxPageBytes)
	}
	return b, nil
}

// Decode reads a page from a process that is not trusted.
func Decode(b []byte) (Page, error) {
	if len(b) > MaxPageBytes {
		return Page{}, fmt.Errorf("%w: %d bytes, at most %d", ErrPage, len(b), MaxPageBytes)
	}
	if !utf8.Valid(b) {
		return Page{}, fmt.Errorf("%w: not UTF-8", ErrPage)
	}
	var p Page
	if err := json.Unmarshal(b, &p); err != nil {
		return Page{}, pageError(err)
	}
	return p, p.Validate()
}

// pageError marks an error as the page's, once.
func pageError(err error) error {
	if errors.Is(err, ErrPage) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrPage, err)
}
