// Package icons holds the icons of Ting: SVG drawings on a 24×24 grid, strokes
// of width 2 with round ends, one colour. They were drawn for Ting and share
// its licence.
//
// Every drawing is coloured by the word currentColor, so that the theme decides
// and a browser's style sheet can too. Names are what kiosk.Manifest.Icon,
// view.Action.Icon and view.Tile.Icon may say; an unknown name is no error, the
// renderer then draws none. Test with `go test ./assets/icons`.
package icons

import (
	"bytes"
	"embed"
	"slices"
	"strings"
)

//go:embed *.svg
var files embed.FS

// SVG returns the drawing of that name in the colour given ("#0b4a94", or
// "currentColor" for a browser).
func SVG(name, colour string) ([]byte, bool) {
	b, err := files.ReadFile(name + ".svg")
	if err != nil {
		return nil, false
	}
	return bytes.ReplaceAll(b, []byte("currentColor"), []byte(colour)), true
}

// Names lists every icon, in alphabetical order.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".svg"))
	}
	slices.Sort(names)
	return names
}
