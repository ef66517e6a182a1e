package view

import (
	"bytes"
	"errors"
	"flag"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// everyNode is a page with every kind of node and every field set.
func everyNode() Page {
	t := T("中文", "English")
	return Page{
		ID: "every", Rev: 3, Title: t, Step: 1, Steps: 2, Tone: Success, Icon: "card", Timeout: 1500 * time.Millisecond,
		Actions: []Action{{ID: "ok", Label: t, Icon: "check", Primary: true}},
		Body: []Node{
			TextNode{Key{"text"}, t, true},
			Notice{Key{"notice"}, Warning, t, t},
			Viewfinder{Key{"viewfinder"}, "east", t},
			PersonCard{Key{"person"}, t, t, Success, t, "person"},
			Tiles{Key{"tiles"}, t, []Tile{{"tile", t, t, "hall", Warning}}},
			Form{Key{"form"}, []Field{
				{
					ID: "name", Kind: FieldText, Label: t, Hint: t, Value: "值", Error: t, Required: true, Live: true,
					Keyboard: KeyboardName, Format: FormatEmail, MinLen: 1, MaxLen: 8,
				},
				{ID: "sum", Kind: FieldNumber, Label: t, Min: "1", Max: "2.5", Decimals: 2},
				{ID: "kind", Kind: FieldChoice, Label: t, Value: "a", Options: []Option{{"a", t}}},
				{ID: "kinds", Kind: FieldChoices, Label: t, Chosen: []string{"a"}, Options: []Option{{"a", t}}},
				{ID: "signature", Kind: FieldSignature, Label: t},
			}},
			List{Key{"list"}, []ListItem{{"item", t, t, "document"}}, t},
			Table{Key{"table"}, []Text{t, t}, [][]string{{"1", "二"}}, t, []Align{AlignEnd}, []string{"row"}},
			Receipt{Key{"receipt"}, "ABCD-2345", []Fact{{t, t}}},
			QRCode{Key{"qr"}, "https://example.org/", t},
			Progress{Key{"progress"}, t, 0.5},
			Steps{Key{"steps"}, []Step{{t, t}, {t, Text{}}}, 1, Refusal},
			Picture{Key{"picture"}, picture(2, 1), t, t},
			Video{Key{"video"}, "card.mp4", picture(1, 1), t, t},
			Chart{Key{"chart"}, ChartBar, t, []Text{t, t}, []Series{{t, []float64{1, 2.5}}, {t, []float64{3}}}, t, true, t},
			Map{
				Key{"map"},
				[]Layer{{RolePlace, t, Warning, true, Features{
					{"here", t, Success, "hall", At(119.9, 30.25)},
					{"", Text{}, "", "", Area([]Position{{119, 30}, {120, 30}, {120, 31}, {119, 30}})},
				}}},
				&Bounds{119, 30, 120, 31}, t, t, t,
			},
		},
	}
}

// picture is a PNG file of that size.
func picture(w, h int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// TestWireForm keeps the wire form what modules already built expect.
func TestWireForm(t *testing.T) {
	for name, p := range map[string]Page{"every": everyNode(), "least": {ID: "least"}} {
		got, err := Encode(p)
		if err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", name+".json")
		if *update {
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, want)
		}
		back, err := Decode(want)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(p, back); d != "" {
			t.Errorf("%s came back otherwise (-want +got):\n%s", name, d)
		}
	}
}

func TestRefusedPages(t *testing.T) {
	long := Same(strings.Repeat("x", maxText+1))
	with := func(n ...Node) Page { return Page{ID: "p", Body: n} }
	actions := func(n int) (as []Action) {
		for i := range n {
			as = append(as, Action{ID: string(rune('a' + i)), Label: Same("x")})
		}
		return as
	}
	for name, p := range map[string]Page{
		"no ID":              {},
		"long ID":            {ID: strings.Repeat("x", 65)},
		"ID not UTF-8":       {ID: "\xff"},
		"long title":         {ID: "p", Title: long},
		"title not UTF-8":    {ID: "p", Title: Same("\xff")},
		"negative timeout":   {ID: "p", Timeout: -1},
		"step beyond":        {ID: "p", Step: 3, Steps: 2},
		"too many actions":   {ID: "p", Actions: actions(maxActions + 1)},
		"action twice":       {ID: "p", Actions: append(actions(1), actions(1)...)},
		"action unlabelled":  {ID: "p", Actions: []Action{{ID: "a"}}},
		"nil node":           with(nil),
		"too many nodes":     with(make([]Node, maxNodes+1)...),
		"key twice":          with(TextNode{Key: Key{"k"}}, TextNode{Key: Key{"k"}}),
		"pointer to a node":  with(&TextNode{}),
		"long text":          with(TextNode{Text: long}),
		"no tiles":           with(Tiles{}),
		"too many tiles":     with(Tiles{Tiles: make([]Tile, maxTiles+1)}),
		"tile without ID":    with(Tiles{Tiles: []Tile{{}}}),
		"no fields":          with(Form{}),
		"unknown field kind": with(Form{Fields: []Field{{ID: "f", Kind: "password"}}}),
		"no options":         with(Form{Fields: []Field{{ID: "f", Kind: FieldChoice}}}),
		"field in two forms": with(Form{Fields: []Field{{ID: "f", Kind: FieldText}}}, Form{Fields: []Field{{ID: "f", Kind: FieldText}}}),
		"ragged table":       with(Table{Columns: []Text{Same("a")}, Rows: [][]string{{"1", "2"}}}),
		"too many rows":      with(List{Items: make([]ListItem, maxRows+1)}),
		"empty QR code":      with(QRCode{}),
		"large QR code":      with(QRCode{Data: strings.Repeat("x", maxQRData+1)}),
		"progress beyond":    with(Progress{Done: 1.5}),
		"progress NaN":       with(Progress{Done: math.NaN()}),
	} {
		if err := p.Validate(); !errors.Is(err, ErrPage) {
			t.Errorf("%s: Validate says %v", name, err)
		}
		if b, err := Encode(p); err == nil {
			t.Errorf("%s: encoded as %s", name, b)
		}
	}
}

func TestRefusedBytes(t *testing.T) {
	for name, in := range map[string]string{
		"empty":           "",
		"not JSON":        "<p>",
		"two pages":       `{"id":"a"}{"id":"b"}`,
		"array":           `[]`,
		"null":            `null`,
		"not UTF-8":       "{\"id\":\"\xff\"}",
		"unknown kind":    `{"id":"p","body":[{"kind":"script"}]}`,
		"no kind":         `{"id":"p","body":[{}]}`,
		"null node":       `{"id":"p","body":[null]}`,
		"wrong type":      `{"id":"p","body":[{"kind":"text","text":7}]}`,
		"too large":       `{"id":"p","title":{"zh":"` + strings.Repeat("x", MaxPageBytes) + `"}}`,
		"deep":            strings.Repeat("[", 100_000),
		"too many nodes":  `{"id":"p","body":[` + strings.Repeat(`{"kind":"text"},`, maxNodes) + `{"kind":"text"}]}`,
		"too many tables": `{"id":"p","body":[{"kind":"table","rows":[` + strings.Repeat("[],", maxRows) + `[]]}]}`,
	} {
		if p, err := Decode([]byte(in)); !errors.Is(err, ErrPage) {
			t.Errorf("%s: page %q, error %v", name, p.ID, err)
		}
	}
}

func TestTimeoutIsBounded(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"-5": 0, "1": time.Millisecond, "9223372036854775807": time.Hour,
	} {
		p, err := Decode([]byte(`{"id":"p","timeout_ms":` + in + `}`))
		if err != nil || p.Timeout != want {
			t.Errorf("%s ms: %v, %v; want %v", in, p.Timeout, err, want)
		}
	}
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		t      Text
		zh, en string
	}{
		{T("中", "en"), "中", "en"},
		{T("中", ""), "中", "中"},
		{T("", "en"), "en", "en"},
		{Tf("%d 人", "%d people", 3), "3 人", "3 people"},
		{Same("7"), "7", "7"},
	} {
		if c.t.In(ZH) != c.zh || c.t.In(EN) != c.en {
			t.Errorf("%+v reads %q and %q", c.t, c.t.In(ZH), c.t.In(EN))
		}
	}
}

