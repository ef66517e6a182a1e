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
	MaxPageBytes = 4 << 20 // encoded
	maxNodes     = 200
	maxRows      = 100_000 // list items and table rows of a page together
	maxActions   = 6
	maxTiles     = 6
	maxFields    = 24
	maxText      = 4 << 10 // bytes of one wording
	maxQRData    = 1 << 10
)

// ErrPage is wrapped by every error about a page that cannot be shown.
var ErrPage = errors.New("page refused")

type wirePage struct {
	page
	Body      []json.RawMessage `json:"body,omitempty"`
	TimeoutMS int64             `json:"timeout_ms,omitempty"`
}

// page drops Page's methods, so that encoding it does not recurse.
type page Page

// MarshalJSON encodes the page with each node under its kind.
func (p Page) MarshalJSON() ([]byte, error) {
	w := wirePage{page: page(p), TimeoutMS: p.Timeout.Milliseconds()}
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
		w.Body = append(w.Body, append(head, b[1:]...))
	}
	return json.Marshal(w)
}

// UnmarshalJSON decodes a page; an unknown node kind is an error.
func (p *Page) UnmarshalJSON(b []byte) error {
	var w wirePage
	if err := json.Unmarshal(b, &w); err != nil {
		return fmt.Errorf("%w: %w", ErrPage, err)
	}
	if len(w.Body) > maxNodes {
		return fmt.Errorf("%w: %d nodes, at most %d", ErrPage, len(w.Body), maxNodes)
	}
	*p = Page(w.page)
	p.Timeout = time.Duration(min(max(w.TimeoutMS, 0), int64(time.Hour/time.Millisecond))) * time.Millisecond
	p.Body = nil
	for i, raw := range w.Body {
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
		if errors.Is(err, ErrPage) {
			return Page{}, err
		}
		return Page{}, fmt.Errorf("%w: %w", ErrPage, err)
	}
	return p, p.Validate()
}

// Validate says whether the page can be drawn, and if not, which part is wrong.
func (p Page) Validate() error {
	refuse := func(format string, a ...any) error {
		return fmt.Errorf("%w: page %q: %s", ErrPage, p.ID, fmt.Sprintf(format, a...))
	}
	if p.ID == "" || len(p.ID) > 64 || !utf8.ValidString(p.ID) {
		return refuse("an ID of 1 to 64 bytes of UTF-8 is needed")
	}
	if len(p.Body) > maxNodes {
		return refuse("%d nodes, at most %d", len(p.Body), maxNodes)
	}
	if len(p.Actions) > maxActions {
		return refuse("%d actions, at most %d", len(p.Actions), maxActions)
	}
	if p.Timeout < 0 || p.Steps < 0 || p.Step < 0 || p.Step > p.Steps {
		return refuse("timeout or step out of range")
	}
	c := checker{seen: map[string]bool{}}
	c.text("title", p.Title)
	for _, a := range p.Actions {
		c.id("action", a.ID)
		c.text("action "+a.ID, a.Label)
		if a.Label.IsZero() {
			c.fail("action %q has no label", a.ID)
		}
	}
	for i, n := range p.Body {
		if n == nil {
			return refuse("node %d is nil", i)
		}
		c.node(i, n)
	}
	if c.rows > maxRows {
		c.fail("%d rows, at most %d", c.rows, maxRows)
	}
	if c.err != nil {
		return refuse("%v", c.err)
	}
	return nil
}

type checker struct {
	seen map[string]bool // keys and answer ids: both must be unique on a page
	rows int
	err  error
}

func (c *checker) fail(format string, a ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, a...)
	}
}

func (c *checker) text(where string, ts ...Text) {
	for _, t := range ts {
		if !t.valid() {
			c.fail("%s: text must be UTF-8 of at most %d bytes", where, maxText)
		}
	}
}

func (c *checker) id(where, id string) {
	if id == "" || len(id) > 64 || !utf8.ValidString(id) {
		c.fail("%s: an ID of 1 to 64 bytes is needed", where)
	}
	k := where + "\x00" + id
	if c.seen[k] {
		c.fail("%s %q appears twice", where, id)
	}
	c.seen[k] = true
}

func (c *checker) node(i int, n Node) {
	where := fmt.Sprintf("node %d (%s)", i, n.NodeKind())
	if k := n.NodeKey(); k != "" {
		c.id("key", k)
	}
	switch n := n.(type) {
	case TextNode:
		c.text(where, n.Text)
	case Notice:
		c.text(where, n.Text, n.Detail)
	case Viewfinder:
		c.text(where, n.Hint)
	case PersonCard:
		c.text(where, n.Name, n.Line, n.Detail)
	case Tiles:
		if len(n.Tiles) == 0 || len(n.Tiles) > maxTiles {
			c.fail("%s: 1 to %d tiles, not %d", where, maxTiles, len(n.Tiles))
		}
		for _, t := range n.Tiles {
			c.id("tile", t.ID)
			c.text(where, t.Title, t.Detail)
		}
	case Form:
		c.form(where, n)
	case List:
		c.rows += len(n.Items)
		c.text(where, n.Empty)
		for _, it := range n.Items {
			if it.ID != "" {
				c.id("item", it.ID)
			}
			c.text(where, it.Title, it.Detail)
		}
	case Table:
		c.rows += len(n.Rows)
		c.text(where, n.Empty)
		c.text(where, n.Columns...)
		for _, r := range n.Rows {
			if len(r) != len(n.Columns) {
				c.fail("%s: a row has %d cells, the table %d columns", where, len(r), len(n.Columns))
			}
			for _, cell := range r {
				c.text(where, Same(cell))
			}
		}
	case Receipt:
		for _, f := range n.Facts {
			c.text(where, f.Label, f.Value)
		}
		c.text(where, Same(n.Number))
	case QRCode:
		if n.Data == "" || len(n.Data) > maxQRData {
			c.fail("%s: 1 to %d bytes, not %d", where, maxQRData, len(n.Data))
		}
		c.text(where, n.Label)
	case Progress:
		if n.Done != n.Done || n.Done > 1 {
			c.fail("%s: done is 0 to 1, or below 0", where)
		}
		c.text(where, n.Label)
	default:
		c.fail("%s: not a node of this package", where)
	}
}

func (c *checker) form(where string, f Form) {
	if len(f.Fields) == 0 || len(f.Fields) > maxFields {
		c.fail("%s: 1 to %d fields, not %d", where, maxFields, len(f.Fields))
	}
	for _, fd := range f.Fields {
		c.id("field", fd.ID)
		c.text(where, fd.Label, fd.Error, Same(fd.Value))
		switch fd.Kind {
		case FieldText, FieldNumber, FieldPIN:
		case FieldChoice:
			if len(fd.Options) == 0 {
				c.fail("%s: field %q has no options", where, fd.ID)
			}
			for _, o := range fd.Options {
				c.text(where, o.Label, Same(o.Value))
			}
		default:
			c.fail("%s: field %q: unknown kind %q", where, fd.ID, fd.Kind)
		}
	}
}
