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
	say := func(t view.Text) string { return view.Punctuate(t.In(lang), paperLang(t, lang)) }
	s := printer.Slip{Title: say(p.Title)}
	add := func(b ...printer.Block) { s.Blocks = append(s.Blocks, b...) }
	if !p.Title.IsZero() {
		add(printer.Text{Text: say(p.Title), Align: printer.Centre, Size: 2, Bold: true}, printer.Rule{})
	}
	for i, n := range p.Body {
		switch n := n.(type) {
		case view.TextNode:
			t := printer.Text{Text: say(n.Text)}
			if n.Large {
				t.Align, t.Size = printer.Centre, 2
			}
			add(t)
		case view.Notice:
			add(printer.Text{Text: say(n.Text), Bold: true})
			if !n.Detail.IsZero() {
				add(printer.Text{Text: say(n.Detail)})
			}
		case view.Receipt:
			for _, f := range n.Facts {
				add(printer.Pair{Label: say(f.Label), Value: say(f.Value)})
			}
			if n.Number != "" {
				add(printer.Text{Text: n.Number, Align: printer.Centre, Size: 2})
			}
		case view.List:
			for _, it := range n.Items {
				add(printer.Pair{Label: say(it.Title), Value: say(it.Detail)})
			}
		case view.Steps:
			for j, st := range n.Steps {
				mark := "□"
				if j < n.Now {
					mark = "■"
				}
				add(printer.Pair{Label: mark + " " + say(st.Title), Value: say(st.Detail)})
			}
		case view.QRCode:
			add(printer.QR{Data: n.Data})
			if !n.Label.IsZero() {
				add(printer.Text{Text: say(n.Label), Align: printer.Centre})
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

// paperLang is the language a text is printed in.
func paperLang(t view.Text, l view.Lang) view.Lang {
	if l == view.EN && t.EN != "" || t.ZH == "" {
		return view.EN
	}
	return view.ZH
}
