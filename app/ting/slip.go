package main

import (
	"bytes"
	"fmt"
	"image"
	_ "image/jpeg" // what view.Picture may hold
	_ "image/png"

	"github.com/luohu/ting/devices/printer"
	"github.com/luohu/ting/kiosk/view"
)

// slip is a page as it is put on paper: what of it makes sense there. A page
// with anything else is an error that names it.
func slip(p view.Page, lang view.Lang) (printer.Slip, error) {
	s := printer.Slip{Title: p.Title.In(lang)}
	add := func(b ...printer.Block) { s.Blocks = append(s.Blocks, b...) }
	if !p.Title.IsZero() {
		add(printer.Text{Text: p.Title.In(lang), Align: printer.Centre, Size: 2, Bold: true}, printer.Rule{})
	}
	for i, n := range p.Body {
		switch n := n.(type) {
		case view.TextNode:
			t := printer.Text{Text: n.Text.In(lang)}
			if n.Large {
				t.Align, t.Size = printer.Centre, 2
			}
			add(t)
		case view.Notice:
			add(printer.Text{Text: n.Text.In(lang), Bold: true})
			if !n.Detail.IsZero() {
				add(printer.Text{Text: n.Detail.In(lang)})
			}
		case view.Receipt:
			for _, f := range n.Facts {
				add(printer.Pair{Label: f.Label.In(lang), Value: f.Value.In(lang)})
			}
			if n.Number != "" {
				add(printer.Text{Text: n.Number, Align: printer.Centre, Size: 2})
			}
		case view.List:
			for _, it := range n.Items {
				add(printer.Pair{Label: it.Title.In(lang), Value: it.Detail.In(lang)})
			}
		case view.Steps:
			for j, st := range n.Steps {
				mark := "□"
				if j < n.Now {
					mark = "■"
				}
				add(printer.Pair{Label: mark + " " + st.Title.In(lang), Value: st.Detail.In(lang)})
			}
		case view.QRCode:
			add(printer.QR{Data: n.Data})
			if !n.Label.IsZero() {
				add(printer.Text{Text: n.Label.In(lang), Align: printer.Centre})
			}
		case view.Picture:
			img, _, err := image.Decode(bytes.NewReader(n.Data))
			if err != nil {
				return printer.Slip{}, fmt.Errorf("node %d: %w", i, err)
			}
			add(printer.Picture{Image: img})
		default:
			return printer.Slip{}, fmt.Errorf("node %d: a %s cannot be printed", i, n.NodeKind())
		}
	}
	add(printer.Space{Lines: 1})
	return s, s.Validate()
}
