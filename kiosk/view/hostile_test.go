package view

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"runtime"
	"strings"
	"testing"
)

// headerOf is a PNG file that says it is w×h pixels large and has none.
func headerOf(w, h uint32) []byte {
	chunk := func(kind string, data []byte) []byte {
		b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
		b = append(append(b, kind...), data...)
		return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
	}
	size := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	return append(append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(size, 8, 2, 0, 0, 0))...), chunk("IDAT", nil)...)
}

// TestBadPages is what a hostile module may send: each is refused with an error
// that names the part and the limit, and costs the terminal little memory.
func TestBadPages(t *testing.T) {
	page := func(body string) []byte { return []byte(`{"id":"p","body":[` + body + `]}`) }
	picture := func(file []byte) []byte {
		return page(`{"kind":"picture","alt":{"zh":"x"},"data":"` + base64.StdEncoding.EncodeToString(file) + `"}`)
	}
	layer := func(geojson string) []byte {
		return page(`{"kind":"map","alt":{"zh":"x"},"layers":[{"role":"area","features":` + geojson + `}]}`)
	}
	feature := func(geometry string) string {
		return `{"type":"FeatureCollection","features":[{"type":"Feature","properties":null,"geometry":` + geometry + `}]}`
	}
	chart := func(values string) []byte {
		return page(`{"kind":"chart","type":"bar","labels":[{"zh":"a"}],"series":[{"values":[` + values + `]}]}`)
	}
	for name, c := range map[string]struct {
		in   []byte
		says string
	}{
		"a million nodes":            {page(strings.Repeat(`0,`, 1_000_000) + `0`), "more than 200 nodes"},
		"a picture of 100 MB":        {page(`{"kind":"picture","alt":{"zh":"x"},"data":"` + strings.Repeat("A", 100<<20) + `"}`), "bytes, at most 16777216"},
		"a picture of 3 MB":          {picture(make([]byte, 3<<20)), "at most 2097152"},
		"a decompression bomb":       {picture(headerOf(60_000, 60_000)), "60000×60000 pixels, at most 8388608"},
		"a picture without an end":   {picture(headerOf(math.MaxInt32, 1)), "pixels, at most 8388608"},
		"many pictures":              {page(strings.TrimSuffix(strings.Repeat(`{"kind":"picture","alt":{"zh":"x"},"data":"`+base64.StdEncoding.EncodeToString(headerOf(2880, 2880))+`"},`, 3), ",")), "one page, at most 16777216"},
		"a picture that is none":     {picture([]byte("GIF89a")), "PNG or JPEG"},
		"a picture without words":    {page(`{"kind":"picture","data":"` + base64.StdEncoding.EncodeToString(picturePNG(t)) + `"}`), "alt is needed"},
		"deep nesting":               {page(strings.Repeat(`[`, 1<<20)), "page refused"},
		"deep coordinates":           {layer(feature(`{"type":"Polygon","coordinates":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`)), "a number is needed"},
		"a million positions":        {layer(feature(`{"type":"LineString","coordinates":[` + strings.Repeat(`[1,2],`, 999_999) + `[1,2]]}`)), "more than 200000 positions"},
		"a million features":         {layer(`{"type":"FeatureCollection","features":[` + strings.Repeat(`{},`, 999_999) + `{}]}`), "more than 20000 features"},
		"a place that is not":        {layer(feature(`{"type":"Point","coordinates":[30,120]}`)), "longitude within"},
		"a collection":               {layer(feature(`{"type":"GeometryCollection","geometries":[]}`)), "a feature of each part"},
		"an open ring":               {layer(feature(`{"type":"Polygon","coordinates":[[[1,1],[2,1],[2,2],[1,2]]]}`)), "the last the same as the first"},
		"a film elsewhere":           {page(`{"kind":"video","alt":{"zh":"x"},"film":"../../etc/passwd"}`), "a film's name"},
		"values beyond a float":      {chart("1e400"), "page refused"},
		"values beyond counting":     {chart("1e300"), "between -1e15 and 1e15"},
		"more values than labels":    {chart("1,2"), "the chart 1 labels"},
		"NaN":                        {chart("NaN"), "page refused"},
		"broken UTF-8":               {page("{\"kind\":\"text\",\"text\":{\"zh\":\"\xc3\x28\"}}"), "not UTF-8"},
		"a right-to-left override":   {page(`{"kind":"text","text":{"zh":"付款给\u202e司公某"}}`), "direction-changing"},
		"zero-width text":            {page(`{"kind":"text","text":{"zh":"同\u200b意"}}`), "zero-width"},
		"control text":               {page(`{"kind":"text","text":{"zh":"a\u0007b"}}`), "control"},
		"isolates in a table":        {page(`{"kind":"table","columns":[{"zh":"a"}],"rows":[["\u2066x\u2069"]]}`), "direction-changing"},
		"a QR code too long":         {page(`{"kind":"qrcode","data":"` + strings.Repeat("x", 1025) + `"}`), "1 to 1024 bytes, not 1025"},
		"a line of text too long":    {page(`{"kind":"text","text":{"zh":"` + strings.Repeat("x", 4097) + `"}}`), "at most 4096 bytes"},
		"a hundred thousand columns": {page(`{"kind":"table","columns":[` + strings.Repeat(`{},`, 99_999) + `{}]}`), "at most 24"},
		"options without end":        {page(`{"kind":"form","fields":[{"id":"a","kind":"choice","options":[` + strings.Repeat(`{"value":"x"},`, 1000) + `{"value":"y"}]}]}`), "1 to 60 options"},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Decode(c.in)
			runtime.ReadMemStats(&after)
			if !errors.Is(err, ErrPage) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("the error is %v, want it to say %q", err, c.says)
			}
			if spent := after.TotalAlloc - before.TotalAlloc; spent > 96<<20 {
				t.Errorf("%d bytes cost %d of memory", len(c.in), spent)
			}
		})
	}
}

