package wire

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/luohu/ting/sync/record"
)

var chain = record.Chain{Terminal: "gate-1", Epoch: 3, Lane: record.Urgent}

// prev is the hash before the first record.
var prev = record.Hash{1, 2, 3}

// records are chained, with IDs as the journal makes them and, now and then, others.
func records(n, body int) []record.Record {
	rs := make([]record.Record, n)
	hash, id := prev, uuid.Must(uuid.NewV7())
	for i := range rs {
		b := make([]byte, body)
		rand.Read(b[:body/2]) // half of it does not compress
		binary.BigEndian.PutUint64(id[8:], binary.BigEndian.Uint64(id[8:])+uint64(i%90)+1)
		id[5] += byte(i % 3)
		if i%50 == 49 {
			id = uuid.Must(uuid.NewV7()) // the journal was opened anew
		}
		rs[i] = record.Record{Seq: int64(i + 7), ID: id, Kind: "gate.pass", Version: 1 + i%2, Key: "person/7", Body: b}
		hash = chain.Next(hash, &rs[i])
		rs[i].Hash = hash
	}
	return rs
}

func headOf(rs []record.Record, format int) Head {
	return Head{Format: format, Terminal: chain.Terminal, Epoch: chain.Epoch, Lane: chain.Lane, First: 7, Count: len(rs), Prev: prev[:]}
}

// wholeBytes spares cmp from looking at each byte of a body.
var wholeBytes = cmp.Comparer(func(x, y []byte) bool { return bytes.Equal(x, y) && (x == nil) == (y == nil) })

// onEach runs a test for each format.
func onEach[T testing.TB](t T, run func(name string, f func(T)) bool, f func(t T, format int)) {
	t.Helper()
	for name, format := range map[string]int{"rows": Rows, "columns": Columns} {
		run(name, func(t T) { f(t, format) })
	}
}

// chained numbers and chains records.
func chained(rs []record.Record) []record.Record {
	hash := prev
	for i := range rs {
		rs[i].Seq = int64(i + 7)
		hash = chain.Next(hash, &rs[i])
		rs[i].Hash = hash
	}
	return rs
}

func TestCodec(t *testing.T) { onEach(t, t.Run, testCodec) }

func testCodec(t *testing.T, format int) {
	odd := records(3, 5)
	for i := range odd { // IDs of no version the journal makes
		odd[i].ID = uuid.UUID{byte(i)}
	}
	for _, rs := range [][]record.Record{records(1, 0), records(3, 10), records(MaxRecords, 900), records(8, record.MaxBody-2000), chained(odd), documents(1), documents(MaxRecords)} {
		body := EncodeRecords(rs, format)
		got, err := DecodeRecords(body, headOf(rs, format))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(rs, got, wholeBytes); d != "" {
			t.Errorf("%d records came back otherwise (-sent +got):\n%s", len(rs), d)
		}
		if len(body) > MaxBodyBytes {
			t.Errorf("%d records take %d bytes, more than a center reads", len(rs), len(body))
		}
	}
	if rs, err := DecodeRecords(nil, headOf(nil, format)); rs != nil || err != nil {
		t.Errorf("an empty batch: %v, %v", rs, err)
	}
}

// documents are records as modules make them: JSON of a few kinds, with the moment
// in it, and keys that are a part of it.
func documents(n int) []record.Record {
	rs := make([]record.Record, n)
	at := time.Date(2026, 9, 7, 7, 30, 0, 0, time.UTC)
	zone := time.FixedZone("", 8*3600)
	for i := range rs {
		at = at.Add(time.Duration(i*i%3000) * time.Millisecond)
		id := uuid.UUID{6: 0x70, 8: 0x80}
		binary.BigEndian.PutUint64(id[:], uint64(at.UnixMilli())<<16|0x7000)
		binary.BigEndian.PutUint64(id[8:], 1<<63|uint64(i+1))
		r := record.Record{ID: id, Kind: "gate.pass", Version: 1, Key: fmt.Sprintf("person/F%04d-%04d", 2018+i%8, i*7919%10000)}
		person := strings.TrimPrefix(r.Key, "person/")
		switch i % 5 {
		case 0, 1:
			r.Body = fmt.Appendf(nil, `{"person":%q,"way":"face","in":%v,"at":%q}`, person, i%3 == 0, at.Format(time.RFC3339Nano))
		case 2:
			r.Body = fmt.Appendf(nil, `{"person":%q, "fen":%d, "at":%q}`, person, i*37%2000, at.Add(time.Duration(i*911)).In(zone).Format(time.RFC3339Nano))
		case 3:
			r.Kind, r.Version, r.Key = "hall.application", 2, fmt.Sprintf("A%d", i)
			r.Body = fmt.Appendf(nil, `{"list":[%d,-1.5e3,null],"text":"他说：\"%d\"\\","nothing":"","deep":{"a":{"b":[]}}}`, i, i)
		case 4:
			r.Key = ""
			r.Body = []byte([]string{"", "no JSON", `{"cut`, "\x00\xff", `"2026-11-24T08:00:00Z"`, `2026`, `{"at":"2026-11-24T08:00:00.100Z"}`}[i/5%7])
		}
		rs[i] = r
	}
	return chained(rs)
}

