package lcus

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/luohu/ting/devices/port"
)

// FuzzAnswer has a board answer the first question with anything: it is an error, or
// a board of some relays.
func FuzzAnswer(f *testing.F) {
	f.Add("CH1: ON\r\nCH2: OFF\r\n")
	f.Add("CH1:ON\n")
	f.Add("CH99: ON\r\n")
	f.Add("CH1: MAYBE\r\n")
	f.Add(strings.Repeat("x", 200))
	f.Add("")
	f.Fuzz(func(t *testing.T, said string) {
		driver, own := net.Pipe()
		go func() {
			defer own.Close()
			var ask [1]byte
			if _, err := own.Read(ask[:]); err == nil && ask[0] == Ask {
				_, _ = own.Write([]byte(said)) // it hangs up behind it
			}
		}()
		b, err := Dial(context.Background(), func(context.Context) (port.Conn, error) { return driver, nil })
		if err == nil {
			if b.relays < 1 {
				t.Errorf("%q is a board of %d relays", said, b.relays)
			}
			_ = b.Close()
		}
		driver.Close()
	})
}

func FuzzParseState(f *testing.F) {
	f.Add("CH1: ON")
	f.Add("CH16: OFF\r\n")
	f.Add("CH0: ON")
	f.Add("CH-1: ON")
	f.Fuzz(func(t *testing.T, line string) {
		if relay, _, ok := parseState(line); ok && (relay < 0 || relay > 15) {
			t.Errorf("%q is relay %d", line, relay)
		}
	})
}