func picturePNG(t *testing.T) []byte {
	t.Helper()
	return picture(1, 1)
}

// TestNotANumber is what JSON cannot even write.
func TestNotANumber(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		p := Page{ID: "p", Body: []Node{Chart{Type: ChartLine, Labels: []Text{{}}, Series: []Series{{Values: []float64{v}}}}}}
		if _, err := Encode(p); !errors.Is(err, ErrPage) || !strings.Contains(err.Error(), "between -1e15 and 1e15") {
			t.Errorf("%v: %v", v, err)
		}
		g := Page{ID: "p", Body: []Node{Map{Alt: Same("x"), Layers: []Layer{{Role: RolePlace, Features: Features{{Geometry: At(v, 1)}}}}}}}
		if _, err := Encode(g); !errors.Is(err, ErrPage) || !strings.Contains(err.Error(), "not on earth") {
			t.Errorf("%v: %v", v, err)
		}
	}
}

func TestCleanLeavesLettersOfEveryScript(t *testing.T) {
	for in, want := range map[string]string{
		"同\u200b意": "同意", "\u202eabc\u202c": "abc", "a\x00b\u0085": "ab", "ئۇيغۇرچە": "ئۇيغۇرچە", "👨\u200d👩\u200d👧": "👨\u200d👩\u200d👧",
		"两行\n一栏\t": "两行\n一栏\t", "\ufeff名": "名", "\ue000": "\ue000",
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
		if got := Same(in); got.ZH != want {
			t.Errorf("Same(%q) = %q", in, got.ZH)
		}
	}
}