// TestColumnsOfAnything wants every record back as it was, whatever its body is.
func TestColumnsOfAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.OneOf(rapid.SampledFrom([]string{`{"a":`, `"`, `\`, `,`, `}`, `[`, `]`, `:`, ` `, "0", "12", "true", "F2018-0001",
			`"2026-11-24T18:06:33.788Z"`, `"2026-11-24T18:06:33.788000001+08:00"`, `"2026-11-24T18:06:33.780Z"`, `"0000-01-01T00:00:00-23:59"`}), rapid.String())
		shapes := rapid.SliceOfN(rapid.SliceOfN(piece, 0, 9), 1, 4).Draw(t, "shapes")
		rs := make([]record.Record, rapid.IntRange(1, 40).Draw(t, "n"))
		id := uuid.Must(uuid.NewV7())
		for i := range rs {
			shape := slices.Clone(rapid.SampledFrom(shapes).Draw(t, "shape"))
			if len(shape) > 0 {
				shape[rapid.IntRange(0, len(shape)-1).Draw(t, "where")] = piece.Draw(t, "what")
			}
			binary.BigEndian.PutUint64(id[8:], binary.BigEndian.Uint64(id[8:])+1)
			rs[i] = record.Record{ID: id, Kind: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "kind"), Version: rapid.IntRange(1, 2).Draw(t, "version"),
				Key: strings.ToValidUTF8(cut(piece.Draw(t, "key")), ""), Body: []byte(strings.Join(shape, ""))}
		}
		chained(rs)
		got, err := DecodeRecords(EncodeRecords(rs, Columns), headOf(rs, Columns))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(rs, got, wholeBytes); d != "" {
			t.Fatal(d)
		}
	})
}

// TestDecodeComparesTheChain changes what the hashes cover, one thing at a time.
func TestDecodeComparesTheChain(t *testing.T) { onEach(t, t.Run, testDecodeComparesTheChain) }

func testDecodeComparesTheChain(t *testing.T, format int) {
	change := func(f func(rs []record.Record)) []byte {
		rs := records(3, 10)
		f(rs)
		return EncodeRecords(rs, format)
	}
	good := headOf(records(3, 10), format)
	other := func(f func(h *Head)) Head { h := good; f(&h); return h }
	for name, c := range map[string]struct {
		body []byte
		head Head
	}{
		"a changed body":   {change(func(rs []record.Record) { rs[1].Body = []byte("other") }), good},
		"a changed ID":     {change(func(rs []record.Record) { rs[0].ID[3]++ }), good},
		"a changed kind":   {change(func(rs []record.Record) { rs[2].Kind = "gate.past" }), good},
		"swapped":          {change(func(rs []record.Record) { rs[0], rs[1] = rs[1], rs[0] }), good},
		"another hash":     {change(func(rs []record.Record) { rs[2].Hash[0]++ }), good},
		"another terminal": {change(func([]record.Record) {}), other(func(h *Head) { h.Terminal = "gate-2" })},
		"another epoch":    {change(func([]record.Record) {}), other(func(h *Head) { h.Epoch++ })},
		"another lane":     {change(func([]record.Record) {}), other(func(h *Head) { h.Lane = record.Ordinary })},
		"another first":    {change(func([]record.Record) {}), other(func(h *Head) { h.First++ })},
		"another prev":     {change(func([]record.Record) {}), other(func(h *Head) { h.Prev = make([]byte, 32) })},
	} {
		if _, err := DecodeRecords(c.body, c.head); !errors.Is(err, ErrChain) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDecodeRefuses(t *testing.T) { onEach(t, t.Run, testDecodeRefuses) }

func testDecodeRefuses(t *testing.T, format int) {
	rs := records(3, 100)
	body := EncodeRecords(rs, format)
	pack := func(b []byte) []byte { return encoder().EncodeAll(b, nil) }
	bomb := pack(make([]byte, 4<<20))
	for name, c := range map[string]struct {
		body  []byte
		count int
	}{
		"too few":           {body, 2},
		"too many":          {body, 4},
		"negative":          {body, -1},
		"over the limit":    {body, MaxRecords + 1},
		"cut short":         {body[:len(body)-5], 3},
		"not zstd":          {[]byte("hello"), 1},
		"nothing":           {nil, 1},
		"over long":         {make([]byte, MaxBodyBytes+1), 1},
		"a bomb":            {bomb, 1},
		"an endless number": {pack(bytes.Repeat([]byte{0xff}, 40)), 1},
	} {
		h := headOf(rs, format)
		h.Count = c.count
		if rs, err := DecodeRecords(c.body, h); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %d records, %v", name, len(rs), err)
		}
	}
}

// TestDecodeRefusesColumns breaks what columns alone have.
func TestDecodeRefusesColumns(t *testing.T) {
	id := uuid.Must(uuid.NewV7())
	// A batch of n records: IDs, the forms, n places, columns.
	batch := func(n int, forms, rest []byte) []byte {
		b := append(make([]byte, 32), make([]byte, n)...) // the last hash; steps of 0
		b = append(b, bytes.Repeat(id[:], n)...)
		return encoder().EncodeAll(append(append(b, forms...), rest...), nil)
	}
	one := func(f form) []byte { return f.append([]byte{1}) }
	plain := one(form{kind: kind{"a", 1}, keyCell: -1, text: []string{"", ""}})
	huge := one(form{kind: kind{"a", 1}, keyCell: -1, text: []string{strings.Repeat("x", 60_000)}})
	same := []byte{columnSame, 0}
	if _, err := DecodeRecords(batch(1, plain, slices.Concat([]byte{0}, same, same)), Head{First: 1, Count: 1, Format: Columns}); !errors.Is(err, ErrChain) {
		t.Fatalf("a batch that lacks only its hash: %v", err)
	}
	for name, c := range map[string]struct {
		n    int
		body []byte
	}{
		"no form":                 {1, batch(1, []byte{0}, []byte{0})},
		"more forms than records": {1, batch(1, []byte{2}, nil)},
		"another form":            {1, batch(1, plain, slices.Concat([]byte{1}, same, same))},
		"a key like no cell":      {1, batch(1, one(form{kind: kind{"a", 1}, keyCell: 1, text: []string{"", ""}}), slices.Concat([]byte{0}, same))},
		"a form that multiplies":  {400, batch(400, huge, slices.Concat(make([]byte, 400), same))},
		"an unknown way":          {1, batch(1, plain, slices.Concat([]byte{0}, same, []byte{columnUneven + 1, 0}))},
		"a value of none":         {1, batch(1, plain, slices.Concat([]byte{0}, same, []byte{columnFew, 1, 0, 1}))},
		"across beyond the end":   {3, batch(3, plain, slices.Concat(make([]byte, 3), same, []byte{columnEven, 200, 100, 1, 2}))},
		"a zone of two days":      {1, batch(1, plain, slices.Concat([]byte{0}, same, binary.AppendVarint([]byte{columnTimes}, 2*aDay), []byte{0, columnSame, 0}))},
		"more than a millisecond": {1, batch(1, plain, slices.Concat([]byte{0}, same, []byte{columnTimes, 0, 0, columnSame}, appendText(nil, "1000000")))},
		"no digits":               {1, batch(1, plain, slices.Concat([]byte{0}, same, []byte{columnTimes, 0, 0, columnSame}, appendText(nil, "12a")))},
		"times within times":      {1, batch(1, plain, slices.Concat([]byte{0}, same, []byte{columnTimes, 0, 0, columnTimes, 0, 0}))},
		"a long key":              {1, batch(1, plain, slices.Concat([]byte{0, columnSame}, appendText(nil, strings.Repeat("k", record.MaxName+1)), same))},
		"something behind":        {1, batch(1, plain, slices.Concat([]byte{0}, same, same, []byte{0}))},
	} {
		if rs, err := DecodeRecords(c.body, Head{First: 1, Count: c.n, Format: Columns}); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %d records, %v", name, len(rs), err)
		}
	}
	if _, err := DecodeRecords(batch(1, plain, nil), Head{First: 1, Count: 1, Format: Newest + 1}); !errors.Is(err, ErrMalformed) {
		t.Errorf("a format of the future: %v", err)
	}
}

// FuzzDecodeRecords wants no panic, no great memory, and that whatever is read
// is read the same after it was written anew.
func FuzzDecodeRecords(f *testing.F) {
	for _, rs := range [][]record.Record{records(1, 0), records(3, 50), records(60, 3), documents(20)} {
		for _, format := range []int{Rows, Columns} {
			plain, err := decoder().DecodeAll(EncodeRecords(rs, format), nil)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(plain, len(rs), format, false)
			f.Add(EncodeRecords(rs, format), len(rs), format, true)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, count, format int, packed bool) {
		if !packed { // the fuzzer does not guess checksums
			b = encoder().EncodeAll(b, nil)
		}
		h := headOf(nil, format)
		h.Count = count
		rs, err := DecodeRecords(b, h)
		if err != nil && !errors.Is(err, ErrChain) { // nor hashes
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("error %v", err)
			}
			return
		}
		again, err := DecodeRecords(EncodeRecords(rs, format), h)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(rs, again, wholeBytes); d != "" {
			t.Fatal(d)
		}
	})
}

// TestABatchIsLittleMoreThanItsBodies: what is not body takes a few bytes a record.
func TestABatchIsLittleMoreThanItsBodies(t *testing.T) {
	onEach(t, t.Run, testABatchIsLittleMoreThanItsBodies)
}

func testABatchIsLittleMoreThanItsBodies(t *testing.T, format int) {
	rs := records(MaxRecords, 400)
	var bodies []byte
	for _, r := range rs {
		bodies = append(bodies, r.Body...)
	}
	most := len(encoder().EncodeAll(bodies, nil)) + 8*len(rs) + 200
	if n := len(EncodeRecords(rs, format)); n > most {
		t.Errorf("%d bytes for %d records, more than %d", n, len(rs), most)
	}
}

func TestSignatures(t *testing.T) {
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	stranger, _, _ := ed25519.GenerateKey(rand.Reader)
	head, body := []byte(`{"first":1}`), []byte("body")
	sig := Sign(key, PurposeUp, head, body)
	if err := Verify(pub, PurposeUp, head, body, sig); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"another key":     Verify(stranger, PurposeUp, head, body, sig),
		"no key":          Verify(nil, PurposeUp, head, body, sig),
		"another purpose": Verify(pub, PurposeAck, head, body, sig),
		"another head":    Verify(pub, PurposeUp, []byte(`{"first":2}`), body, sig),
		"another body":    Verify(pub, PurposeUp, head, []byte("bodY"), sig),
		"a moved border":  Verify(pub, PurposeUp, append(bytes.Clone(head), 'b'), body[1:], sig),
		"no signature":    Verify(pub, PurposeUp, head, body, ""),
		"no base64":       Verify(pub, PurposeUp, head, body, "*"),
		"a short one":     Verify(pub, PurposeUp, head, body, sig[:40]),
	} {
		if !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && !strings.Contains(err.Error(), "ting.") {
			t.Errorf("%s: the error names no purpose: %v", name, err)
		}
	}
}

func TestStatusOf(t *testing.T) {
	for _, c := range []Code{OK, Gap, Fork, Chain, Sig, Revoked, Upgrade, Busy, TooBig} {
		if s := StatusOf(c); s == http.StatusInternalServerError || (s == http.StatusOK) != (c == OK || c == Gap) {
			t.Errorf("%s travels with status %d", c, s)
		}
	}
	if s := StatusOf("MAYBE"); s != http.StatusInternalServerError {
		t.Errorf("an unknown code travels with status %d", s)
	}
}

// BenchmarkEncode: a batch of 500 gate passes and the like. Measured (load 12): rows
// (the baseline) in 1.3 ms to 14.6 bytes a record, columns in 2.6 ms to 4.6.
func BenchmarkEncode(b *testing.B) { onEach(b, b.Run, benchmarkEncode) }

func benchmarkEncode(b *testing.B, format int) {
	rs := documents(MaxRecords)
	size := 0
	for b.Loop() {
		size = len(EncodeRecords(rs, format))
	}
	b.ReportMetric(float64(size)/MaxRecords, "B/record")
}

// BenchmarkDecode: the same the other way, with its chain. Rows in 1.7 ms, columns in
// 3.1.
func BenchmarkDecode(b *testing.B) { onEach(b, b.Run, benchmarkDecode) }

func benchmarkDecode(b *testing.B, format int) {
	rs := documents(MaxRecords)
	body := EncodeRecords(rs, format)
	for b.Loop() {
		if _, err := DecodeRecords(body, headOf(rs, format)); err != nil {
			b.Fatal(err)
		}
	}
}
