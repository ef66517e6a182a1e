package record

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

var sample = Record{
	Seq: 7, ID: uuid.MustParse("0195a000-0000-7000-8000-000000000001"), Kind: "gate.pass", Version: 2,
	Key: "person/2019-0317", Body: []byte(`{"a":1}`),
}

var gate = Chain{Terminal: "gate-1", Epoch: 3, Lane: Ordinary}

// pinned was computed apart from this code, from the documentation of Next.
const pinned = "fa166e895835270e556ff1e74d95efe50340b57947f78d80ca0f55d57417dc86"

// TestNextIsFixed pins the hash: a change would break every chain there is.
func TestNextIsFixed(t *testing.T) {
	h := gate.Next(Hash{1}, &sample)
	if got := hex.EncodeToString(h[:]); got != pinned {
		t.Errorf("the chain's hash is now %s, want %s", got, pinned)
	}
}

// TestNextCoversEverything changes one thing at a time.
func TestNextCoversEverything(t *testing.T) {
	seen := map[Hash]string{gate.Next(Hash{1}, &sample): "the original"}
	for name, change := range map[string]func(c *Chain, prev *Hash, r *Record){
		"terminal":               func(c *Chain, _ *Hash, _ *Record) { c.Terminal = "gate-2" },
		"epoch":                  func(c *Chain, _ *Hash, _ *Record) { c.Epoch++ },
		"lane":                   func(c *Chain, _ *Hash, _ *Record) { c.Lane = Urgent },
		"previous hash":          func(_ *Chain, prev *Hash, _ *Record) { prev[31] = 1 },
		"seq":                    func(_ *Chain, _ *Hash, r *Record) { r.Seq++ },
		"id":                     func(_ *Chain, _ *Hash, r *Record) { r.ID[15]++ },
		"kind":                   func(_ *Chain, _ *Hash, r *Record) { r.Kind = "gate.past" },
		"version":                func(_ *Chain, _ *Hash, r *Record) { r.Version++ },
		"key":                    func(_ *Chain, _ *Hash, r *Record) { r.Key = "person/2019-0318" },
		"body":                   func(_ *Chain, _ *Hash, r *Record) { r.Body = []byte(`{"a":2}`) },
		"a byte from kind to id": func(c *Chain, _ *Hash, r *Record) { r.Kind, r.Key = r.Kind+"p", r.Key[1:] },
	} {
		c, prev, r := gate, Hash{1}, sample
		change(&c, &prev, &r)
		h := c.Next(prev, &r)
		if other, ok := seen[h]; ok {
			t.Errorf("a changed %s gives the hash of %s", name, other)
		}
		seen[h] = name
	}
}

func TestValidate(t *testing.T) {
	if err := sample.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Record){
		"seq 0":      func(r *Record) { r.Seq = 0 },
		"no ID":      func(r *Record) { r.ID = uuid.Nil },
		"old ID":     func(r *Record) { r.ID = uuid.New() },
		"no kind":    func(r *Record) { r.Kind = "" },
		"long kind":  func(r *Record) { r.Kind = strings.Repeat("k", MaxName+1) },
		"version 0":  func(r *Record) { r.Version = 0 },
		"long key":   func(r *Record) { r.Key = strings.Repeat("k", MaxName+1) },
		"large body": func(r *Record) { r.Body = make([]byte, MaxBody+1) },
	} {
		r := sample
		change(&r)
		if err := r.Validate(); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := sample
	r.Key, r.Body = "", nil
	if err := r.Validate(); err != nil {
		t.Errorf("without key and body: %v", err)
	}
}

func TestTime(t *testing.T) {
	r := Record{ID: uuid.MustParse("018bcfe5-687b-7000-8000-000000000000")}
	if want := time.UnixMilli(0x018bcfe5687b); !r.Time().Equal(want) {
		t.Errorf("Time() = %v, want %v", r.Time(), want)
	}
}

func TestLaneString(t *testing.T) {
	for l, want := range map[Lane]string{Ordinary: "ordinary", Urgent: "urgent", 9: "lane-9"} {
		if l.String() != want {
			t.Errorf("%d is %q, want %q", uint8(l), l, want)
		}
	}
}

// BenchmarkNext: 1.4 µs for a body of 400 bytes.
func BenchmarkNext(b *testing.B) {
	r := sample
	r.Body = make([]byte, 400)
	var h Hash
	for b.Loop() {
		h = gate.Next(h, &r)
	}
}
