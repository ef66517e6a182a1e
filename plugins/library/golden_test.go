package library_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/library"
)

var update = flag.Bool("update", false, "write the golden pages anew")

// TestGolden holds every page of the main visits to what it said before: a stack
// borrowed with a refusal in it, returned, and the reader's account.
func TestGolden(t *testing.T) {
	late := openLoan("x", "10100041", lin.ID, "2026-03-20")
	tm := start(t, kiosktest.WithFeed(library.FeedCopies, copyRow(late)),
		kiosktest.WithFeed(library.FeedReaders, kiosktest.Row(lin.ID, library.ReaderRow{Loans: []library.OpenLoan{late}, Owes: 120})))
	borrowing(tm, lin)
	scan(tm, "borrow", journey)
	scan(tm, "borrow", kangxi)
	scan(tm, "borrow", three)
	tm.Answer("done", nil)
	tm.WantPage("receipt")
	tm.End()
	tm.Start()
	tm.WantPage("start")
	tm.Answer("return", nil)
	tm.WantPage("return")
	scan(tm, "return", journey)
	tm.Answer("done", nil)
	tm.WantPage("returned")
	tm.End()
	tm.Start()
	tm.WantPage("start")
	tm.Answer("mine", nil)
	tm.Identifies(lin)
	tm.WantPage("account")
	var got bytes.Buffer
	for _, p := range tm.Pages() {
		if p.ID == kiosktest.PageIdentify {
			continue // the terminal's own, which a quick script may not see
		}
		p.Rev = 0
		b, err := view.Encode(p)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Indent(&got, b, "", " "); err != nil {
			t.Fatal(err)
		}
		got.WriteByte('\n')
	}
	path := filepath.Join("testdata", "TestGolden.json")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got.String()); d != "" {
		t.Errorf("pages changed (go test -update writes them anew):\n%s", d)
	}
}