func TestGeoJSONComesBackTheSame(t *testing.T) {
	for _, in := range []string{
		`{"type":"FeatureCollection","features":[]}`,
		`{"type":"FeatureCollection","features":[{"type":"Feature","id":"a","properties":{"name":"湖","name:en":"Lake","tone":"warning","icon":"hall"},"geometry":{"type":"Point","coordinates":[119.5,30.25]}}]}`,
		`{"type":"FeatureCollection","features":[{"type":"Feature","properties":null,"geometry":{"type":"MultiPoint","coordinates":[[1,2],[3,4]]}}]}`,
		`{"type":"FeatureCollection","features":[{"type":"Feature","properties":null,"geometry":{"type":"LineString","coordinates":[[1,2],[3,4]]}}]}`,
		`{"type":"FeatureCollection","features":[{"type":"Feature","properties":null,"geometry":{"type":"MultiLineString","coordinates":[[[1,2],[3,4]],[[5,6],[7,8]]]}}]}`,
		`{"type":"FeatureCollection","features":[{"type":"Feature","properties":null,"geometry":{"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4],[0,0]],[[1,1],[2,1],[2,2],[1,1]]]}}]}`,
		`{"type":"FeatureCollection","features":[{"type":"Feature","properties":null,"geometry":{"type":"MultiPolygon","coordinates":[[[[0,0],[4,0],[4,4],[0,0]]],[[[5,5],[6,5],[6,6],[5,5]]]]}}]}`,
	} {
		fs, err := ParseGeoJSON([]byte(in))
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if out, err := json.Marshal(fs); err != nil || string(out) != in {
			t.Errorf("in  %s\nout %s (%v)", in, out, err)
		}
	}
	fs, err := ParseGeoJSON([]byte(`{"type":"Feature","id":17,"bbox":[1,2,3,4],"properties":{"height":3.5},"geometry":{"type":"Point","coordinates":[ 1.0 , 2e0, 8.5 ]}}`))
	if err != nil || len(fs) != 1 || fs[0].ID != "17" || fs[0].Geometry.Parts[0][0][0] != (Position{1, 2}) {
		t.Errorf("a single feature with a height: %+v, %v", fs, err)
	}
	if fs, err := ParseGeoJSON([]byte(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":null}]}`)); err != nil || len(fs) != 0 {
		t.Errorf("a feature without a place: %+v, %v", fs, err)
	}
}

// FuzzGeoJSON feeds what a file may contain: it never panics, and what it accepts
// is written the same way twice.
func FuzzGeoJSON(f *testing.F) {
	f.Add([]byte(`{"type":"FeatureCollection","features":[{"type":"Feature","id":1,"properties":{"name":"x"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4],[0,0]]]}}]}`))
	f.Add([]byte(`{"type":"Feature","geometry":{"type":"MultiPoint","coordinates":[[1,2,3]]}}`))
	f.Add([]byte(`{"type":"Feature","geometry":{"type":"Point","coordinates":[1e-7,-0]}}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		fs, err := ParseGeoJSON(in)
		if err != nil {
			if !errors.Is(err, ErrPage) {
				t.Fatalf("an error that does not say it is the page's: %v", err)
			}
			return
		}
		once, err := json.Marshal(fs)
		if err != nil {
			t.Fatalf("accepted, but cannot be written: %v", err)
		}
		again, err := ParseGeoJSON(once)
		if err != nil {
			t.Fatalf("%s: %v", once, err)
		}
		if twice, err := json.Marshal(again); err != nil || string(once) != string(twice) {
			t.Fatalf("changes on the way: %s\nthen %s (%v)", once, twice, err)
		}
	})
}

// BenchmarkGeoJSON is a map of 100,000 positions read, beside encoding/json into
// the same slices without any check.
func BenchmarkGeoJSON(b *testing.B) {
	var ring strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&ring, "[%.6f,%.6f],", 119+float64(i%1000)/1000, 30+float64(i)/1e6)
	}
	coordinates := "[" + strings.TrimSuffix(ring.String(), ",") + "]"
	in := []byte(`{"type":"Feature","properties":null,"geometry":{"type":"LineString","coordinates":` + coordinates + `}}`)
	b.Run("checked", func(b *testing.B) {
		b.SetBytes(int64(len(in)))
		for b.Loop() {
			if _, err := ParseGeoJSON(in); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.SetBytes(int64(len(in)))
		raw := bytes.NewBufferString(coordinates).Bytes()
		for b.Loop() {
			var ps []Position
			if err := json.Unmarshal(raw, &ps); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkLargeList is a list of 100,000 rows, there and back, checks included.
func BenchmarkLargeList(b *testing.B) {
	items := make([]ListItem, 100_000)
	for i := range items {
		items[i] = ListItem{ID: fmt.Sprint("book-", i), Title: T("城南旧事", "Old Beijing"), Detail: Tf("第 %d 号架", "Shelf %d", i)}
	}
	p := Page{ID: "p", Body: []Node{List{Items: items}}}
	for b.Loop() {
		enc, err := Encode(p)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(enc)))
		if _, err := Decode(enc); err != nil {
			b.Fatal(err)
		}
	}
}
