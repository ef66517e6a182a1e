package center

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/luohu/ting/sync/center/centertest"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// FuzzEnrolRequest wants no panic, and a key only of a request that proves it.
func FuzzEnrolRequest(f *testing.F) {
	good, err := json.Marshal(centertest.Request(f, "gate-1", "school-1", "ABCDE-FGHJK", centertest.NewKey(f)))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"terminal":"gate-1","site":"school-1","csr":"-----BEGIN CERTIFICATE REQUEST-----"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var q wire.EnrolRequest
		if json.Unmarshal(b, &q) != nil {
			return
		}
		key, err := checkRequest(q)
		if (err == nil) != (key != nil) {
			t.Fatalf("key %v with %v", key, err)
		}
		if err == nil && !names.MatchString(q.Terminal) {
			t.Fatalf("a terminal is called %q", q.Terminal)
		}
	})
}

// FuzzHead wants every head that is taken for sound to be within bounds, whatever
// its records are.
func FuzzHead(f *testing.F) {
	f.Add([]byte(`{"terminal":"gate-1","epoch":1,"first":1,"count":1,"prev":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}`), []byte{0})
	f.Add([]byte(`{"terminal":"bus-1","epoch":1,"first":1,"prev":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","health":{"position":{"lat":91,"lon":1e300}}}`), []byte{0})
	f.Fuzz(func(t *testing.T, raw, body []byte) {
		var h wire.Head
		if json.Unmarshal(raw, &h) != nil || !sound(h) {
			return
		}
		if h.Epoch < 1 || h.First < 1 || h.Count < 0 || len(h.Prev) != 32 || h.Lane > record.Urgent {
			t.Fatalf("%+v is taken for sound", h)
		}
		b := &batch{head: h}
		b.records, b.broken = wire.DecodeRecords(body, h)
		b.check()
		contact := trimHealth(h.Health)
		if contact.Unsent < 0 || len(contact.Devices) > maxTroubles ||
			contact.Position != nil && !contact.Position.Valid() {
			t.Fatalf("%+v", contact)
		}
		_ = time.Since(h.SentAt) // of any year
	})
}
