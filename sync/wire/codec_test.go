package wire

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

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

func headOf(rs []record.Record) Head {
	return Head{Terminal: chain.Terminal, Epoch: chain.Epoch, Lane: chain.Lane, First: 7, Count: len(rs), Prev: prev[:]}
}

// wholeBytes spares cmp from looking at each byte of a body.
var wholeBytes = cmp.Comparer(func(x, y []byte) bool { return bytes.Equal(x, y) && (x == nil) == (y == nil) })

func TestCodec(t *testing.T) {
	odd := records(3, 5)
	for i := range odd { // IDs of no version the journal makes
		odd[i].ID = uuid.UUID{byte(i)}
	}
	hash := prev
	for i := range odd {
		hash = chain.Next(hash, &odd[i])
		odd[i].Hash = hash
	}
	for _, rs := range [][]record.Record{records(1, 0), records(3, 10), records(MaxRecords, 900), records(8, record.MaxBody-2000), odd} {
		body := EncodeRecords(rs)
		got, err := DecodeRecords(body, headOf(rs))
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
	if rs, err := DecodeRecords(nil, headOf(nil)); rs != nil || err != nil {
		t.Errorf("an empty batch: %v, %v", rs, err)
	}
}

// TestDecodeComparesTheChain changes what the hashes cover, one thing at a time.
func TestDecodeComparesTheChain(t *testing.T) {
	change := func(f func(rs []record.Record)) []byte {
		rs := records(3, 10)
		f(rs)
		return EncodeRecords(rs)
	}
	good := headOf(records(3, 10))
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

func TestDecodeRefuses(t *testing.T) {
	rs := records(3, 100)
	body := EncodeRecords(rs)
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
		"an unknown kind":   {pack(append(make([]byte, 17), 5)), 1},
		"a huge length":     {pack(append(make([]byte, 17), append([]byte{0, 1}, binary.AppendUvarint(nil, 1<<40)...)...)), 1},
		"an endless number": {pack(bytes.Repeat([]byte{0xff}, 40)), 1},
	} {
		h := headOf(rs)
		h.Count = c.count
		if rs, err := DecodeRecords(c.body, h); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %d records, %v", name, len(rs), err)
		}
	}
}

// FuzzDecodeRecords wants no panic, no great memory, and that whatever is read
// is read the same after it was written anew.
func FuzzDecodeRecords(f *testing.F) {
	for _, rs := range [][]record.Record{records(1, 0), records(3, 50), records(60, 3)} {
		plain, err := decoder().DecodeAll(EncodeRecords(rs), nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(plain, len(rs), false)
		f.Add(EncodeRecords(rs), len(rs), true)
	}
	f.Fuzz(func(t *testing.T, b []byte, count int, packed bool) {
		if !packed { // the fuzzer does not guess checksums
			b = encoder().EncodeAll(b, nil)
		}
		h := headOf(nil)
		h.Count = count
		rs, err := DecodeRecords(b, h)
		if err != nil && !errors.Is(err, ErrChain) { // nor hashes
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("error %v", err)
			}
			return
		}
		again, err := DecodeRecords(EncodeRecords(rs), h)
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
	rs := records(MaxRecords, 400)
	var bodies []byte
	for _, r := range rs {
		bodies = append(bodies, r.Body...)
	}
	most := len(encoder().EncodeAll(bodies, nil)) + 8*len(rs) + 200
	if n := len(EncodeRecords(rs)); n > most {
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

// BenchmarkEncode: 500 records of 400 bytes, half of them random, in 0.9 ms.
func BenchmarkEncode(b *testing.B) {
	rs := records(MaxRecords, 400)
	b.SetBytes(MaxRecords * 400)
	for b.Loop() {
		EncodeRecords(rs)
	}
}

// BenchmarkDecode: the same in 0.23 ms.
func BenchmarkDecode(b *testing.B) {
	rs := records(MaxRecords, 400)
	body := EncodeRecords(rs)
	b.SetBytes(MaxRecords * 400)
	for b.Loop() {
		if _, err := DecodeRecords(body, headOf(rs)); err != nil {
			b.Fatal(err)
		}
	}
}
