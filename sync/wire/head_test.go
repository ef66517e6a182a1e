package wire

import (
	"encoding/json"
	"strings"
	"testing"

	"golang.org/x/net/http/httpguts"
)

// TestAHeadFitsAHeader wants no device's words to keep a batch from being sent.
func TestAHeadFitsAHeader(t *testing.T) {
	for _, text := range []string{"\x7f\x00\r\n", strings.Repeat("长", 5000), "\xff\xfe", `"\`} {
		h := Head{Terminal: "gate-1", First: 1, Health: Health{Version: text, Devices: map[string]string{}}}
		for i := range 100 {
			h.Health.Devices[text+string(rune('a'+i))] = text
			h.Health.Devices[string(rune('a'+i))] = text
		}
		b, err := EncodeHead(h)
		if err != nil || !httpguts.ValidHeaderFieldValue(string(b)) || len(b) > 16<<10 {
			t.Errorf("%.20q: %d bytes, %v", text, len(b), err)
		}
		var back Head
		if err := json.Unmarshal(b, &back); err != nil || back.Terminal != "gate-1" || len(back.Health.Devices) == 0 {
			t.Errorf("%.20q came back as %+v, %v", text, back, err)
		}
	}
}

// FuzzHead wants that whatever a head says, it is read the same after it was
// written anew.
func FuzzHead(f *testing.F) {
	f.Add([]byte(`{"terminal":"gate-1","epoch":1,"lane":1,"first":1,"count":2,"prev":"AAAA","sent_at":"2026-11-24T08:00:00Z","health":{"unsent":3,"devices":{"camera":"unplugged"}}}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var h Head
		if json.Unmarshal(b, &h) != nil {
			return
		}
		first, err := EncodeHead(h)
		if err != nil {
			return // a time that JSON cannot hold
		}
		if !httpguts.ValidHeaderFieldValue(string(first)) {
			t.Fatalf("not a header: %q", first)
		}
		var again Head
		if err := json.Unmarshal(first, &again); err != nil || again.Terminal != h.Terminal && strings.ToValidUTF8(h.Terminal, "�") == h.Terminal || again.First != h.First || again.Count != h.Count {
			t.Fatalf("%+v came back as %+v, %v", h, again, err)
		}
	})
}
