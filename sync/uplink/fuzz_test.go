package uplink

import (
	"crypto/ed25519"
	"testing"

	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// FuzzAck wants no answer to be believed that the center has not signed, whatever
// it says; and of a signed one only what is about the chain that was sent.
func FuzzAck(f *testing.F) {
	seed := make([]byte, ed25519.SeedSize)
	key := ed25519.NewKeyFromSeed(seed)
	id := &Identity{Center: key.Public().(ed25519.PublicKey)}
	name := record.Chain{Terminal: "gate-1", Epoch: 2, Lane: record.Urgent}
	f.Add([]byte(`{"terminal":"gate-1","epoch":2,"lane":1,"committed_seq":3,"committed_hash":"AAAA","code":"OK","retry_after":5}`), true)
	f.Add([]byte(`{"terminal":"gate-2"}`), true)
	f.Add([]byte(`{}`), false)
	f.Fuzz(func(t *testing.T, text []byte, signed bool) {
		signature := wire.Sign(key, wire.PurposeFeed, nil, text) // of something else
		if signed {
			signature = wire.Sign(key, wire.PurposeAck, nil, text)
		}
		var a answer
		err := a.read(text, signature, id, name)
		if a.verified != (err == nil) {
			t.Fatalf("verified %v with %v", a.verified, err)
		}
		if err == nil && (!signed || a.ack.Terminal != name.Terminal || a.ack.Epoch != name.Epoch || a.ack.Lane != name.Lane || a.retryAfter < 0) {
			t.Fatalf("believed: %+v", a)
		}
		a.code() // of any word
	})
}
