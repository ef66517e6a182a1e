package view

import (
	"fmt"
	"unicode/utf8"
)

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
	c := checker{seen: map[[2]string]bool{}}
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
	seen      map[[2]string]bool // keys and answer ids: both must be unique on a page
	rows      int
	pixels    int   // of pictures, decoded
	feats     int   // features of maps
	positions int   // and what they are made of
	images    int   // fields that answer with one
	err       error // the first thing found wrong
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
		} else if !tidy(t.ZH) || !tidy(t.EN) {
			c.fail("%s: text has control, zero-width or direction-changing characters (view.Clean leaves them out)", where)
		}
	}
}

func (c *checker) id(where, id string) {
	if id == "" || len(id) > 64 || !utf8.ValidString(id) {
		c.fail("%s: an ID of 1 to 64 bytes is needed", where)
	}
	k := [2]string{where, id}
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
		c.text(where, n.Title)
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
		c.table(where, n)
	case Receipt:
		for _, f := range n.Facts {
			c.text(where, f.Label, f.Value)
		}
		c.text(where, Text{ZH: n.Number})
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
	case Steps:
		const least, most = 2, 8
		if len(n.Steps) < least || len(n.Steps) > most || n.Now < 0 || n.Now > len(n.Steps) {
			c.fail("%s: %d to %d steps, and now is one of them or their number", where, least, most)
		}
		for _, s := range n.Steps {
			c.text(where, s.Title, s.Detail)
		}
	case Picture:
		c.picture(where, n.Data)
		c.alt(where, n.Alt)
		c.text(where, n.Caption)
	case Video:
		c.video(where, n)
	case Chart:
		c.chart(where, n)
	case Map:
		c.mapNode(where, n)
	default:
		c.fail("%s: not a node of this package", where)
	}
}

func (c *checker) table(where string, n Table) {
	c.text(where, n.Empty)
	c.text(where, n.Columns...)
	if len(n.Columns) > maxColumns {
		c.fail("%s: %d columns, at most %d", where, len(n.Columns), maxColumns)
	}
	if c.rows += len(n.Rows); c.rows > maxRows {
		return // said of the whole page
	}
	for _, r := range n.Rows {
		if len(r) != len(n.Columns) {
			c.fail("%s: a row has %d cells, the table %d columns", where, len(r), len(n.Columns))
		}
		for _, cell := range r {
			c.text(where, Text{ZH: cell})
		}
	}
	if len(n.Align) > len(n.Columns) || len(n.IDs) > len(n.Rows) {
		c.fail("%s: more align than columns, or more ids than rows", where)
	}
	for _, a := range n.Align {
		switch a {
		case AlignAuto, AlignStart, AlignEnd, AlignMid:
		default:
			c.fail("%s: unknown align %q", where, a)
		}
	}
	for _, id := range n.IDs {
		if id != "" {
			c.id("row", id)
		}
	}
}
