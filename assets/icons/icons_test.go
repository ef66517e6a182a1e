package icons

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"testing"
)

func TestEveryIconIsWellFormedAndTakesItsColour(t *testing.T) {
	if len(Names()) < 30 {
		t.Fatalf("only %d icons", len(Names()))
	}
	for _, name := range Names() {
		b, ok := SVG(name, "#0b4a94")
		if !ok {
			t.Errorf("%s: not found", name)
			continue
		}
		if bytes.Contains(b, []byte("currentColor")) || !bytes.Contains(b, []byte("#0b4a94")) {
			t.Errorf("%s: did not take the colour", name)
		}
		for _, want := range []string{`viewBox="0 0 24 24"`, `stroke-width="2"`, `stroke-linecap="round"`} {
			if !bytes.Contains(b, []byte(want)) {
				t.Errorf("%s: lacks %s", name, want)
			}
		}
		d := xml.NewDecoder(bytes.NewReader(b))
		for {
			_, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
				break
			}
		}
	}
}

func TestUnknownIcon(t *testing.T) {
	for _, name := range []string{"", "no-such", "../icons", "icons.go"} {
		if _, ok := SVG(name, "#fff"); ok {
			t.Errorf("%q was found", name)
		}
	}
}