func TestMaskName(t *testing.T) {
	for name, want := range map[string]string{
		"": "", "张": "*", "张三": "张*", "张小三": "张*三", "欧阳小三": "欧**三", "Ann Lee": "A***e",
	} {
		if got := MaskName(name); got != want {
			t.Errorf("%q is masked as %q, want %q", name, got, want)
		}
	}
}

// FuzzDecode feeds what a hostile process may send: it never panics, and what it
// accepts can be sent on unchanged.
func FuzzDecode(f *testing.F) {
	for _, p := range []Page{everyNode(), {ID: "least"}} {
		b, err := Encode(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"id":"p","body":[{"kind":"table","columns":null,"rows":[[]]}]}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		p, err := Decode(in)
		if err != nil {
			if !errors.Is(err, ErrPage) {
				t.Fatalf("an error that does not say it is the page's: %v", err)
			}
			return
		}
		b, err := Encode(p)
		if err != nil {
			t.Fatalf("accepted, but cannot be sent on: %v", err)
		}
		again, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		c, err := Encode(again)
		if err != nil || string(b) != string(c) {
			t.Fatalf("changes on the way: %s\nthen %s (%v)", b, c, err)
		}
	})
}

// BenchmarkCodec is a page, there and back, with every kind of node: 0.4 ms
// of a processor.
func BenchmarkCodec(b *testing.B) {
	p := everyNode()
	for b.Loop() {
		enc, err := Encode(p)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := Decode(enc); err != nil {
			b.Fatal(err)
		}
	}
}
